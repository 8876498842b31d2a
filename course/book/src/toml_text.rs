//! TOML texts: parsing with the line of an error, and the line of every string.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::page::Lines;

/// Parses a TOML text.
///
/// # Errors
///
/// The line, 0 if it is unknown, and the message, when the text is not TOML or not a `T`.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, (usize, String)> {
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(0, |span| Lines::new(text).at(span.start));
        (line, error.message().replace('\n', " "))
    })
}

/// The strings of a TOML text with their lines, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strings(Vec<Placed>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Placed {
    path: String,
    value: String,
    /// The line of its opening quotes.
    line: usize,
    /// The lines of its first and its last character.
    lines: (usize, usize),
}

impl Strings {
    /// Reads a text. What is not TOML has no strings.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut strings = Self::default();
        if let Ok(table) = DeTable::parse(text) {
            strings.add_table(&(text, Lines::new(text)), "", table.get_ref());
        }
        strings.0.sort_by_key(|string| string.line);
        strings
    }

    /// The strings at a path such as `exercise.title`, with their lines. Arrays are no part of a path.
    pub fn at(&self, path: &str) -> impl Iterator<Item = (&str, usize)> {
        let at_path = self.0.iter().filter(move |string| string.path == path);
        at_path.map(|string| (string.value.as_str(), string.line))
    }

    /// The line of a string at a path; 0 when it is not there.
    #[must_use]
    pub fn line(&self, path: &str, value: &str) -> usize {
        let mut strings = self.at(path);
        strings
            .find(|(found, _)| *found == value)
            .map_or(0, |(_, line)| line)
    }

    /// The line of a byte of a string, wherever the string is; 0 when it is not there.
    #[must_use]
    pub fn line_in(&self, value: &str, byte: usize) -> usize {
        let string = self.0.iter().find(|string| string.value == value);
        string.map_or(0, |string| {
            let (first, last) = string.lines;
            // A line break may be written as `\n`.
            (first + value[..byte].matches('\n').count()).min(last)
        })
    }

    fn add_table(&mut self, text: &(&str, Lines), path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = match path {
                "" => key.get_ref().to_string(),
                path => format!("{path}.{}", key.get_ref()),
            };
            self.add(text, &path, value);
        }
    }

    fn add(&mut self, text: &(&str, Lines), path: &str, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::String(string) => {
                let span = value.span();
                let source = &text.0[span.clone()];
                // The line break after an opening `"""` is no part of the string.
                let begins_below = [r#"""""#, "'''"].iter().any(|quotes| {
                    source
                        .strip_prefix(quotes)
                        .is_some_and(|rest| rest.starts_with(['\r', '\n']))
                });
                let line = text.1.at(span.start);
                self.0.push(Placed {
                    path: path.to_owned(),
                    value: string.to_string(),
                    line,
                    lines: (line + usize::from(begins_below), text.1.at(span.end)),
                });
            }
            DeValue::Array(values) => values.iter().for_each(|value| self.add(text, path, value)),
            DeValue::Table(table) => self.add_table(text, path, table),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a = \"b\"\na = 'b'\nc = [\n  \"b\",\n  { d = \"say \\\"e\\\" in 5 ms\" },\n]\n\
        [[f]]\ng = \"\"\"\nh\ni 6 ms\n\"\"\"\n[[f]]\ng = \"j\\nk\"\n";

    #[test]
    fn strings_have_the_line_of_their_path() {
        let strings = Strings::parse(TEXT);
        assert_eq!(strings.line("a", "b"), 2);
        assert_eq!(strings.line("c", "b"), 4);
        assert_eq!(strings.line("c.d", "say \"e\" in 5 ms"), 5);
        assert_eq!(strings.line("f.g", "x"), 0);
        let all: Vec<_> = strings.at("f.g").collect();
        assert_eq!(all, [("h\ni 6 ms\n", 8), ("j\nk", 13)]);
    }

    #[test]
    fn bytes_of_strings_have_their_line() {
        let strings = Strings::parse(TEXT);
        assert_eq!(strings.line_in("say \"e\" in 5 ms", 12), 5);
        assert_eq!(strings.line_in("h\ni 6 ms\n", 4), 10);
        assert_eq!(strings.line_in("j\nk", 2), 13);
        assert_eq!(strings.line_in("x", 0), 0);
    }

    #[test]
    fn errors_have_their_line_and_a_message_of_one_line() {
        let error = parse::<toml::Table>("a = 1\nb = 2 3\n").unwrap_err();
        assert_eq!(error.0, 2);
        assert!(!error.1.contains('\n'), "{}", error.1);
        assert_eq!(Strings::parse("a = 2 3"), Strings::default());
    }
}
