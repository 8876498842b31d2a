//! `{{#exercises}}`: the chapter's exercises with points and folded hints, from its `task.toml`.
//!
//! In:
//!
//! ```text
//! {{#exercises}}
//! ```
//!
//! Out: a `###` heading a part with minutes and points, what is asked, and each hint folded on its own.

use std::fmt::Write as _;

use super::{Fault, Place, no_arguments};
use book::project::module;
use book::task::Visibility;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    let (slug, task) = place.chapter()?;
    let module = module(slug);
    let mut out = String::new();
    for exercise in &task.exercises {
        let _ = writeln!(out, "### {}: {}\n", exercise.part.name(), exercise.title);
        let groups: Vec<_> = task
            .groups
            .iter()
            .filter(|group| group.part == exercise.part)
            .map(|group| match group.visibility {
                Visibility::Public => format!("`{}` {}", group.name, group.points),
                Visibility::Hidden => {
                    format!("`{}` {} (hidden from learners)", group.name, group.points)
                }
            })
            .collect();
        let _ = if task.groups.is_empty() {
            writeln!(
                out,
                "*{} minutes.* Checked by `cargo course check {slug}`, and by its reader.\n",
                exercise.minutes
            )
        } else {
            writeln!(
                out,
                "*{} minutes, {} points.* Test groups in `listings/tests/{module}/`: {}.\n",
                exercise.minutes,
                task.points(exercise.part),
                groups.join(", ")
            )
        };
        let _ = writeln!(out, "{}\n", exercise.asks.trim());
        for (number, hint) in exercise.hints.iter().enumerate() {
            let _ = writeln!(
                out,
                "<details class=\"hint\"><summary>Hint {}</summary>\n\n{}\n\n</details>\n",
                number + 1,
                hint.says().trim()
            );
        }
    }
    Ok(out)
}
