//! `{{#diagnostic NAME}}`: rustc's message about the `compile_fail` listing above.
//!
//! In:
//!
//! ````text
//! <!-- compile_fail: value moved here -->
//! ```rust,compile_fail,E0382
//! …
//! ```
//!
//! {{#diagnostic moved}}
//! ````
//!
//! Out: the captured message `listings/captured/<slug>/moved.txt`, folded. `verify` compiles the listing again and
//! compares.

use super::output::{captured, figure};
use super::{Fault, Place, one_name};

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let name = one_name(arguments)?;
    let (slug, _) = place.chapter()?;
    let text = captured(place, slug, name)?;
    Ok(figure(
        "diagnostic",
        &text,
        "What rustc says, compared with a fresh compilation by every check.",
    ))
}
