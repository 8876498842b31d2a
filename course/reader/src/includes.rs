//! mdBook's own includes: checked strictly, then expanded by mdBook itself.
//!
//! mdBook leaves a block empty when an anchor is misspelt or a range is past the end, and only logs when a file is
//! missing. Here these are problems.

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

use book::diagnostic::{Diagnostic, Diagnostics, Level};
use book::includes::{Part, Target, on};
use book::nearest::or_nearest;
use book::page::Page;
use book::project::Project;
use book::regions;

static ANCHOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"ANCHOR(_END)?:\s*([\w_-]+)").expect("a valid pattern"));

/// A rule that an include breaks: what, and what to do.
type Broken = (Level, String, String);

/// Checks every include of the book, and every anchor of the included files.
pub fn check(project: &Project, problems: &mut Diagnostics) {
    let style = project.settings.style;
    let mut files: BTreeMap<PathBuf, Option<String>> = BTreeMap::new();
    let mut used: BTreeSet<(PathBuf, String)> = BTreeSet::new();
    for page in &project.pages {
        for directive in on(page) {
            let Target { file, part } = Target::resolve(page, directive);
            let text = files
                .entry(file.clone())
                .or_insert_with(|| fs::read_to_string(project.root.join(&file)).ok());
            let broken = match text {
                Some(text) => check_part(text, &part, &file.display().to_string(), style),
                None => Some((
                    Level::Error,
                    format!("included file `{}` cannot be read", file.display()),
                    "the path is relative to the page's folder".to_owned(),
                )),
            };
            problems.extend(broken.and_then(|(rule, what, help)| {
                rule.apply(Diagnostic::new(&page.file, directive.line, what).help(help))
            }));
            if let Part::Anchor(anchor) = part {
                used.insert((file, anchor));
            }
        }
    }
    for (file, text) in &files {
        let Some(text) = text else { continue };
        for (line, anchor) in starts(text) {
            // What a learner writes is marked the same way; a page need not show it by itself.
            let is_solution = anchor.starts_with(regions::PREFIX);
            if !is_solution && !used.contains(&(file.clone(), anchor.to_owned())) {
                let what = format!("anchor `{anchor}` is shown on no page");
                let problem = Diagnostic::new(file, line, what).help("show it or remove it");
                problems.extend(style.apply(problem));
            }
        }
    }
}

fn check_part(text: &str, part: &Part, file: &str, style: Level) -> Option<Broken> {
    match part {
        Part::Whole if starts(text).next().is_some() => Some((
            style,
            format!("`{file}` has anchors, which a whole include would show"),
            format!("include one of its anchors: {}", anchors(text).join(", ")),
        )),
        Part::Whole => None,
        Part::Lines(first, last) => check_lines(text, *first, *last, file, style),
        Part::Anchor(anchor) => {
            check_anchor(text, anchor, file).map(|(what, help)| (Level::Error, what, help))
        }
    }
}

fn check_lines(
    text: &str,
    first: usize,
    last: Option<usize>,
    file: &str,
    style: Level,
) -> Option<Broken> {
    let count = text.lines().count();
    let end = last.unwrap_or(count);
    let lines = if count == 1 { "line" } else { "lines" };
    let has = format!("`{file}` has {count} {lines}");
    let help = "name the lines that are meant, or an anchor, which stays where it is".to_owned();
    if first > count {
        return Some((
            Level::Error,
            format!("{has}, and none from line {first} on"),
            help,
        ));
    }
    if end < first {
        let what = format!("lines {first} to {end} of `{file}` are none");
        return Some((Level::Error, what, help));
    }
    if end > count {
        return Some((style, format!("{has}, and no line {end}"), help));
    }
    let mut shown = (1..).zip(text.lines()).take(end).skip(first - 1);
    let (marker, _) = shown.find(|(_, line)| ANCHOR.is_match(line))?;
    let what = format!("line {marker} of `{file}` marks an anchor, which this include would show");
    Some((
        style,
        what,
        "include the anchor, or lines between the markers".to_owned(),
    ))
}

