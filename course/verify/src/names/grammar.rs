//! The names in a code span.
//!
//! These are names wherever they stand: a path with `::`, a call, a macro, an attribute, a word in camel case, a Go
//! selector. An error code, a file, words joined by hyphens and a word in lower case are names when they are the whole
//! span. The rest is code or a sentence, and claims nothing that could be looked up.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A name in a code span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The kind of thing that it says there is.
    pub kind: Kind,
    /// The name as messages and `names.toml` write it: without generic and other arguments.
    pub text: String,
    /// Its words, joined by `::` in Rust and by `.` in Go.
    pub path: String,
    /// Its first word, in the span.
    pub span: Range<usize>,
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
    /// A file, a folder, a Go package or a benchmark.
    File,
    /// Words joined by hyphens: a crate, a chapter, a wrong solution.
    Hyphens,
    /// An error code of rustc.
    Code,
}

/// Words of the languages that no parser of Rust's refuses as a name.
const WORDS: &str = "bool case chan char defer f32 f64 func gen go i128 i16 i32 i64 i8 interface isize len macro_rules \
                     make map new nil package range raw select str switch u128 u16 u32 u64 u8 union usize var";

static WHOLE: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    let endings = "css|go|html|js|json|lock|md|mod|rs|sh|svg|toml|txt|yaml|yml";
    let file = format!(
        r"^(?:[A-Za-z.][\w.+-]*(?:/[\w.][\w.+-]*)+/?|[A-Za-z_][\w-]*\.(?:{endings})|[A-Za-z_][\w-]*/)$"
    );
    [
        (Kind::Code, r"^E\d{4}$"),
        (Kind::File, &file),
        (Kind::Hyphens, r"^[a-z][a-z0-9_]*(?:-[a-z0-9_]+)+$"),
    ]
    .map(|(kind, pattern)| (kind, Regex::new(pattern).expect("a valid pattern")))
    .into()
});

static PART: LazyLock<Regex> = LazyLock::new(|| {
    // Arguments in angle brackets, three deep.
    let arguments = (0..2).fold(r"<[^<>]*>".to_owned(), |inner, _| {
        format!(r"<(?:[^<>]|{inner})*>")
    });
    Regex::new(&format!(
        r##"(?x)
        "(?:[^"\\]|\\.)*" | '\w*'? | \d\w*(?:\.\d\w*)*
        | \#!?\[ (?P<attribute>[\w:]+) (?P<arguments>[^\]]*)
        | (?P<go>[a-z]\w*(?:\.[A-Z]\w*){{1,2}})
        | (?P<dots>\.*) (?P<path>[A-Za-z_]\w*(?:(?:::)?(?:{arguments})?::[A-Za-z_]\w*)*) (?P<end>[!(]?)
        "##
    ))
    .expect("a valid pattern")
});

/// The names in a code span.
#[must_use]
pub fn names(span: &str) -> Vec<Name> {
    let text = span.trim();
    let is_other = text.starts_with(['-', '$', '/', '~'])
        || ["{{", "://", "-unknown-", "-apple-", "-pc-"]
            .iter()
            .any(|part| text.contains(part));
    if is_other {
        return Vec::new();
    }
    let start = span.find(text).unwrap_or(0);
    if let Some((kind, _)) = WHOLE.iter().find(|(_, pattern)| pattern.is_match(text)) {
        let text = text.trim_end_matches('/').to_owned();
        let span = start..start + text.len();
        return vec![Name {
            kind: *kind,
            path: text.clone(),
            text,
            span,
        }];
    }
    let mut names = Vec::new();
    read(span, 0..span.len(), is_sentence(text), &mut names);
    names
}

