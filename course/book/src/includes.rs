//! The include directives of a page, as mdBook reads them.

use std::path::{Path, PathBuf};

use crate::files::lexical;
use crate::page::{Directive, Page};

/// The directives of a page that mdBook replaces by a file or a part of one.
pub fn on(page: &Page) -> impl Iterator<Item = &Directive> {
    page.directives.iter().filter(|directive| {
        let name = directive.name.as_str();
        matches!(
            name,
            "include" | "rustdoc_include" | "playground" | "playpen"
        ) && directive.path().is_some()
    })
}

/// The file that an include names, and what it shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The file, relative to the book's root.
    pub file: PathBuf,
    /// The part of it.
    pub part: Part,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// The lines from the first to the last, both counted from 1; to the end of the file without a last one.
    Lines(usize, Option<usize>),
    /// The lines between the two markers of this name.
    Anchor(String),
}

impl Target {
    /// The target of an include on a page.
    #[must_use]
    pub fn resolve(page: &Page, directive: &Directive) -> Self {
        let path = directive.path().unwrap_or_default();
        let (path, part) = match directive.name.as_str() {
            "playground" | "playpen" => (path, Part::Whole),
            _ => match path.split_once(':') {
                Some((path, part)) => (path, Part::parse(part)),
                None => (path, Part::Whole),
            },
        };
        let folder = page.file.parent().unwrap_or(Path::new(""));
        Self {
            file: lexical(&folder.join(path)),
            part,
        }
    }
}

impl Part {
    /// The part after the file's name. If it begins with neither a number nor a colon, it is an anchor.
    fn parse(text: &str) -> Self {
        let mut parts = text.splitn(3, ':');
        let first = parts.next().unwrap_or_default();
        let last = parts.next().map(|last| last.parse().ok());
        match (first.parse(), last) {
            (Ok(0), Some(last)) => Self::Lines(1, last),
            (Ok(0), None) => Self::Lines(1, Some(1)),
            (Ok(line), Some(last)) => Self::Lines(line, last),
            (Ok(line), None) => Self::Lines(line, Some(line)),
            (Err(_), Some(Some(last))) if first.is_empty() => Self::Lines(1, Some(last)),
            (Err(_), _) if first.is_empty() => Self::Whole,
            (Err(_), _) => Self::Anchor(first.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Vec<(PathBuf, Part)> {
        let page = Page::parse(Path::new("src/proposals/x.md"), text);
        let targets = on(&page).map(|directive| Target::resolve(&page, directive));
        targets.map(|it| (it.file, it.part)).collect()
    }

    #[test]
    fn targets_are_relative_to_the_book() {
        let text = "{{#include ../../listings/a.rs:all}} {{#rustdoc_include b.rs}} {{#playground c.rs editable}}";
        let anchor = Part::Anchor("all".to_owned());
        let expected = [
            ("listings/a.rs", anchor),
            ("src/proposals/b.rs", Part::Whole),
            ("src/proposals/c.rs", Part::Whole),
        ];
        assert_eq!(
            targets(text),
            expected.map(|(file, part)| (file.into(), part))
        );
    }

    #[test]
    fn parts_are_read_as_mdbook_reads_them() {
        let rows = [
            ("2:10", Part::Lines(2, Some(10))),
            ("3", Part::Lines(3, Some(3))),
            ("5:", Part::Lines(5, None)),
            ("5:end", Part::Lines(5, None)),
            (":10", Part::Lines(1, Some(10))),
            (":5:", Part::Lines(1, Some(5))),
            ("0:4", Part::Lines(1, Some(4))),
            ("", Part::Whole),
            ("::", Part::Whole),
            ("2nd", Part::Anchor("2nd".to_owned())),
            ("a-b", Part::Anchor("a-b".to_owned())),
            ("a:3", Part::Anchor("a".to_owned())),
        ];
        for (text, part) in rows {
            assert_eq!(Part::parse(text), part, "{text}");
        }
    }

    #[test]
    fn escaped_includes_are_text_to_the_end_of_the_last() {
        assert_eq!(
            targets("\\{{#include a.rs}} and {{#include b.rs}}\n{{#include}}\n"),
            []
        );
    }
}
