//! What one student reads.

use std::fmt::Write as _;

use crate::mark::Mark;
use crate::paper::plain;
use book::fence::fence_for;
use book::task::Visibility;
use grader::result::Outcome;
use grader::text::harmless;

/// How many files that were not looked at are named.
const IGNORED: usize = 10;

/// The report, in Markdown.
pub fn markdown(mark: &Mark, title: &str) -> String {
    let graded = &mark.graded;
    let student = &graded.student;
    let name = if student.name.is_empty() {
        &student.id
    } else {
        &student.name
    };
    let mut out = format!("# {}\n\n{}\n\n", plain(title), plain(&harmless(name, 200)));
    match mark.score() {
        Some(score) => {
            let _ = writeln!(out, "**{score} of {} points**\n", graded.max_score);
        }
        None => out.push_str("**Not graded yet.**\n\n"),
    }
    let summary = mark.summary();
    if !summary.is_empty() {
        let _ = writeln!(out, "{}\n", plain(&harmless(&summary, 4000)));
    }
    if graded.has_verdict() {
        out.push_str("| Part | Tests | | Points |\n|---|---|---|---:|\n");
        for (group, passed) in mark.groups() {
            let details = mark.details(group, passed);
            let line = details.lines().next().unwrap_or_default();
            let _ = writeln!(
                out,
                "| {} | `{}` | {line} | {} of {} |",
                group.part.name(),
                group.name,
                group.points,
                group.max_points
            );
        }
        if mark.penalty > 0 {
            let _ = writeln!(out, "| | Lateness | | −{} |", mark.penalty);
        }
        out.push('\n');
    }
    for (group, _) in mark
        .groups()
        .filter(|(group, _)| group.visibility == Visibility::Public)
    {
        let failed: Vec<_> = group
            .tests
            .iter()
            .filter(|test| test.outcome != Outcome::Passed)
            .collect();
        if failed.is_empty() {
            continue;
        }
        let _ = writeln!(out, "## What failed in `{}`\n", group.name);
        for test in failed {
            let words = if test.message.is_empty() {
                test.outcome.words()
            } else {
                test.message.as_str()
            };
            let words = harmless(words, 2000);
            let ticks = fence_for(&words);
            let _ = writeln!(
                out,
                "`{}`\n\n{ticks}text\n{}\n{ticks}\n",
                test.name,
                words.trim_end()
            );
            if test.flaky {
                out.push_str(
                    "It passed when it was run once more, and counts as failed: look for a race.\n\n",
                );
            }
        }
        let _ = writeln!(
            out,
            "`cargo test {}::` runs these tests, in your folder.\n",
            group.name
        );
    }
    if !graded.ignored_files.is_empty() {
        out.push_str(
            "## What was not looked at\n\nOnly the files that the task names count. These do not:\n\n",
        );
        for file in graded.ignored_files.iter().take(IGNORED) {
            let _ = writeln!(out, "- {}", plain(&harmless(file, 200)));
        }
        if let Some(more @ 1..) = graded.ignored_files.len().checked_sub(IGNORED) {
            let _ = writeln!(out, "- and {more} more");
        }
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
