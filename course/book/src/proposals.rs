//! Summaries of proposals: the pages in `src/proposals/`, and what a learner writes.
//!
//! A summary has one form, so that two of them can be compared: a status line, seven sections in one order, a length
//! that can be read in a few minutes, a source for every statement of fact, and a view that says what would change it.
//! [`read`] finds these parts, [`check`] judges the pages of the book, [`judge`] judges any summary.

use std::path::Path;
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use regex::Regex;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::files_below;
use crate::page::{Lines, Page, markdown_options};
use crate::project::Project;

/// The folder of the summaries.
pub const FOLDER: &str = "src/proposals";

/// The file a learner copies. It is shown on the chapter's page, and is no summary itself.
pub const TEMPLATE: &str = "src/proposals/template.md";

/// The sections, in order.
pub const SECTIONS: [&str; 7] = [
    "Problem",
    "API surface",
    "Shipped or not, since when",
    "Open questions",
    "The counterpart in the other language",
    "View",
    "Sources",
];

/// How far a proposal has come.
pub const STATES: [&str; 6] = [
    "shipped", "accepted", "reverted", "open", "unstable", "closed",
];

/// How a view begins.
pub const VERDICTS: [&str; 3] = ["Land as is.", "Land with changes.", "Decline."];

/// What a view ends with.
const CHANGES: &str = "What would change it:";

/// How many words a summary has, without code and without its sources.
pub const WORDS: std::ops::RangeInclusive<usize> = 250..=500;

/// A summary, read.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The title.
    pub title: String,
    /// The line below the title.
    pub status: Option<Status>,
    /// The sections, as they stand.
    pub sections: Vec<Section>,
}

/// The line below the title: `**Status:** Go · [#63796](https://…) · shipped · in Go 1.25`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// `Go` or `Rust`.
    pub language: String,
    /// The proposal's number or name, with its link, as Markdown.
    pub proposal: String,
    /// One of [`STATES`].
    pub state: String,
    /// Since when, or why not, as Markdown.
    pub detail: String,
}

/// A section: a heading and what stands below it.
#[derive(Debug, Clone)]
pub struct Section {
    /// The heading's line.
    pub line: usize,
    /// The heading's level.
    pub level: HeadingLevel,
    /// The heading's text.
    pub heading: String,
    /// Paragraphs, list items and table rows.
    pub blocks: Vec<Block>,
    /// True if there is a code block.
    pub has_code: bool,
}

/// A paragraph, a list item or a row of a table.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Its first line.
    pub line: usize,
    /// Its text, without markup.
    pub text: String,
    /// True if it links to somewhere outside of the book.
    pub has_link: bool,
    /// True if a Rust listing comes directly after it.
    pub before_listing: bool,
}

impl Summary {
    /// The words that are counted.
    #[must_use]
    pub fn words(&self) -> usize {
        let counted = self
            .sections
            .iter()
            .filter(|section| section.heading != "Sources");
        counted
            .flat_map(|section| &section.blocks)
            .map(|block| block.text.split_whitespace().count())
            .sum()
    }

    /// The view's first sentence, if it is one of [`VERDICTS`].
    #[must_use]
    pub fn verdict(&self) -> Option<&'static str> {
        let view = self
            .sections
            .iter()
            .find(|section| section.heading == "View")?;
        let first = &view.blocks.first()?.text;
        VERDICTS
            .into_iter()
            .find(|verdict| first.starts_with(verdict))
    }

    /// The first sentences of problem, API, open questions and view: what the original task asks for.
    #[must_use]
    pub fn paragraph(&self) -> String {
        let first = |heading: &str| {
            let section = self
                .sections
                .iter()
                .find(|section| section.heading == heading)?;
            let text = section
                .blocks
                .first()?
                .text
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            // A view's verdict is a sentence, and its reason the next.
            let sentences = if heading == "View" { 2 } else { 1 };
            let ends = text
                .match_indices(['.', '?', '!', ':'])
                .map(|(at, _)| at + 1);
            let mut ends =
                ends.filter(|end| text[*end..].is_empty() || text[*end..].starts_with(' '));
            let end = ends.nth(sentences - 1).unwrap_or(text.len());
            Some(text[..end].trim_end_matches(':').to_owned())
        };
        let sentences = ["Problem", "API surface", "Open questions", "View"]
            .into_iter()
            .filter_map(first);
        sentences.collect::<Vec<_>>().join(" ")
    }

    /// How many statements link to a source.
    #[must_use]
    pub fn linked(&self) -> usize {
        self.sections
            .iter()
            .flat_map(|section| &section.blocks)
            .filter(|block| block.has_link)
            .count()
    }
}

