//! `{{#checkers}}`, `{{#graders}}`: what it costs to do something in this way and in others.
//!
//! In:
//!
//! ```text
//! {{#checkers}}
//! ```
//!
//! Out: a table with a row a way, from the comparison that was recorded, with its machine and date.

use super::{Fault, Place, no_arguments};
use crate::measured::Compared;

/// Renders the directive of a comparison.
pub(super) fn render<C: Compared>(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    let name = C::NAME;
    let record = format!("`cargo run --example compare_{name} -- --record`");
    match C::reference(&place.project.root) {
        Ok(Some(comparison)) => Ok(comparison.table()),
        Ok(None) => Err(
            Fault::new(format!("no comparison of {name} has been recorded"))
                .help(format!("run {record}")),
        ),
        Err(error) => {
            Err(Fault::new(format!("{error:#}")).help(format!("record it again: {record}")))
        }
    }
}