fn check_anchor(text: &str, anchor: &str, file: &str) -> Option<(String, String)> {
    match lines_of_anchor(text, anchor) {
        None => Some((
            format!("`{file}` has no anchor `{anchor}`"),
            or_nearest(
                anchor,
                anchors(text),
                "it has none: add one, or include the whole file",
            ),
        )),
        Some(0) => Some((
            format!("anchor `{anchor}` of `{file}` should hold lines, and is empty"),
            format!("put them between `ANCHOR: {anchor}` and `ANCHOR_END: {anchor}`"),
        )),
        Some(_) if !ends(text, anchor) => Some((
            format!("anchor `{anchor}` of `{file}` does not end"),
            format!("write `ANCHOR_END: {anchor}` after its last line"),
        )),
        Some(_) => None,
    }
}

/// The anchors that begin in a file, with their lines, as mdBook finds them: the first of a line.
fn starts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let found = ANCHOR.captures(line)?;
        found.get(1).is_none().then_some(())?;
        Some((number, found.get(2)?.as_str()))
    })
}

fn anchors(text: &str) -> Vec<&str> {
    let names = starts(text).map(|(_, name)| name);
    names
        .filter(|name| !name.starts_with(regions::PREFIX))
        .collect()
}

/// The number of lines that are not blank in an anchor; `None` when there is no such anchor.
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

/// True if an anchor has an end; without one, mdBook shows the file to its end.
fn ends(text: &str, anchor: &str) -> bool {
    ANCHOR
        .captures_iter(text)
        .any(|found| found.get(1).is_some() && &found[2] == anchor)
}

/// Expands the includes of many texts at once, as mdBook does, each as if it stood on the page beside it. The pages are
/// of one book.
///
/// # Errors
///
/// When mdBook's preprocessor fails, which it does not for text that passed [`check`].
pub fn expand(root: &Path, texts: &[(&Page, &str)]) -> Result<Vec<String>> {
    let chapters = texts.iter().map(|(page, text)| {
        let (text, path) = ((*text).to_owned(), page.inside());
        BookItem::Chapter(Chapter::new("fence", text, path, Vec::new()))
    });
    let book = Book::new_with_items(chapters.collect());
    let mut config = Config::default();
    if let Some((page, _)) = texts.first() {
        config.book.src.clone_from(&page.src);
    }
    let context = PreprocessorContext::new(root.to_owned(), config, "test".to_owned());
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

    const NESTED: &str = "// ANCHOR: a\nlet x = 1;\n\n// ANCHOR: 2b\n// ANCHOR_END: 2b\n// ANCHOR_END: a\nlet y = 2;\n";

    #[test]
    fn anchors_are_counted_without_blank_and_marker_lines() {
        assert_eq!(lines_of_anchor(NESTED, "a"), Some(1));
        assert_eq!(lines_of_anchor(NESTED, "2b"), Some(0));
        assert_eq!(lines_of_anchor(NESTED, "c"), None);
        assert_eq!(anchors(NESTED), ["a", "2b"]);
    }

    #[test]
    fn ranges_show_lines_that_there_are_and_no_markers() {
        let said = |first, last| {
            check_lines(NESTED, first, last, "f.rs", Level::Warning)
                .map(|(rule, what, _)| format!("{rule:?} {what}"))
        };
        assert_eq!((said(2, Some(3)), said(7, None)), (None, None));
        let wrong = [
            (
                said(8, None),
                "Error `f.rs` has 7 lines, and none from line 8 on",
            ),
            (said(3, Some(2)), "Error lines 3 to 2 of `f.rs` are none"),
            (
                said(7, Some(9)),
                "Warning `f.rs` has 7 lines, and no line 9",
            ),
            (
                said(2, Some(4)),
                "Warning line 4 of `f.rs` marks an anchor, which this include would show",
            ),
        ];
        for (said, expected) in wrong {
            assert_eq!(said.as_deref(), Some(expected));
        }
    }

    #[test]
    fn includes_are_expanded_from_where_the_pages_are() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("text/in")).unwrap();
        fs::write(folder.path().join("text/ten.rs"), "1\n2\n3\n").unwrap();
        let page = Page::parse_in(Path::new("text"), Path::new("text/in/p.md"), "");
        let expanded = expand(folder.path(), &[(&page, "{{#include ../ten.rs:2}}")]).unwrap();
        assert_eq!(expanded, ["2"]);
    }
}
