//! `names.toml`: names that nothing here knows, each with the reason why it stands on a page all the same.

use std::cell::Cell;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use book::problem::{Problem, Problems, unreadable};
use book::task::line_of;

/// The file, from the book's root.
pub const FILE: &str = "names.toml";

/// What happened to the name of an entry.
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

#[derive(Deserialize)]
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
    /// Whether this entry is about a name on a page. One for `iter.Pull` is about `Pull` as well.
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

    /// What is wrong with an entry that nothing needs.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let (name, place) = (&self.name, self.page.as_deref().unwrap_or("no page"));
        let what = match self.used.get() {
            Use::Needed => return None,
            Use::Resolves => format!("`{name}` needs no allowance: it resolves"),
            Use::Absent if self.page.is_some() => {
                format!("`{name}` is allowed on `{place}`, and does not occur there")
            }
            Use::Absent => format!("`{name}` is allowed, and occurs on {place}"),
        };
        Some(Problem::new(FILE, self.line, what).help("take the entry out"))
    }
}

/// Reads the file; `pages` are the pages there are. Without a file nothing is allowed.
pub fn read(root: &Path, pages: &[String], problems: &mut Problems) -> Vec<Allowed> {
    match fs::read_to_string(root.join(FILE)) {
        Ok(text) => parse(&text, pages, problems),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let what = format!("the allowed names cannot be read: {}", unreadable(&error));
            problems.push(
                Problem::new(FILE, 0, what).help("write it as UTF-8, in a file you may read"),
            );
            Vec::new()
        }
    }
}

fn parse(text: &str, pages: &[String], problems: &mut Problems) -> Vec<Allowed> {
    let mut problem = |at: usize, what: String, help: &str| {
        problems.push(Problem::new(FILE, line_of(text, at), what).help(help));
    };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let what = error.message().replace('\n', " ");
            problem(
                at,
                what,
                "an entry is `[[name]]` with `is`, `reason` and, if it is about one page, `page`",
            );
            return Vec::new();
        }
    };
    let mut allowed = Vec::new();
    for Entry { is, page, reason } in file.entries {
        if reason.get_ref().trim().is_empty() {
            let what = format!("`{}` is allowed without a reason", is.get_ref());
            problem(
                reason.span().start,
                what,
                "say why it stands on a page although nothing here knows it",
            );
        }
        if let Some(page) = &page
            && !pages.contains(page.get_ref())
        {
            let what = format!(
                "`{}` is allowed on `{}`, which is no page",
                is.get_ref(),
                page.get_ref()
            );
            problem(
                page.span().start,
                what,
                "write its path below src/, without the ending",
            );
            continue;
        }
        allowed.push(Allowed {
            line: line_of(text, is.span().start),
            name: is.into_inner(),
            page: page.map(Spanned::into_inner),
            used: Cell::new(Use::Absent),
        });
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let mut problems = Problems::default();
        parse(text, &["small".to_owned()], &mut problems);
        problems
            .sorted()
            .iter()
            .map(|problem| format!("{}: {}", problem.place(), problem.what))
            .collect()
    }

    #[test]
    fn entries_have_a_name_a_reason_and_perhaps_a_page() {
        assert_eq!(
            told(
                "[[name]]\nis = \"A\"\nreason = \"b\"\n\n[[name]]\nis = \"C\"\npage = \"small\"\nreason = \"d\""
            ),
            [""; 0]
        );
        assert_eq!(
            told("[[name]]\nis = \"A\"\nreason = \" \""),
            ["names.toml:3: `A` is allowed without a reason"]
        );
        assert_eq!(
            told("\n[[name]]\nis = \"A\""),
            ["names.toml:2: missing field `reason`"]
        );
        assert_eq!(
            told("[[name]]\nis = \"A\"\nreason = \"b\"\npage = \"smal\""),
            ["names.toml:4: `A` is allowed on `smal`, which is no page"]
        );
        assert!(told("[[nam]]\nis = \"A\"")[0].starts_with("names.toml:1: unknown field `nam`"));
    }

    #[test]
    fn entries_that_nothing_needs_are_problems() {
        let of = |used: &[Use]| {
            let allowed = parse(
                "[[name]]\nis = \"A\"\nreason = \"b\"",
                &[],
                &mut Problems::default(),
            )
            .remove(0);
            used.iter().for_each(|used| allowed.note(*used));
            allowed.problem().map(|problem| problem.what)
        };
        assert_eq!(of(&[Use::Needed, Use::Resolves]), None);
        assert_eq!(
            of(&[Use::Resolves]).unwrap(),
            "`A` needs no allowance: it resolves"
        );
        assert_eq!(of(&[]).unwrap(), "`A` is allowed, and occurs on no page");
    }
}
