//! Every name in prose exists.
//!
//! [`grammar`] finds the names. Each is looked for where it can be known, and any of these makes it right: the address
//! that it is the text of a link to; what the book calls so ([`index`]); a path that rustdoc finds ([`rust`]); what
//! `go doc` documents ([`mod@go`]), or the end of such a selector on the same page; a block of code on the page. The
//! first that knows it says where its documentation is, which is kept in [`FILE`], for links. What is left must be
//! allowed, with a reason, in `names.toml` ([`allowed`]).
//!
//! Names that only the compiler or Go could know are skipped where they cannot be asked, and counted as such.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use self::allowed::Allowed;
use self::go::Go;
use self::index::Book;
use self::occurrences::occurrences;
use self::page::{Found, PageNames};
use self::rust::Rust;
use book::diagnostic::Diagnostics;
use book::fence::Snippet;
use book::ledger::{Expected, Kind, Ledger};
use book::page::Page;
use book::project::Project;
use reader::site::names::FILE;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;

pub mod allowed;
pub mod go;
pub mod grammar;
pub mod index;
pub mod occurrences;
mod page;
pub mod rust;

/// By name, the addresses that somebody has given; none for a name that is unknown there.
pub type Answers = BTreeMap<String, Vec<String>>;

/// Sources for looking up names.
pub struct Sources<'a> {
    /// The benchmark record, if there is one.
    pub record: Option<&'a measurements::record::Record>,
    /// The built crates and what is kept of earlier runs; `None` when they do not compile.
    pub built: Option<(&'a Artifacts, &'a Cache)>,
    /// The Go of this machine.
    pub go: Go,
}

/// Answers of the compiler and of Go; `None` where they cannot be asked.
#[derive(Default)]
struct Asked {
    paths: Option<Answers>,
    go: Option<Answers>,
}

/// Checks the names of the pages; `snippets` are their Rust listings, expanded.
///
/// # Errors
///
/// When the compiler cannot do its work, or the names cannot be written.
pub fn check(
    project: &Project,
    pages: &[&Page],
    snippets: &[Snippet<'_>],
    sources: Sources<'_>,
    problems: &mut Diagnostics,
    ledger: &mut Ledger,
) -> Result<()> {
    let mut allowed = Allowed::read(&project.root, problems);
    let book = Book::new(project, sources.record);
    let book = &book;
    let read = |page| PageNames::new(project, page, snippets, book);
    // Two at a time, as listings are compiled.
    let mut names: Vec<PageNames<'_>> = std::thread::scope(|scope| {
        let halves = pages.chunks(pages.len().div_ceil(2).max(1));
        let reading: Vec<_> = halves
            .map(|half| scope.spawn(|| half.iter().copied().map(read).collect::<Vec<_>>()))
            .collect();
        let read = reading.into_iter();
        read.flat_map(|half| half.join().expect("no name panics the tool"))
            .collect()
    });
    let asked = ask(project, sources, &names)?;
    names.iter_mut().for_each(|page| page.resolve(&asked));

    let resolved = names.iter().flat_map(PageNames::resolved);
    let resolved: BTreeSet<&str> = resolved.map(|(name, _)| name).collect();
    for page in &names {
        let file = &page.page.file;
        for (it, found) in &page.found {
            let name = &it.name.text;
            let is_resolved = matches!(found, Found::At(_));
            let is_allowed = allowed.note(name, is_resolved);
            match found {
                Found::At(place) => ledger.held(file, Kind::Name, name, place),
                _ if is_allowed => ledger.held(file, Kind::AllowedName, name, "names.toml"),
                Found::Unasked => ledger.skipped(file, Kind::Name, name, "no Go or compiler here"),
                Found::Nowhere => problems.push(page.problem(it, &resolved)),
            }
        }
    }
    // A part of the pages does not say that no other needs an entry.
    if names.len() == project.pages.len() {
        problems.extend(allowed.problems());
    }
    keep(&project.scratch(), &names)
}

/// The names of a page, each of which needs a check.
pub(crate) fn expected(project: &Project, page: &Page) -> Vec<Expected> {
    let found = occurrences(project, page).into_iter();
    found.map(|it| (Kind::Name, it.name.text)).collect()
}

/// Asks the compiler and Go about the names of all pages at once.
fn ask(project: &Project, sources: Sources<'_>, pages: &[PageNames<'_>]) -> Result<Asked> {
    let scratch = project.scratch();
    let selectors = all(pages, PageNames::selectors);
    std::thread::scope(|scope| {
        let go = scope.spawn(|| sources.go.addresses(&scratch, &selectors));
        let mut asked = Asked::default();
        if let Some((artifacts, cache)) = sources.built {
            let rust = Rust {
                root: &project.root,
                scratch: scratch.clone(),
                artifacts,
                cache,
            };
            asked.paths = Some(rust.addresses(&all(pages, PageNames::paths))?);
        }
        asked.go = go.join().expect("asking Go does not panic");
        Ok(asked)
    })
}

fn all<'a>(
    pages: &[PageNames<'a>],
    pick: impl Fn(&PageNames<'a>) -> BTreeSet<String>,
) -> BTreeSet<String> {
    pages.iter().flat_map(pick).collect()
}

/// Writes the names that resolve; those of pages that were not checked stay.
fn keep(scratch: &Path, pages: &[PageNames<'_>]) -> Result<()> {
    let file = scratch.join(FILE);
    let mut kept = reader::site::names::read(scratch);
    for page in pages {
        let names = page
            .resolved()
            .map(|(name, target)| (name.to_owned(), target.to_owned()));
        kept.insert(page.page.file.clone(), names.collect());
    }
    fs::create_dir_all(scratch)?;
    fs::write(&file, serde_json::to_vec_pretty(&kept)?)
        .with_context(|| format!("cannot write {}", file.display()))
}

/// The answers about names: those that were kept, and for the others what `ask` says. It is asked once about each.
///
/// # Errors
///
/// As `ask`.
fn kept(
    cache: &Cache,
    key: &str,
    names: &BTreeSet<String>,
    ask: impl FnOnce(&[&str]) -> Result<Answers>,
) -> Result<Answers> {
    let key = format!("names in prose: {key}");
    let text = cache.get(&key).unwrap_or_default();
    let mut kept: Answers = serde_json::from_str(&text).unwrap_or_default();
    let todo: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !kept.contains_key(*name))
        .collect();
    if !todo.is_empty() {
        let mut said = ask(&todo)?;
        for name in todo {
            kept.insert(name.to_owned(), said.remove(name).unwrap_or_default());
        }
        cache.put(&key, &serde_json::to_string(&kept)?);
    }
    kept.retain(|name, _| names.contains(name));
    Ok(kept)
}
