//! HTML of text, and text of HTML.

use std::sync::LazyLock;

use regex::{Captures, Regex};

static UNREAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?s)<!--.*?-->|<svg\b.*?</svg>|<(?:style|script|button)\b.*?</(?:style|script|button)>|<label>.*?</label>",
    )
    .expect("a valid pattern")
});
static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[^>]*>").expect("a valid pattern"));
static ENTITY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("&(#?[a-z0-9]+);").expect("a valid pattern"));

/// Escapes text for the content of an element in a finished page. Quotes are left as they are, so
/// that code stays small.
#[must_use]
pub fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Escapes text for content and quoted attributes, on pages that mdBook still reads: `{` could begin a directive.
#[must_use]
pub fn escape(text: &str) -> String {
    escape_text(text)
        .replace('"', "&quot;")
        .replace('{', "&#123;")
}

/// Undoes what this module and mdBook escape.
#[must_use]
pub fn unescape(html: &str) -> String {
    let one = |found: &Captures<'_>| {
        let text = match &found[1] {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "nbsp" => "\u{a0}",
            code => {
                let number = code.strip_prefix('#').and_then(|code| code.parse().ok());
                return number
                    .and_then(char::from_u32)
                    .map_or_else(|| found[0].to_owned(), String::from);
            }
        };
        text.to_owned()
    };
    ENTITY.replace_all(html, one).into_owned()
}

/// The words of HTML: no tags, drawings or controls, one space between words.
#[must_use]
pub fn words(html: &str) -> String {
    let read = UNREAD.replace_all(html, " ");
    // Inline tags do not separate words, and blocks are separated by line ends.
    let text = TAG.replace_all(&read, "");
    unescape(&text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_out_tags_and_drawings() {
        let html = "<p>A <code>Vec&lt;T&gt;</code>&#39;s\n end</p>\n<svg><title>no</title></svg><button>Copy</button>";
        assert_eq!(words(html), "A Vec<T>'s end");
    }

    #[test]
    fn unescaping_undoes_both_ways_of_escaping() {
        let text = "a < b && c > \"d\" &lt; {{#e}}";
        assert_eq!(unescape(&escape_text(text)), text);
        assert_eq!(unescape(&escape(text)), text);
        assert!(!escape(text).contains(['"', '{']));
    }
}
