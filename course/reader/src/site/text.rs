//! The text of HTML, and HTML of text.

use std::sync::LazyLock;

use regex::{Captures, Regex};

static UNREAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?s)<!--.*?-->|<svg\b.*?</svg>|<(?:style|script|button)\b.*?</(?:style|script|button)>|<label>.*?</label>",
    )
});
static TAG: LazyLock<Regex> = LazyLock::new(|| pattern("<[^>]*>"));
static ENTITY: LazyLock<Regex> = LazyLock::new(|| pattern("&(#?[a-z0-9]+);"));

/// A pattern of this program's own.
pub fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// Text as the content of an element.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// What mdBook escapes in text and attributes, as it was.
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

/// What is read of HTML: no tags, no drawings, one space between words.
pub fn of(html: &str) -> String {
    let read = UNREAD.replace_all(html, " ");
    // Inline tags do not part words, and what parts blocks is a line end.
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
    fn text_has_neither_tags_nor_drawings() {
        let html = "<p>A <code>Vec&lt;T&gt;</code>&#39;s\n end</p>\n<svg><title>no</title></svg><button>Copy</button>";
        assert_eq!(of(html), "A Vec<T>'s end");
    }

    #[test]
    fn escaping_is_undone_by_unescaping() {
        let text = "a < b && c > \"d\" &lt;";
        assert_eq!(unescape(&escape(text)), text);
    }
}
