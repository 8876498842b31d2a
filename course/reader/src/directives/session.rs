//! `{{#session NAME}}`: a command of the tool, and what it prints.
//!
//! In:
//!
//! ```text
//! {{#session start}}
//! ```
//!
//! Out: the command of the step `start` in `listings/sessions/<page>.toml`, and the captured text
//! `listings/captured/<page>/start.txt`, in a `<figure class="output">`. `verify` runs all steps of the page again, in an
//! empty folder, and compares.

use std::fs;

use super::output::figure;
use super::{Fault, Place, one_name};
use book::nearest::or_nearest;
use book::project::nothing_captured;
use book::session::{Session, captured};

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let name = one_name(arguments)?;
    let root = &place.project.root;
    let session = Session::of(root, place.page).map_err(|problem| {
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
    let file = captured(place.page, name);
    let text = fs::read_to_string(root.join(&file)).map_err(|_| {
        let (what, help) = nothing_captured(
            &file,
            &place
                .page
                .file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy(),
        );
        Fault::new(what).help(help)
    })?;
    let text = format!("$ {}\n{}", step.run, text.replace("\r\n", "\n"));
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