/// Finds the parts of a summary. Any text has some; nothing fails here.
#[must_use]
pub fn read(text: &str) -> Summary {
    let lines = Lines::new(text);
    let mut summary = Summary::default();
    let mut heading: Option<String> = None;
    // The block that is open, and how many blocks are open in it.
    let mut block: Option<(Block, usize)> = None;
    for (event, span) in Parser::new_ext(text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(level)) => match heading.take() {
                Some(text) if level == HeadingLevel::H1 && summary.title.is_empty() => {
                    summary.title = text;
                }
                text => summary.sections.push(Section {
                    line: lines.at(span.start),
                    level,
                    heading: text.unwrap_or_default(),
                    blocks: Vec::new(),
                    has_code: false,
                }),
            },
            Event::Start(Tag::Paragraph | Tag::Item | Tag::TableRow) => match &mut block {
                Some((_, depth)) => *depth += 1,
                None => {
                    let line = lines.at(span.start);
                    block = Some((
                        Block {
                            line,
                            ..Block::default()
                        },
                        0,
                    ));
                }
            },
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableRow) => match &mut block {
                Some((_, depth)) if *depth > 0 => *depth -= 1,
                _ => summary.add(block.take().map(|(block, _)| block), &text[span]),
            },
            Event::Start(Tag::CodeBlock(kind)) => {
                let Some(section) = summary.sections.last_mut() else {
                    continue;
                };
                section.has_code = true;
                let is_rust =
                    matches!(kind, CodeBlockKind::Fenced(info) if info.starts_with("rust"));
                if let Some(before) = section.blocks.last_mut() {
                    before.before_listing |= is_rust;
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                if let Some((block, _)) = &mut block {
                    block.has_link |= dest_url.contains("://");
                }
            }
            Event::Text(part) | Event::Code(part) => match (&mut heading, &mut block) {
                (Some(text), _) | (None, Some((Block { text, .. }, _))) => text.push_str(&part),
                (None, None) => {}
            },
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::TableCell) => {
                if let Some((block, _)) = &mut block {
                    block.text.push(' ');
                }
            }
            _ => {}
        }
    }
    summary
}

impl Summary {
    /// Takes a block that has ended, with its Markdown: a statement, or the status line. A directive is neither.
    fn add(&mut self, block: Option<Block>, markdown: &str) {
        let block = block.filter(|block| !block.text.trim_start().starts_with("{{#"));
        match self.sections.last_mut() {
            Some(section) => section.blocks.extend(block),
            None => self.status = self.status.take().or_else(|| status(markdown)),
        }
    }
}

/// The parts of a status line.
fn status(markdown: &str) -> Option<Status> {
    static STATUS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\*\*Status:\*\* (Go|Rust) · (.*?\]\(https?://.*?) · (\w+) · (.+)$")
            .expect("a valid pattern")
    });
    let one_line = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, parts) = STATUS.captures(&one_line)?.extract();
    let [language, proposal, state, detail] = parts.map(str::to_owned);
    let status = Status {
        language,
        proposal,
        state,
        detail,
    };
    STATES.contains(&status.state.as_str()).then_some(status)
}

/// Checks the summaries of the book.
pub fn check(project: &Project, problems: &mut Diagnostics) {
    for page in project.pages.iter().filter(|page| is_summary(page)) {
        problems.extend(judge(&page.file, &read(&page.text), true));
    }
    forgotten(project, problems);
}

/// True if a page is the summary of a proposal.
#[must_use]
pub fn is_summary(page: &Page) -> bool {
    page.file.parent() == Some(Path::new(FOLDER))
}

/// A summary that `SUMMARY.md` does not list would be missing from the index as well, and nobody would notice.
fn forgotten(project: &Project, problems: &mut Diagnostics) {
    for path in files_below(&project.root.join(FOLDER)) {
        let file = path.strip_prefix(&project.root).unwrap_or(&path);
        let is_summary =
            file.extension().is_some_and(|ending| ending == "md") && file != Path::new(TEMPLATE);
        if is_summary && !project.pages.iter().any(|page| page.file == file) {
            let what = "this summary is not in src/SUMMARY.md, so no page and no index shows it";
            let help = "list it below the chapter `proposals`";
            problems.push(Diagnostic::new(file, 0, what).help(help));
        }
    }
}

/// What is wrong with a summary. A listing counts as a source where `listings_are_run`.
#[must_use]
pub fn judge(file: &Path, summary: &Summary, listings_are_run: bool) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut problem = |line: usize, what: String, help: String| {
        problems.push(Diagnostic::new(file, line, what).help(help));
    };
    if summary.status.is_none() {
        let what = "there is no status line below the title, or it has another form";
        let help = format!(
            "write `**Status:** Go · [#12345](https://…) · shipped · in Go 1.25`: the language (Go or Rust), the proposal \
             with its link, one of {}, and since when or why not",
            STATES.join(", ")
        );
        problem(1, what.to_owned(), help);
    }
    let words = summary.words();
    if !WORDS.contains(&words) {
        let what = format!(
            "the summary has {words} words, and should have {} to {} (code and sources are not counted)",
            WORDS.start(),
            WORDS.end()
        );
        let help = if words < *WORDS.start() {
            "say what is missing: whoever reads only this page should be able to argue with you"
        } else {
            "cut what a reader can look up, and keep what you had to find out"
        };
        problem(1, what, help.to_owned());
    }
    headings(summary, &mut problem);
    for section in &summary.sections {
        contents(section, listings_are_run, &mut problem);
    }
    problems
}

