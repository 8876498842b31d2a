//! Counts of checks.

use book::evidence::Counts;
use book::fence::{Expect, Snippet};
use book::page::Page;
use book::project::Project;
use book::task::Mode;
use toolchain::cargo::Artifacts;

/// Counts what was checked on a page; `artifacts` is `None` when nothing could be run.
#[must_use]
pub fn count(
    project: &Project,
    artifacts: Option<&Artifacts>,
    page: &Page,
    snippets: &[Snippet<'_>],
) -> Counts {
    let mut counts = Counts::default();
    for snippet in snippets
        .iter()
        .filter(|snippet| snippet.page.file == page.file)
    {
        if artifacts.is_none() {
            counts.skipped += 1;
            continue;
        }
        match &snippet.expect {
            Expect::Runs => counts.ran += 1,
            Expect::Compiles => counts.compiled_only += 1,
            Expect::Panics { .. } => counts.panicked += 1,
            Expect::FailsToCompile { codes, .. } => {
                let name = if codes.is_empty() {
                    "without a code".to_owned()
                } else {
                    codes.join(" and ")
                };
                *counts.failed.entry(name).or_default() += 1;
            }
        }
    }
    let task = page.slug().and_then(|slug| project.tasks.get(slug));
    for directive in &page.directives {
        match directive.name.as_str() {
            "output" | "trace" | "steps" | "session" | "diagnostic" if artifacts.is_none() => {
                counts.skipped += 1
            }
            "output" | "trace" | "steps" => {
                match task.map(|task| task.output(&directive.arguments).mode) {
                    Some(Mode::Varies) => counts.outputs_varying += 1,
                    _ => counts.outputs += 1,
                }
            }
            "session" => counts.outputs += 1,
            "diagnostic" if artifacts.is_some_and(Artifacts::is_reference_compiler) => {
                counts.outputs += 1
            }
            "diagnostic" => counts.skipped += 1,
            "value" => counts.numbers += 1,
            "claims" => counts.claims += task.map_or(0, |task| task.claims.len()),
            _ => {}
        }
    }
    counts.ignored = page
        .fences
        .iter()
        .filter(|fence| fence.is_ignored())
        .count();
    counts.links = page
        .links
        .iter()
        .filter(|(_, target)| !target.contains("://"))
        .count();
    counts
}
