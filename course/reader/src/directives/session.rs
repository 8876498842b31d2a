//! `{{#session NAME}}`: a command of the tool, and its output.
//!
//! In:
//!
//! ```text
//! {{#session start}}
//! ```
//!
//! Out: the command of the step `start` in `listings/sessions/<page>.toml`, and the captured text
//! `listings/captured/<page>/start.txt`, in a `<figure class="output">`. `verify` runs all steps of
//! the page again, in an empty folder, and compares.

use super::output::{captured, figure};
use super::{Fault, Place, one_name};
use book::nearest::or_nearest;
use book::session::Session;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let name = one_name(arguments)?;
    let session = Session::load(&place.project.root, place.page).map_err(|problem| {
        Fault::new(format!("{}: {}", problem.place(), problem.what)).help(problem.help)
    })?;
    let step = session.step(name).ok_or_else(|| {
        let known = session.steps.iter().map(|step| step.name.as_str());
        Fault::new(format!("the page's session has no step `{name}`")).help(or_nearest(
            name,
            known,
            "it has no steps",
        ))
    })?;
    let stem = place.page.file.file_stem().unwrap_or_default();
    let text = captured(place, &stem.to_string_lossy(), name)?;
    let text = format!("$ {}\n{text}", step.run);
    let code = match step.exits {
        0 => String::new(),
        code => format!(" Exit code {code}."),
    };
    Ok(figure(
        "output",
        &text,
        &format!("Run again, and compared, whenever the book is verified.{code}"),
    ))
}
