//! Forms for readers' answers: guesses and choices. Without a script they show the question and its folded answer.
//!
//! The key under which a browser stores an answer is a digest of the question, so that a changed
//! question starts afresh.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

use book::html;
use regex::Regex;

use super::{digest, pattern};

static PREDICT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"<details class="predict" data-number="[^"]*" data-unit="([^"]*)" data-label="([^"]*)">"#,
    )
});
/// The units to choose from: the right one alone would give away the order of magnitude.
const UNITS: [&[&str]; 2] = [&["ns", "µs", "ms", "s"], &["B", "kB", "MB", "GB"]];
static QUIZ: LazyLock<Regex> = LazyLock::new(|| pattern(r#"<details data-right="([^"]*)">"#));

/// Adds forms to the questions of a page.
pub fn rewrite(html: &str) -> String {
    choices(&guesses(html))
}

/// Puts a field before each number to guess.
fn guesses(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut done = 0;
    for found in PREDICT.captures_iter(html) {
        let at = found.get(0).expect("the whole match").start();
        let question = html[..at]
            .rfind("<li>")
            .or_else(|| html[..at].rfind("<p>"))
            .unwrap_or(at);
        // The key leaves out the answers between: a number that is measured again is still the same question.
        let asked = html[question..at]
            .split("<details")
            .next()
            .unwrap_or_default();
        let key = digest(format!("{} {}", html::words(asked), &found[2]).as_bytes());
        out.push_str(&html[done..at]);
        let unit = match UNITS.iter().find(|units| units.contains(&&found[1])) {
            Some(units) => format!(
                "</label> <select aria-label=\"Unit\"><option>{}</option></select>",
                units.join("</option><option>")
            ),
            None => format!(" {}</label>", &found[1]),
        };
        let label = if found[2].is_empty() {
            String::new()
        } else {
            format!(", {}", &found[2])
        };
        let _ = write!(
            out,
            "<form class=\"guess needs-js\" data-key=\"{key}\"><label>Your guess{label}: <input type=\"text\" inputmode=\"decimal\" \
             autocomplete=\"off\" size=\"8\">{unit} <button>Compare</button> <output></output></form>"
        );
        done = at;
    }
    out.push_str(&html[done..]);
    out
}

/// Makes the list above an answer a list of choices. `verify` checks that there is one.
fn choices(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut done = 0;
    for found in QUIZ.captures_iter(html) {
        let answer = found.get(0).expect("the whole match").start();
        let Some((question, list)) = question(html, answer) else {
            continue;
        };
        let Some(end) = html[answer..]
            .find("</details>")
            .map(|at| answer + at + "</details>".len())
        else {
            continue;
        };
        let key = digest(html::words(&html[question.start..answer]).as_bytes());
        let kind = if found[1].contains(' ') {
            "checkbox"
        } else {
            "radio"
        };
        out.push_str(&html[done..question.start]);
        let _ = write!(
            out,
            "<fieldset class=\"quiz\" data-key=\"{key}\" data-right=\"{}\" aria-labelledby=\"quiz-{key}\">\n<p id=\"quiz-{key}\">{}</p>\n<ul>\n",
            &found[1],
            &html[question]
                .trim_start_matches("<p>")
                .trim_end()
                .trim_end_matches("</p>")
        );
        for (letter, choice) in ('a'..='z').zip(html[list].split("<li>").skip(1)) {
            let choice = choice
                .trim_end()
                .trim_end_matches("</ul>")
                .trim_end()
                .trim_end_matches("</li>");
            let _ = writeln!(
                out,
                "<li><label class=\"choice\"><input class=\"needs-js\" type=\"{kind}\" name=\"quiz-{key}\" value=\"{letter}\"> <span>{choice}</span></label></li>"
            );
        }
        out.push_str("</ul>\n<p class=\"needs-js\"><button type=\"button\" class=\"check\">Check</button> <output></output></p>\n");
        out.push_str(&html[answer..end]);
        out.push_str("</fieldset>");
        done = end;
    }
    out.push_str(&html[done..]);
    out
}

/// The ranges of the question above an answer and of its choices.
fn question(html: &str, answer: usize) -> Option<(Range<usize>, Range<usize>)> {
    let list = html[..answer].trim_end();
    let start = list.ends_with("</ul>").then(|| list.rfind("<ul>"))??;
    let above = html[..start].trim_end();
    let question = above.ends_with("</p>").then(|| above.rfind("<p>"))??;
    Some((question..start, start..list.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &str = "<p>Before.</p>\n<p><strong>1.</strong> Which?</p>\n<ul>\n<li>a. This</li>\n<li>b. That</li>\n</ul>\n<details data-right=\"b\">\n<summary>Answer</summary>\n<p>b. So.</p>\n</details>\n<p>After.</p>";

    #[test]
    fn choices_are_chosen_and_their_answer_stays_folded() {
        let html = rewrite(QUESTION);
        assert_eq!(html.matches("type=\"radio\"").count(), 2);
        assert!(
            html.contains("value=\"b\"> <span>b. That</span></label></li>\n</ul>"),
            "{html}"
        );
        assert!(
            html.starts_with("<p>Before.</p>\n<fieldset")
                && html.ends_with("</fieldset>\n<p>After.</p>"),
            "{html}"
        );
        assert!(rewrite(&QUESTION.replace("\"b\"", "\"a b\"")).contains("type=\"checkbox\""));
    }

    #[test]
    fn keys_are_of_the_question_and_nothing_else() {
        let key = |html: &str| {
            let html = rewrite(html);
            let at = html.find("data-key=\"").expect("a key") + 10;
            html[at..at + 8].to_owned()
        };
        assert_eq!(
            key(QUESTION),
            key(&QUESTION
                .replace("Before", "Long before")
                .replace("So.", "So it is."))
        );
        assert_ne!(key(QUESTION), key(&QUESTION.replace("That", "This one")));
    }

    #[test]
    fn guess_has_a_field_with_its_unit() {
        let asked = "<li>How long?\n<details class=\"predict\" data-number=\"24\" data-unit=\"ns\" data-label=\"\"><summary>Measured</summary><p>24 ns</p></details></li>";
        let html = rewrite(asked);
        assert!(
            html.contains("<li>How long?\n<form") && html.contains("<option>ms</option>"),
            "{html}"
        );
        let html = rewrite(
            &asked
                .replace("\"ns\"", "\"×\"")
                .replace("\"\"", "\"a task\""),
        );
        assert!(
            html.contains("<label>Your guess, a task: <input") && html.contains("> ×</label>"),
            "{html}"
        );
    }
}
