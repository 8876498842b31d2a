//! The parts of a page that its conclusions are about: headings, what was measured, prose.

use std::ops::Range;
use std::sync::LazyLock;

use book::page::{Directive, Lines, Page, markdown_options};
use pulldown_cmark::{Event, Parser, Tag};
use regex::Regex;

static COMMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<!--(.*?)-->").expect("a valid pattern"));

/// A part of a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    Heading,
    /// A table or plot of benchmarks, by its line.
    Measured(Measured),
    /// A paragraph or list, with the comments directly above it.
    Prose(Vec<Comment>),
    /// A comment with a condition that is above something else, by its line.
    Misplaced(usize),
}

/// A table or plot of benchmarks.
#[derive(Debug, PartialEq, Eq)]
pub struct Measured {
    pub line: usize,
    /// The words for it: its directive, or `this table`.
    pub shown: String,
    /// Its benchmarks, or the groups of them, as the chapter names them but without `go/`.
    pub names: Vec<String>,
}

impl Measured {
    /// True if a benchmark is shown.
    pub fn has(&self, slug: &str, id: &str) -> bool {
        let id = within(slug, id);
        let is_of = |name: &String| {
            id.strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.names.iter().any(is_of)
    }
}

/// A `<!-- holds: … -->`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub line: usize,
    /// The condition, as it is written. None without the colon before it.
    pub condition: Option<String>,
    /// The byte of the page at which the condition begins.
    pub at: usize,
}

/// An id or group without `go/` and without the page's own chapter.
fn within(slug: &str, id: &str) -> String {
    let id = id.strip_prefix("go/").unwrap_or(id);
    let own = id
        .strip_prefix(slug)
        .and_then(|rest| rest.strip_prefix('/'));
    own.unwrap_or(id).to_owned()
}

/// Reads a page.
pub fn blocks(page: &Page) -> Vec<Block> {
    let mut reader = Reader {
        page,
        slug: page.slug().unwrap_or_default(),
        lines: Lines::new(&page.text),
        blocks: Vec::new(),
        waiting: Vec::new(),
        below: 0,
    };
    for (event, span) in Parser::new_ext(&page.text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) => reader.html(&page.text[span.clone()], span.start),
            Event::InlineHtml(html) => reader.inline(&html, span.start),
            Event::Start(Tag::Heading { .. }) => reader.push(Block::Heading),
            Event::Start(Tag::List(_)) => reader.prose(span.start),
            Event::Start(Tag::Paragraph) => reader.paragraph(span),
            Event::Start(Tag::Table(_)) => reader.table(span),
            _ => {}
        }
    }
    reader.misplace();
    reader.blocks
}

struct Reader<'a> {
    page: &'a Page,
    slug: &'a str,
    lines: Lines,
    blocks: Vec<Block>,
    /// Comments whose paragraph has not come.
    waiting: Vec<Comment>,
    /// The line at which it must begin.
    below: usize,
}

