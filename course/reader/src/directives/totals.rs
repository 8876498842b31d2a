//! `{{#totals}}`: the results of the last `verify`, page by page.
//!
//! In:
//!
//! ```text
//! {{#totals}}
//! ```
//!
//! Out: a table with a row a page and their sum. A page that has changed since is named as not verified, and is not
//! counted.

use std::fmt::Write as _;

use super::{Fault, Place, escape, no_arguments};
use book::evidence::{Counts, Evidence, TestReport};

/// A heading, and the count below it.
type Column = (&'static str, fn(&Counts) -> usize);

const COLUMNS: &[Column] = &[
    ("listings", Counts::listings),
    ("ran", |counts| counts.ran),
    ("only compiled", |counts| counts.compiled_only),
    ("had to panic", |counts| counts.panicked),
    ("had to fail", |counts| counts.failed.values().sum()),
    ("outputs", |counts| counts.outputs),
    ("not compared", |counts| counts.outputs_varying),
    ("numbers", |counts| counts.numbers),
    ("other figures", |counts| {
        counts.figures_sourced + counts.figures_allowed
    }),
    ("names", |counts| counts.names + counts.names_allowed),
    ("verdicts", |counts| counts.claims),
    ("conclusions", |counts| counts.conclusions),
    ("links", |counts| counts.links),
    ("skipped", |counts| counts.skipped),
];

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    let mut out = String::from(
        "<div class=\"table-wrapper\">\n<table>\n<thead><tr><th scope=\"col\">page</th>",
    );
    for (heading, _) in COLUMNS {
        let _ = write!(out, "<th scope=\"col\">{heading}</th>");
    }
    out.push_str("<th scope=\"col\">wrong solutions</th></tr></thead>\n<tbody>\n");
    let (mut all, mut rejected_in_all) = (Counts::default(), 0);
    for page in &place.project.pages {
        let title = page.title().unwrap_or_default();
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escape(title));
        if let Some(evidence) = Evidence::load(place.project, page) {
            cells(&mut out, &evidence.counts);
            all.add(&evidence.counts);
            let rejected = page
                .slug()
                .and_then(|slug| TestReport::Mutants.load(place.project, slug));
            rejected_in_all += rejected.unwrap_or(0);
            let rejected = match (
                rejected,
                page.slug().and_then(|slug| place.project.tasks.get(slug)),
            ) {
                (Some(count), _) => count.to_string(),
                (None, Some(task)) if !task.mutants.is_empty() => "not tried here".to_owned(),
                _ => "0".to_owned(),
            };
            let _ = write!(out, "<td class=\"number\">{rejected}</td>");
        } else {
            let _ = write!(
                out,
                "<td colspan=\"{}\">not verified since its last change</td>",
                COLUMNS.len() + 1
            );
        }
        out.push_str("</tr>\n");
    }
    out.push_str("<tr><th scope=\"row\">all pages</th>");
    cells(&mut out, &all);
    let _ = write!(
        out,
        "<td class=\"number\">{rejected_in_all}</td></tr>\n</tbody>\n</table>\n</div>\n"
    );
    Ok(out)
}

fn cells(out: &mut String, counts: &Counts) {
    for (_, count) in COLUMNS {
        let _ = write!(out, "<td class=\"number\">{}</td>", count(counts));
    }
}
