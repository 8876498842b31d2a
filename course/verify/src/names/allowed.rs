//! `names.toml`: names that nothing here knows, each with the reason why it stands on a page all the same.

use std::cell::Cell;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use book::diagnostic::{Diagnostic, Diagnostics, unreadable};
use book::task::line_of;

/// The file, from the book's root.
pub const FILE: &str = "names.toml";

/// The use of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It has occurred nowhere.
    Absent,
    /// It has occurred, and resolves without the entry.
    Resolves,
    /// It has occurred, and nothing else knows it.
    Needed,
}

/// An entry.
#[derive(Debug)]
pub struct Allowed {
    /// The name, as messages write it.
    pub name: String,
    /// The only page on which it is allowed, as a path below `src/` without its ending.
    pub page: Option<String>,
    line: usize,
    used: Cell<Use>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "name")]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    is: Spanned<String>,
    page: Option<Spanned<String>>,
    reason: Spanned<String>,
}

impl Allowed {
    /// True if this entry is about a name on a page. One for `iter.Pull` is about `Pull` as well.
    #[must_use]
    pub fn is_about(&self, name: &str, page: &str) -> bool {
        let last = self.name.rsplit_once('.').map(|(_, last)| last);
        (self.name == name || last == Some(name))
            && self.page.as_deref().is_none_or(|only| only == page)
    }

    /// Notes that the name has occurred.
    pub fn note(&self, used: Use) {
        if self.used.get() != Use::Needed {
            self.used.set(used);
        }
    }

    /// The diagnostic for an entry that nothing needs.
    #[must_use]
    pub fn problem(&self) -> Option<Diagnostic> {
        let (name, place) = (&self.name, self.page.as_deref().unwrap_or("no page"));
        let what = match self.used.get() {
            Use::Needed => return None,
            Use::Resolves => format!("`{name}` needs no allowance: it resolves"),
            Use::Absent if self.page.is_some() => {
                format!("`{name}` is allowed on `{place}`, and does not occur there")
            }
            Use::Absent => format!("`{name}` is allowed, and occurs on {place}"),
        };
        Some(Diagnostic::new(FILE, self.line, what).help("take the entry out"))
    }
}

/// Reads the file; `pages` are the pages there are. Without a file nothing is allowed.
pub fn read(root: &Path, pages: &[String], problems: &mut Diagnostics) -> Vec<Allowed> {
    let text = match fs::read_to_string(root.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let what = format!("the allowed names cannot be read: {}", unreadable(&error));
            let help = "write it as UTF-8, in a file you may read";
            problems.push(Diagnostic::new(FILE, 0, what).help(help));
            return Vec::new();
        }
    };
    let mut problem = |at: usize, what: String, help: &str| {
        problems.push(Diagnostic::new(FILE, line_of(&text, at), what).help(help));
    };
    let file: File = toml::from_str(&text).unwrap_or_else(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let help =
            "an entry is `[[name]]` with `is`, `reason` and, if it is about one page, `page`";
        problem(at, error.message().replace('\n', " "), help);
        File::default()
    });
    let mut allowed = Vec::new();
    for Entry { is, page, reason } in file.entries {
        let name = is.get_ref();
        if reason.get_ref().trim().is_empty() {
            let what = format!("`{name}` is allowed without a reason");
            let help = "say why it stands on a page although nothing here knows it";
            problem(reason.span().start, what, help);
        }
        if let Some(page) = page.as_ref().filter(|page| !pages.contains(page.get_ref())) {
            let what = format!(
                "`{name}` is allowed on `{}`, which is no page",
                page.get_ref()
            );
            let help = "write its path below src/, without the ending";
            problem(page.span().start, what, help);
            continue;
        }
        allowed.push(Allowed {
            line: line_of(&text, is.span().start),
            name: is.into_inner(),
            page: page.map(Spanned::into_inner),
            used: Cell::new(Use::Absent),
        });
    }
    allowed
}
