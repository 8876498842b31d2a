//! Where names stand: on a page, and in what it shows of its `task.toml`.

use std::fs;
use std::path::PathBuf;

use super::grammar::{self, Name};
use super::spans::{Span, spans};
use crate::figures::{line_with, texts};
use book::page::{Lines, Page};
use book::project::Project;
use book::task::{Task, line_of_key};

/// A name and where it stands.
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
    /// Whether it is the text of a link to the outside.
    pub is_cited: bool,
}

/// The names of a page, and of what it shows of its `task.toml`.
#[must_use]
pub fn occurrences(project: &Project, page: &Page) -> Vec<Occurrence> {
    let lines = Lines::of(&page.text);
    let mut found = names_in(page, None, |at| lines.at(at));
    let Some((slug, task)) = page
        .slug()
        .and_then(|slug| project.tasks.get_key_value(slug))
    else {
        return found;
    };
    let file = Task::file(slug);
    let toml = fs::read_to_string(project.root.join(&file)).unwrap_or_default();
    for directive in page
        .directives
        .iter()
        .filter(|directive| directive.arguments.is_empty())
    {
        let titles = task
            .exercises
            .iter()
            .filter(|_| directive.name == "exercises")
            .map(|exercise| &exercise.title);
        for title in titles {
            let line = line_of_key(&toml, "title", title);
            found.extend(names_in(
                &Page::parse(&file, title),
                Some(directive.line),
                |_| line,
            ));
        }
        let claims = task
            .claims
            .iter()
            .filter(|_| directive.name == "claims")
            .map(|claim| claim.says.as_str());
        for text in claims.chain(texts(task, &directive.name)) {
            let line = |at| line_with(&toml, text, at);
            found.extend(names_in(
                &Page::parse(&file, text),
                Some(directive.line),
                line,
            ));
        }
    }
    found
}

/// The names in a text; `line` is the line of one of its bytes.
fn names_in(page: &Page, shown: Option<usize>, line: impl Fn(usize) -> usize) -> Vec<Occurrence> {
    let of_span = |span: Span| {
        let names = grammar::names(&span.text).into_iter();
        let found = names.map(|name| {
            let line = line(span.place_of(page, name.span.clone()));
            let (file, span, is_cited) = (page.file.clone(), span.text.clone(), span.is_cited);
            Occurrence {
                name,
                span,
                file,
                line,
                shown,
                is_cited,
            }
        });
        found.collect::<Vec<_>>()
    };
    spans(page).into_iter().flat_map(of_span).collect()
}
