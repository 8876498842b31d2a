//! `{{#steps NAME}}`: an interleaving to step through, one picture a step.
//!
//! Input: `listings/captured/<slug>/NAME.txt`, one JSON object a line, as `listings::tagged_pointers::script::print`
//! writes them:
//!
//! ```json
//! {"who":"thread 2","says":"takes A","stack":["B","C"],"generation":4,"seen":["A","B",3],"held":[[],["A"]]}
//! ```
//!
//! Output: a group of radio buttons, each before its own picture. The style sheet shows the picture of the button that
//! is chosen, so the arrow keys step through them, and no script is needed. Without the style sheet, and on paper, all
//! pictures are below each other. Every picture has its step and its state in words.
//!
//! ```html
//! <figure class="steps">
//!   <fieldset><legend>…</legend>
//!     <input type="radio" …><label …>0</label><div class="step"><p>…</p><svg role="img" …>…</svg></div>
//!     …
//!   </fieldset>
//!   <figcaption>…</figcaption>
//! </figure>
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use super::output::{captured, values};
use super::{Fault, Place, escape, one_name};
use book::project::{Project, module};

/// One step, as captured: the action, and the state after it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    who: String,
    says: String,
    stack: Vec<String>,
    generation: u64,
    seen: Option<(String, Option<String>, u64)>,
    held: [Vec<String>; 2],
}

impl Step {
    /// The names that are in two places at once.
    fn twice(&self) -> BTreeSet<&str> {
        let all: Vec<&str> = self
            .held
            .iter()
            .flatten()
            .chain(&self.stack)
            .map(String::as_str)
            .collect();
        let mut seen = BTreeSet::new();
        all.into_iter().filter(|name| !seen.insert(*name)).collect()
    }

    /// The step in words.
    fn done(&self) -> String {
        match (self.who.as_str(), self.says.as_str()) {
            ("", says) => format!("{says}."),
            (who, says) => format!("{}{} {says}.", who[..1].to_uppercase(), &who[1..]),
        }
    }

    /// The state after the step, in words.
    fn state(&self) -> String {
        let list = |names: &[String]| match names {
            [] => "nothing".to_owned(),
            names => names.join(", "),
        };
        let mut out = format!(
            "The stack holds, from the top, {}; generation {}. ",
            list(&self.stack),
            self.generation
        );
        if let Some((top, next, generation)) = &self.seen {
            let next = next.as_deref().unwrap_or("nothing");
            let _ = write!(
                out,
                "Thread 1 has seen {top} above {next}, at generation {generation}. "
            );
        }
        let [first, second] = &self.held;
        let _ = write!(
            out,
            "Thread 1 holds {}, thread 2 holds {}.",
            list(first),
            list(second)
        );
        for name in self.twice() {
            let _ = write!(out, " {name} is in two places.");
        }
        out
    }
}

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let name = one_name(arguments)?;
    let (slug, _) = place.chapter()?;
    // Two of one run would share their ids.
    if place.count("steps", arguments) > 1 {
        return Err(Fault::new(format!(
            "the steps of `{name}` are shown twice on this page"
        ))
        .help("show them once and refer back to them"));
    }
    let steps = parse(&captured(place, slug, name)?).map_err(|(line, why)| {
        Fault::new(format!(
            "`{}:{line}`: {why}",
            Project::captured(slug, name).display()
        ))
        .help("the example must print nothing but `listings::tagged_pointers::script::print`")
    })?;
    Ok(figure(slug, name, &steps))
}

/// Reads the steps. The error has the line that is not one, and why.
fn parse(text: &str) -> Result<Vec<Step>, (usize, String)> {
    values(text, "a step")
}

/// The whole figure: one HTML block, so without blank lines.
fn figure(slug: &str, name: &str, steps: &[Step]) -> String {
    let id = format!("steps-{slug}-{name}");
    let mut out = String::from(
        "<figure class=\"steps\"><fieldset><legend>Step, by click or with the arrow keys</legend>",
    );
    for (number, step) in steps.iter().enumerate() {
        let checked = if number == 0 { " checked" } else { "" };
        let _ = write!(
            out,
            r#"<input type="radio" name="{id}" id="{id}-{number}"{checked}><label for="{id}-{number}"><span class="visually-hidden">Step </span>{number}</label><div class="step" tabindex="0" role="group" aria-label="Step {number}"><p aria-live="polite"><strong>{number} of {}.</strong> {}</p>"#,
            steps.len() - 1,
            escape(&step.done())
        );
        out.push_str(&svg(&format!("{id}-{number}-picture"), step));
        out.push_str("</div>");
    }
    let _ = writeln!(
        out,
        "</fieldset><figcaption>Drawn from a run of the example <code>{}_{name}</code>.</figcaption></figure>",
        module(slug)
    );
    out
}

const WIDTH: u32 = 620;
const HEIGHT: u32 = 190;
/// The side of a ticket's box, and the distance from one to the next.
const BOX: u32 = 40;
const STRIDE: u32 = 72;
/// The left edge of the rows, and the top of each.
const LEFT: u32 = 210;
const ROWS: [u32; 3] = [15, 75, 135];

