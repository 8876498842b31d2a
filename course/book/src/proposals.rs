//! Summaries of proposals: the pages in `src/proposals/`, and what a learner writes.
//!
//! A summary has one form, so that two of them can be compared: a status line, seven sections in
//! one order, and a view that begins with a verdict. [`read`] finds these parts in any text;
//! `exercise::proposals` judges them.

use std::path::Path;
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use regex::Regex;

use crate::page::{Lines, Page, markdown_options};

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

/// The states that a proposal can have reached.
pub const STATES: [&str; 6] = [
    "shipped", "accepted", "reverted", "open", "unstable", "closed",
];

/// The words with which a view begins.
pub const VERDICTS: [&str; 3] = ["Land as is.", "Land with changes.", "Decline."];

/// A summary, read.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The title.
    pub title: String,
    /// The line below the title.
    pub status: Option<Status>,
    /// The sections, in order.
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

/// A heading and the text below it.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// The heading's line.
    pub line: usize,
    /// The heading's level.
    pub level: u8,
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
    /// The section of a name.
    #[must_use]
    pub fn section(&self, heading: &str) -> Option<&Section> {
        let mut sections = self.sections.iter();
        sections.find(|section| section.heading == heading)
    }

    /// The number of words, without code and without sources.
    #[must_use]
    pub fn words(&self) -> usize {
        let sections = self.sections.iter();
        let counted = sections.filter(|section| section.heading != "Sources");
        let blocks = counted.flat_map(|section| &section.blocks);
        blocks
            .map(|block| block.text.split_whitespace().count())
            .sum()
    }

    /// The view's first sentence, if it is one of [`VERDICTS`].
    #[must_use]
    pub fn verdict(&self) -> Option<&'static str> {
        let view = &self.section("View")?.blocks.first()?.text;
        let mut verdicts = VERDICTS.into_iter();
        verdicts.find(|verdict| view.starts_with(verdict))
    }

    /// The first sentences of problem, API, open questions and view: what the original task asks for.
    #[must_use]
    pub fn paragraph(&self) -> String {
        static ONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^.*?[.?!:]( |$)"));
        // A view's verdict is a sentence, and its reason the next.
        static TWO: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(.*?[.?!:]( |$)){2}"));
        let first = |heading: &str| {
            let text = squeezed(&self.section(heading)?.blocks.first()?.text);
            let sentences = if heading == "View" { &TWO } else { &ONE };
            let first = sentences
                .find(&text)
                .map_or(text.as_str(), |it| it.as_str());
            Some(first.trim_end_matches([' ', ':']).to_owned())
        };
        let sentences = ["Problem", "API surface", "Open questions", "View"];
        let sentences: Vec<_> = sentences.into_iter().filter_map(first).collect();
        sentences.join(" ")
    }

    /// The number of statements that link to a source.
    #[must_use]
    pub fn linked(&self) -> usize {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.filter(|block| block.has_link).count()
    }
}

/// Finds the parts of a summary. Any text has some; nothing fails here.
#[must_use]
pub fn read(text: &str) -> Summary {
    let lines = Lines::new(text);
    // The first is what is above all headings.
    let (mut done, mut open) = (Vec::new(), Section::default());
    let mut status = None;
    let (mut in_heading, mut depth) = (false, 0);
    for (event, span) in Parser::new_ext(text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let next = Section {
                    line: lines.at(span.start),
                    level: level as u8,
                    ..Section::default()
                };
                done.push(std::mem::replace(&mut open, next));
                in_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::Paragraph | Tag::Item | Tag::TableRow) => {
                if depth == 0 {
                    open.blocks.push(Block {
                        line: lines.at(span.start),
                        ..Block::default()
                    });
                    // Below the title, and above the first section.
                    if done.len() < 2 {
                        status = status.or_else(|| read_status(&text[span]));
                    }
                }
                depth += 1;
            }
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableRow) => depth -= 1,
            Event::Start(Tag::CodeBlock(kind)) => {
                open.has_code = true;
                if let Some(before) = open.blocks.last_mut() {
                    before.before_listing |=
                        matches!(kind, CodeBlockKind::Fenced(info) if info.starts_with("rust"));
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) if depth > 0 => {
                if let Some(block) = open.blocks.last_mut() {
                    block.has_link |= dest_url.contains("://");
                }
            }
            Event::Text(part) | Event::Code(part) if in_heading => open.heading.push_str(&part),
            Event::Text(part) | Event::Code(part) if depth > 0 => open.say(&part),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::TableCell) => open.say(" "),
            _ => {}
        }
    }
    done.push(open);
    let mut sections = done.into_iter().skip(1).peekable();
    let title = sections.next_if(|first| first.level == 1);
    let mut sections: Vec<_> = sections.collect();
    for section in &mut sections {
        section
            .blocks
            .retain(|block| !block.text.trim_start().starts_with("{{#"));
    }
    Summary {
        title: title.map(|title| title.heading).unwrap_or_default(),
        status,
        sections,
    }
}

impl Section {
    fn say(&mut self, text: &str) {
        if let Some(block) = self.blocks.last_mut() {
            block.text.push_str(text);
        }
    }
}

/// Reads a status line.
fn read_status(markdown: &str) -> Option<Status> {
    static STATUS: LazyLock<Regex> = LazyLock::new(|| {
        let states = STATES.join("|");
        pattern(&format!(
            r"^\*\*Status:\*\* (Go|Rust) · (.*?\]\(https?://.*?) · ({states}) · (.+)$"
        ))
    });
    let one_line = squeezed(markdown);
    let (_, parts) = STATUS.captures(&one_line)?.extract();
    let [language, proposal, state, detail] = parts.map(str::to_owned);
    Some(Status {
        language,
        proposal,
        state,
        detail,
    })
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True if a page is the summary of a proposal.
#[must_use]
pub fn is_summary(page: &Page) -> bool {
    page.file.parent() == Some(Path::new(FOLDER))
}
