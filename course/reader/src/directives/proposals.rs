//! `{{#proposals}}`: the index of the summaries, with their status at a glance.
//!
//! In:
//!
//! ```text
//! {{#proposals}}
//! ```
//!
//! Out: a table with a row for each page in `src/proposals/`, in the order of `SUMMARY.md`: its
//! title, what its status line says, and the verdict at the beginning of its view.

use std::fmt::Write as _;

use super::{Fault, Place, no_arguments};
use book::files::slashed;
use book::proposals::{is_summary, read};

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    let mut out = String::from(
        "| proposal | of | thread | status | since, or why not | our view |\n|---|---|---|---|---|---|\n",
    );
    let before = out.len();
    for page in place.project.pages.iter().filter(|page| is_summary(page)) {
        let summary = read(&page.text);
        // `verify` reports it at the page itself.
        let Some(status) = &summary.status else {
            continue;
        };
        let link = slashed(page.file.strip_prefix("src").unwrap_or(&page.file));
        let _ = writeln!(
            out,
            "| [{}]({link}) | {} | {} | **{}** | {} | {} |",
            cell(&summary.title),
            status.language,
            cell(&status.proposal),
            status.state,
            cell(&status.detail),
            summary
                .verdict()
                .unwrap_or_default()
                .trim_end_matches('.')
                .to_lowercase(),
        );
    }
    if out.len() == before {
        return Err(Fault::new("there is no summary to list")
            .help("write one in src/proposals/, and list it in src/SUMMARY.md"));
    }
    Ok(out)
}

/// Escapes Markdown for a cell of a table.
fn cell(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}
