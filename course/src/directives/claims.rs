//! `{{#claims}}`

use super::{Fault, Place};

/// Renders the directive.
pub(super) fn render(_place: Place<'_>, _arguments: &str) -> Result<String, Fault> {
    Err(Fault::new("not written yet"))
}

/// stub
pub fn check(_: &crate::project::Project, _: &str) -> Vec<crate::problem::Problem> {
    Vec::new()
}
