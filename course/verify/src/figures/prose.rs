//! The prose of a page: what a reader reads, without the code.

use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use regex::Regex;

use super::quantity::{Figure, figures};
use book::page::{Page, markdown_options};

/// A placeholder for code and directives: it is no part of a number or a word.
const GAP: char = '\u{fffc}';

/// Code blocks that hold no code: what a diagram says, or a terminal, is read like prose.
const READ: &[&str] = &["console", "markdown", "mermaid", "text"];

/// A run of text without markup, such as a paragraph, a heading or a cell of a table.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The text. Directives and code are one character each, a line break is a space.
    pub text: String,
    /// Bytes of `text` that are the text of a link to somewhere outside of the book.
    pub cited: Vec<Range<usize>>,
    /// For each piece of `text`, where it begins here and on the page.
    places: Vec<(usize, usize)>,
}

impl Block {
    /// The byte of the page at which a byte of the text is.
    #[must_use]
    pub fn place(&self, at: usize) -> usize {
        let piece = self
            .places
            .partition_point(|(start, _)| *start <= at)
            .saturating_sub(1);
        self.places
            .get(piece)
            .map_or(0, |(start, place)| place + (at - start))
    }

    /// True if a figure is the text of a link to somewhere outside of the book.
    #[must_use]
    pub fn is_cited(&self, figure: &Figure) -> bool {
        let span = &figure.span;
        let mut links = self.cited.iter();
        links.any(|link| link.start <= span.start && span.end <= link.end)
    }

    fn push(&mut self, text: &str, place: usize) {
        self.places.push((self.text.len(), place));
        self.text.push_str(text);
    }
}

/// The prose of a page, and the HTML comments in it with their places.
#[derive(Debug, Default)]
pub struct Prose {
    /// The text, piece by piece.
    pub blocks: Vec<Block>,
    /// The inside of each comment, and the byte of the page at which the comment begins.
    pub comments: Vec<(String, usize)>,
}

/// Reads a page.
#[must_use]
pub fn prose(page: &Page) -> Prose {
    let mut reader = Reader {
        page,
        prose: Prose::default(),
        block: Block::default(),
        link: None,
    };
    // Inside code: whether it is read.
    let mut code: Option<bool> = None;
    for (event, span) in Parser::new_ext(&page.text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                reader.flush();
                let read =
                    |info: &str| READ.contains(&info.split([',', ' ']).next().unwrap_or_default());
                code = Some(matches!(kind, CodeBlockKind::Fenced(info) if read(&info)));
            }
            Event::End(TagEnd::CodeBlock) => {
                reader.flush();
                code = None;
            }
            Event::Text(text) => match code {
                Some(false) => {}
                Some(true) | None => reader.text(&text, span),
            },
            Event::Code(text) => reader.code(&text, span.start),
            Event::SoftBreak | Event::HardBreak => reader.block.push(" ", span.start),
            Event::Start(Tag::HtmlBlock) => {
                reader.flush();
                reader.html(span);
                reader.flush();
            }
            Event::InlineHtml(_) => reader.html(span),
            Event::Start(Tag::Link { dest_url, .. }) if dest_url.contains("://") => {
                reader.link = Some(reader.block.text.len());
            }
            Event::End(TagEnd::Link) => {
                if let Some(start) = reader.link.take() {
                    let end = reader.block.text.len();
                    reader.block.cited.push(start..end);
                }
            }
            Event::Start(tag) if !is_inline(&tag.to_end()) => reader.flush(),
            Event::End(tag) if !is_inline(&tag) => reader.flush(),
            _ => {}
        }
    }
    reader.flush();
    reader.prose
}

fn is_inline(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::HtmlBlock
    )
}

struct Reader<'a> {
    page: &'a Page,
    prose: Prose,
    block: Block,
    /// The beginning of the text of an open link to the outside.
    link: Option<usize>,
}

