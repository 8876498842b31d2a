//! `{{#predict}}`: a number the reader guesses before it is shown.
//!
//! It is on a line of its own below the question, in the same list item:
//!
//! ```text
//! 2. How many times as long as through a plain iterator?
//!    {{#predict step/corosensei / step/iterator}}       a number of the record, as in {{#value}}
//! 3. How many executions does the checker need?
//!    {{#predict shown race: after N executions}}        the number at N in an output that the page shows
//!                                                       (one word after it is its unit)
//! 4. How long does each take?
//!    {{#predict step/generator (a generator)}}          with a label, where a question asks for several
//!    {{#predict step/corosensei (a coroutine)}}
//! ```
//!
//! Out: the answer, folded. The site puts a field for the guess before it, and says how far off it was.
//!
//! ```html
//! <details class="predict" data-number="12" data-unit="×" data-label=""><summary>Measured</summary><p>…</p></details>
//! ```

use regex::Regex;

use super::output::captured;
use super::value::{read, spanned};
use super::{Fault, Place, escape};
use book::task::Mode;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let (arguments, label) = match arguments
        .strip_suffix(')')
        .and_then(|arguments| arguments.rsplit_once(" ("))
    {
        Some((arguments, label)) => (arguments.trim(), label),
        None => (arguments, ""),
    };
    if let Some(shown) = arguments.strip_prefix("shown ") {
        return shown_by_an_output(place, shown, label);
    }
    let found = read(
        place.record,
        place.page.slug().unwrap_or_default(),
        arguments,
    )?;
    let (number, unit) = parts(&found.0).ok_or_else(|| {
        Fault::new(format!(
            "`{arguments}` is recorded as `{}`, which is no number to guess",
            found.0
        ))
        .help("name a benchmark, or a ratio of two")
    })?;
    let unit = match arguments.rsplit(' ').next() {
        Some("bytes") if unit.is_empty() => "bytes",
        Some("allocs") if unit.is_empty() => "allocations",
        _ => unit,
    };
    Ok(folded(number, unit, label, "Measured", &spanned(&found)))
}

fn shown_by_an_output(place: Place<'_>, arguments: &str, label: &str) -> Result<String, Fault> {
    let usage =
        "write `{{#predict shown NAME: words before N words after}}`: the number at N is asked for";
    let Some((name, words)) = arguments.split_once(':') else {
        return Err(Fault::new("expected an output and the words around a number").help(usage));
    };
    let (name, words) = (name.trim(), words.trim());
    let mut around = words.split_whitespace();
    let (before, after): (Vec<_>, Vec<_>) = (
        around.by_ref().take_while(|word| *word != "N").collect(),
        around.collect(),
    );
    if !words.split_whitespace().any(|word| word == "N") {
        return Err(Fault::new(format!("`{words}` does not say where the number is")).help(usage));
    }
    let (slug, task) = place.chapter()?;
    if place.count("output", name) == 0 || task.output(name).mode == Mode::Varies {
        return Err(Fault::new(format!(
            "`{name}` is no output that this page shows and `verify` compares"
        ))
        .help(
            "name one that the page shows with `{{#output NAME}}`, and is the same in every run",
        ));
    }
    let text = captured(place, slug, name)?;
    let pattern = |words: &[&str]| {
        words
            .iter()
            .map(|word| regex::escape(word))
            .collect::<Vec<_>>()
            .join(r"\s+")
    };
    let gap = |words: &[&str]| if words.is_empty() { "" } else { r"\s+" };
    let pattern = format!(
        r"{}{}(\d+(?:\.\d+)?){}{}",
        pattern(&before),
        gap(&before),
        gap(&after),
        pattern(&after)
    );
    let found: Vec<_> = Regex::new(&pattern)
        .map_err(|error| Fault::new(error.to_string()).help(usage))?
        .captures_iter(&text)
        .collect();
    match &found[..] {
        [one] => Ok(folded(
            &one[1],
            if let [unit] = after[..] { unit } else { "" },
            label,
            "Shown below",
            &format!(
                "<strong>{}</strong>: {}",
                escape(&one[1]),
                escape(
                    one[0]
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ")
                        .as_str()
                )
            ),
        )),
        found => Err(Fault::new(format!(
            "the output `{name}` has `{words}` {} times, not once",
            found.len()
        ))
        .help("choose words around the number that occur once in the output")),
    }
}

/// Splits a number, as prose shows it, from its unit.
fn parts(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    number.parse::<f64>().is_ok().then(|| (number, unit.trim()))
}

/// The folded answer: one HTML block, so without blank lines.
fn folded(number: &str, unit: &str, label: &str, summary: &str, answer: &str) -> String {
    let said = if label.is_empty() {
        summary.to_owned()
    } else {
        format!("{summary}: {}", escape(label))
    };
    format!(
        "<details class=\"predict\" data-number=\"{number}\" data-unit=\"{}\" data-label=\"{}\"><summary>{said}</summary><p>{answer}</p></details>",
        escape(unit),
        escape(label),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_parted_from_its_unit() {
        assert_eq!(parts("24\u{a0}ns"), Some(("24", "ns")));
        assert_eq!(parts("3.4×"), Some(("3.4", "×")));
        assert_eq!(parts("208"), Some(("208", "")));
        assert_eq!(parts("none"), None);
    }
}
