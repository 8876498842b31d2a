//! The judgement on a summary of a proposal: a page of the book, or what a learner wrote.

use std::path::Path;

use book::diagnostic::Diagnostic;
use book::proposals::{Block, SECTIONS, STATES, Section, Summary, VERDICTS};

/// The words with which a view ends.
const CHANGES: &str = "What would change it:";

/// The number of words of a summary, without code and without its sources.
const WORDS: std::ops::RangeInclusive<usize> = 250..=500;

/// Reports a line, what is wrong there, and what to do.
type Report<'a> = &'a mut dyn FnMut(usize, String, &str);

/// Judges a summary. A listing counts as a source where `listings_are_run`.
#[must_use]
pub fn judge(file: &Path, summary: &Summary, listings_are_run: bool) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut problem = |line: usize, what: String, help: &str| {
        problems.push(Diagnostic::new(file, line, what).help(help));
    };
    if summary.status.is_none() {
        let what = "there is no status line below the title, or it has another form";
        let help = format!(
            "write `**Status:** Go · [#12345](https://…) · shipped · in Go 1.25`: the language (Go or Rust), the proposal \
             with its link, one of {}, and since when or why not",
            STATES.join(", ")
        );
        problem(1, what.to_owned(), &help);
    }
    let words = summary.words();
    if !WORDS.contains(&words) {
        let what = format!(
            "the summary has {words} words, and should have {} to {} (code and sources are not counted)",
            WORDS.start(),
            WORDS.end()
        );
        let help = "whoever reads only this page should be able to argue with you, and can look up the rest";
        problem(1, what, help);
    }
    judge_order(summary, &mut problem);
    for heading in SECTIONS {
        if let Some(section) = summary.section(heading) {
            judge_content(section, listings_are_run, &mut problem);
        }
    }
    problems
}

/// The seven sections, in their order, and no others.
fn judge_order(summary: &Summary, problem: Report<'_>) {
    let help = format!("the sections are {}, in this order", SECTIONS.join(" · "));
    let mut next = 0;
    for section in &summary.sections {
        let heading = &section.heading;
        let mut note = |what| problem(section.line, what, &help);
        let known = SECTIONS.iter().position(|known| known == heading);
        match known.filter(|_| section.level == 2) {
            Some(place) if place >= next => next = place + 1,
            Some(_) => note(format!("the section `{heading}` is not in its place")),
            None => note(format!("a summary has no section `{heading}`")),
        }
    }
    for heading in SECTIONS.iter().filter(|it| summary.section(it).is_none()) {
        problem(1, format!("the section `{heading}` is missing"), &help);
    }
}

/// A source in every block, and in the view a verdict and what would change it.
fn judge_content(section: &Section, listings_are_run: bool, problem: Report<'_>) {
    let heading = section.heading.as_str();
    let (line, blocks) = (section.line, &section.blocks);
    if blocks.is_empty() && !section.has_code {
        let what = format!("the section `{heading}` is empty");
        problem(line, what, "write what you know, and link to it");
    } else if heading == "View" {
        let first = blocks.first().map_or((line, ""), |it| (it.line, &it.text));
        if !VERDICTS.iter().any(|verdict| first.1.starts_with(verdict)) {
            let what = "the view does not begin with its verdict".to_owned();
            let help = format!("begin with one of `**{}**`", VERDICTS.join("**`, `**"));
            problem(first.0, what, &help);
        }
        if !blocks.iter().any(|block| block.text.contains(CHANGES)) {
            let what = "the view does not say which evidence would change it".to_owned();
            let help = format!("end with a sentence that begins `{CHANGES}`");
            problem(line, what, &help);
        }
    } else {
        let is_shown =
            |block: &Block| listings_are_run && block.before_listing || says_unknown(&block.text);
        for block in blocks {
            if block.has_link || heading != "Sources" && is_shown(block) {
                continue;
            }
            let start: Vec<&str> = block.text.split_whitespace().take(6).collect();
            let what = format!("a claim without a link: `{} …`", start.join(" "));
            let help = match (heading, listings_are_run) {
                ("Sources", _) => "link to what you have read",
                (_, true) => {
                    "link to where you have read it, show it by a Rust listing directly below, or say that it is unknown"
                }
                (_, false) => "link to where you have read it, or say that it is unknown",
            };
            problem(block.line, what, help);
        }
    }
}

fn says_unknown(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphabetic());
    words.any(|word| word.eq_ignore_ascii_case("unknown"))
}

#[cfg(test)]
mod tests {
    use book::proposals::read;

    use super::*;

    /// A summary with nothing wrong, of `words` words in each of seven sections.
    fn summary(words: usize) -> String {
        let mut text =
            "# A proposal\n\n**Status:** Go · [#1](https://go.dev/issue/1) · shipped · in Go 1.25\n"
                .to_owned();
        for heading in SECTIONS {
            let begin = match heading {
                "View" => "**Decline.** What would change it:",
                _ => "See [there](https://go.dev).",
            };
            text.push_str(&format!(
                "\n## {heading}\n\n{begin}{}\n",
                " word".repeat(words)
            ));
        }
        text
    }

    fn told(text: &str) -> Vec<String> {
        let problems = judge(Path::new("s.md"), &read(text), false);
        problems
            .iter()
            .map(|problem| format!("{} {}", problem.line, problem.what))
            .collect()
    }

    #[test]
    fn summary_in_its_form_has_no_problems() {
        let text = summary(60);
        assert_eq!(told(&text), [""; 0]);
        let read = read(&text);
        assert_eq!(
            (read.title.as_str(), read.verdict()),
            ("A proposal", Some("Decline."))
        );
        let status = read.status.unwrap();
        assert_eq!(
            (status.language.as_str(), status.state.as_str()),
            ("Go", "shipped")
        );
        assert_eq!(status.proposal, "[#1](https://go.dev/issue/1)");
        assert_eq!(status.detail, "in Go 1.25");
    }

    #[test]
    fn length_leaves_out_code_and_sources() {
        let before = read(&summary(60)).words();
        let more = summary(60).replace(
            "## Sources\n",
            "```text\nnot counted\n```\n\n## Sources\n\n- [one](https://a.b) more\n",
        );
        assert_eq!(read(&more).words(), before);
        assert!(told(&summary(10))[0].contains("words, and should have 250 to 500"));
        assert_eq!(told(&summary(100)).len(), 1);
    }
}
