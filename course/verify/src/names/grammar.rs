//! Which code spans claim that something exists, and what.
//!
//! A span is read as code. In it these are names, whatever stands around them:
//!
//! - a path with `::`, such as `Duration::from_millis`; generic arguments are left out of it and read by themselves;
//! - a call: `take(n)`, `.min(cap)`;
//! - a word in camel case: `JoinHandle`, and in Rust a macro, `select!`, or an attribute, `#[track_caller]`;
//! - a Go selector: `iter.Pull`, `time.Timer.Stop`.
//!
//! These are names when they are the whole span: a word in lower case, `size_hint`; words joined by hyphens,
//! `async-stream`; a file, `book.toml` or `benches/go`; an error code, `E0382`.
//!
//! The rest claims nothing that could be looked up: operators, numbers, flags, `KEY=value`, environment variables,
//! keywords and primitive types, commands such as `cargo test`, a sentence (three words in a row) but for its paths and
//! selectors, and whatever has a placeholder in it: `s1_…`, `*`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::lexer::{Kind as Sort, Token, tokens};

/// A name in a code span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// What kind of thing it says there is.
    pub kind: Kind,
    /// How it is written in messages and in `names.toml`: without generic and other arguments.
    pub text: String,
    /// Its first word, in the span.
    pub span: Range<usize>,
}

/// What kind of thing a name says there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A Rust path, or one word that would be one.
    Path(Vec<String>),
    /// `.name()`.
    Method(String),
    /// `name!`.
    Macro(Vec<String>),
    /// `#[name]`.
    Attribute(Vec<String>),
    /// `package.Name`, `package.Type.Method`.
    Go(Vec<String>),
    /// A file, a folder, a Go package or a benchmark.
    File,
    /// Words joined by hyphens: a crate, a chapter, a wrong solution.
    Hyphens,
    /// An error code of rustc.
    Code,
}

/// Rust's keywords and primitive types, and what Go adds to them.
const WORDS: &[&str] = &[
    "Self",
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "bool",
    "box",
    "break",
    "char",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "f128",
    "f16",
    "f32",
    "f64",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "if",
    "impl",
    "in",
    "isize",
    "let",
    "loop",
    "macro",
    "macro_rules",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "raw",
    "ref",
    "return",
    "self",
    "static",
    "str",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "union",
    "unsafe",
    "unsized",
    "use",
    "usize",
    "virtual",
    "where",
    "while",
    "yield",
    // Go
    "case",
    "chan",
    "defer",
    "func",
    "go",
    "interface",
    "len",
    "make",
    "map",
    "new",
    "nil",
    "package",
    "range",
    "select",
    "switch",
    "var",
];

/// First words of a command line.
const COMMANDS: &[&str] = &[
    "bash", "cargo", "cat", "cd", "echo", "git", "go", "mdbook", "perf", "pip", "rustc", "rustdoc",
    "rustup", "taskset",
];

/// Endings of files. Others, such as that of `a.await`, are those of code.
const ENDINGS: &str = "css|go|html|js|json|lock|md|mod|rs|sh|svg|toml|txt|yaml|yml";

/// The names in a code span.
#[must_use]
pub fn names(span: &str) -> Vec<Name> {
    static FILE: LazyLock<Regex> = LazyLock::new(|| {
        let (part, ending) = (r"[\w.][\w.+-]*", ENDINGS);
        Regex::new(&format!(
            r"^(?:[A-Za-z.][\w.+-]*(?:/{part})+/?|[A-Za-z_][\w-]*\.(?:{ending})|[A-Za-z_][\w-]*/)$"
        ))
        .expect("a valid pattern")
    });
    static HYPHENS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[a-z][a-z0-9_]*(?:-[a-z0-9_]+)+$").expect("a valid pattern")
    });
    static CODE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^E\d{4}$").expect("a valid pattern"));
    let text = span.trim();
    let whole = |kind| {
        let start = span.find(text).unwrap_or(0);
        vec![Name {
            kind,
            text: text.trim_end_matches('/').to_owned(),
            span: start..start + text.len(),
        }]
    };
    if text.contains("{{")
        || text.contains("://")
        || text.starts_with(['-', '$', '/', '~'])
        || is_command(text)
    {
        Vec::new()
    } else if CODE.is_match(text) {
        whole(Kind::Code)
    } else if FILE.is_match(text) {
        whole(Kind::File)
    } else if HYPHENS.is_match(text) {
        // The name of a target is no name of this book.
        if ["-unknown-", "-apple-", "-pc-"]
            .iter()
            .any(|part| text.contains(part))
        {
            return Vec::new();
        }
        whole(Kind::Hyphens)
    } else {
        Reader::new(span).read()
    }
}