/// Reports a line, what is wrong there, and what to do.
type Report<'a> = &'a mut dyn FnMut(usize, String, String);

/// The seven sections, in their order, and no others.
fn headings(summary: &Summary, problem: Report<'_>) {
    let mut seen: Vec<usize> = Vec::new();
    for Section {
        heading,
        line,
        level,
        ..
    } in &summary.sections
    {
        let known = SECTIONS.iter().position(|known| known == heading);
        let Some(place) = known.filter(|_| *level == HeadingLevel::H2) else {
            let help = format!("they are {}", SECTIONS.join(" · "));
            problem(*line, format!("a summary has no section `{heading}`"), help);
            continue;
        };
        let last = seen.iter().copied().max().filter(|last| *last >= place);
        if seen.contains(&place) {
            let what = format!("the section `{heading}` stands here a second time");
            problem(*line, what, "make one of the two".to_owned());
        } else if let Some(last) = last {
            let what = format!("the section `{heading}` comes after `{}`", SECTIONS[last]);
            problem(
                *line,
                what,
                format!("the order is {}", SECTIONS.join(" · ")),
            );
        }
        seen.push(place);
    }
    let missing = SECTIONS
        .iter()
        .enumerate()
        .filter(|(place, _)| !seen.contains(place));
    for (place, heading) in missing {
        let before = place
            .checked_sub(1)
            .map(|before| format!("after `{}`", SECTIONS[before]));
        let before = before.unwrap_or_else(|| "below the status line".to_owned());
        problem(
            1,
            format!("the section `{heading}` is missing"),
            format!("write `## {heading}` {before}"),
        );
    }
}

/// A source in every block, and a verdict in the view.
fn contents(section: &Section, listings_are_run: bool, problem: Report<'_>) {
    let heading = section.heading.as_str();
    if !SECTIONS.contains(&heading) {
        return;
    }
    let Some(first) = section.blocks.first() else {
        if !section.has_code {
            let help = match heading {
                "Sources" => "link to what you have read, and say how much of it",
                "View" => "say what you would decide, and why",
                _ => "write what you know, or that it is unknown",
            };
            problem(
                section.line,
                format!("the section `{heading}` is empty"),
                help.to_owned(),
            );
        }
        return;
    };
    if heading == "View" {
        if !VERDICTS
            .iter()
            .any(|verdict| first.text.starts_with(verdict))
        {
            let help = format!("begin with one of `**{}**`", VERDICTS.join("**`, `**"));
            problem(
                first.line,
                "the view does not begin with its verdict".to_owned(),
                help,
            );
        }
        if !section
            .blocks
            .iter()
            .any(|block| block.text.contains(CHANGES))
        {
            let what = "the view does not say which evidence would change it".to_owned();
            problem(
                section.line,
                what,
                format!("end with a sentence that begins `{CHANGES}`"),
            );
        }
        return;
    }
    for block in section.blocks.iter().filter(|block| !block.has_link) {
        if heading == "Sources" {
            let help = "link to the thread, the document or the code you have read";
            problem(
                block.line,
                "a source without a link".to_owned(),
                help.to_owned(),
            );
        } else if !(listings_are_run && block.before_listing || says_unknown(&block.text)) {
            let start: Vec<&str> = block.text.split_whitespace().take(6).collect();
            let show = if listings_are_run {
                ", show it by a Rust listing directly below,"
            } else {
                ","
            };
            let help = format!("link to where you have read it{show} or say that it is unknown");
            problem(
                block.line,
                format!("a claim without a link: `{} …`", start.join(" ")),
                help,
            );
        }
    }
}

fn says_unknown(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphabetic());
    words.any(|word| word.eq_ignore_ascii_case("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A summary with nothing wrong, of `words` words in each of six sections.
    pub fn summary(words: usize) -> String {
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

    #[test]
    fn order_and_repetition_are_told_where_they_are() {
        let text = summary(60)
            .replace("## Problem", "## X")
            .replace("## API surface", "## Problem")
            .replace("## X", "## API surface");
        assert_eq!(
            told(&text),
            ["9 the section `Problem` comes after `API surface`"]
        );
        let text = summary(60).replace("## Problem", "## API surface");
        assert_eq!(
            told(&text),
            [
                "9 the section `API surface` stands here a second time",
                "1 the section `Problem` is missing"
            ]
        );
    }

    #[test]
    fn statement_needs_a_link_a_listing_that_is_run_or_the_word_unknown() {
        let with = |statement: &str| {
            summary(60).replace(
                "## Open questions\n",
                &format!("## Open questions\n\n{statement}\n"),
            )
        };
        assert_eq!(
            told(&with("It is slow.")),
            ["19 a claim without a link: `It is slow. …`"]
        );
        assert_eq!(
            told(&with("- It is slow.\n- [It](https://a.b) is not.")).len(),
            1
        );
        assert_eq!(told(&with("The date is unknown.")), [""; 0]);
        let listing = with("So it is:\n\n```rust\nassert!(true);\n```");
        assert_eq!(told(&listing).len(), 1);
        assert_eq!(judge(Path::new("s.md"), &read(&listing), true), []);
    }
}
