//! Questions with choices say which choice is right.
//!
//! ```text
//! **1. Which thread runs the destructor?**
//!
//! - a. The one that created the value
//! - b. The one that drops it
//!
//! <details data-right="b">
//! <summary>Answer</summary>
//!
//! b. A value's destructor runs where it is dropped.
//!
//! </details>
//! ```
//!
//! It reads as it is in stock mdBook. The site makes the choices choosable, and says which was right.

use std::sync::LazyLock;

use regex::Regex;

use book::diagnostic::{Diagnostic, Diagnostics};
use book::page::Page;
use book::project::Project;

static ANSWER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^<details(?: data-right="([^"]*)")?>\s*<summary>Answer</summary>\s*\n\n(.*)"#)
        .expect("a valid pattern")
});
static SAID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^([a-z](?:(?:, | and )[a-z])*)\. ").expect("a valid pattern"));

/// Checks the questions of every page.
pub fn check(project: &Project, problems: &mut Diagnostics) {
    for page in &project.pages {
        for found in ANSWER.captures_iter(&page.text) {
            let start = found.get(0).map_or(0, |whole| whole.start());
            let right = found.get(1).map(|right| right.as_str());
            if let Err((what, help)) = one(&page.text[..start], right, &found[2]) {
                let line = page.text[..start].matches('\n').count() + 1;
                problems.push(Diagnostic::new(&page.file, line, what).help(help));
            }
        }
        misplaced(page, problems);
    }
}

/// `data-right` anywhere else would do nothing.
fn misplaced(page: &Page, problems: &mut Diagnostics) {
    let answers: Vec<_> = ANSWER
        .find_iter(&page.text)
        .map(|found| found.range())
        .collect();
    for (at, _) in page.text.match_indices("<details data-right") {
        if !answers.iter().any(|range| range.contains(&at)) {
            let line = page.text[..at].matches('\n').count() + 1;
            problems.push(
                Diagnostic::new(&page.file, line, "`data-right` on what is no answer").help(
                    "write `<summary>Answer</summary>`, a blank line, and the explanation below it",
                ),
            );
        }
    }
}

/// The text above an answer, the choices it calls right, and the first line of its explanation.
fn one(above: &str, right: Option<&str>, explanation: &str) -> Result<(), (String, String)> {
    let choices = choices(above);
    let Some(right) = right else {
        return match choices.len() {
            0 => Ok(()),
            _ => Err((
                "the answer does not say which choice is right".to_owned(),
                "write `<details data-right=\"b\">`, or `\"a c\"` for two: choices count from a"
                    .to_owned(),
            )),
        };
    };
    if choices.len() < 2 {
        return Err((
            "`data-right` without choices".to_owned(),
            "put a list of at least two above it, after the question, a line each, and a blank line below it"
                .to_owned(),
        ));
    }
    let letters: Vec<char> = ('a'..='z').take(choices.len()).collect();
    let named: Vec<&str> = right.split(' ').collect();
    let known =
        |name: &&str| name.len() == 1 && letters.iter().any(|letter| name.starts_with(*letter));
    if !named.iter().all(known) || !named.is_sorted() {
        return Err((
            format!("`data-right=\"{right}\"` names no choice"),
            format!(
                "there are {}; name one or several in order, as in `\"a c\"`",
                letters
                    .iter()
                    .map(char::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ));
    }
    if choices.iter().any(|choice| choice.starts_with("a. ")) {
        for (choice, letter) in choices.iter().zip(&letters) {
            if !choice.starts_with(&format!("{letter}. ")) {
                return Err((
                    format!("the choice `{choice}` is not lettered `{letter}.`"),
                    "letter all of them, in order, or none".to_owned(),
                ));
            }
        }
        if let Some(said) = SAID.captures(explanation) {
            let said = said[1].replace(", ", " ").replace(" and ", " ");
            if said != right {
                return Err((
                    format!("the explanation says `{said}`, and `data-right` says `{right}`"),
                    "make them the same".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

/// The items of the list that ends a text, each a line and what continues it.
fn choices(above: &str) -> Vec<&str> {
    let Some(list) = above
        .strip_suffix("\n\n")
        .and_then(|above| above.rsplit("\n\n").next())
    else {
        return Vec::new();
    };
    if !list.starts_with("- ") {
        return Vec::new();
    }
    list.lines()
        .filter_map(|line| line.strip_prefix("- "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOVE: &str = "**1. Who?**\n\n- a. You\n- b. Me,\n  or so\n\n";

    #[test]
    fn question_with_a_right_choice_is_fine() {
        assert_eq!(choices(ABOVE), ["a. You", "b. Me,"]);
        assert_eq!(one(ABOVE, Some("b"), "b. It is."), Ok(()));
        assert_eq!(one(ABOVE, Some("a b"), "a and b. Both."), Ok(()));
        assert_eq!(one("**Why?**\n\n", None, "Because."), Ok(()));
    }

    #[test]
    fn question_that_contradicts_itself_is_told() {
        assert!(one(ABOVE, None, "b. It is.").is_err());
        assert!(one(ABOVE, Some("c"), "c. It is.").is_err());
        assert!(one(ABOVE, Some("b a"), "Both.").is_err());
        assert!(one(ABOVE, Some("a"), "b. It is.").is_err());
        assert!(one("**Why?**\n\n", Some("a"), "Because.").is_err());
        assert!(one("- a. You\n- c. Me\n\n", Some("a"), "You.").is_err());
    }
}
