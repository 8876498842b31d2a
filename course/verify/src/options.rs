//! Options of a run.

use anyhow::Result;
use book::diagnostic::Level;
use book::ledger::Kind;
use book::page::Page;
use book::project::Project;

/// The pages to check, and the rule for changed outputs.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Names of the pages to check, such as `coroutines` or `proposals/weak`; empty for the whole book.
    pub pages: Vec<String>,
    /// True if changed outputs are accepted: written instead of reported.
    pub bless: bool,
    /// True if a measurement that is missing or older than its code is an error, not a warning.
    pub release: bool,
    /// True if a check that cannot be done here is an error: in CI, which installs what checks need.
    pub strict: bool,
    /// True if nothing that is remembered of earlier runs counts, and everything is done again.
    pub all: bool,
    /// Checks that are left out. For tests of the ledger: a page that asks for one of them has no seal.
    #[doc(hidden)]
    pub without: Vec<Kind>,
}

impl Options {
    /// The weight of a measurement that is missing or older than its code.
    pub(crate) fn stale(&self) -> Level {
        match self.release {
            true => Level::Error,
            false => Level::Warning,
        }
    }

    /// True if checks of a kind are done.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        !self.without.contains(&kind)
    }

    /// The pages that are asked for, in the order of the book.
    ///
    /// # Errors
    ///
    /// When a name is that of no page.
    pub fn select<'a>(&self, project: &'a Project) -> Result<Vec<&'a Page>> {
        let named = self.pages.iter().map(|name| project.named(name));
        let named = named.collect::<Result<Vec<_>>>()?;
        let is_asked_for =
            |page: &&Page| named.is_empty() || named.iter().any(|it| it.file == page.file);
        Ok(project.pages.iter().filter(is_asked_for).collect())
    }
}
