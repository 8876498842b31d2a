//! The include directives of a page, as mdBook reads them.

use std::path::{Path, PathBuf};

use crate::files::lexical;
use crate::page::{Directive, Page};

/// The include directives of a page.
pub fn on(page: &Page) -> impl Iterator<Item = &Directive> {
    page.directives
        .iter()
        .filter(|directive| matches!(directive.name.as_str(), "include" | "rustdoc_include"))
}

/// The file an include names, relative to the book's root, and the anchor, if it names one.
#[must_use]
pub fn target(page: &Page, directive: &Directive) -> (PathBuf, Option<String>) {
    let mut parts = directive.arguments.splitn(2, ':');
    let path = parts.next().unwrap_or_default();
    let anchor = parts
        .next()
        .filter(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    let folder = page.file.parent().unwrap_or(Path::new(""));
    (lexical(&folder.join(path)), anchor.map(str::to_owned))
}
