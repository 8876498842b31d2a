//! The names in a code span.
//!
//! These are names anywhere: a path with `::`, a call, a macro, an attribute, a word in camel case, a Go
//! selector. An error code, a file, words joined by hyphens and a word in lower case are names when they are the whole
//! span. The rest is code or a sentence, and claims nothing that could be looked up.

use std::sync::LazyLock;

use reader::site::pattern;
use regex::{Match, Regex};

/// A name in a code span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The kind of thing that it says there is.
    pub kind: Kind,
    /// The name as messages and `names.toml` write it: without generic and other arguments.
    pub text: String,
    /// Its words, joined by `::` in Rust and by `.` in Go.
    pub path: String,
}

/// The kind of thing that a name says there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Rust path, or one word that would be one.
    Path,
    /// `.name()`.
    Method,
    /// `name!`.
    Macro,
    /// `#[name]`.
    Attribute,
    /// `package.Name`, `package.Type.Method`.
    Go,
    /// A file, a folder, a Go package, and words joined by hyphens: a crate, a chapter, a wrong solution, a benchmark.
    Thing,
    /// An error code of rustc.
    Code,
}

/// Words of the languages that no parser of Rust's refuses as a name.
const WORDS: &str = "bool case chan char defer f32 f64 func gen go i128 i16 i32 i64 i8 interface isize len macro_rules \
                     make map new nil package range raw select str switch u128 u16 u32 u64 u8 union usize var";

/// Names of things, which are whole spans.
static THING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^(?: [A-Za-z.][\w.+-]*(?:/[\w.][\w.+-]*)+/? | [A-Za-z_][\w-]*/ | [a-z][a-z0-9_]*(?:-[a-z0-9_]+)+
               | [A-Za-z_][\w-]*\.(?:css|go|html|js|json|lock|md|mod|rs|sh|svg|toml|txt|yaml|yml) )$",
    )
});
static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^E\d{4}$"));
/// Text that is no part of a path: the arguments of one of its types, and `Self` and its like in front.
static LEFT_OUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:::)?<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>(::)|\b(?:self|Self|crate|super)::")
});
static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r##"(?x) "(?:[^"\\]|\\.)*" | '\w*'? | \d\w*(?:\.\d\w*)*
            | \#!?\[ (?P<attribute>derive\b|[\w:]+) (?P<arguments>[^\]]*)
            | (?P<go>[a-z]\w*(?:\.[A-Z]\w*){1,2})
            | (?P<dots>\.*) (?P<path>[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*) (?P<end>[!(]?)"##,
    )
});

/// The names in a code span.
#[must_use]
pub fn names(span: &str) -> Vec<Name> {
    let span = span.trim();
    let others = ["{{", "://", "-unknown-", "-apple-", "-pc-"];
    if span.starts_with(['-', '$', '/', '~']) || others.iter().any(|part| span.contains(part)) {
        return Vec::new();
    }
    if THING.is_match(span) {
        let text = span.trim_end_matches('/');
        return vec![name(Kind::Thing, text, text)];
    }
    if CODE.is_match(span) {
        return vec![name(Kind::Code, span, span)];
    }
    read(&LEFT_OUT.replace_all(span, "$1"), is_sentence(span))
}

fn name(kind: Kind, text: impl Into<String>, path: &str) -> Name {
    Name {
        kind,
        text: text.into(),
        path: path.to_owned(),
    }
}

/// Reads a span as code.
fn read(span: &str, is_sentence: bool) -> Vec<Name> {
    let mut names = Vec::new();
    for found in PART.captures_iter(span) {
        let part = |group| found.name(group).map_or("", |part| part.as_str());
        if let Some(attribute) = found.name("attribute").map(|it| it.as_str()) {
            names.push(name(Kind::Attribute, format!("#[{attribute}]"), attribute));
            // What an attribute says is no name, but for what is derived.
            if attribute == "derive" {
                names.extend(read(part("arguments"), is_sentence));
            }
        } else if !part("go").is_empty() {
            names.push(name(Kind::Go, part("go"), part("go")));
        } else if let Some(place) = found.name("path") {
            let (path, rest) = (place.as_str(), &span[place.end()..]);
            let is_path = path.contains("::");
            let is_part = part("dots") == ".";
            let is_call = part("end") == "(";
            let is_macro = part("end") == "!" && !rest.starts_with("!=");
            let is_whole = span.trim_matches([' ', '&', '*', '?', ';', '.', '(', ')']) == path;
            let is_lower = path.len() > 1 && path.contains(char::is_lowercase);
            let is_camel = is_lower && path.starts_with(|c: char| c.is_ascii_uppercase());
            let goes_on = rest.starts_with(['…', '$']) || path.ends_with('_');
            let is_plain = is_sentence || !is_macro && is_word(path);
            if goes_on || is_plain && !is_path {
                continue;
            } else if is_macro {
                names.push(name(Kind::Macro, format!("{path}!"), path));
            } else if is_part && is_call && !is_path {
                names.push(name(Kind::Method, format!(".{path}()"), path));
            } else if is_path || !is_part && is_lower && (is_call || is_camel || is_whole) {
                names.push(name(Kind::Path, path, path));
            }
        }
    }
    names
}

