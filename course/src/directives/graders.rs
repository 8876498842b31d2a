//! `{{#graders}}`: what it costs to grade a class in this way and with cargo.
//!
//! In:
//!
//! ```text
//! {{#graders}}
//! ```
//!
//! Out: a table with a row a way, from the comparison that was recorded, with its machine and date.

use super::{Fault, Place, no_arguments};
use crate::graders::Comparison;

/// Renders the directive.
pub(super) fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    match Comparison::reference(&place.project.root) {
        Ok(Some(comparison)) => Ok(comparison.table()),
        Ok(None) => Err(Fault::new("no comparison of graders has been recorded")
            .help("run `cargo run -p course --example compare_graders -- --record`")),
        Err(error) => Err(Fault::new(format!("{error:#}"))
            .help("record it again: `cargo run -p course --example compare_graders -- --record`")),
    }
}
