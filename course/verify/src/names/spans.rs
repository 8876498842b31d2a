//! The code spans of a page's prose: between backticks, or in `<code>`.

use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use regex::Regex;

use book::page::{Page, markdown_options};

/// A code span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What is inside.
    pub text: String,
    /// The bytes of the page that it stands in.
    pub place: Range<usize>,
    /// Whether it is the text of a link to somewhere outside of the book, which is then its source.
    pub is_cited: bool,
}

impl Span {
    /// The byte of the page at which a part of the text stands.
    #[must_use]
    pub fn place_of(&self, page: &Page, part: Range<usize>) -> usize {
        let (written, word) = (
            page.text.get(self.place.clone()),
            self.text.get(part.clone()),
        );
        let (Some(written), Some(word)) = (written, word) else {
            return self.place.start;
        };
        // What the page has more, such as backticks and the `>` of a quotation, moves a word to the back only.
        let found = written
            .match_indices(word)
            .map(|(at, _)| at)
            .find(|at| *at >= part.start);
        self.place.start + found.or_else(|| written.find(word)).unwrap_or(0)
    }
}

/// Reads a page.
#[must_use]
pub fn spans(page: &Page) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut link = false;
    // Where `<code>` opened inside a line.
    let mut open: Option<(usize, String)> = None;
    for (event, place) in Parser::new_ext(&page.text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => link = dest_url.contains("://"),
            Event::End(TagEnd::Link) => link = false,
            Event::Code(text) => spans.push(Span {
                text: text.into_string(),
                place,
                is_cited: link,
            }),
            Event::InlineHtml(html) if html.starts_with("<code") => {
                open = Some((place.start, String::new()))
            }
            Event::InlineHtml(html) if html.starts_with("</code") => {
                if let Some((start, text)) = open.take() {
                    spans.push(Span {
                        text,
                        place: start..place.end,
                        is_cited: link,
                    });
                }
            }
            Event::Text(text) => {
                if let Some((_, inside)) = &mut open {
                    inside.push_str(&text);
                }
            }
            Event::Html(_) => in_html(page, place, &mut spans),
            Event::End(TagEnd::Paragraph) => open = None,
            _ => {}
        }
    }
    spans
}

/// The `<code>` of a line of HTML, outside of comments.
fn in_html(page: &Page, place: Range<usize>, spans: &mut Vec<Span>) {
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?s)<!--.*?(?:-->|\z)|<code[^>]*>(.*?)</code>").expect("a valid pattern")
    });
    for found in CODE.captures_iter(&page.text[place.clone()]) {
        if let Some(inside) = found.get(1) {
            let text = inside
                .as_str()
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
            let place = place.start + inside.start()..place.start + inside.end();
            spans.push(Span {
                text,
                place,
                is_cited: false,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(text: &str) -> Vec<(String, bool)> {
        let spans = spans(&Page::parse(Path::new("src/p.md"), text));
        spans
            .into_iter()
            .map(|span| (span.text, span.is_cited))
            .collect()
    }

    #[test]
    fn spans_stand_in_text_tables_headings_and_html_but_not_in_fences() {
        let text = "# A `b`\n\n| `c` |\n|---|\n| `d` |\n\n<summary>e <code>f&lt;g></code></summary>\n\nh <code>i</code>\n\n\
            ```rust\n// `j`\n```\n\n<!-- `k` <code>l</code> -->\n";
        let texts: Vec<_> = of(text).into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts, ["b", "c", "d", "f<g>", "i"]);
    }

    #[test]
    fn spans_that_link_to_the_outside_are_cited() {
        let cited = of("[`a`](https://docs.rs/a) [`b`](c.md) `d`")
            .into_iter()
            .map(|(_, cited)| cited);
        assert_eq!(cited.collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn parts_of_a_span_over_several_lines_have_their_place() {
        let text = "a `b\nc::d`";
        let page = Page::parse(Path::new("src/p.md"), text);
        assert_eq!(
            spans(&page)[0].place_of(&page, 2..3),
            text.find("c::d").unwrap()
        );
    }
}
