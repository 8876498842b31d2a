//! Summaries of proposals: the pages in `src/proposals/`, and what a learner writes.
//!
//! A summary has one form, so that two of them can be compared: a status line, seven sections in one order, a length
//! that can be read in a few minutes, a source for every statement of fact, and a view that says what would change it.
//! [`read`] finds these parts, [`check`] judges the pages of the book, [`judge`] judges any summary.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use regex::Regex;

use crate::page::{Lines, Page, markdown_options};
use crate::problem::{Problem, Problems};
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
    /// Whether there is a code block.
    pub has_code: bool,
}

/// A paragraph, a list item or a row of a table.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its first line.
    pub line: usize,
    /// Its text, without markup.
    pub text: String,
    /// Whether it links to somewhere outside of the book.
    pub has_link: bool,
    /// Whether a Rust listing comes directly after it.
    pub before_listing: bool,
    /// The names in code spans.
    pub spans: Vec<String>,
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
    let lines = Lines::of(text);
    let mut summary = Summary::default();
    let mut heading: Option<(usize, HeadingLevel, String)> = None;
    // The block that is open, and how many of its kind of tags it is deep in.
    let mut block: Option<(Block, usize)> = None;
    for (event, span) in Parser::new_ext(text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((lines.at(span.start), level, String::new()));
            }
            Event::End(TagEnd::Heading(_)) => match heading.take() {
                Some((_, HeadingLevel::H1, text)) if summary.title.is_empty() => {
                    summary.title = text
                }
                Some((line, level, heading)) => summary.sections.push(Section {
                    line,
                    level,
                    heading,
                    blocks: Vec::new(),
                    has_code: false,
                }),
                None => {}
            },
            Event::Start(Tag::Paragraph | Tag::Item | Tag::TableRow | Tag::TableHead) => {
                match &mut block {
                    Some((_, depth)) => *depth += 1,
                    None => {
                        let line = lines.at(span.start);
                        let (text, spans) = (String::new(), Vec::new());
                        block = Some((
                            Block {
                                line,
                                text,
                                has_link: false,
                                before_listing: false,
                                spans,
                            },
                            0,
                        ));
                    }
                }
            }
            Event::End(
                end @ (TagEnd::Paragraph | TagEnd::Item | TagEnd::TableRow | TagEnd::TableHead),
            ) => {
                match &mut block {
                    Some((_, depth)) if *depth > 0 => *depth -= 1,
                    _ => {
                        // The head of a table names its columns; a directive is no statement.
                        let whole = block.take().map(|(block, _)| block).filter(|block| {
                            end != TagEnd::TableHead && !block.text.trim_start().starts_with("{{#")
                        });
                        summary.add(whole, &text[span]);
                    }
                }
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                if let Some(section) = summary.sections.last_mut() {
                    section.has_code = true;
                    let rust =
                        matches!(kind, CodeBlockKind::Fenced(info) if info.starts_with("rust"));
                    if let Some(before) = section.blocks.last_mut().filter(|_| rust) {
                        before.before_listing = true;
                    }
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                if let Some((block, _)) = &mut block {
                    block.has_link |= dest_url.contains("://");
                }
            }
            Event::Text(part) => match (&mut heading, &mut block) {
                (Some((.., heading)), _) => heading.push_str(&part),
                (None, Some((block, _))) => block.text.push_str(&part),
                (None, None) => {}
            },
            Event::Code(part) => match (&mut heading, &mut block) {
                (Some((.., heading)), _) => heading.push_str(&part),
                (None, Some((block, _))) => {
                    block.text.push_str(&part);
                    block.spans.push(part.into_string());
                }
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
    /// Takes a block that has ended, with its Markdown: a statement, or the status line.
    fn add(&mut self, block: Option<Block>, markdown: &str) {
        let Some(block) = block else { return };
        match self.sections.last_mut() {
            Some(section) => section.blocks.push(block),
            None if self.status.is_none() => self.status = status(markdown),
            None => {}
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
    let found = STATUS.captures(&one_line)?;
    let part = |index: usize| found[index].to_owned();
    Some(Status {
        language: part(1),
        proposal: part(2),
        state: part(3),
        detail: part(4),
    })
    .filter(|status| STATES.contains(&status.state.as_str()))
}

/// Checks the summaries of the book.
pub fn check(project: &Project, problems: &mut Problems) {
    let pages = project.pages.iter().filter(|page| is_summary(page));
    for page in pages {
        let summary = read(&page.text);
        problems.extend(judge(&page.file, &summary, true));
    }
    forgotten(project, problems);
}

/// Whether a page is the summary of a proposal.
#[must_use]
pub fn is_summary(page: &Page) -> bool {
    page.file.parent() == Some(Path::new(FOLDER))
}

/// A summary that `SUMMARY.md` does not list would be missing from the index as well, and nobody would notice.
fn forgotten(project: &Project, problems: &mut Problems) {
    let files = fs::read_dir(project.root.join(FOLDER))
        .into_iter()
        .flatten()
        .flatten();
    let mut files: Vec<PathBuf> = files
        .map(|entry| Path::new(FOLDER).join(entry.file_name()))
        .collect();
    files.sort();
    for file in files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "md"))
    {
        if file != Path::new(TEMPLATE) && !project.pages.iter().any(|page| page.file == file) {
            problems.push(
                Problem::new(
                    file,
                    0,
                    "this summary is not in src/SUMMARY.md, so no page and no index shows it",
                )
                .help("list it below the chapter `proposals`"),
            );
        }
    }
}

/// What is wrong with a summary. A listing counts as a source where `listings_are_run`.
#[must_use]
pub fn judge(file: &Path, summary: &Summary, listings_are_run: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    if summary.status.is_none() {
        let what = "there is no status line below the title, or it has another form";
        problems.push(Problem::new(file, 1, what).help(format!(
            "write `**Status:** Go · [#12345](https://…) · shipped · in Go 1.25`: the language (Go or Rust), the proposal \
             with its link, one of {}, and since when or why not",
            STATES.join(", ")
        )));
    }
    headings(file, summary, &mut problems);
    length(file, summary, &mut problems);
    for section in &summary.sections {
        contents(file, section, listings_are_run, &mut problems);
    }
    problems
}

fn headings(file: &Path, summary: &Summary, problems: &mut Vec<Problem>) {
    let mut seen: Vec<usize> = Vec::new();
    for section in &summary.sections {
        let heading = &section.heading;
        let known = SECTIONS.iter().position(|known| known == heading);
        let Some(place) = known.filter(|_| section.level == HeadingLevel::H2) else {
            let what = format!("a summary has no section `{heading}`");
            let help = if known.is_some() {
                "write it with two `#`".to_owned()
            } else {
                format!("they are {}", SECTIONS.join(" · "))
            };
            problems.push(Problem::new(file, section.line, what).help(help));
            continue;
        };
        if seen.contains(&place) {
            let what = format!("the section `{heading}` stands here a second time");
            problems.push(Problem::new(file, section.line, what).help("make one of the two"));
            continue;
        }
        if let Some(before) = seen.iter().copied().filter(|before| *before > place).min() {
            let what = format!("the section `{heading}` comes after `{}`", SECTIONS[before]);
            let help = format!("the order is {}", SECTIONS.join(" · "));
            problems.push(Problem::new(file, section.line, what).help(help));
        }
        seen.push(place);
    }
    for (place, heading) in SECTIONS
        .iter()
        .enumerate()
        .filter(|(place, _)| !seen.contains(place))
    {
        let help = match place.checked_sub(1).map(|before| SECTIONS[before]) {
            Some(before) => format!("write `## {heading}` after `{before}`"),
            None => format!("write `## {heading}` below the status line"),
        };
        problems
            .push(Problem::new(file, 1, format!("the section `{heading}` is missing")).help(help));
    }
}

fn length(file: &Path, summary: &Summary, problems: &mut Vec<Problem>) {
    let words = summary.words();
    if WORDS.contains(&words) {
        return;
    }
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
    problems.push(Problem::new(file, 1, what).help(help));
}

fn contents(file: &Path, section: &Section, listings_are_run: bool, problems: &mut Vec<Problem>) {
    if !SECTIONS.contains(&section.heading.as_str()) {
        return;
    }
    let problem = |line: usize, what: String| Problem::new(file, line, what);
    if section.blocks.is_empty() && !section.has_code {
        let what = format!("the section `{}` is empty", section.heading);
        let help = match section.heading.as_str() {
            "Sources" => "link to what you have read, and say how much of it",
            "View" => "say what you would decide, and why",
            _ => "write what you know, or that it is unknown",
        };
        problems.push(problem(section.line, what).help(help));
        return;
    }
    match section.heading.as_str() {
        "View" => view(file, section, problems),
        "Sources" => {
            for block in section.blocks.iter().filter(|block| !block.has_link) {
                let what = "a source without a link".to_owned();
                problems.push(
                    problem(block.line, what)
                        .help("link to the thread, the document or the code you have read"),
                );
            }
        }
        _ => {
            for block in &section.blocks {
                let listed = listings_are_run && block.before_listing;
                if !(block.has_link || listed || says_unknown(&block.text)) {
                    let start: Vec<&str> = block.text.split_whitespace().take(6).collect();
                    let what = format!("a claim without a link: `{} …`", start.join(" "));
                    let help = if listings_are_run {
                        "link to where you have read it, show it by a Rust listing directly below, or say that it is unknown"
                    } else {
                        "link to where you have read it, or say that it is unknown"
                    };
                    problems.push(problem(block.line, what).help(help));
                }
            }
        }
    }
}

fn view(file: &Path, section: &Section, problems: &mut Vec<Problem>) {
    let first = section.blocks.first();
    let said = first.is_some_and(|block| {
        VERDICTS
            .iter()
            .any(|verdict| block.text.starts_with(verdict))
    });
    if !said {
        let what = "the view does not begin with its verdict".to_owned();
        let help = format!("begin with one of `**{}**`", VERDICTS.join("**`, `**"));
        problems.push(
            Problem::new(file, first.map_or(section.line, |block| block.line), what).help(help),
        );
    }
    if !section
        .blocks
        .iter()
        .any(|block| block.text.contains(CHANGES))
    {
        let what = "the view does not say which evidence would change it".to_owned();
        let help = format!("end with a sentence that begins `{CHANGES}`");
        problems.push(Problem::new(file, section.line, what).help(help));
    }
}

fn says_unknown(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic())
        .any(|word| word.eq_ignore_ascii_case("unknown"))
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

    #[test]
    fn template_has_the_sections_and_still_has_to_be_filled_in() {
        let file = Path::new("../..").join(TEMPLATE);
        let template = read(&fs::read_to_string(file).unwrap());
        let headings: Vec<_> = template
            .sections
            .iter()
            .map(|section| section.heading.as_str())
            .collect();
        assert_eq!(headings, SECTIONS);
        assert!(template.status.is_some());
        assert!(!judge(Path::new("s.md"), &template, false).is_empty());
    }
}