impl Reader<'_> {
    /// Reports the comments that no prose has followed.
    fn misplace(&mut self) {
        let lines = self.waiting.drain(..).map(|comment| comment.line);
        self.blocks.extend(lines.map(Block::Misplaced));
    }

    fn push(&mut self, block: Block) {
        self.misplace();
        self.blocks.push(block);
    }

    fn prose(&mut self, at: usize) {
        if self.lines.at(at) != self.below {
            self.misplace();
        }
        let comments = std::mem::take(&mut self.waiting);
        self.blocks.push(Block::Prose(comments));
    }

    /// The directives within some bytes of the page.
    fn directives(&self, span: &Range<usize>) -> Vec<Directive> {
        let inside = |it: &&Directive| {
            it.fence.is_none() && span.contains(&it.span.start) && it.span.end <= span.end
        };
        self.page
            .directives
            .iter()
            .filter(inside)
            .cloned()
            .collect()
    }

    fn paragraph(&mut self, span: Range<usize>) {
        let directives = self.directives(&span);
        let benches: Vec<_> = directives.iter().filter(|it| it.name == "bench").collect();
        for bench in &benches {
            let group = bench.path().unwrap_or_default();
            let measured = Measured {
                line: bench.line,
                shown: format!("`{}`", &self.page.text[bench.span.clone()]),
                names: vec![within(self.slug, group)],
            };
            self.push(Block::Measured(measured));
        }
        let mut rest = self.page.text[span.clone()].to_owned();
        for directive in directives.iter().rev().filter(|it| it.name != "value") {
            rest.replace_range(
                directive.span.start - span.start..directive.span.end - span.start,
                "",
            );
        }
        let is_text = !rest.trim().is_empty();
        if benches.is_empty() && is_text {
            self.prose(span.start);
        } else {
            self.misplace();
        }
    }

    fn table(&mut self, span: Range<usize>) {
        self.misplace();
        let values = self.directives(&span);
        let values: Vec<_> = values.iter().filter(|it| it.name == "value").collect();
        let ids = values
            .iter()
            .flat_map(|it| it.arguments.split_whitespace())
            .filter(|word| word.len() > 1 && word.contains('/'));
        let names: Vec<_> = ids.map(|id| within(self.slug, id)).collect();
        if !names.is_empty() {
            self.blocks.push(Block::Measured(Measured {
                line: self.lines.at(span.start),
                shown: "this table".to_owned(),
                names,
            }));
        }
    }

    fn html(&mut self, html: &str, at: usize) {
        let is_comment = COMMENT.replace_all(html, "").trim().is_empty();
        if !is_comment || self.lines.at(at) != self.below {
            self.misplace();
        }
        let found = self.comments(html, at);
        self.waiting.extend(found);
        if is_comment {
            let last = at + html.trim_end().len().saturating_sub(1);
            self.below = self.lines.at(last) + 1;
        } else {
            self.misplace();
        }
    }

    fn inline(&mut self, html: &str, at: usize) {
        let found = self.comments(html, at);
        self.blocks
            .extend(found.into_iter().map(|it| Block::Misplaced(it.line)));
    }

    fn comments(&self, html: &str, at: usize) -> Vec<Comment> {
        let mut comments = Vec::new();
        for found in COMMENT.captures_iter(html) {
            let inside = found.get(1).expect("a group that takes part");
            let words = inside.as_str().trim_start();
            let Some(rest) = words.strip_prefix("holds") else {
                continue;
            };
            if rest.starts_with(|next: char| next.is_alphanumeric()) {
                continue;
            }
            let condition = rest.strip_prefix(':');
            let start = inside.end() - condition.unwrap_or(rest).len();
            comments.push(Comment {
                line: self.lines.at(at + inside.start()),
                condition: condition.map(str::to_owned),
                at: at + start,
            });
        }
        comments
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        let blocks = blocks(&Page::parse(Path::new("src/p.md"), text));
        blocks
            .into_iter()
            .map(|block| match block {
                Block::Heading => "#".to_owned(),
                Block::Measured(it) => format!("{} at {}", it.names.join(" "), it.line),
                Block::Prose(comments) => {
                    let conditions = comments.iter().map(|it| {
                        let condition = it.condition.as_deref().unwrap_or(" none");
                        assert!(text[it.at..].starts_with(it.condition.as_deref().unwrap_or("")));
                        format!("{}:{}", it.line, condition.trim_end())
                    });
                    format!("prose {}", conditions.collect::<Vec<_>>().join(","))
                        .trim_end()
                        .to_owned()
                }
                Block::Misplaced(line) => format!("misplaced {line}"),
            })
            .collect()
    }

    #[test]
    fn comment_belongs_to_the_paragraph_or_list_directly_below() {
        assert_eq!(
            read("# T\n\n<!-- holds: a/b < 1 -->\ntext\n\nmore\n"),
            ["#", "prose 3: a/b < 1", "prose"]
        );
        assert_eq!(read("<!-- holds: a -->\n- b\n- c\n"), ["prose 1: a"]);
        assert_eq!(read("<!-- holds: a\n  < b -->\nc"), ["prose 1: a\n  < b"]);
        assert_eq!(
            read("<!-- holds: a -->\n<!-- figures: b: c -->\n<!-- holds: d -->\ne"),
            ["prose 1: a,3: d"]
        );
        assert_eq!(read("<!-- holds a -->\nb"), ["prose 1: none"]);
        assert_eq!(read("<!-- holdsome: a -->\nb"), ["prose"]);
    }

    #[test]
    fn comment_above_something_else_is_misplaced() {
        for text in [
            "<!-- holds: a -->\n\ntext",
            "<!-- holds: a -->\n# T",
            "<!-- holds: a -->",
            "<!-- holds: a -->\n{{#bench g}}",
            "<!-- holds: a -->\n{{#seal}}",
            "<!-- holds: a -->\n```rust\n```",
            "<!-- holds: a -->\n| b |\n|---|\n| c |\n",
            "<details>\n<!-- holds: a -->\ntext",
            "text <!-- holds: a --> more",
        ] {
            let found = read(text);
            assert!(
                found.iter().any(|it| it.starts_with("misplaced")),
                "{text}: {found:?}"
            );
            assert!(!found.iter().any(|it| it.starts_with("prose ")), "{text}");
        }
    }

    #[test]
    fn comment_in_code_is_code() {
        assert_eq!(read("```html\n<!-- holds: a -->\n```\n"), [""; 0]);
        assert_eq!(read("`<!-- holds: a -->`"), ["prose"]);
    }

    #[test]
    fn measured_are_benches_and_tables_with_values() {
        assert_eq!(
            read("{{#bench a table}}\n\n{{#bench go/b plot by c}}\n\n{{#bench p/d}}\n"),
            ["a at 1", "b at 3", "d at 5"]
        );
        assert_eq!(
            read("| a |\n|---|\n| {{#value go/b/c / d/e}} |\n\n| f |\n|---|\n| g |\n"),
            ["b/c d/e at 1"]
        );
        assert_eq!(
            read("```text\n{{#bench a}}\n```\n\n\\{{#bench b}}\n"),
            ["prose"]
        );
    }

    #[test]
    fn paragraph_of_values_is_prose_and_one_of_other_directives_is_not() {
        assert_eq!(read("{{#value a/b}}"), ["prose"]);
        assert_eq!(read("It takes {{#value a/b}}."), ["prose"]);
        assert_eq!(read("{{#seal}}"), [""; 0]);
        assert_eq!(read("See {{#seal}}"), ["prose"]);
    }

    #[test]
    fn measured_has_the_benchmarks_of_its_group() {
        let measured = Measured {
            line: 1,
            shown: String::new(),
            names: vec!["step".to_owned()],
        };
        for (id, has) in [
            ("step/pull", true),
            ("go/step/pull", true),
            ("p/step/pull/1", true),
            ("go/p/step/pull", true),
            ("steps/pull", false),
            ("q/step/pull", false),
        ] {
            assert_eq!(measured.has("p", id), has, "{id}");
        }
    }
}
