//! mdBook's own includes: checked strictly, then expanded by mdBook itself.
//!
//! mdBook leaves a block empty when an anchor is misspelt, and only logs when a file is missing. Here both are problems.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result};
use mdbook_driver::builtin_preprocessors::LinkPreprocessor;
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::config::Config;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use regex::Regex;

use book::includes::{on, target};
use book::nearest::or_nearest;
use book::page::Page;
use book::problem::{Problem, Problems};
use book::project::Project;
use book::regions;

static ANCHOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"ANCHOR(_END)?:\s*([\w_-]+)").expect("a valid pattern"));

/// Checks every include of the book, and every anchor of the included files.
pub fn check(project: &Project, problems: &mut Problems) {
    let mut files: BTreeMap<PathBuf, Option<String>> = BTreeMap::new();
    let mut used: BTreeSet<(PathBuf, String)> = BTreeSet::new();
    for page in &project.pages {
        for directive in on(page) {
            let (file, anchor) = target(page, directive);
            let text = files
                .entry(file.clone())
                .or_insert_with(|| fs::read_to_string(project.root.join(&file)).ok());
            let problem = |what: String| Problem::new(&page.file, directive.line, what);
            let Some(text) = text else {
                problems.push(
                    problem(format!("included file `{}` cannot be read", file.display()))
                        .help("the path is relative to the page's folder"),
                );
                continue;
            };
            let Some(anchor) = anchor else {
                if text.contains("ANCHOR:") {
                    problems.push(
                        problem(format!(
                            "`{}` has anchors, which a whole include would show",
                            file.display()
                        ))
                        .help(format!(
                            "include one of its anchors: {}",
                            anchors(text).join(", ")
                        )),
                    );
                }
                continue;
            };
            match lines_of_anchor(text, &anchor) {
                None => problems.push(
                    problem(format!("`{}` has no anchor `{anchor}`", file.display())).help(
                        or_nearest(
                            &anchor,
                            anchors(text),
                            "it has none: add one, or include the whole file",
                        ),
                    ),
                ),
                Some(0) => {
                    problems.push(
                        problem(format!(
                            "anchor `{anchor}` of `{}` should hold lines, and is empty",
                            file.display()
                        ))
                        .help(format!(
                            "put them between `ANCHOR: {anchor}` and `ANCHOR_END: {anchor}`"
                        )),
                    );
                }
                Some(_) if !ends(text, &anchor) => {
                    let what = format!("anchor `{anchor}` of `{}` does not end", file.display());
                    problems.push(
                        problem(what)
                            .help(format!("write `ANCHOR_END: {anchor}` after its last line")),
                    );
                }
                Some(_) => {}
            }
            used.insert((file, anchor));
        }
    }
    for (file, text) in &files {
        let Some(text) = text else { continue };
        for (number, line) in text.lines().enumerate() {
            for found in ANCHOR
                .captures_iter(line)
                .filter(|found| found.get(1).is_none())
            {
                // What a learner writes is marked the same way; a page need not show it by itself.
                let is_solution = found[2].starts_with(regions::PREFIX);
                if !is_solution && !used.contains(&(file.clone(), found[2].to_owned())) {
                    problems.push(
                        Problem::new(
                            file,
                            number + 1,
                            format!("anchor `{}` is shown on no page", &found[2]),
                        )
                        .help("show it or remove it"),
                    );
                }
            }
        }
    }
}

fn anchors(text: &str) -> Vec<&str> {
    let starts = ANCHOR
        .captures_iter(text)
        .filter(|found| found.get(1).is_none());
    let names = starts.filter_map(|found| Some(found.get(2)?.as_str()));
    names
        .filter(|name| !name.starts_with(regions::PREFIX))
        .collect()
}

/// How many lines that say something an anchor holds; `None` when there is no such anchor.
fn lines_of_anchor(text: &str, anchor: &str) -> Option<usize> {
    let is = |line: &str, end: bool| {
        ANCHOR
            .captures(line)
            .is_some_and(|found| found.get(1).is_some() == end && &found[2] == anchor)
    };
    let mut lines = text.lines().skip_while(|line| !is(line, false));
    lines.next()?;
    Some(
        lines
            .take_while(|line| !is(line, true))
            .filter(|line| !line.trim().is_empty() && !ANCHOR.is_match(line))
            .count(),
    )
}

/// Whether an anchor has an end; without one, mdBook shows the file to its end.
fn ends(text: &str, anchor: &str) -> bool {
    ANCHOR
        .captures_iter(text)
        .any(|found| found.get(1).is_some() && &found[2] == anchor)
}

/// Expands the includes of many texts at once, as mdBook does, each as if it stood on the page beside it.
///
/// # Errors
///
/// When mdBook's preprocessor fails, which it does not for text that passed [`check`].
pub fn expand(root: &Path, texts: &[(&Page, &str)]) -> Result<Vec<String>> {
    let chapters = texts.iter().map(|(page, text)| {
        let path = page.file.strip_prefix("src").unwrap_or(&page.file);
        BookItem::Chapter(Chapter::new("fence", (*text).to_owned(), path, Vec::new()))
    });
    let book = Book::new_with_items(chapters.collect());
    let context = PreprocessorContext::new(root.to_owned(), Config::default(), "test".to_owned());
    let book = LinkPreprocessor::new()
        .run(&context, book)
        .context("mdBook cannot expand the includes")?;
    Ok(book
        .chapters()
        .map(|chapter| chapter.content.clone())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_counted_without_blank_and_marker_lines() {
        let text = "// ANCHOR: a\nlet x = 1;\n\n// ANCHOR: b\n// ANCHOR_END: b\n// ANCHOR_END: a\n";
        assert_eq!(lines_of_anchor(text, "a"), Some(1));
        assert_eq!(lines_of_anchor(text, "b"), Some(0));
        assert_eq!(lines_of_anchor(text, "c"), None);
        assert_eq!(anchors(text), ["a", "b"]);
    }

    #[test]
    fn target_is_relative_to_the_book() {
        let page = Page::parse(
            Path::new("src/proposals/x.md"),
            "{{#include ../../listings/a.rs:all}} {{#include b.rs:2:3}}",
        );
        let targets: Vec<_> = on(&page)
            .map(|directive| target(&page, directive))
            .collect();
        assert_eq!(
            targets[0],
            (PathBuf::from("listings/a.rs"), Some("all".to_owned()))
        );
        assert_eq!(targets[1], (PathBuf::from("src/proposals/b.rs"), None));
    }
}
