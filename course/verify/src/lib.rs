//! Everything that the pages of an mdBook claim, checked.
//!
//! In go the folder of a book, its `book.toml` with the settings that [`book::settings`] describes,
//! and the names of the pages to check. Out comes a [`Report`]: what is wrong, what deserves a
//! warning, and what was checked, page by page. Listings are compiled and run, or fail as they
//! should; includes show what there is; links lead somewhere. In a book with our preprocessor
//! outputs, claims, figures and names are checked, too.
//!
//! ```
//! let folder = tempfile::tempdir()?;
//! let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text);
//! std::fs::create_dir(folder.path().join("src"))?;
//! write("book.toml", "[rust]\nedition = \"2024\"\n")?;
//! write("src/SUMMARY.md", "- [Sums](sums.md)\n")?;
//! write("src/sums.md", "# Sums\n\n```rust\nassert_eq!(1 + 1, 2);\n```\n\n[More](more.md)\n")?;
//! let report = verify::verify(folder.path(), &verify::Options::default())?;
//! assert_eq!(report.total().ran, 1);
//! assert_eq!(report.problems[0].place(), "src/sums.md:7");
//! # anyhow::Ok(())
//! ```

pub mod anchors;
pub mod claims;
mod count;
mod diagrams;
mod examples;
pub mod failures;
pub mod fences;
pub mod figures;
pub mod glossary;
pub mod links;
pub mod names;
mod options;
pub mod outputs;
pub mod panics;
mod proposals;
pub mod quiz;
pub mod report;
mod run;
pub mod session;
mod snippets;
mod task_tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use book::diagnostic::{Diagnostics, Level};
use book::evidence::{self, Counts, Evidence};
use book::fence::Snippet;
use book::page::Page;
use book::project::Project;
use book::settings::Settings;
use measurements::record::Record;
use progress::Progress;
use reader::{includes, preprocess};
use toolchain::cache::Cache;
use toolchain::cargo::{Artifacts, Listings};

use crate::names::go::Go;
use crate::run::Run;

pub use crate::options::Options;
pub use crate::report::Report;

/// The built crates, and a cache of earlier runs.
type Built = Option<(Artifacts, Cache)>;

/// Checks the book, with a line on standard error for every phase.
///
/// # Errors
///
/// As [`verify_with_progress`].
pub fn verify(root: &Path, options: &Options) -> Result<Report> {
    verify_with_progress(root, options, &Progress::lines())
}

/// Checks the book.
///
/// # Errors
///
/// A fault of the tool or its surroundings: no compiler, unreadable `SUMMARY.md`, a page that is
/// not there. What is wrong with the book is in the report.
pub fn verify_with_progress(root: &Path, options: &Options, progress: &Progress) -> Result<Report> {
    let mut problems = Diagnostics::default();
    let (project, record) = progress.phase("read", || read(root, &mut problems))?;
    let pages = options.select(&project)?;
    // It answers while other things are done.
    let go = project.settings.ours.then(|| Go::ask(root));
    let course = Course {
        project: &project,
        record: record.as_ref(),
        pages: &pages,
    };
    progress.phase("pages", || {
        includes::check(&project, &mut problems);
        links::check(&project, &mut problems);
        let more = if go.is_some() {
            course.check_pages(&mut problems)
        } else {
            String::new()
        };
        Ok(((), format!("includes, links{more} checked")))
    })?;
    let snippets = snippets::snippets(&project, &pages, &mut problems)?;
    let built = progress.phase("build", || {
        build(&project, &snippets, progress, &mut problems)
    })?;
    let mut blessed = Vec::new();
    if let Some((artifacts, cache)) = &built {
        let bless = options.bless;
        let mut run = Run {
            project: &project,
            artifacts,
            cache,
            progress,
            bless,
            problems,
            blessed,
        };
        run.all(&pages, &snippets)?;
        (problems, blessed) = (run.problems, run.blessed);
    }
    let mut counts: BTreeMap<PathBuf, Counts> = BTreeMap::new();
    let artifacts = built.as_ref().map(|(artifacts, _)| artifacts);
    for page in &pages {
        let counted = count::count(&project, artifacts, page, &snippets);
        counts.insert(page.file.clone(), counted);
    }
    if let Some(go) = go {
        if options.bless {
            blessed.extend(record_addresses(&project)?);
        }
        // After the outputs: blessing may just have written what a directive shows.
        let place = (&project, record.as_ref());
        outputs::unshown(&project, record.as_ref(), &mut problems);
        progress.phase("diagrams", || {
            let drawn = diagrams::check(place, &pages, options.bless, &mut problems, &mut blessed)?;
            Ok(((), format!("{drawn} pages drawn again")))
        })?;
        course.check_prose(&snippets, &built, go, progress, &mut problems, &mut counts)?;
    }
    let (problems, warnings): (Vec<_>, Vec<_>) = problems
        .sorted()
        .into_iter()
        .partition(|problem| problem.level == Level::Error);
    if let Some(artifacts) = artifacts.filter(|_| project.settings.ours && problems.is_empty()) {
        course.keep_evidence(artifacts, &counts)?;
    }
    let counted = |page: &&Page| (page.file.clone(), counts[&page.file].clone());
    Ok(Report {
        src: project.settings.src.clone(),
        pages: pages.iter().map(counted).collect(),
        problems,
        warnings,
        blessed,
        phases: progress.ended(),
    })
}