/// Reads a part of a span as code.
fn read(span: &str, part: Range<usize>, is_sentence: bool, names: &mut Vec<Name>) {
    let offset = part.start;
    for found in PART.captures_iter(&span[part]) {
        let place = |group| {
            let found = found.name(group)?;
            Some(offset + found.start()..offset + found.end())
        };
        let mut push = |kind, text: String, path: &str, at: usize| {
            let length = path.find([':', '.']).unwrap_or(path.len());
            let path = path.to_owned();
            let span = at..at + length;
            names.push(Name {
                kind,
                text,
                path,
                span,
            });
        };
        if let Some(place) = place("attribute") {
            let path = &span[place.clone()];
            push(Kind::Attribute, format!("#[{path}]"), path, place.start);
        } else if let Some(place) = place("go") {
            let path = &span[place.clone()];
            push(Kind::Go, path.to_owned(), path, place.start);
        } else if let Some(place) = place("path") {
            let rest = &span[place.end..];
            let (path, at) = without_arguments(&span[place.clone()], place.start);
            let is_path = span[place].contains("::");
            let is_part = found.name("dots").is_some_and(|dots| dots.as_str() == ".");
            let is_call = &found["end"] == "(";
            let is_macro = &found["end"] == "!" && !rest.starts_with("!=");
            let is_whole = span.trim_matches([' ', '&', '*', '?', ';', '.', '(', ')']) == path;
            let is_lower = path.len() > 1 && path.contains(char::is_lowercase);
            let is_camel = is_lower && path.starts_with(|c: char| c.is_ascii_uppercase());
            let goes_on = rest.starts_with(['…', '$']) || path.ends_with('_');
            if goes_on || !is_path && (is_sentence || !is_macro && is_word(&path)) {
            } else if is_macro {
                push(Kind::Macro, format!("{path}!"), &path, at);
            } else if is_path {
                push(Kind::Path, path.clone(), &path, at);
            } else if is_part && is_call {
                push(Kind::Method, format!(".{path}()"), &path, at);
            } else if !is_part && (is_call && is_lower || is_camel || is_whole && is_lower) {
                push(Kind::Path, path.clone(), &path, at);
            }
        }
        // What an attribute says is no name, but for what is derived.
        let derived = place("arguments").filter(|_| &found["attribute"] == "derive");
        let arguments = place("path").and_then(|path| {
            let open = span[path.clone()].find('<')?;
            Some(path.start + open..path.end)
        });
        if let Some(inside) = derived.or(arguments) {
            let inside = inside.start + 1..inside.end;
            read(span, inside, is_sentence, names);
        }
    }
}

/// A path without what stands in angle brackets, and without `Self` and its like in front; and where it begins.
fn without_arguments(path: &str, start: usize) -> (String, usize) {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for c in path.chars() {
        depth += usize::from(c == '<');
        if depth == 0 {
            plain.push(c);
        }
        depth = depth.saturating_sub(usize::from(c == '>'));
    }
    let plain = plain.replace("::::", "::");
    let mut rest = plain.as_str();
    while let Some((first, after)) = rest.split_once("::")
        && matches!(first, "self" | "Self" | "crate" | "super")
    {
        rest = after;
    }
    let first = rest.split(':').next().unwrap_or_default();
    let at = start + path.find(first).unwrap_or_default();
    (rest.to_owned(), at)
}

/// True if a word belongs to a language.
fn is_word(word: &str) -> bool {
    syn::parse_str::<syn::Ident>(word).is_err() || WORDS.split(' ').any(|known| known == word)
}