/// The picture: the stack in the first row, a thread in each of the others.
fn svg(id: &str, step: &Step) -> String {
    let mut out = format!(
        r#"<svg role="img" aria-labelledby="{id}" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" font-size="15" fill="currentColor"><title id="{id}">{}</title><defs><marker id="{id}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 Z"/></marker></defs>"#,
        escape(&step.state())
    );
    let [stack, first, second] = ROWS;
    label(
        &mut out,
        stack,
        "head",
        &format!("generation {}", step.generation),
    );
    let seen = step
        .seen
        .as_ref()
        .map_or(String::new(), |(top, next, generation)| {
            format!(
                "has seen {top} → {}, at {generation}",
                next.as_deref().unwrap_or("–")
            )
        });
    label(&mut out, first, "thread 1", &seen);
    label(&mut out, second, "thread 2", "");
    let twice = step.twice();
    for (row, names) in [
        (stack, &step.stack),
        (first, &step.held[0]),
        (second, &step.held[1]),
    ] {
        for (place, name) in (0..).zip(names) {
            let x = LEFT + place * STRIDE;
            if row == stack {
                let from = if place == 0 { x - 40 } else { x + BOX - STRIDE };
                let y = row + BOX / 2;
                let _ = write!(
                    out,
                    r#"<line x1="{from}" y1="{y}" x2="{}" y2="{y}" stroke="currentColor" stroke-width="2" marker-end="url(#{id}-tip)"/>"#,
                    x - 2
                );
            }
            ticket(&mut out, x, row, name, twice.contains(name.as_str()));
        }
    }
    out.push_str("</svg>");
    out
}

fn label(out: &mut String, row: u32, name: &str, note: &str) {
    let _ = write!(
        out,
        r#"<text x="6" y="{}" font-weight="600">{name}</text><text x="6" y="{}" font-size="13">{}</text>"#,
        row + 17,
        row + 36,
        escape(note)
    );
}

/// A ticket in its box. One that is in two places has a thick, dashed border and a `!`: colour
/// alone is not enough for everybody.
fn ticket(out: &mut String, x: u32, y: u32, name: &str, twice: bool) {
    let (colour, border) = if twice {
        (
            "var(--trace-error, #b3261e)",
            r#"stroke-width="4" stroke-dasharray="6 3""#,
        )
    } else {
        ("currentColor", r#"stroke-width="1.5""#)
    };
    let _ = write!(
        out,
        r#"<rect x="{x}" y="{y}" width="{BOX}" height="{BOX}" rx="5" fill="none" stroke="{colour}" {border}/><text x="{}" y="{}" text-anchor="middle" font-weight="600">{}{}</text>"#,
        x + BOX / 2,
        y + BOX / 2 + 5,
        escape(name),
        if twice { "!" } else { "" }
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: &str = r#"{"who":"","says":"A <and> B are free","stack":["A","B"],"generation":2,"seen":null,"held":[[],[]]}
{"who":"thread 2","says":"takes A","stack":["B"],"generation":3,"seen":["A","B",2],"held":[[],["A"]]}
"#;
    const TWICE: &str = r#"{"who":"thread 1","says":"takes B","stack":["B","C"],"generation":0,"seen":null,"held":[["B"],[]]}"#;

    fn shown(text: &str) -> String {
        figure("a-chapter", "aba", &parse(text).unwrap())
    }

    #[test]
    fn steps_are_one_html_block_with_a_button_and_a_picture_each() {
        let html = shown(FINE);
        assert!(
            html.starts_with("<figure class=\"steps\">") && !html.trim_end().contains('\n'),
            "{html}"
        );
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
        assert_eq!(html.matches("role=\"img\"").count(), 2);
        assert_eq!(html.matches(" checked").count(), 1);
        assert!(!html.contains("<and>") && !html.contains("<script") && !html.contains(" style="));
    }

    #[test]
    fn steps_say_what_their_pictures_show() {
        let html = shown(FINE);
        assert!(html.contains("Thread 2 takes A."), "{html}");
        assert!(html.contains(
            "The stack holds, from the top, B; generation 3. Thread 1 has seen A above B, at generation 2. \
             Thread 1 holds nothing, thread 2 holds A."
        ));
    }

    #[test]
    fn what_is_in_two_places_is_marked_in_both_without_colour() {
        let html = shown(TWICE);
        assert_eq!(html.matches(">B!</text>").count(), 2);
        assert_eq!(html.matches("stroke-dasharray").count(), 2);
        assert!(html.contains("B is in two places.") && !html.contains("C is in two places."));
    }

    #[test]
    fn ids_of_steps_are_unique_and_every_label_has_its_button() {
        let html = shown(FINE);
        let values = |key: &str| {
            let all = html
                .split(key)
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            all.map(str::to_owned).collect::<Vec<_>>()
        };
        let ids = values(" id=\"");
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            ids.len(),
            "{ids:?}"
        );
        assert!(values(" for=\"").iter().all(|label| ids.contains(label)));
    }

    #[test]
    fn line_that_is_no_step_is_named() {
        assert_eq!(parse(&format!("{FINE}done\n")).unwrap_err().0, 3);
        assert_eq!(parse("").unwrap_err().1, "the file is empty");
    }

    #[test]
    fn theme_shows_the_picture_of_the_button_that_is_chosen() {
        let theme = include_str!("../../../../theme/course.css");
        for rule in [
            "figure.steps input:not(:checked) + label + .step { display: none; }",
            "figure.steps input:focus-visible + label",
        ] {
            assert!(theme.contains(rule), "{rule}");
        }
    }
}