impl Reader<'_> {
    fn flush(&mut self) {
        let block = std::mem::take(&mut self.block);
        if !block.text.trim().is_empty() {
            self.prose.blocks.push(block);
        }
    }

    /// Takes text, without the directives in it.
    fn text(&mut self, text: &str, span: Range<usize>) {
        // An entity such as `&nbsp;` is shorter than its source, and no directive.
        if text.len() != span.len() {
            return self.block.push(text, span.start);
        }
        let mut at = span.start;
        for directive in &self.page.directives {
            let hidden = directive.span.start.max(span.start)..directive.span.end.min(span.end);
            if hidden.is_empty() {
                continue;
            }
            self.block
                .push(&text[at - span.start..hidden.start - span.start], at);
            self.block.push(GAP.encode_utf8(&mut [0; 4]), hidden.start);
            at = hidden.end;
        }
        self.block.push(&text[at - span.start..], at);
    }

    /// Takes a code span: a gap, unless it is nothing but a figure, which code is not.
    fn code(&mut self, text: &str, place: usize) {
        let is_figure = figures(text)
            .last()
            .is_some_and(|last| last.span.end == text.len())
            && figures(text)
                .first()
                .is_some_and(|first| first.span.start == 0);
        if is_figure {
            self.block.push(text, place);
        } else {
            self.block.push(GAP.encode_utf8(&mut [0; 4]), place);
        }
    }

    /// Takes what HTML shows, without its tags and their attributes; keeps its comments.
    fn html(&mut self, span: Range<usize>) {
        static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?s)<!--(.*?)-->|</?[A-Za-z][^>]*>").expect("a valid pattern")
        });
        let html = &self.page.text[span.clone()];
        let mut done = 0;
        for found in MARKUP.captures_iter(html) {
            let markup = found.get(0).expect("the whole match");
            self.text(
                &html[done..markup.start()],
                span.start + done..span.start + markup.start(),
            );
            if let Some(comment) = found.get(1) {
                self.prose
                    .comments
                    .push((comment.as_str().to_owned(), span.start + markup.start()));
            } else if markup.as_str().starts_with("<br") {
                self.block.push(" ", span.start + markup.start());
            }
            done = markup.end();
        }
        self.text(&html[done..], span.start + done..span.end);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &str) -> Prose {
        prose(&Page::parse(Path::new("src/p.md"), text))
    }

    fn texts(text: &str) -> Vec<String> {
        read(text)
            .blocks
            .into_iter()
            .map(|block| block.text.replace(GAP, "~"))
            .collect()
    }

    #[test]
    fn prose_is_text_without_markup_code_and_directives() {
        assert_eq!(
            texts("# A *b*\n\nc\nd `e` {{#value f/g}} h&nbsp;i\n"),
            ["A b", "c d ~ ~ h\u{a0}i"]
        );
        assert_eq!(
            texts("| a | b |\n|---|---|\n| c | d |\n"),
            ["a", "b", "c", "d"]
        );
        assert_eq!(texts("- a\n- b\n\n```rust\n// 24 ns\n```\n"), ["a", "b"]);
        assert_eq!(
            texts("![a cat](x.png) and *one* [link](y.md)"),
            ["a cat and one link"]
        );
    }

    #[test]
    fn diagrams_and_terminals_are_read() {
        assert_eq!(
            texts("```mermaid\na[24 ns]\n```\n\n```go\n// 24 ns\n```\n"),
            ["a[24 ns]\n"]
        );
    }

    #[test]
    fn html_is_read_without_tags_attributes_and_comments() {
        let text = "<details title=\"5 ms\">
<summary>a <b>c</b></summary>
<!-- d: e -->

f <em>g</em><!-- h -->
";
        let prose = read(text);
        let texts: Vec<_> = prose.blocks.iter().map(|block| block.text.trim()).collect();
        assert_eq!(texts, ["a c", "f g"]);
        assert_eq!(
            prose.comments,
            [" d: e ", " h "].map(|comment| (comment.to_owned(), text.find(comment).unwrap() - 4))
        );
    }

    #[test]
    fn code_that_is_nothing_but_a_figure_is_read() {
        assert_eq!(texts("`24 ns` and `sleep(24 ms)`"), ["24 ns and ~"]);
    }

    #[test]
    fn text_knows_its_place_and_its_links_to_the_outside() {
        let text = "a *b* {{#value c}} [d](https://e) [f](g.md) i";
        let prose = read(text);
        let block = &prose.blocks[0];
        for word in ["b", "d]", "f]", "i"] {
            assert_eq!(
                block.place(block.text.find(word.trim_end_matches(']')).unwrap()),
                text.find(word).unwrap(),
                "{word}"
            );
        }
        assert_eq!(block.cited.len(), 1);
        assert_eq!(&block.text[block.cited[0].clone()], "d");
    }
}
