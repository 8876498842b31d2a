//! Every name in prose resolves.
//!
//! [`grammar`] says which code spans claim that something exists. What they name is looked for where it can be known, and
//! the first place that knows it will do:
//!
//! 1. a block of code on the same page has the word, all words of a path;
//! 2. the book has given the name itself ([`known`]): a test, a group, a wrong solution, an example, a benchmark, a file;
//! 3. [`mod@rustdoc`] finds the path in std, in `listings` or in a crate it uses, with a module or type in front that the
//!    chapter declares or imports from ([`imports`]);
//! 4. [`mod@go`] documents the selector; or the word is the end of a selector on the same page;
//! 5. the compiler lists it: attributes, lints, error codes ([`compiler`]).
//!
//! Cheap ones come first; which one answers makes no difference. The text of a link to the outside has its source there.
//! What is left must be allowed, with a reason, in `names.toml` ([`allowed`]).
//!
//! What only rustdoc or Go could know is skipped where they cannot be asked, and counted as such.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;

use self::allowed::{Allowed, Use};
use self::asked::{Asked, Verdict};
use self::context::{Answer, Context};
use self::go::Go;
use self::imports::Imports;
use self::known::Known;
use self::occurrences::{Occurrence, occurrences};
use book::fence::Snippet;
use book::page::Page;
use book::problem::Problems;
use book::project::Project;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;

pub mod allowed;
mod asked;
pub mod compiler;
mod context;
pub mod go;
pub mod grammar;
pub mod imports;
pub mod known;
pub mod lexer;
pub mod occurrences;
pub mod rustdoc;
pub mod spans;

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

/// What the names are looked up with.
pub struct Sources<'a> {
    /// The benchmark record, if there is one.
    pub record: Option<&'a measurements::record::Record>,
    /// The built crates and what is kept of earlier runs; `None` when they do not compile.
    pub built: Option<(&'a Artifacts, &'a Cache)>,
    /// The Go that was asked for its version.
    pub go: Go,
}

/// A name on a page, and what is known of it without asking anybody.
type Open<'a> = (&'a Context<'a>, Occurrence, Answer);

/// Checks the names of the pages; `snippets` are their Rust listings, expanded.
///
/// # Errors
///
/// When rustdoc cannot do its work.
pub fn check(
    project: &Project,
    pages: &[&Page],
    snippets: &[Snippet<'_>],
    sources: Sources<'_>,
    problems: &mut Problems,
) -> Result<BTreeMap<PathBuf, Tally>> {
    let stems: Vec<String> = project.pages.iter().map(stem).collect();
    let allowed = allowed::read(&project.root, &stems, problems);
    let known = Known::of(project, sources.record);
    let slugs = project.tasks.keys();
    let chapters = slugs
        .map(|slug| (slug.clone(), Imports::of_chapter(&project.root, slug)))
        .collect();
    let crates: Vec<String> = sources
        .built
        .iter()
        .flat_map(|(artifacts, _)| artifacts.externs.keys().cloned())
        .collect();
    let contexts: Vec<Context<'_>> = pages
        .iter()
        .map(|page| Context::new(&chapters, page, snippets, &known, &crates))
        .collect();

    let open: Vec<Open<'_>> = contexts
        .iter()
        .flat_map(|context| {
            occurrences(project, context.page)
                .into_iter()
                .map(move |found| (context, found))
        })
        .map(|(context, found)| {
            let answer = context.answer(&found);
            (context, found, answer)
        })
        .collect();
    let asked = Asked::ask(project, sources, &open)?;

    let resolved: BTreeSet<&str> = open
        .iter()
        .filter(|(context, found, answer)| {
            asked.verdict(context, found, answer) == Verdict::Resolved
        })
        .map(|(_, found, _)| found.name.text.as_str())
        .collect();
    let mut tallies: BTreeMap<PathBuf, Tally> = pages
        .iter()
        .map(|page| (page.file.clone(), Tally::default()))
        .collect();
    for (context, found, answer) in &open {
        let tally = tallies.entry(context.page.file.clone()).or_default();
        let page = stem(context.page);
        let entries = || {
            allowed
                .iter()
                .filter(|entry| entry.is_about(&found.name.text, &page))
        };
        let verdict = asked.verdict(context, found, answer);
        entries().for_each(|entry| {
            entry.note(if verdict == Verdict::Resolved {
                Use::Resolves
            } else {
                Use::Needed
            })
        });
        match verdict {
            Verdict::Resolved => tally.resolved += 1,
            _ if entries().next().is_some() => tally.allowed += 1,
            Verdict::Skipped => tally.skipped += 1,
            Verdict::Unknown => problems.push(context.problem(found, &resolved)),
        }
    }
    // Of an entry that holds on every page, a part of the pages says nothing.
    let is_whole = pages.len() == project.pages.len();
    let checked: Vec<String> = pages.iter().map(|page| stem(page)).collect();
    let is_judged = |entry: &&Allowed| {
        entry
            .page
            .as_ref()
            .map_or(is_whole, |page| checked.contains(page))
    };
    problems.extend(
        allowed
            .iter()
            .filter(is_judged)
            .filter_map(Allowed::problem),
    );
    Ok(tallies)
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