/// True if three plain words stand in a row.
fn is_sentence(text: &str) -> bool {
    let is_plain = |word: &&str| {
        word.chars().all(|c| c == '_' || c.is_alphanumeric())
            && !word.starts_with(|c: char| c.is_ascii_digit())
            && !is_word(word)
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(3).any(|three| three.iter().all(&is_plain))
}

/// The words of a piece of Rust or Go, without those of comments and strings.
pub fn words(code: &str) -> impl Iterator<Item = &str> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?x) //[^\n]* | (?s:/\*.*?(?:\*/|\z)) | (?s:"(?:[^"\\]|\\.)*(?:"|\z)) | '(?:\\[^\n]*?'|[^\\\n]'|\w*)
               | [0-9]\w* | (?P<word>\w+)"#,
        )
        .expect("a valid pattern")
    });
    let found = WORD.captures_iter(code);
    found.filter_map(|found| Some(found.name("word")?.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(span: &str) -> String {
        names(span)
            .into_iter()
            .map(|name| name.text)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn paths_calls_macros_attributes_and_camel_case_are_names() {
        for (span, expected) in [
            ("Duration::from_millis", "Duration::from_millis"),
            ("std::iter::from_fn", "std::iter::from_fn"),
            ("Vec::<u8>::new()", "Vec::new"),
            ("Weak<T>::upgrade", "Weak::upgrade"),
            ("Rc<RefCell<…>>", "Rc RefCell"),
            ("Option<&T>", "Option"),
            ("saturating_mul(u32)", "saturating_mul"),
            ("wait()", "wait"),
            (".min(self.cap)", ".min()"),
            ("stop().await", "stop"),
            ("previous.checked_add(current)", ".checked_add()"),
            ("self.producer.take()?", ".take()"),
            (
                "tokio::select! { biased; _ = token.cancelled() => … }",
                "tokio::select! .cancelled()",
            ),
            ("select!", "select!"),
            ("#[track_caller]", "#[track_caller]"),
            ("#[tokio::test(start_paused = true)]", "#[tokio::test]"),
            ("#![feature(gen_blocks)]", "#[feature]"),
            ("#[derive(Debug, Clone)]", "#[derive] Debug Clone"),
            ("size_hint", "size_hint"),
            ("next", "next"),
            ("upcoming?", "upcoming"),
            ("&self.a_b", ""),
            ("F: FnMut() -> Fut", "FnMut Fut"),
            (
                "Err(RetryError::Cancelled { attempts: 3, .. })",
                "Err RetryError::Cancelled",
            ),
            ("Self::next_pause", "next_pause"),
            ("use std::{fs, io}", ""),
        ] {
            assert_eq!(texts(span), expected, "{span}");
        }
    }

    #[test]
    fn go_selectors_files_hyphens_and_codes_are_names() {
        for (span, expected) in [
            ("iter.Pull", "iter.Pull"),
            ("time.Timer.Stop()", "time.Timer.Stop"),
            ("iter.Pull: next called again before yield", "iter.Pull"),
            ("defer stop()", "stop"),
            ("s3_retry.rs", "s3_retry.rs"),
            ("listings/tests/", "listings/tests"),
            ("testing/synctest", "testing/synctest"),
            (".ci/run", ".ci/run"),
            ("async-stream", "async-stream"),
            ("E0382", "E0382"),
        ] {
            assert_eq!(texts(span), expected, "{span}");
        }
    }

    #[test]
    fn the_rest_is_no_name() {
        for span in [
            "E",
            "T",
            "u64",
            "async",
            "==",
            "0..=delay / 2",
            "-cpu 1",
            "--json",
            "GOEXPERIMENT=synctest",
            "CARGO_TARGET_DIR",
            "cargo test --package listings",
            "go test",
            "panic = \"unwind\"",
            "24 ns",
            "[no test files]",
            "attempt to add with overflow",
            "Finished after a while",
            "goexperiment.synctest",
            "s1_…",
            "core::…",
            "/sys/fs/cgroup/cpu.max",
            "https://docs.rs",
            "{{#seal}}",
            "v, _ := next",
            "a != b",
            "x86_64-unknown-linux-gnu",
            "1.50.0",
            "`",
            "",
            "x = y",
            "let x_y = 3",
            "<module>_NAME",
        ] {
            assert_eq!(texts(span), "", "{span}");
        }
    }

    proptest! {
        #[test]
        fn names_of_any_text_are_in_it(span in any::<String>()) {
            for name in names(&span) {
                prop_assert!(span.get(name.span.clone()).is_some_and(|text| !text.is_empty()));
            }
        }

        #[test]
        fn names_of_splinters_are_in_them(span in r#"([a-zA_:.<>()!#\[\]"' …/-]|::|\.\.){0,14}"#) {
            for name in names(&span) {
                prop_assert!(span.get(name.span.clone()).is_some_and(|text| !text.is_empty()));
            }
        }
    }
}
