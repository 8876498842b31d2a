//! The names on a page, and in what it shows of its `task.toml`.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::LazyLock;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use regex::Regex;

use super::grammar::{self, Name};
use crate::figures::texts;
use book::html::unescape;
use book::page::{Lines, Page, markdown_options};
use book::project::Project;
use book::task::Task;
use reader::site::pattern;

/// A name and its place.
#[derive(Debug)]
pub struct Occurrence {
    /// The name.
    pub name: Name,
    /// The span it is in.
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
    let mut found = names_in(page, None, |at| lines.at(at));
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
fn names_in(page: &Page, shown: Option<usize>, line: impl Fn(usize) -> usize) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for span in spans(page) {
        let written = &page.text[span.place.clone()];
        for name in grammar::names(&span.text) {
            let first = name.path.split([':', '.']).next().unwrap_or_default();
            let at = written.find(&name.path).or_else(|| written.find(first));
            found.push(Occurrence {
                line: line(span.place.start + at.unwrap_or(0)),
                name,
                span: span.text.clone(),
                file: page.file.clone(),
                shown,
                cited: span.cited.clone(),
            });
        }
    }
    found
}

/// A code span: between backticks, or in `<code>`.
struct Span {
    text: String,
    /// The bytes of the page.
    place: Range<usize>,
    cited: Option<String>,
}

fn spans(page: &Page) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut cited = None;
    for (event, place) in Parser::new_ext(&page.text, markdown_options()).into_offset_iter() {
        let mut push = |text: String, place| {
            let cited = cited.clone();
            spans.push(Span { text, place, cited });
        };
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                cited = dest_url.contains("://").then(|| dest_url.into_string());
            }
            Event::End(TagEnd::Link) => cited = None,
            Event::Code(text) => push(text.into_string(), place),
            Event::InlineHtml(html) if html.starts_with("<code") => {
                let inside = page.text[place.end..].split("</code>").next();
                let inside = inside.unwrap_or_default();
                push(unescape(inside), place.end..place.end + inside.len());
            }
            Event::Html(_) => {
                static CODE: LazyLock<Regex> =
                    LazyLock::new(|| pattern(r"(?s)<!--.*?(?:-->|\z)|<code[^>]*>(.*?)</code>"));
                for found in CODE.captures_iter(&page.text[place.clone()]) {
                    if let Some(code) = found.get(1) {
                        let inside = place.start + code.start()..place.start + code.end();
                        push(unescape(code.as_str()), inside);
                    }
                }
            }
            _ => {}
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn spans_stand_in_text_tables_headings_and_html_but_not_in_fences() {
        let text = "# A `b`\n\n| `c` |\n|---|\n| `d` |\n\n<summary>e <code>f&lt;g></code></summary>\n\nh <code>i</code>\n\n\
            ```rust\n// `j`\n```\n\n<!-- `k` <code>l</code> -->\n\n[`m`](https://docs.rs/m) [`n`](o.md)";
        let spans = spans(&Page::parse(Path::new("src/p.md"), text));
        let texts: Vec<_> = spans.iter().map(|span| span.text.as_str()).collect();
        assert_eq!(texts, ["b", "c", "d", "f<g>", "i", "m", "n"]);
        let cited: Vec<_> = spans.iter().filter_map(|it| it.cited.as_deref()).collect();
        assert_eq!(cited, ["https://docs.rs/m"]);
    }
}
