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
pub mod conclusions;
mod diagrams;
mod examples;
pub mod expected;
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
pub mod tests;
pub mod unstable;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use book::dependencies;
use book::diagnostic::{Diagnostic, Diagnostics, Level};
use book::evidence::{Counts, Evidence};
use book::fence::Snippet;
use book::ledger::{self, Entry, Kind, Ledger, Outcome};
use book::page::Page;
use book::project::Project;
use book::settings::Settings;
use measurements::record::{Age, Record};
use progress::Progress;
use reader::directives::value;
use reader::{includes, preprocess};
use toolchain::cache::Cache;
use toolchain::cargo::{Artifacts, Listings};

use crate::names::go::Go;
use crate::run::Run;

pub use crate::options::Options;
pub use crate::report::{Report, Unsealed};

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
    let go = project.settings.ours.then(|| Go::new(root));
    let mut ledger = Ledger::default();
    let course = Course {
        project: &project,
        record: record.as_ref(),
        pages: &pages,
        options,
    };
    let snippets = snippets::snippets(&project, &pages, &mut problems)?;
    let mut built = std::thread::scope(|scope| {
        // cargo needs a while to find that nothing has changed, and is no part of the pages.
        let building = scope.spawn(|| build(&project, &snippets, progress));
        progress.phase("pages", || {
            includes::check(&project, &mut problems);
            if options.has(Kind::Link) {
                links::check(&project, &mut problems, &mut ledger);
            }
            let more = if go.is_some() {
                course.check_pages(&mut problems)
            } else {
                String::new()
            };
            Ok(((), format!("includes, links{more} checked")))
        })?;
        progress.phase("build", || {
            let (built, said, found) = building.join().expect("building does not panic")?;
            problems.extend(found);
            Ok((built, said))
        })
    })?;
    if options.all {
        built = built.map(|(artifacts, cache)| (artifacts, cache.forgetting()));
    }
    let mut blessed = Vec::new();
    if let Some((artifacts, cache)) = &built {
        let mut run = Run {
            project: &project,
            artifacts,
            cache,
            progress,
            options,
            problems,
            blessed,
            ledger,
        };
        let mut snippets = snippets.clone();
        snippets.retain(|snippet| options.has(expected::kind(&snippet.expect)));
        run.all(&pages, &snippets)?;
        (problems, blessed, ledger) = (run.problems, run.blessed, run.ledger);
    } else {
        course.skip_what_runs(&mut ledger);
    }
    if let Some(go) = go {
        if options.bless {
            blessed.extend(record_addresses(&project)?);
        }
        // After the outputs: blessing may just have written what a directive shows.
        let place = (&project, record.as_ref());
        progress.phase("diagrams", || {
            let drawn = diagrams::check(place, &pages, options.bless, &mut problems, &mut blessed)?;
            Ok(((), format!("{drawn} pages drawn again")))
        })?;
        if options.has(Kind::Conclusion) {
            for (page, line) in conclusions::check(&project, record.as_ref(), &pages, &mut problems)
            {
                let how = "holds in the record";
                ledger.held(&page, Kind::Conclusion, ledger::line(line), how);
            }
        }
        if options.has(Kind::Claim) {
            course.claims(&built, progress, &mut problems, &mut ledger)?;
        }
        course.check_prose(&snippets, &built, go, progress, &mut problems, &mut ledger)?;
        outputs::unshown(&project, record.as_ref(), &mut problems);
    }
    if options.strict {
        course.report_skipped(&ledger, &mut problems);
    }
    let unsealed = course.unsealed(&ledger, &mut problems);
    let (problems, warnings): (Vec<_>, Vec<_>) = problems
        .sorted()
        .into_iter()
        .partition(|problem| problem.level == Level::Error);
    if let Some((artifacts, _)) = &built {
        course.seal(artifacts, &ledger, &unsealed)?;
    }
    let counts = |page: &&Page| (page.file.clone(), course.counts(page, &ledger));
    let report = Report {
        src: project.settings.src.clone(),
        pages: pages.iter().map(counts).collect(),
        unsealed,
        problems,
        warnings,
        blessed,
        phases: progress.ended(),
    };
    Ok(report)
}

/// Reads the book and, if it is one of ours, its record.
fn read(root: &Path, problems: &mut Diagnostics) -> Result<((Project, Option<Record>), String)> {
    let mut project = Project::load(root)?;
    problems.extend(std::mem::take(&mut project.problems));
    let mut said = format!("{} pages", project.pages.len());
    let mut record = None;
    if project.settings.ours {
        record = problems.take(Record::load_reference(&project)).flatten();
        said += &format!(", {} chapters", project.tasks.len());
    }
    Ok(((project, record), said))
}