/// Reads the book and, if it is one of ours, its record.
fn read(root: &Path, problems: &mut Diagnostics) -> Result<((Project, Option<Record>), String)> {
    let mut project = Project::load(root)?;
    problems.extend(std::mem::take(&mut project.problems));
    let mut said = format!("{} pages", project.pages.len());
    let mut record = None;
    if project.settings.ours {
        record = problems.take(Record::load_reference(root)).flatten();
        said += &format!(", {} chapters", project.tasks.len());
    }
    Ok(((project, record), said))
}

/// Builds what listings use.
fn build(
    project: &Project,
    snippets: &[Snippet<'_>],
    progress: &Progress,
    problems: &mut Diagnostics,
) -> Result<(Built, String)> {
    let settings = &project.settings;
    if !settings.ours {
        if snippets.is_empty() {
            return Ok((None, "nothing to build".to_owned()));
        }
        hide(&project.scratch());
    }
    let Some(listings) = listings(settings) else {
        let artifacts = Artifacts::std_only(settings.edition.as_deref())?;
        let said = format!("no crate, {}", artifacts.rustc);
        return Ok((Some(with_cache(project, artifacts)), said));
    };
    match Artifacts::try_build(&project.root, &listings, || progress.advance(1))? {
        Ok(artifacts) => {
            let said = format!("listings and {} examples", artifacts.examples.len());
            Ok((Some(with_cache(project, artifacts)), said))
        }
        // What needs no build is checked all the same, and what needs one is counted as skipped.
        Err(found) => {
            problems.extend(found);
            Ok((None, "failed, so nothing is run".to_owned()))
        }
    }
}

fn with_cache(project: &Project, artifacts: Artifacts) -> (Artifacts, Cache) {
    let cache = Cache::new(project.scratch().join("cache"), artifacts.digest());
    (artifacts, cache)
}

/// The crate of the book's listings. A book of ours has one; another may.
fn listings(settings: &Settings) -> Option<Listings<'_>> {
    let usual = Listings::default();
    let folder = settings.listings.as_deref();
    let folder = folder.or_else(|| settings.ours.then_some(usual.folder));
    Some(Listings {
        folder: folder?,
        features: &settings.features,
        edition: settings.edition.as_deref(),
        examples: settings.ours,
    })
}

/// Keeps git from seeing a folder, in a book whose author may not expect it.
fn hide(folder: &Path) {
    // Without it, git shows the folder, and nothing else is wrong.
    let _ = fs::create_dir_all(folder).and_then(|()| fs::write(folder.join(".gitignore"), "*\n"));
}

/// Records the addresses that are new, and returns them as what was accepted.
fn record_addresses(project: &Project) -> Result<Option<(PathBuf, String)>> {
    let new = anchors::record(project)?;
    let lines: String = new.iter().map(|address| format!("+{address}\n")).collect();
    Ok((!new.is_empty()).then(|| (anchors::file(), lines)))
}

/// The checks that only a book of ours has.
struct Course<'a> {
    project: &'a Project,
    record: Option<&'a Record>,
    pages: &'a [&'a Page],
}

impl Course<'_> {
    /// Checks what needs no build, and returns what to say of it.
    fn check_pages(&self, problems: &mut Diagnostics) -> String {
        let project = self.project;
        exercise::check(project, problems);
        proposals::check(project, problems);
        quiz::check(project, problems);
        glossary::check(project, problems);
        problems.extend(measurements::record::stale(&project.root, self.record));
        for slug in project.tasks.keys() {
            problems.extend(claims::check(project, self.record, slug));
            task_tests::check(project, slug, problems);
        }
        match anchors::check(project, problems) {
            0 => ", claims".to_owned(),
            new => {
                format!(", claims and addresses ({new} new, which `cargo course bless` records)")
            }
        }
    }

    /// Checks that the pages can be rendered, but for their diagrams, and checks their figures and names.
    fn check_prose(
        &self,
        snippets: &[Snippet<'_>],
        built: &Built,
        go: Go,
        progress: &Progress,
        problems: &mut Diagnostics,
        counts: &mut BTreeMap<PathBuf, Counts>,
    ) -> Result<()> {
        let (project, record, pages) = (self.project, self.record, self.pages);
        progress.phase("render", || {
            progress.expect(pages.len());
            for page in pages {
                if let Err(found) = preprocess::expanded(project, record, page) {
                    problems.extend(found);
                }
                progress.advance(1);
            }
            Ok(((), format!("{} pages", pages.len())))
        })?;
        let figures = figures::check(project, pages, problems);
        let names = progress.phase("names", || {
            let sources = names::Sources {
                record,
                built: built.as_ref().map(|(artifacts, cache)| (artifacts, cache)),
                go,
            };
            let names = names::check(project, pages, snippets, sources, problems)?;
            let resolved = names.values().map(|tally| tally.resolved).sum::<usize>();
            Ok((names, format!("{resolved} looked up")))
        })?;
        for (page, counts) in counts {
            let figures = figures.get(page).copied().unwrap_or_default();
            (counts.figures_sourced, counts.figures_allowed) = (figures.sourced, figures.allowed);
            let names = names.get(page).copied().unwrap_or_default();
            (counts.names, counts.names_allowed) = (names.resolved, names.allowed);
            counts.skipped += names.skipped;
        }
        Ok(())
    }

    /// Keeps what was checked, for the pages to show.
    fn keep_evidence(
        &self,
        artifacts: &Artifacts,
        counts: &BTreeMap<PathBuf, Counts>,
    ) -> Result<()> {
        // The day in UTC, as `2026-11-24`.
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        for page in self.pages {
            let evidence = Evidence {
                digest: evidence::digest(self.project, page),
                rustc: artifacts.rustc.clone(),
                date: date.clone(),
                counts: counts[&page.file].clone(),
            };
            evidence.store(self.project, page)?;
        }
        Ok(())
    }
}
