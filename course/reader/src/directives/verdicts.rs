//! `{{#verdicts}}`: the claims of all chapters, with their verdicts.
//!
//! In:
//!
//! ```text
//! {{#verdicts}}
//! ```
//!
//! Out: how many claims hold, then a heading and a table a chapter, in the order of `SUMMARY.md`:
//! what the original list says, the verdicts for Go and for Rust with the ratio or test they rest
//! on, and a link to the claim in its chapter.
//!
//! A ratio that is not recorded is reported at the claim, in its task.toml; here the cell says so.

use std::fmt::Write as _;

use super::claims::{findings, mark, markdown};
use super::value::ratio;
use super::value::recorded;
use super::{Fault, Place, escape, no_arguments};
use book::task::{Claim, Finding, Task, Verdict};
use measurements::record::Record;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    let record = place.record;
    let chapters: Vec<_> = place
        .project
        .pages
        .iter()
        .filter_map(|page| {
            let (slug, task) = place.project.tasks.get_key_value(page.slug()?)?;
            let title = page.title().unwrap_or(slug);
            (!task.claims.is_empty()).then_some((slug.as_str(), title, task))
        })
        .collect();
    if chapters.is_empty() {
        return Err(
            Fault::new("no chapter makes claims").help("add a [[claim]] to a chapter's task.toml")
        );
    }
    let mut out = counted(chapters.iter().flat_map(|(.., task)| &task.claims));
    for (slug, title, task) in chapters {
        let _ = write!(out, "\n\n## {}\n\n", escape(title));
        table(&mut out, record, slug, task)?;
    }
    Ok(out)
}

/// `14 claims. For Go 3 hold, 4 hold in part, 2 do not. …`
fn counted<'a>(claims: impl Iterator<Item = &'a Claim>) -> String {
    let claims: Vec<_> = claims.collect();
    let mut out = format!("{} claims.", claims.len());
    for wanted in ["Go", "Rust"] {
        let verdicts: Vec<Verdict> = claims
            .iter()
            .flat_map(|claim| findings(claim))
            .filter(|(language, _)| *language == wanted)
            .filter_map(|(_, finding)| finding.verdict)
            .collect();
        let count = |verdict: Verdict| verdicts.iter().filter(|found| **found == verdict).count();
        let _ = write!(
            out,
            " For {wanted} {} hold, {} hold in part, {} do not.",
            count(Verdict::Holds),
            count(Verdict::HoldsInPart),
            count(Verdict::DoesNotHold)
        );
    }
    out
}

fn table(out: &mut String, record: Option<&Record>, slug: &str, task: &Task) -> Result<(), Fault> {
    let (ours, original): (Vec<_>, Vec<_>) = task.claims.iter().partition(|claim| claim.ours);
    for (heading, claims) in [("the list says", original), ("this book says", ours)] {
        if !claims.is_empty() {
            rows(out, record, slug, heading, &claims)?;
        }
    }
    Ok(())
}

fn rows(
    out: &mut String,
    record: Option<&Record>,
    slug: &str,
    heading: &str,
    claims: &[&Claim],
) -> Result<(), Fault> {
    let _ = write!(out, "\n| {heading} | Go | Rust | |\n|---|---|---|---|\n");
    for claim in claims {
        let cell = |finding: &Option<Finding>| {
            finding
                .as_ref()
                .map_or("—".to_owned(), |it| found(record, slug, it))
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | [evidence]({slug}.md#claim-{slug}-{}) |",
            one_cell(&markdown(record, slug, &claim.says)?),
            cell(&claim.go),
            cell(&claim.rust),
            claim.id
        );
    }
    Ok(())
}

/// A verdict and, in short, its evidence.
fn found(record: Option<&Record>, slug: &str, finding: &Finding) -> String {
    let Some(verdict) = finding.verdict else {
        return "—".to_owned();
    };
    let (class, mark) = mark(verdict);
    let mut out = format!(
        "<strong class=\"verdict {class}\"><span aria-hidden=\"true\">{mark}</span> {}</strong>",
        verdict.words()
    );
    let mut evidence = Vec::new();
    if let Some([first, second]) = &finding.ratio {
        let ratio = recorded(record, slug).and_then(|record| ratio(record, slug, first, second));
        evidence.push(match ratio {
            Ok(ratio) => format!("ratio {} ({})", ratio.times(), ratio.interval()),
            Err(_) => "not recorded".to_owned(),
        });
    }
    evidence.extend(finding.go_test.as_ref().map(|_| "a Go test".to_owned()));
    evidence.extend(finding.test.as_ref().map(|_| "a test".to_owned()));
    if !evidence.is_empty() {
        let _ = write!(out, "<br>{}", evidence.join("; "));
    }
    one_cell(&out)
}

/// Escapes Markdown for a cell of a table.
fn one_cell(markdown: &str) -> String {
    markdown
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