/// Builds what listings use. Beside what was built are the words on it and the compiler's errors.
fn build(
    project: &Project,
    snippets: &[Snippet<'_>],
    progress: &Progress,
) -> Result<(Built, String, Vec<Diagnostic>)> {
    let settings = &project.settings;
    if !settings.ours {
        if snippets.is_empty() {
            return Ok((None, "nothing to build".to_owned(), Vec::new()));
        }
        hide(&project.scratch());
    }
    let Some(listings) = listings(settings) else {
        let artifacts = Artifacts::std_only(settings.edition.as_deref())?;
        let said = format!("no crate, {}", artifacts.rustc);
        return Ok((Some(with_cache(project, artifacts)), said, Vec::new()));
    };
    match Artifacts::try_build(&project.root, &listings, || progress.advance(1))? {
        Ok(artifacts) => {
            let said = format!("listings and {} examples", artifacts.examples.len());
            Ok((Some(with_cache(project, artifacts)), said, Vec::new()))
        }
        // What needs no build is checked all the same, and what needs one is counted as skipped.
        Err(found) => Ok((None, "failed, so nothing is run".to_owned(), found)),
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
    options: &'a Options,
}

impl Course<'_> {
    /// Checks what needs no build, and returns what to say of it.
    fn check_pages(&self, problems: &mut Diagnostics) -> String {
        let project = self.project;
        exercise::check(project, problems);
        proposals::check(project, problems);
        quiz::check(project, problems);
        glossary::check(project, problems);
        let stale = self.options.stale();
        problems.extend(measurements::record::stale(project, self.record, stale));
        problems.extend(Record::others(project).1);
        for slug in project.tasks.keys() {
            task_tests::check(project, slug, problems);
        }
        match anchors::check(project, problems) {
            0 => String::new(),
            new => {
                format!(" and addresses ({new} new, which `cargo course bless` records)")
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
        ledger: &mut Ledger,
    ) -> Result<()> {
        let (project, record, pages) = (self.project, self.record, self.pages);
        progress.phase("render", || {
            progress.expect(pages.len());
            for page in pages {
                if let Err(found) = preprocess::expanded(project, record, page) {
                    problems.extend(found);
                }
                if self.options.has(Kind::Number) {
                    self.numbers(page, ledger);
                }
                progress.advance(1);
            }
            Ok(((), format!("{} pages", pages.len())))
        })?;
        if self.options.has(Kind::Figure) {
            figures::check(project, pages, problems, ledger);
        }
        if !self.options.has(Kind::Name) {
            return Ok(());
        }
        progress.phase("names", || {
            let sources = names::Sources {
                record,
                built: built.as_ref().map(|(artifacts, cache)| (artifacts, cache)),
                go,
            };
            names::check(project, pages, snippets, sources, problems, ledger)?;
            let resolved =
                |entry: &&Entry| (entry.kind, entry.outcome) == (Kind::Name, Outcome::Held);
            let resolved = ledger.entries().iter().filter(resolved).count();
            Ok(((), format!("{resolved} looked up")))
        })
    }

    /// Runs the tests that claims name, and checks the evidence of the claims.
    fn claims(
        &self,
        built: &Built,
        progress: &Progress,
        problems: &mut Diagnostics,
        ledger: &mut Ledger,
    ) -> Result<()> {
        let project = self.project;
        progress.phase("claims", || {
            let (mut rust, mut go) = (None, None);
            if let Some((artifacts, cache)) = built {
                rust = tests::rust(project, (artifacts, cache), problems)?;
                go = tests::go(project, cache)?;
            }
            let sources = claims::Sources {
                record: self.record,
                tests: rust.as_ref(),
                go: go.as_ref(),
            };
            for slug in project.tasks.keys() {
                problems.extend(claims::check(project, sources, slug, ledger));
            }
            let count = project
                .tasks
                .values()
                .map(|task| task.claims.len())
                .sum::<usize>();
            let with = if go.is_some() {
                ""
            } else {
                ", Go's tests as recorded"
            };
            Ok(((), format!("{count} checked{with}")))
        })
    }

    /// Notes that what would be compiled or run is skipped.
    fn skip_what_runs(&self, ledger: &mut Ledger) {
        for page in self.pages {
            let runs = expected::expected(self.project, page).into_iter();
            let runs = runs.filter(|(kind, _)| {
                kind.is_listing() || matches!(kind, Kind::Output | Kind::VaryingOutput)
            });
            for (kind, subject) in runs {
                ledger.skipped(&page.file, kind, subject, "the listings do not compile");
            }
        }
    }

    /// The sum of a page's checks, and what it has that is not checked.
    fn counts(&self, page: &Page, ledger: &Ledger) -> Counts {
        let mut counts = ledger.counts(&page.file);
        counts.ignored = page.fences.iter().filter(|it| it.is_ignored()).count();
        let is_old = |slug| Age::is_old(self.project, self.record, slug);
        let has_record = self.project.settings.ours;
        counts.unmeasured = usize::from(has_record && page.slug().is_some_and(is_old));
        counts
    }

    /// Looks up the numbers that a page takes from the record. Rendering reports those that are not there.
    fn numbers(&self, page: &Page, ledger: &mut Ledger) {
        let slug = page.slug().unwrap_or_default();
        let values = page.directives.iter().filter(|it| it.name == "value");
        for directive in values {
            if value::render_for(self.record, slug, &directive.arguments).is_ok() {
                ledger.held(
                    &page.file,
                    Kind::Number,
                    ledger::line(directive.line),
                    "from the record",
                );
            }
        }
    }

    /// Reports the checks that were skipped, page by page.
    fn report_skipped(&self, ledger: &Ledger, problems: &mut Diagnostics) {
        for page in self.pages {
            let is_skipped =
                |entry: &&Entry| entry.page == page.file && entry.outcome == Outcome::Skipped;
            let skipped: Vec<_> = ledger.entries().iter().filter(is_skipped).collect();
            if let Some(first) = skipped.first() {
                let (
                    count,
                    Entry {
                        kind, subject, how, ..
                    },
                ) = (skipped.len(), first);
                let what =
                    format!("{count} checks were skipped, the first of {kind:?}, {subject}: {how}");
                let help = "install what is missing: CI has all that the checks need";
                problems.push(Diagnostic::new(&page.file, 0, what).help(help));
            }
        }
    }

    /// The pages that get no seal: those that a problem concerns, and those with checks that were not done.
    fn unsealed(&self, ledger: &Ledger, problems: &mut Diagnostics) -> Vec<Unsealed> {
        if !self.project.settings.ours {
            return Vec::new();
        }
        let errors: BTreeSet<PathBuf> = problems
            .iter()
            .filter(|problem| problem.level == Level::Error)
            .map(|problem| problem.file.clone())
            .collect();
        let concerned = self.concerned(&errors);
        let mut unsealed = Vec::new();
        for &page in self.pages {
            let missing = ledger.missing(&page.file, &expected::expected(self.project, page));
            let is_concerned = concerned.contains(&page.file);
            if !missing.is_empty() && !is_concerned {
                let (count, first) = (missing.len(), &missing[0]);
                let what = format!(
                    "{count} checks that this page asks for were not done, the first of {:?}, {}",
                    first.0, first.1
                );
                let help = "this is a fault of the tool: report it";
                problems.push(Diagnostic::new(&page.file, 0, what).help(help));
            }
            if !missing.is_empty() || is_concerned {
                let page = page.file.clone();
                unsealed.push(Unsealed { page, missing });
            }
        }
        unsealed
    }

    /// The pages that depend on one of these files; all, if no page is known to depend on one.
    fn concerned(&self, files: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let mut unclaimed = files.clone();
        let mut concerned = BTreeSet::new();
        if files.is_empty() {
            return concerned;
        }
        let pages = self.project.pages.iter();
        for page in pages.clone() {
            let own = dependencies::files(self.project, page);
            if own.intersection(files).next().is_some() {
                concerned.insert(page.file.clone());
            }
            unclaimed.retain(|file| !own.contains(file));
        }
        if !unclaimed.is_empty() {
            concerned.extend(pages.map(|page| page.file.clone()));
        }
        concerned
    }

    /// Keeps the evidence of the pages of which every check held, and removes that of the others.
    fn seal(&self, artifacts: &Artifacts, ledger: &Ledger, unsealed: &[Unsealed]) -> Result<()> {
        if !self.project.settings.ours {
            return Ok(());
        }
        // The day in UTC, as `2026-11-24`.
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        for &page in self.pages {
            if unsealed.iter().any(|other| other.page == page.file) {
                Evidence::remove(self.project, page)?;
                continue;
            }
            let evidence = Evidence {
                digest: dependencies::digest(self.project, page),
                rustc: artifacts.rustc.clone(),
                date: date.clone(),
                counts: self.counts(page, ledger),
            };
            evidence.store(self.project, page)?;
        }
        Ok(())
    }
}
