//! `{{#trace}}`

use super::{Fault, Place};

/// Renders the directive.
pub(super) fn render(_place: Place<'_>, _arguments: &str) -> Result<String, Fault> {
    Err(Fault::new("not written yet"))
}
