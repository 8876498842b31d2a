//! Rust and Go as tokens, near enough to tell identifiers from comments, strings and numbers.

use std::ops::Range;

/// A token: an identifier, a number, a string, or one character of anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub span: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or a keyword.
    Word,
    /// A number, a string, a character or a lifetime.
    Literal,
    /// One character of anything else.
    Sign(char),
}

/// The tokens of a piece of code, comments left out. Any text has some; what is not closed goes to the end.
#[must_use]
pub fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let (length, kind) = if first.is_whitespace() {
            (first.len_utf8(), None)
        } else if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |end| end + 2), None)
        } else if first == '"' {
            (string(rest), Some(Kind::Literal))
        } else if first == '\'' {
            (quoted(rest), Some(Kind::Literal))
        } else if first.is_ascii_digit() {
            (number(rest), Some(Kind::Literal))
        } else if is_word(first) {
            (
                rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                Some(Kind::Word),
            )
        } else {
            (first.len_utf8(), Some(Kind::Sign(first)))
        };
        tokens.extend(kind.map(|kind| Token {
            kind,
            span: at..at + length,
        }));
        at += length;
    }
    tokens
}

/// The identifiers of a piece of code.
pub fn words(code: &str) -> impl Iterator<Item = &str> {
    tokens(code)
        .into_iter()
        .filter(|token| token.kind == Kind::Word)
        .map(|token| &code[token.span])
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The length of a string, which may hold `\"`.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    rest.len()
}

/// The length of a character, or of a lifetime.
fn quoted(rest: &str) -> usize {
    let inside = &rest[1..];
    let Some(first) = inside.chars().next() else {
        return 1;
    };
    if first == '\\' {
        // What is escaped is a character at least, such as the quote in `'\''`.
        let escaped = 1 + inside[1..].chars().next().map_or(0, char::len_utf8);
        return inside[escaped..]
            .find('\'')
            .map_or(1, |end| 1 + escaped + end + 1);
    }
    if inside[first.len_utf8()..].starts_with('\'') {
        return first.len_utf8() + 2;
    }
    1 + inside.find(|c| !is_word(c)).unwrap_or(inside.len())
}

/// The length of a number; a dot belongs to it when a digit follows.
fn number(rest: &str) -> usize {
    let mut before_digit = rest.char_indices().zip(rest.chars().skip(1).chain([' ']));
    before_digit
        .find(|((_, c), next)| !(is_word(*c) || *c == '.' && next.is_ascii_digit()))
        .map_or(rest.len(), |((at, _), _)| at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(code: &str) -> Vec<&str> {
        tokens(code)
            .into_iter()
            .map(|token| &code[token.span])
            .collect()
    }

    #[test]
    fn tokens_are_words_literals_and_signs() {
        assert_eq!(
            of("a::b_1(2.5, 0..3)"),
            [
                "a", ":", ":", "b_1", "(", "2.5", ",", "0", ".", ".", "3", ")"
            ]
        );
        assert_eq!(
            of(r#"f("a \" b", 'c', '\n', '\'', '\u{1f}', 'a)"#),
            [
                "f",
                "(",
                r#""a \" b""#,
                ",",
                "'c'",
                ",",
                r"'\n'",
                ",",
                r"'\''",
                ",",
                r"'\u{1f}'",
                ",",
                "'a",
                ")"
            ]
        );
    }

    #[test]
    fn words_are_those_of_code_not_of_comments_and_strings() {
        let code = "let x = \"one\"; // two\n/* three */ four::<'five>(6e7)";
        assert_eq!(words(code).collect::<Vec<_>>(), ["let", "x", "four"]);
    }

    proptest! {
        #[test]
        fn tokens_of_any_text_are_in_it_and_in_order(code in any::<String>()) {
            let mut end = 0;
            for token in tokens(&code) {
                prop_assert!(token.span.start >= end && !token.span.is_empty());
                prop_assert!(code.get(token.span.clone()).is_some());
                end = token.span.end;
            }
        }

        #[test]
        fn tokens_of_splinters_are_in_them(code in r#"['"\\/*a.0_é({ \n]{0,12}"#) {
            for token in tokens(&code) {
                prop_assert!(code.get(token.span.clone()).is_some_and(|text| !text.is_empty()));
            }
        }
    }
}