fn is_command(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next().is_some_and(|first| COMMANDS.contains(&first)) && words.next().is_some()
}

/// Reads a span as code.
struct Reader<'a> {
    span: &'a str,
    tokens: Vec<Token>,
    /// Which tokens belong to a name that has been read.
    used: Vec<bool>,
    /// Whether the span is a sentence: then only what is no word of one is a name.
    is_sentence: bool,
    names: Vec<Name>,
}

impl<'a> Reader<'a> {
    fn new(span: &'a str) -> Self {
        let tokens = tokens(span);
        let plain =
            |token: &Token| token.kind == Sort::Word && !WORDS.contains(&&span[token.span.clone()]);
        let is_sentence = tokens.windows(3).any(|three| three.iter().all(plain));
        Self {
            span,
            used: vec![false; tokens.len()],
            tokens,
            is_sentence,
            names: Vec::new(),
        }
    }

    fn read(mut self) -> Vec<Name> {
        for at in 0..self.tokens.len() {
            if !self.used[at] && self.word(at).is_some() {
                self.read_at(at);
            }
        }
        self.names
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        let token = self.tokens.get(at)?;
        (token.kind == Sort::Word).then(|| &self.span[token.span.clone()])
    }

    fn sign(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Sort::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    /// The sign before a token.
    fn before(&self, at: usize) -> Option<char> {
        at.checked_sub(1).and_then(|before| self.sign(before))
    }

    fn are(&self, at: usize, signs: &str) -> bool {
        signs
            .chars()
            .enumerate()
            .all(|(index, sign)| self.sign(at + index) == Some(sign))
    }

    /// Whether two neighbours have nothing between them.
    fn touch(&self, at: usize) -> bool {
        matches!((self.tokens.get(at), self.tokens.get(at + 1)), (Some(a), Some(b)) if a.span.end == b.span.start)
    }

    fn read_at(&mut self, at: usize) {
        if let Some(selector) = self.go_selector(at) {
            return self.push(Kind::Go(selector.clone()), selector.join("."), at);
        }
        let (mut path, end) = self.path(at);
        if self.is_placeholder(at, end) {
            return;
        }
        let alone = path.len() == 1;
        while path.len() > 1 && matches!(path[0].as_str(), "self" | "Self" | "crate" | "super") {
            path.remove(0);
        }
        let text = path.join("::");
        let word = path[0].clone();
        let is_attribute = self.before(at) == Some('[') && at >= 2 && {
            let mark = if self.sign(at - 2) == Some('!') {
                at.checked_sub(3)
            } else {
                Some(at - 2)
            };
            mark.is_some_and(|mark| self.sign(mark) == Some('#'))
        };
        if is_attribute {
            self.skip_arguments(end, &word);
            return self.push(Kind::Attribute(path), format!("#[{text}]"), at);
        }
        let is_call = self.sign(end) == Some('(') && self.touch(end - 1);
        let is_macro =
            self.sign(end) == Some('!') && self.sign(end + 1) != Some('=') && self.touch(end - 1);
        let is_part = self.before(at) == Some('.') && (at < 2 || self.sign(at - 2) != Some('.'));
        let (kind, text) = match () {
            () if !alone && is_macro => (Kind::Macro(path), text + "!"),
            () if !alone => (Kind::Path(path), text),
            () if self.is_sentence => return,
            () if is_macro => (Kind::Macro(path), text + "!"),
            () if is_part && is_call => (Kind::Method(word), format!(".{text}()")),
            () if is_part || WORDS.contains(&word.as_str()) => return,
            () if is_call || is_camel(&word) || self.is_whole(at) && is_lower(&word) => {
                (Kind::Path(path), text)
            }
            () => return,
        };
        self.push(kind, text, at);
    }

    fn push(&mut self, kind: Kind, text: String, at: usize) {
        self.names.push(Name {
            kind,
            text,
            span: self.tokens[at].span.clone(),
        });
    }

    /// The words of a path from its first, and the token after it.
    fn path(&mut self, start: usize) -> (Vec<String>, usize) {
        let mut path = vec![self.word(start).unwrap_or_default().to_owned()];
        let mut end = start + 1;
        loop {
            let mut next = end;
            if self.are(next, "::") {
                next += 2;
            }
            // `Vec::<u8>::new`, `Vec<u8>::new`; `a < b` has space.
            if self.sign(next) == Some('<') && self.touch(next.saturating_sub(1)) {
                match self.closing(next) {
                    Some(close) if self.are(close + 1, "::") && self.word(close + 3).is_some() => {
                        next = close + 3
                    }
                    _ => return (path, end),
                }
            } else if next == end {
                return (path, end);
            }
            let Some(word) = self.word(next) else {
                return (path, end);
            };
            path.push(word.to_owned());
            self.used[next] = true;
            end = next + 1;
        }
    }

    /// The `>` that closes a `<`; the one of `->` does not.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.sign(at) {
                Some('<') => depth += 1,
                Some('>') if self.before(at) != Some('-') => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// `package.Name` and `package.Type.Method`: a word in lower case, then one or two that Go exports.
    fn go_selector(&mut self, at: usize) -> Option<Vec<String>> {
        let package = self.word(at)?;
        let is_package = package != "self" && package.starts_with(|c: char| c.is_ascii_lowercase());
        if !is_package || matches!(self.before(at), Some('.' | ':')) {
            return None;
        }
        let mut selector = vec![package.to_owned()];
        let mut end = at + 1;
        while selector.len() < 3
            && self.sign(end) == Some('.')
            && self.touch(end - 1)
            && self.touch(end)
        {
            let Some(word) = self
                .word(end + 1)
                .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
            else {
                break;
            };
            selector.push(word.to_owned());
            self.used[end + 1] = true;
            end += 2;
        }
        (selector.len() > 1).then_some(selector)
    }

    /// Whether a name goes on where words end: in `s1_…`, `core::*`, `<module>_name`.
    fn is_placeholder(&self, start: usize, end: usize) -> bool {
        let mark = |sign: Option<char>| matches!(sign, Some('…' | '$'));
        let word = self.word(start).unwrap_or_default();
        let before = self.before(start);
        let begins = mark(before) || before == Some('>') && word.starts_with('_');
        let after = self.sign(end);
        let ends = mark(after) || after == Some('*') && word.ends_with('_');
        begins && self.touch(start - 1) || ends && self.touch(end - 1)
    }

    /// What stands in an attribute is no name, but for what is derived.
    fn skip_arguments(&mut self, from: usize, attribute: &str) {
        if attribute == "derive" {
            return;
        }
        let mut depth = 1_usize;
        for at in from..self.tokens.len() {
            match self.sign(at) {
                Some('[') => depth += 1,
                Some(']') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
            self.used[at] = true;
        }
    }

    /// Whether nothing but signs stands beside a word.
    fn is_whole(&self, at: usize) -> bool {
        let others = self
            .tokens
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != at);
        others.into_iter().all(|(_, token)| {
            matches!(
                token.kind,
                Sort::Sign('&' | '*' | '?' | ';' | '.' | '(' | ')')
            )
        })
    }
}

/// `JoinHandle`, `Ok`; not `T`, `MAX`.
fn is_camel(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains(|c: char| c.is_lowercase())
}

/// `size_hint`, `next`; not `T`, `MAX_SIZE`.
fn is_lower(word: &str) -> bool {
    word.contains(|c: char| c.is_lowercase()) && word.len() > 1
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
