//! Every name in prose exists.
//!
//! [`grammar`] finds the names. Each is looked for where it can be known, and any of these makes it
//! right: the address that it is the text of a link to; what the book calls so ([`book`]); a path
//! that rustdoc finds ([`rust`]); what `go doc` documents ([`mod@go`]), or the end of such a
//! selector on the same page; a block of code on the page; what the compiler lists. The first that
//! knows it is where its documentation is, and is kept in [`RESOLVED`]. What is left must be
//! allowed, with a reason, in `names.toml` ([`allowed`]).
//!
//! What only the compiler or Go could know is skipped where they cannot be asked, and counted as such.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use self::allowed::{Allowed, Use};
use self::go::Go;
use self::index::Book;
use self::occurrences::occurrences;
use self::page::{Found, PageNames};
use self::rust::Rust;
use book::diagnostic::Diagnostics;
use book::fence::Snippet;
use book::page::Page;
use book::project::Project;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;

pub mod allowed;
pub mod go;
pub mod grammar;
pub mod index;
pub mod occurrences;
mod page;
pub mod rust;

/// The file of the names that resolve, below the folder of what can be made again: page, name, address.
pub const RESOLVED: &str = "names.json";

/// By name, the addresses that somebody has given; none for a name that is unknown there.
pub type Answers = BTreeMap<String, Vec<String>>;

/// The names of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that resolve.
    pub resolved: usize,
    /// Those that `names.toml` allows.
    pub allowed: usize,
    /// Those that could not be looked up here.
    pub skipped: usize,
}

/// Sources for looking up names.
pub struct Sources<'a> {
    /// The benchmark record, if there is one.
    pub record: Option<&'a measurements::record::Record>,
    /// The built crates and what is kept of earlier runs; `None` when they do not compile.
    pub built: Option<(&'a Artifacts, &'a Cache)>,
    /// The Go that was asked for its version.
    pub go: Go,
}

/// Answers of the compiler and of Go; `None` where they cannot be asked.
#[derive(Default)]
struct Asked {
    attributes: Option<Answers>,
    paths: Option<Answers>,
    go: Option<Answers>,
    listed: Answers,
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
) -> Result<BTreeMap<PathBuf, Tally>> {
    let stems: Vec<String> = project.pages.iter().map(stem).collect();
    let allowed = allowed::read(&project.root, &stems, problems);
    let book = Book::of(project, sources.record);
    let crates = sources.built.map(|(artifacts, _)| artifacts.externs.keys());
    let crates: Vec<&String> = crates.into_iter().flatten().collect();
    let mut all: Vec<PageNames<'_>> = pages
        .iter()
        .map(|page| {
            let found = occurrences(project, page);
            PageNames::new(project, page, snippets, &book, &crates, found)
        })
        .collect();
    let asked = ask(project, sources, &mut all)?;
    for page in &mut all {
        page.resolve(&asked);
    }

    let resolved: BTreeSet<&str> = all
        .iter()
        .flat_map(PageNames::resolved)
        .map(|(name, _)| name)
        .collect();
    let mut tallies = BTreeMap::new();
    for page in &all {
        let stem = stem(page.page);
        let mut tally = Tally::default();
        for (occurrence, found) in &page.found {
            let name = &occurrence.name.text;
            let entries: Vec<_> = allowed
                .iter()
                .filter(|entry| entry.is_about(name, &stem))
                .collect();
            let is_resolved = matches!(found, Found::At(_));
            let used = if is_resolved {
                Use::Resolves
            } else {
                Use::Needed
            };
            entries.iter().for_each(|entry| entry.note(used));
            match found {
                Found::At(_) => tally.resolved += 1,
                _ if !entries.is_empty() => tally.allowed += 1,
                Found::Unasked => tally.skipped += 1,
                Found::Nowhere => problems.push(page.problem(occurrence, &resolved)),
            }
        }
        tallies.insert(page.page.file.clone(), tally);
    }
    // Of an entry that holds on every page, a part of the pages says nothing.
    let is_whole = pages.len() == project.pages.len();
    let checked: Vec<String> = pages.iter().map(|page| stem(page)).collect();
    let is_judged = |entry: &&Allowed| {
        let page = entry.page.as_ref();
        page.map_or(is_whole, |page| checked.contains(page))
    };
    problems.extend(
        allowed
            .iter()
            .filter(is_judged)
            .filter_map(Allowed::problem),
    );
    keep(&project.scratch(), &all)?;
    Ok(tallies)
}

/// Asks the compiler and Go about the names of all pages at once.
fn ask(project: &Project, sources: Sources<'_>, pages: &mut [PageNames<'_>]) -> Result<Asked> {
    let (root, scratch) = (&project.root, project.scratch());
    let go_names = all(pages, PageNames::selectors);
    let (asked_go, scratch) = (sources.go, &scratch);
    std::thread::scope(|scope| {
        let go = scope.spawn(move || asked_go.addresses(scratch, &go_names));
        let mut asked = Asked {
            listed: rust::listed(&all(pages, PageNames::words_of_the_compiler)),
            ..Asked::default()
        };
        if let Some((artifacts, cache)) = sources.built {
            let scratch = scratch.clone();
            let rust = Rust {
                root,
                scratch,
                artifacts,
                cache,
            };
            asked.attributes = Some(rust.attributes(&all(pages, PageNames::attributes))?);
            let imports = rust.imports(&all(pages, PageNames::heads))?;
            pages.iter_mut().for_each(|page| page.import(&imports));
            let mut paths = rust.addresses(&all(pages, PageNames::candidates))?;
            let members = all(pages, |page| page.members(&paths));
            paths.extend(rust.addresses(&members)?);
            asked.paths = Some(paths);
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
    let file = scratch.join(RESOLVED);
    let kept = fs::read(&file).ok();
    let kept = kept.and_then(|kept| serde_json::from_slice(&kept).ok());
    let mut kept: BTreeMap<PathBuf, BTreeMap<String, String>> = kept.unwrap_or_default();
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

/// A page's path below `src/`, without its ending.
fn stem(page: &Page) -> String {
    let inside = page
        .file
        .strip_prefix("src")
        .unwrap_or(&page.file)
        .with_extension("");
    inside.to_string_lossy().replace('\\', "/")
}