/// True if a word belongs to a language.
fn is_word(word: &str) -> bool {
    syn::parse_str::<syn::Ident>(word).is_err() || WORDS.split(' ').any(|known| known == word)
}

/// True if three plain words follow one another.
fn is_sentence(text: &str) -> bool {
    let is_plain = |word: &&str| {
        word.chars().all(|c| c == '_' || c.is_alphanumeric())
            && !word.starts_with(|c: char| c.is_ascii_digit())
            && !is_word(word)
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(3).any(|three| three.iter().all(is_plain))
}

/// The words of a piece of Rust or Go, and the marks that join them, without those of comments and strings.
pub fn tokens(code: &str) -> impl Iterator<Item = Match<'_>> {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"(?x) //[^\n]* | (?s:/\*.*?(?:\*/|\z)) | (?s:"(?:[^"\\]|\\.)*(?:"|\z)) | '(?:\\[^\n]*?'|[^\\\n]'|\w*)
               | [0-9]\w* | (?P<token>\w+|::|[{},;])"#,
        )
    });
    let found = TOKEN.captures_iter(code);
    found.filter_map(|found| found.name("token"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Spans, a line each, and the names in them.
    const SPANS: &str = "
        Duration::from_millis => Duration::from_millis
        Vec::<u8>::new() => Vec::new
        Weak<T>::upgrade => Weak::upgrade
        Rc<RefCell<…>> => Rc RefCell
        saturating_mul(u32) => saturating_mul
        .min(self.cap) => .min()
        stop().await => stop
        self.producer.take()? => .take()
        tokio::select! { biased; _ = token.cancelled() => … } => tokio::select! .cancelled()
        #[tokio::test(start_paused = true)] => #[tokio::test]
        #![feature(gen_blocks)] => #[feature]
        #[derive(Debug, Clone)] => #[derive] Debug Clone
        size_hint => size_hint
        upcoming? => upcoming
        F: FnMut() -> Fut => FnMut Fut
        Err(RetryError::Cancelled { attempts: 3, .. }) => Err RetryError::Cancelled
        Self::next_pause => next_pause
        time.Timer.Stop() => time.Timer.Stop
        iter.Pull: next called again before yield => iter.Pull
        s3_retry.rs => s3_retry.rs
        listings/tests/ => listings/tests
        .ci/run => .ci/run
        async-stream => async-stream
        E0382 => E0382";

    /// Spans without a name.
    const OTHERS: &str = r#"E ¦ u64 ¦ async ¦ == ¦ &self.a_b ¦ use std::{fs, io} ¦ 0..=delay / 2 ¦ -cpu 1 ¦ KEY=value
        ¦ CARGO_TARGET_DIR ¦ cargo test --package listings ¦ go test ¦ panic = "unwind" ¦ 24 ns ¦ goexperiment.synctest
        ¦ attempt to add with overflow ¦ s1_… ¦ core::… ¦ /sys/fs/cgroup ¦ https://docs.rs ¦ {{#seal}} ¦ v, _ := next
        ¦ a != b ¦ x86_64-unknown-linux-gnu ¦ 1.50.0 ¦ ` ¦ x = y ¦ <module>_NAME"#;

    fn texts(span: &str) -> String {
        let texts: Vec<_> = names(span).into_iter().map(|name| name.text).collect();
        texts.join(" ")
    }

    #[test]
    fn spans_have_their_names_and_others_have_none() {
        for line in SPANS.trim().lines() {
            let (span, expected) = line.trim().rsplit_once(" => ").unwrap();
            assert_eq!(texts(span), expected, "{span}");
        }
        for span in OTHERS.split('¦') {
            assert_eq!(texts(span), "", "{span}");
        }
    }

    proptest! {
        #[test]
        fn names_of_splinters_have_their_words_from_them(
            span in r#"([a-zA_:.<>()!#\[\]"' …/-]|::|\.\.){0,14}"#,
        ) {
            for name in names(&span) {
                for word in name.path.split(['.', ':']) {
                    prop_assert!(span.contains(word), "{name:?}");
                }
            }
        }
    }
}
