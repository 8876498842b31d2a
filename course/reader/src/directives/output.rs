//! `{{#output NAME}}`: the output of the example `<module>_NAME`.
//!
//! In:
//!
//! ```text
//! {{#output retry}}
//! ```
//!
//! Out: the captured text `listings/captured/<slug>/retry.txt` in a `<figure class="output">`, with the command that
//! prints it. `verify` runs the example again and compares.

use std::fs;

use serde::de::DeserializeOwned;

use super::{Fault, Place, escape, one_name};
use book::fence::fence_for;
use book::project::nothing_captured;
use book::project::{Project, module};
use book::task::Mode;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let name = one_name(arguments)?;
    let (slug, task) = place.chapter()?;
    let text = captured(place, slug, name)?;
    let how = task.output(name);
    let said = match how.mode {
        Mode::Deterministic => String::new(),
        Mode::Normalised => format!(
            " Compared after replacing what may differ: {}",
            escape(&how.why)
        ),
        Mode::Varies => format!(" One run of many; not compared: {}", escape(&how.why)),
    };
    let command = format!("cargo run --example {}_{name}", module(slug));
    Ok(figure(
        "output",
        &text,
        &format!("Printed by <code>{command}</code>.{said}"),
    ))
}

/// The captured text of an example or a diagnostic of this chapter.
pub fn captured(place: Place<'_>, slug: &str, name: &str) -> Result<String, Fault> {
    let file = Project::captured(slug, name);
    let text = fs::read_to_string(place.project.root.join(&file)).map_err(|_| {
        let problem = nothing_captured(&file, slug);
        Fault::new(problem.0).help(problem.1)
    })?;
    Ok(text.replace("\r\n", "\n"))
}

/// Reads captured JSON, a value a line. The error has the line that is not a `name`, and why.
pub fn values<T: DeserializeOwned>(text: &str, name: &str) -> Result<Vec<T>, (usize, String)> {
    let read = |(line, text)| {
        serde_json::from_str(text).map_err(|error| (line, format!("not {name}: {error}")))
    };
    let values: Vec<T> = (1..)
        .zip(text.lines())
        .map(read)
        .collect::<Result<_, _>>()?;
    if values.is_empty() {
        return Err((1, "the file is empty".to_owned()));
    }
    Ok(values)
}

/// A figure with a text and a caption.
pub fn figure(class: &str, text: &str, caption: &str) -> String {
    let ticks = fence_for(text);
    format!(
        "<figure class=\"{class}\">\n\n{ticks}text\n{}\n{ticks}\n\n<figcaption>{caption}</figcaption>\n</figure>\n",
        text.trim_end()
    )
}
