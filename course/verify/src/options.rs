//! Options of a run.

use anyhow::Result;
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
    /// Checks that are left out. For tests of the ledger: a page that asks for one of them has no seal.
    #[doc(hidden)]
    pub without: Vec<Kind>,
}

impl Options {
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
