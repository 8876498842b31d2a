//! `{{#task}}`: the chapter's header, from its `task.toml`.
//!
//! In:
//!
//! ```text
//! {{#task}}
//! ```
//!
//! Out: an `<aside class="task">` with time, level, points and prerequisites, and what the reader can do afterwards.

use std::fmt::Write as _;

use super::{Fault, Place, escape, no_arguments};
use book::nearest::or_nearest;
use book::task::Part;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    no_arguments(arguments)?;
    let (_, task) = place.chapter()?;
    let title = place.page.title().unwrap_or_default();
    if title != task.title {
        return Err(Fault::new(format!(
            "the page is called `{title}`, its task.toml says `{}`",
            task.title
        ))
        .help("give both the same title"));
    }
    let level = task.level.name();
    let points: Vec<String> = [Part::Core, Part::Bonus, Part::Stretch]
        .into_iter()
        .filter(|part| task.points(*part) > 0)
        .map(|part| format!("{} {}", part.name().to_lowercase(), task.points(part)))
        .collect();
    let mut first = Vec::new();
    for slug in &task.prerequisites {
        let page =
            place.project.page(slug).ok_or_else(|| {
                let known = place.project.tasks.keys().map(String::as_str);
                Fault::new(format!("prerequisite `{slug}` is no chapter of the book"))
                    .help(or_nearest(slug, known, "no chapter has a task.toml"))
            })?;
        let title = page.title().unwrap_or(slug);
        first.push(format!("<a href=\"{slug}.html\">{}</a>", escape(title)));
    }
    if first.is_empty() {
        first.push("none".to_owned());
    }
    let mut out = String::from("<aside class=\"task\">\n<dl>\n");
    for (name, value) in [
        ("Time", format!("{} minutes", task.minutes)),
        ("Level", level.to_owned()),
        ("Points", points.join(", ")),
        ("Read first", first.join(", ")),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    // a text has no points that tests could count
    {
        let _ = writeln!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    }
    out.push_str("</dl>\n<p>Afterwards you can:</p>\n\n");
    for objective in &task.objectives {
        let _ = writeln!(out, "- {objective}");
    }
    out.push_str("\n</aside>\n");
    Ok(out)
}
