//! `{{#seal}}`: the results of the last `verify` of this page.
//!
//! In:
//!
//! ```text
//! {{#seal}}
//! ```
//!
//! Out: an `<aside class="seal">` with the counts of the last `verify`, if nothing has changed since; otherwise a
//! note that the page is not verified. It says, too, if the chapter was not measured since its code changed.

use std::fmt::Write as _;

use super::{Fault, Place, escape, no_arguments};
use book::evidence::{Counts, Evidence, TestReport};
use measurements::record::Age;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    let slug = place.page.slug().unwrap_or_default();
    let mut out = String::new();
    match Evidence::load(place.project, place.page) {
        Some(evidence) => {
            let _ = write!(
                out,
                "<aside class=\"seal verified\" aria-label=\"Verification\">\n<p><strong>Verified</strong> on {} with {}.</p>\n<ul>\n",
                evidence.date,
                escape(&evidence.rustc)
            );
            for line in lines(&evidence.counts) {
                let _ = writeln!(out, "<li>{line}</li>");
            }
        }
        None => out.push_str(
            "<aside class=\"seal unverified\" aria-label=\"Verification\">\n<p><strong>Not verified</strong> since its last \
             change on this machine. <code>cargo course verify</code> checks it.</p>\n<ul>\n",
        ),
    }
    if let Some(outputs) = TestReport::Commands.load(place.project, slug) {
        let _ = writeln!(
            out,
            "<li>{outputs} outputs of commands, run again and compared by a test</li>"
        );
    }
    if let Some(rejected) = TestReport::Mutants.load(place.project, slug) {
        let _ = writeln!(
            out,
            "<li>{rejected} wrong solutions tried, all rejected by the tests</li>"
        );
    }
    if let Some(record) = place.record
        && let Some(chapter) = record.chapters.get(slug)
    {
        let go = chapter
            .go
            .as_deref()
            .map_or_else(String::new, |go| format!(", {}", escape(go)));
        let _ = writeln!(
            out,
            "<li>Measured on {}, {} cores, on {} with {}{go}</li>",
            escape(&record.machine.cpu),
            record.machine.cores,
            chapter.date,
            escape(&chapter.rustc),
        );
    }
    let unmeasured = match Age::of(place.project, place.record, slug) {
        Ok(Some(Age::Stale)) => {
            "Measured before the last change of the code or of a crate that it uses"
        }
        Ok(Some(Age::Never)) => "Not measured yet",
        _ => "",
    };
    if !unmeasured.is_empty() {
        let _ = writeln!(out, "<li><strong>{unmeasured}</strong></li>");
    }
    out.push_str("</ul>\n</aside>\n");
    Ok(out)
}

fn lines(counts: &Counts) -> Vec<String> {
    let codes: Vec<String> = counts
        .failed
        .iter()
        .map(|(code, count)| {
            if *count == 1 {
                code.clone()
            } else {
                format!("{count} × {code}")
            }
        })
        .collect();
    let failed: usize = counts.failed.values().sum();
    let failed = if failed == 0 {
        "none that must fail to compile".to_owned()
    } else {
        format!(
            "{failed} failed to compile as they must ({})",
            codes.join(", ")
        )
    };
    let outputs = counts.outputs + counts.outputs_varying;
    let figures = counts.numbers + counts.figures_sourced + counts.figures_allowed;
    // A count of zero is left out, but not that of skipped checks: it is good to know that there were none.
    [
        (counts.listings() > 0).then(|| {
            format!(
                "{} listings: {} ran, {} panicked as they must, {} compiled only, {failed}",
                counts.listings(),
                counts.ran,
                counts.panicked,
                counts.compiled_only
            )
        }),
        (outputs > 0).then(|| {
            format!(
                "{} outputs run again and compared, {} run and not compared",
                counts.outputs, counts.outputs_varying
            )
        }),
        (figures > 0).then(|| {
            format!(
                "{} numbers from the benchmark record, {} figures with another source, {} allowed with a reason",
                counts.numbers, counts.figures_sourced, counts.figures_allowed
            )
        }),
        (counts.names + counts.names_allowed > 0).then(|| {
            format!("{} names looked up, {} allowed with a reason", counts.names, counts.names_allowed)
        }),
        (counts.claims > 0).then(|| {
            let recorded = match counts.claims_recorded {
                0 => String::new(),
                some => format!(", {some} of them by Go tests as they were recorded"),
            };
            format!("{} verdicts on claims checked{recorded}", counts.claims)
        }),
        (counts.conclusions > 0)
            .then(|| format!("{} conclusions held against the record", counts.conclusions)),
        (counts.links > 0).then(|| format!("{} links followed", counts.links)),
        Some(format!("{} checks skipped", counts.skipped)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
