//! rustdoc's report on a listing, in terms of the listing.
//!
//! rustdoc compiles one large file of all listings, so it names lines of a file that nobody wrote.
//! Here they become lines of the listing, counted from the line after its fence, with includes
//! expanded. Lines of panics are left out: rustdoc takes them from a bundle of tests, where they
//! say nothing.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::panic::replace_heads;

static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bbook\.md:(\d+):(\d+)").expect("a valid pattern"));
static GUTTER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\d+)( +[|+~-])").expect("a valid pattern"));
/// Lines that help nobody here.
const NOISE: &[&str] = &[
    "error: aborting due to",
    "Some errors have detailed explanations:",
    "For more information about",
    "note: run with `RUST_BACKTRACE=1`",
    "note: test did not panic as expected at",
    "Test executable succeeded, but it's marked `should_panic`.",
    "Couldn't compile the test.",
];

/// rustdoc's report on the listing whose fence is at a line of the large file.
#[must_use]
pub fn readable(said: &str, fence: usize) -> String {
    let inside = |line: &str| {
        line.parse::<usize>()
            .map_or(0, |line| line.saturating_sub(fence))
    };
    let said = replace_heads(said, |thread, _| format!("thread '{thread}' panicked:"));
    let mut text = String::new();
    for line in said
        .lines()
        .filter(|line| !NOISE.iter().any(|noise| line.starts_with(noise)))
    {
        let line = PLACE.replace_all(line, |at: &Captures<'_>| {
            format!("listing:{}:{}", inside(&at[1]), &at[2])
        });
        let line = GUTTER.replace(&line, |at: &Captures<'_>| {
            // As wide as before, so that the bars stay below one another.
            format!("{:<width$}{}", inside(&at[1]), &at[2], width = at[1].len())
        });
        // One blank line is enough, wherever noise stood.
        if !line.is_empty() || !(text.is_empty() || text.ends_with("\n\n")) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_listing() {
        let said = "error[E0425]: cannot find value `z` in this scope\n  --> book.md:118:16\n    |\n118 | println!();\n    \
            |   ^\nhelp: x\n    |\n118 - a\n118 + b\n\nerror: aborting due to 2 previous errors\n\nSome errors have detailed \
            explanations: E0308.\nFor more information about an error, try\nCouldn't compile the test.";
        assert_eq!(
            readable(said, 115),
            "error[E0425]: cannot find value `z` in this scope\n  --> listing:3:16\n    |\n3   | println!();\n    \
            |   ^\nhelp: x\n    |\n3   - a\n3   + b"
        );
    }

    #[test]
    fn panics_keep_their_words_and_lose_their_place() {
        let said = "Test executable failed (exit status: 101).\n\nstderr:\n\nthread 'main' (12) panicked at \
            /tmp/x/doctest_bundle_2024.rs:9:1:\noff\nnote: run with `RUST_BACKTRACE=1` environment variable\n\n\n";
        assert_eq!(
            readable(said, 1),
            "Test executable failed (exit status: 101).\n\nstderr:\n\nthread 'main' panicked:\noff"
        );
    }
}
