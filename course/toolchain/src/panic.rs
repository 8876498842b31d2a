//! Panics, as the default hook prints them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A panic: its thread, place and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panic<'a> {
    /// The thread's name; `<unnamed>` if it has none.
    pub thread: &'a str,
    /// The source file, as the compiler was given it.
    pub file: &'a str,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The message, without the notes after it; may have several lines.
    pub message: &'a str,
}

/// The first line of a panic. The number of the thread is printed since Rust 1.91.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^thread '(.*)' (?:\(\d+\) )?panicked at (.+):(\d+):(\d+):\r?$")
        .expect("a valid pattern")
});

/// Texts that end a message: the hook's own notes, another panic, libtest's frame.
const ENDS: [&str; 5] = [
    "\nnote: ",
    "\nthread '",
    "\nFAILED\n",
    "\ntest ",
    "\n\nfailures:\n",
];

/// The panics in an output, in the order in which they were reported. One that continues on another thread is
/// reported once, where it began.
pub fn panics(output: &str) -> impl Iterator<Item = Panic<'_>> {
    HEAD.captures_iter(output).filter_map(|head| {
        let message = &output[head.get(0)?.end()..];
        let end = ENDS.iter().filter_map(|end| message.find(end)).min();
        Some(Panic {
            thread: head.get(1)?.as_str(),
            file: head.get(2)?.as_str(),
            line: head[3].parse().ok()?,
            column: head[4].parse().ok()?,
            message: message[..end.unwrap_or(message.len())].trim(),
        })
    })
}

/// The output with the first line of each panic replaced; the arguments are the thread's name and `file:line:column`.
pub fn replace_heads(output: &str, head: impl Fn(&str, &str) -> String) -> Cow<'_, str> {
    HEAD.replace_all(output, |found: &Captures<'_>| {
        head(
            &found[1],
            &format!("{}:{}:{}", &found[2], &found[3], &found[4]),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ends_before_notes_another_panic_and_the_frame_of_libtest() {
        let output = "\nthread 'core::t' (1) panicked at src/x/s1.rs:2:5:\nboo\nnote: run with `RUST_BACKTRACE=1` x\n\n\
                      thread 'a (b)' panicked at tests/x/core.rs:6:7:\nassertion failed: a\n  .b()\n\n\
                      thread 'core::t' (1) panicked at src/x/s1.rs:1:1:\nlate\n\nvery\nFAILED\n";
        let found: Vec<_> = panics(output)
            .map(|it| (it.thread, it.file, it.line, it.column, it.message))
            .collect();
        assert_eq!(
            found,
            [
                ("core::t", "src/x/s1.rs", 2, 5, "boo"),
                (
                    "a (b)",
                    "tests/x/core.rs",
                    6,
                    7,
                    "assertion failed: a\n  .b()"
                ),
                ("core::t", "src/x/s1.rs", 1, 1, "late\n\nvery"),
            ]
        );
        assert_eq!(panics("Error: \"no tea\"\n").count(), 0);
    }

    #[test]
    fn head_is_replaced_whether_or_not_the_thread_has_a_number() {
        let output =
            "a\nthread 'x' (7) panicked at s.rs:1:2:\nb\nthread 'y' panicked at t.rs:3:4:\n";
        assert_eq!(
            replace_heads(output, |thread, place| format!("{thread} {place}")),
            "a\nx s.rs:1:2\nb\ny t.rs:3:4\n"
        );
    }
}
