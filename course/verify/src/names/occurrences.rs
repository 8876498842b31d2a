//! The names on a page, and in what it shows of its `task.toml`.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::LazyLock;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use regex::Regex;

use super::grammar::{self, Name};
use crate::figures::texts;
use book::page::{Lines, Page, markdown_options};
use book::project::Project;
use book::task::Task;

/// A name and its place.
#[derive(Debug)]
pub struct Occurrence {
    /// The name.
    pub name: Name,
    /// The span it stands in.
    pub span: String,
    /// The file: the page, or its `task.toml`.
    pub file: PathBuf,
    /// The line of the file; 0 when it is not found.
    pub line: usize,
    /// The line of the page that shows the `task.toml`.
    pub shown: Option<usize>,
    /// The address outside of the book that it is the text of a link to.
    pub cited: Option<String>,
}

/// The names of a page, and of what it shows of its `task.toml`.
#[must_use]
pub fn occurrences(project: &Project, page: &Page) -> Vec<Occurrence> {
    let lines = Lines::new(&page.text);
    let mut found: Vec<_> = names_in(page, None, |at| lines.at(at)).collect();
    let Some((slug, task)) = page
        .slug()
        .and_then(|slug| project.tasks.get_key_value(slug))
    else {
        return found;
    };
    let file = Task::file(slug);
    let whole = |directive: &&book::page::Directive| directive.arguments.is_empty();
    for directive in page.directives.iter().filter(whole) {
        let shown = Some(directive.line);
        if directive.name == "exercises" {
            for title in task.exercises.iter().map(|exercise| &exercise.title) {
                let line = task.strings.line("exercise.title", title);
                found.extend(names_in(&Page::parse(&file, title), shown, |_| line));
            }
        }
        let claims = task.claims.iter().map(|claim| claim.says.as_str());
        let claims = claims.filter(|_| directive.name == "claims");
        for text in claims.chain(texts(task, &directive.name)) {
            let line = |at| task.strings.line_in(text, at);
            found.extend(names_in(&Page::parse(&file, text), shown, line));
        }
    }
    found
}

/// The names in a text; `line` is the line of one of its bytes.
fn names_in(
    page: &Page,
    shown: Option<usize>,
    line: impl Fn(usize) -> usize,
) -> impl Iterator<Item = Occurrence> {
    spans(page).into_iter().flat_map(move |span| {
        let occurrence = |name: Name| Occurrence {
            line: line(span.place_of(page, name.span.clone())),
            name,
            span: span.text.clone(),
            file: page.file.clone(),
            shown,
            cited: span.cited.clone(),
        };
        let names = grammar::names(&span.text).into_iter();
        names.map(occurrence).collect::<Vec<_>>()
    })
}

/// A code span: between backticks, or in `<code>`.
struct Span {
    text: String,
    /// The bytes of the page.
    place: Range<usize>,
    cited: Option<String>,
}

impl Span {
    /// The byte of the page at which a part of the text stands.
    fn place_of(&self, page: &Page, part: Range<usize>) -> usize {
        let (written, word) = (
            page.text.get(self.place.clone()),
            self.text.get(part.clone()),
        );
        let (Some(written), Some(word)) = (written, word) else {
            return self.place.start;
        };
        // What the page has more, such as backticks and the `>` of a quotation, moves a word to the back only.
        let mut places = written.match_indices(word).map(|(at, _)| at);
        let found = places.find(|at| *at >= part.start);
        self.place.start + found.or_else(|| written.find(word)).unwrap_or(0)
    }
}

fn spans(page: &Page) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut cited = None;
    // Where `<code>` opened inside a line.
    let mut open: Option<(usize, String)> = None;
    for (event, place) in Parser::new_ext(&page.text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                cited = dest_url.contains("://").then(|| dest_url.into_string());
            }
            Event::End(TagEnd::Link) => cited = None,
            Event::Code(text) => spans.push(Span {
                text: text.into_string(),
                place,
                cited: cited.clone(),
            }),
            Event::InlineHtml(html) if html.starts_with("<code") => {
                open = Some((place.start, String::new()));
            }
            Event::InlineHtml(html) if html.starts_with("</code") => {
                spans.extend(open.take().map(|(start, text)| Span {
                    text,
                    place: start..place.end,
                    cited: cited.clone(),
                }));
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
    let found = CODE.captures_iter(&page.text[place.clone()]);
    for inside in found.filter_map(|found| found.get(1)) {
        let text = inside.as_str().replace("&lt;", "<").replace("&gt;", ">");
        spans.push(Span {
            text: text.replace("&amp;", "&"),
            place: place.start + inside.start()..place.start + inside.end(),
            cited: None,
        });
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
            .map(|span| (span.text, span.cited.is_some()))
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
