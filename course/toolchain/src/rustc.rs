//! Messages of rustc, as it prints them with `--error-format=json`, alone or within cargo's.

use serde::Deserialize;

/// A message: a lint, an error, or a note below one.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// The text, without place and picture.
    pub message: String,
    /// The code of an error or the name of a lint.
    pub code: Option<Code>,
    /// `error`, `warning`, `note`, `help` and others.
    pub level: String,
    /// The places it is about.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Notes and suggestions that belong to it.
    #[serde(default)]
    pub children: Vec<Message>,
    /// The message as rustc prints it for people.
    pub rendered: Option<String>,
}

/// The code of a message.
#[derive(Debug, Clone, Deserialize)]
pub struct Code {
    /// Such as `E0382`, or `unused_variables`.
    pub code: String,
}

/// A place in a source file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Span {
    /// The file, as rustc was given it.
    pub file_name: String,
    /// The first line, from 1.
    pub line_start: usize,
    /// True for the place that the message is mainly about.
    pub is_primary: bool,
    /// The code that rustc suggests for this place.
    pub suggested_replacement: Option<String>,
}

/// The messages in what rustc printed; lines that are none are passed over.
pub fn messages(stderr: &str) -> impl Iterator<Item = Message> {
    stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
}

impl Message {
    /// True for an error in the code, and not for the count of errors that rustc ends with.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == "error" && !self.message.starts_with("aborting due to")
    }

    /// The code, such as `E0308`; empty if it has none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.code.as_ref().map_or("", |code| &code.code)
    }

    /// The message as rustc prints it for people; empty if it only has data.
    #[must_use]
    pub fn rendered(&self) -> &str {
        self.rendered.as_deref().unwrap_or_default()
    }

    /// The place that the message is mainly about.
    #[must_use]
    pub fn primary(&self) -> Option<&Span> {
        self.spans.iter().find(|span| span.is_primary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_has_code_and_place_and_the_count_at_the_end_is_none() {
        let stderr = r#"not JSON
{"$message_type":"diagnostic","message":"mismatched types","code":{"code":"E0308","explanation":"x"},"level":"error","spans":[{"file_name":"b.rs","line_start":9,"is_primary":false},{"file_name":"a.rs","line_start":4,"line_end":4,"is_primary":true}],"children":[],"rendered":"error[E0308]: x\n"}
{"message":"aborting due to 1 previous error","code":null,"level":"error","spans":[],"children":[],"rendered":"error: aborting\n"}
"#;
        let errors: Vec<Message> = messages(stderr).filter(Message::is_error).collect();
        assert_eq!(errors.len(), 1);
        let span = errors[0].primary().unwrap();
        assert_eq!(
            (errors[0].code(), span.file_name.as_str(), span.line_start),
            ("E0308", "a.rs", 4)
        );
    }
}
