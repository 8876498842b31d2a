//! The report for one student.

use std::fmt::Write as _;

use crate::mark::Mark;
use crate::paper::plain;
use book::fence::fence_for;
use grader::text::sanitize;

/// The most files that are named of those that were not read.
const IGNORED: usize = 10;

/// The report, in Markdown.
pub fn markdown(mark: &Mark, title: &str) -> String {
    let grade = &mark.grade;
    let student = &grade.student;
    let name = if student.name.is_empty() {
        &student.id
    } else {
        &student.name
    };
    let mut out = format!("# {}\n\n{}\n\n", plain(title), plain(&sanitize(name, 200)));
    match mark.score() {
        Some(score) => {
            let _ = writeln!(out, "**{score} of {} points**\n", grade.max_score);
        }
        None => out.push_str("**Not graded yet.**\n\n"),
    }
    let summary = mark.summary();
    if !summary.is_empty() {
        let _ = writeln!(out, "{}\n", plain(&sanitize(&summary, 4000)));
    }
    if grade.has_verdict() {
        out.push_str("| Part | Tests | | Points |\n|---|---|---|---:|\n");
        for its in mark.groups() {
            let group = its.group;
            let _ = writeln!(
                out,
                "| {} | `{}` | {} | {} of {} |",
                group.part.name(),
                group.name,
                its.line(),
                group.points,
                group.max_points
            );
        }
        if mark.penalty > 0 {
            let _ = writeln!(out, "| | Lateness | | −{} |", mark.penalty);
        }
        out.push('\n');
    }
    for group in &grade.groups {
        // The tests of hidden groups are not here.
        if group.failed().next().is_none() {
            continue;
        }
        let _ = writeln!(out, "## What failed in `{}`\n", group.name);
        for test in group.failed() {
            let words = sanitize(test.text(), 2000);
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
    if !grade.ignored_files.is_empty() {
        out.push_str(
            "## What was not looked at\n\nOnly the files that the task names count. These do not:\n\n",
        );
        for file in grade.ignored_files.iter().take(IGNORED) {
            let _ = writeln!(out, "- {}", plain(&sanitize(file, 200)));
        }
        if let Some(more @ 1..) = grade.ignored_files.len().checked_sub(IGNORED) {
            let _ = writeln!(out, "- and {more} more");
        }
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}
