//! Panics, as the default hook prints them.

use std::sync::LazyLock;

use regex::Regex;

/// The message of the last panic that stderr tells of: the one that ended the program. A panic that is continued on
/// another thread is told once, where it began.
pub fn message(stderr: &str) -> Option<&str> {
    static HEAD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^thread '.*' (?:\(\d+\) )?panicked at .*:\d+:\d+:\r?\n")
            .expect("a valid pattern")
    });
    let start = HEAD.find_iter(stderr).last()?.end();
    let message = &stderr[start..];
    Some(
        message
            .split("\nnote: ")
            .next()
            .unwrap_or(message)
            .trim_end(),
    )
}
