//! The ledger of checks: an entry for every check that was done, written where it was done.
//!
//! Seals, totals and reports are sums of it, so a check that does not run is in none of them. A check that fails leaves
//! a diagnostic and no entry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::evidence::Counts;

/// A subject of checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A listing that compiles, runs and returns.
    Runs,
    /// A listing that compiles, with a reason not to run it.
    Compiles,
    /// A listing that panics with the stated words.
    Panics,
    /// A listing that fails to compile with the stated codes and words.
    FailsToCompile,
    /// A captured output, trace, drawing or message, made again and compared.
    Output,
    /// An output that is made again and not compared, as the task says.
    VaryingOutput,
    /// A number that is taken from the benchmark record.
    Number,
    /// A figure in prose that another source supports.
    Figure,
    /// A figure in prose that a comment allows.
    AllowedFigure,
    /// A name in prose that resolves.
    Name,
    /// A name in prose that nothing knows, allowed with a reason.
    AllowedName,
    /// A verdict on a claim, with its evidence.
    Claim,
    /// A condition on the record that a conclusion depends on.
    Conclusion,
    /// A link inside the book.
    Link,
}

impl Kind {
    /// True for listings.
    #[must_use]
    pub fn is_listing(self) -> bool {
        matches!(
            self,
            Self::Runs | Self::Compiles | Self::Panics | Self::FailsToCompile
        )
    }

    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::Runs,
        Self::Compiles,
        Self::Panics,
        Self::FailsToCompile,
        Self::Output,
        Self::VaryingOutput,
        Self::Number,
        Self::Figure,
        Self::AllowedFigure,
        Self::Name,
        Self::AllowedName,
        Self::Claim,
        Self::Conclusion,
        Self::Link,
    ];
}

/// The result of a check that found nothing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done, and held.
    Held,
    /// It could not be done here.
    Skipped,
}

/// A check that was done, or could not be done here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The page, from the book's root.
    #[serde(serialize_with = "crate::diagnostic::with_slashes")]
    pub page: PathBuf,
    /// The kind of its subject.
    pub kind: Kind,
    /// The subject, as the page names it: `line 41`, `Vec::push`, `claim switch-cost, Go`.
    pub subject: String,
    /// The result.
    pub outcome: Outcome,
    /// The way it was done, or the reason why not: `E0382`, `unchanged since it last passed`, `no Go here`.
    pub how: String,
}

/// The way of a Go test that was not run here: the record has its result.
pub const RECORDED: &str = "Go's test as recorded";

/// Entries in the order in which they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger(Vec<Entry>);

/// A check that a page asks for: its kind and subject.
pub type Expected = (Kind, String);

/// The subject of what is at a line of a page.
#[must_use]
pub fn line(line: usize) -> String {
    format!("line {line}")
}

impl Ledger {
    /// Notes a check that was done and held.
    pub fn held(&mut self, page: &Path, kind: Kind, subject: impl Into<String>, how: &str) {
        self.note(page, kind, subject.into(), Outcome::Held, how);
    }

    /// Notes a check that could not be done here.
    pub fn skipped(&mut self, page: &Path, kind: Kind, subject: impl Into<String>, why: &str) {
        self.note(page, kind, subject.into(), Outcome::Skipped, why);
    }

    fn note(&mut self, page: &Path, kind: Kind, subject: String, outcome: Outcome, how: &str) {
        self.0.push(Entry {
            page: page.to_owned(),
            kind,
            subject,
            outcome,
            how: how.to_owned(),
        });
    }

    /// Adds the entries of another ledger.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The sum of a page's entries.
    #[must_use]
    pub fn counts(&self, page: &Path) -> Counts {
        let mut counts = Counts::default();
        for entry in self.0.iter().filter(|entry| entry.page == page) {
            counts.count(entry);
        }
        counts
    }

    /// The checks that a page asks for and that left no entry. Where a figure or name is expected, one that is allowed
    /// will do; a listing must have been compiled.
    #[must_use]
    pub fn missing(&self, page: &Path, expected: &[Expected]) -> Vec<Expected> {
        let mut done: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
        for entry in self.0.iter().filter(|entry| entry.page == page) {
            if entry.kind.is_listing() && entry.outcome == Outcome::Skipped {
                continue;
            }
            let kind = match entry.kind {
                Kind::AllowedFigure => Kind::Figure,
                Kind::AllowedName => Kind::Name,
                kind => kind,
            };
            *done.entry((kind, &entry.subject)).or_default() += 1;
        }
        let mut missing = Vec::new();
        for (kind, subject) in expected {
            match done.get_mut(&(*kind, subject.as_str())) {
                Some(left) if *left > 0 => *left -= 1,
                _ => missing.push((*kind, subject.clone())),
            }
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_is_what_left_no_entry_on_that_page() {
        let (a, b) = (Path::new("src/a.md"), Path::new("src/b.md"));
        let mut ledger = Ledger::default();
        ledger.held(a, Kind::Link, "b.md", "");
        ledger.skipped(a, Kind::Name, "f", "no Go here");
        ledger.held(b, Kind::Link, "a.md", "");
        let expected: Vec<Expected> = [
            (Kind::Link, "b.md"),
            (Kind::Link, "b.md"),
            (Kind::Link, "a.md"),
            (Kind::Name, "f"),
        ]
        .map(|(kind, subject)| (kind, subject.to_owned()))
        .to_vec();
        assert_eq!(ledger.missing(a, &expected), expected[1..3]);
        let counts = ledger.counts(a);
        assert_eq!((counts.links, counts.names, counts.skipped), (1, 0, 1));
    }
}
