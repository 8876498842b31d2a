//! Syntax highlighting, at build time, so that pages need no script for it.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use book::html::escape_text;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Scopes of the grammars and the class of each; the first that matches counts. There are few
/// classes, so that few colours are enough.
static CLASSES: LazyLock<Vec<(Scope, &str)>> = LazyLock::new(|| {
    let classes = [
        ("comment", "c"),
        ("string", "s"),
        ("constant.character", "s"),
        ("constant.numeric", "n"),
        ("constant.language", "n"),
        ("meta.annotation", "m"),
        ("entity.name.macro", "m"),
        ("support.macro", "m"),
        ("keyword.operator", ""),
        ("keyword", "k"),
        ("storage.modifier.lifetime", "l"),
        ("storage", "k"),
        ("entity.name.function", "f"),
        ("support.function", "f"),
        ("variable.function", "f"),
        ("entity.name", "t"),
        ("support.type", "t"),
        ("markup.inserted", "add"),
        ("markup.deleted", "del"),
        ("meta.diff", "m"),
    ];
    classes
        .iter()
        .map(|(scope, class)| (Scope::from_str(scope).expect("a valid scope"), *class))
        .collect()
});

/// The lines of a code block as HTML, without their line ends. Code in a language without a grammar is only escaped.
///
/// Each block is coloured once: `serve` builds again and again, and few blocks change between two builds.
pub fn lines(language: &str, code: &str) -> Vec<String> {
    static KNOWN: LazyLock<Mutex<HashMap<[String; 2], Vec<String>>>> =
        LazyLock::new(Mutex::default);
    let key = [language.to_owned(), code.to_owned()];
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lines) = known().get(&key) {
        return lines.clone();
    }
    let lines = coloured(language, code);
    known().insert(key, lines.clone());
    lines
}

fn coloured(language: &str, code: &str) -> Vec<String> {
    let plain = || code.lines().map(escape_text).collect();
    let Some(syntax) = SYNTAXES
        .find_syntax_by_token(language)
        .filter(|_| language != "text")
    else {
        return plain();
    };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut out = Vec::new();
    for line in code.lines() {
        let line = format!("{line}\n");
        // A grammar that fails is no reason not to show the code.
        let Ok(changes) = state.parse_line(&line, &SYNTAXES) else {
            return plain();
        };
        let mut html = Spans::default();
        let mut done = 0;
        for (at, change) in changes {
            html.push(class(&stack), &line[done..at]);
            done = at;
            if stack.apply(&change).is_err() {
                return plain();
            }
        }
        html.push(class(&stack), line[done..].trim_end_matches('\n'));
        out.push(html.finish());
    }
    out
}

/// The class of a stack of scopes: that of the innermost scope that has one.
fn class(stack: &ScopeStack) -> &'static str {
    let of = |scope: &Scope| {
        CLASSES
            .iter()
            .find(|(prefix, _)| prefix.is_prefix_of(*scope))
            .map(|(_, class)| *class)
    };
    stack
        .as_slice()
        .iter()
        .rev()
        .find_map(of)
        .unwrap_or_default()
}

/// HTML in which neighbours of the same class share a span.
#[derive(Default)]
struct Spans {
    html: String,
    open: &'static str,
}

impl Spans {
    fn push(&mut self, class: &'static str, text: &str) {
        let text = text.trim_end_matches('\n');
        if text.is_empty() {
            return;
        }
        // Space has no colour.
        if class != self.open && !text.trim().is_empty() {
            self.close();
            if !class.is_empty() {
                self.html.push_str(&format!("<span class=\"{class}\">"));
            }
            self.open = class;
        }
        self.html.push_str(&escape_text(text));
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.html.push_str("</span>");
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_has_keywords_functions_strings_and_comments() {
        let html = lines("rust", "fn main() { // <here>\n    let s = \"a\";\n}\n");
        assert_eq!(html.len(), 3);
        assert!(
            html[0].starts_with("<span class=\"k\">fn </span><span class=\"f\">main</span>"),
            "{}",
            html[0]
        );
        assert!(
            html[0].contains("<span class=\"c\">// &lt;here&gt;</span>"),
            "{}",
            html[0]
        );
        assert!(
            html[1].contains("<span class=\"s\">\"a\"</span>"),
            "{}",
            html[1]
        );
    }

    #[test]
    fn highlighting_changes_no_character_of_the_code() {
        let code = "//! A <b> & \"c\"\n\nimpl<'a, T: ?Sized> Drop for X<'a, T> {\n\tfn drop(&mut self) { r#\"x\"#; }\n}";
        let tag = regex::Regex::new("<[^>]*>").unwrap();
        for language in ["rust", "go", "console", "text", "diff", "toml", "nonsense"] {
            let html = lines(language, code).join("\n");
            let text = tag.replace_all(&html, "").into_owned();
            assert_eq!(text, escape_text(code), "{language}");
        }
    }

    #[test]
    fn text_and_unknown_languages_are_only_escaped() {
        assert_eq!(lines("text", "a < b"), ["a &lt; b"]);
        assert_eq!(lines("nonsense", "fn main() {}"), ["fn main() {}"]);
    }
}
