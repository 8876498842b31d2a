//! `cargo course verify`: everything a page claims, checked.

pub mod anchors;
pub mod claims;
pub mod failures;
pub mod fences;
pub mod figures;
pub mod glossary;
pub mod links;
pub mod names;
pub mod outputs;
pub mod panics;
pub mod quiz;
pub mod report;
pub mod session;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::names::go::Go;
use book::evidence::{self, Counts, Evidence};
use book::fence::{Expect, Snippet, expectation};
use book::page::Page;
use book::problem::{Problem, Problems};
use book::project::{Project, module};
use book::session::Session;
use book::task::{Mode, Output, Task, line_of_key};
use book::{proposals, regions};
use measurements::record::Record;
use progress::{Phase, Progress};
use reader::diagrams::{Diagram, Redrawn};
use reader::includes;
use reader::preprocess;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;
use toolchain::{process, program};

/// What to check, and whether to accept what changed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Slugs of the chapters to check; empty for the whole book.
    pub chapters: Vec<String>,
    /// Whether changed outputs are accepted: written instead of reported.
    pub bless: bool,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// The counts, page by page.
    pub pages: Vec<(PathBuf, Counts)>,
    /// What is wrong, sorted.
    pub problems: Vec<Problem>,
    /// Captured files that were written, when blessing, with the difference.
    pub blessed: Vec<(PathBuf, String)>,
    /// What was done, and how long it took.
    pub phases: Vec<Phase>,
}

impl Report {
    /// The counts as text, a line a page and one for all.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for (file, counts) in &self.pages {
            let name = file.strip_prefix("src").unwrap_or(file).with_extension("");
            let _ = writeln!(text, "{}: {counts}", name.display());
        }
        let plural = if self.pages.len() == 1 {
            "page"
        } else {
            "pages"
        };
        let _ = write!(text, "{} {plural}: {}", self.pages.len(), self.total());
        text
    }

    /// The counts of all pages together.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut all = Counts::default();
        for (_, counts) in &self.pages {
            all.add(counts);
        }
        all
    }
}

/// Checks the book, with a line on standard error for every phase.
///
/// # Errors
///
/// As [`verify_telling`].
pub fn verify(root: &Path, options: &Options) -> Result<Report> {
    verify_telling(root, options, &Progress::lines())
}

/// Checks the book.
///
/// # Errors
///
/// A fault of the tool or its surroundings: no compiler, unreadable `SUMMARY.md`, a chapter that is not there. What is
/// wrong with the book stands in the report.
pub fn verify_telling(root: &Path, options: &Options, progress: &Progress) -> Result<Report> {
    let mut problems = Problems::default();
    let (project, record) = progress.phase("read", || {
        let mut project = Project::load(root)?;
        problems.extend(std::mem::take(&mut project.problems));
        let record = problems.take(Record::load_reference(root)).flatten();
        for chapter in &options.chapters {
            anyhow::ensure!(
                project.page(chapter).is_some(),
                "no page src/{chapter}.md in SUMMARY.md"
            );
        }
        let said = format!(
            "{} pages, {} chapters",
            project.pages.len(),
            project.tasks.len()
        );
        Ok(((project, record), said))
    })?;
    let wanted = |page: &Page| {
        options.chapters.is_empty()
            || page
                .slug()
                .is_some_and(|slug| options.chapters.iter().any(|c| c == slug))
    };
    let pages: Vec<&Page> = project.pages.iter().filter(|page| wanted(page)).collect();
    // It answers while other things are done.
    let go = Go::ask(root);

    progress.phase("pages", || {
        includes::check(&project, &mut problems);
        exercise::check(&project, &mut problems);
        links::check(&project, &mut problems);
        proposals::check(&project, &mut problems);
        quiz::check(&project, &mut problems);
        glossary::check(&project, &mut problems);
        problems.extend(measurements::record::stale(&project.root, record.as_ref()));
        for slug in project.tasks.keys() {
            problems.extend(claims::check(&project, record.as_ref(), slug));
            check_tests(&project, slug, &mut problems);
        }
        let new = anchors::check(&project, &mut problems);
        let said = match new {
            0 => String::new(),
            _ => format!("; {new} new addresses, which `cargo course bless` records"),
        };
        Ok(((), format!("includes, links, claims checked{said}")))
    })?;

    let artifacts = progress.phase("build", || {
        Ok(match Artifacts::try_build(root, || progress.advance(1))? {
            Ok(artifacts) => {
                let said = format!("listings and {} examples", artifacts.examples.len());
                (Some(artifacts), said)
            }
            // What needs no build is checked all the same, and what needs one is counted as skipped.
            Err(found) => {
                problems.extend(found);
                (None, "failed, so nothing is run".to_owned())
            }
        })
    })?;
    let snippets = snippets(&project, &pages, &mut problems)?;
    let mut blessed = Vec::new();
    let cache = artifacts
        .as_ref()
        .map(|artifacts| Cache::new(project.scratch().join("cache"), artifacts.digest()));
    if let (Some(artifacts), Some(cache)) = (&artifacts, &cache) {
        let bless = options.bless;
        let mut run = Run {
            project: &project,
            artifacts,
            cache,
            progress,
            bless,
            problems,
            blessed: Vec::new(),
        };
        let examples = run.examples(&pages);
        std::thread::scope(|scope| -> Result<()> {
            // What an example waits for is rarely the processor, so they run while listings are compiled.
            let printing = scope.spawn(|| print_all(&examples));
            progress.phase("listings", || {
                progress.expect(snippets.len());
                let cached = run.listings(&snippets)?;
                let count = snippets.len();
                Ok((
                    (),
                    format!("{count} compiled and run, {cached} of them unchanged since they last passed"),
                ))
            })?;
            progress.phase("outputs", || {
                progress.expect(examples.len());
                let printed = printing.join().expect("no example panics the tool");
                run.outputs(&examples, printed);
                let steps = run.sessions(&pages)?;
                let commands = match steps {
                    0 => String::new(),
                    steps => format!(", {steps} commands of the tool"),
                };
                Ok((
                    (),
                    format!("{} examples{commands} run and compared", examples.len()),
                ))
            })
        })?;
        (problems, blessed) = (run.problems, run.blessed);
    }

    if options.bless {
        let new = anchors::record(&project)?;
        if !new.is_empty() {
            let lines = new
                .iter()
                .fold(String::new(), |text, address| text + "+" + address + "\n");
            blessed.push((anchors::file(), lines));
        }
    }
    // Drawn and rendered last: blessing may just have written what a directive shows.
    progress.phase("diagrams", || {
        let drawn = diagrams(
            (&project, record.as_ref()),
            &pages,
            options.bless,
            &mut problems,
            &mut blessed,
        )?;
        Ok(((), format!("{drawn} pages drawn again")))
    })?;
    progress.phase("render", || {
        progress.expect(pages.len());
        for page in &pages {
            if let Err(found) = preprocess::expanded(&project, record.as_ref(), page) {
                problems.extend(found);
            }
            progress.advance(1);
        }
        Ok(((), format!("{} pages", pages.len())))
    })?;
    let figures = figures::check(&project, record.as_ref(), &pages, &mut problems);
    let names = progress.phase("names", || {
        let sources = names::Sources {
            record: record.as_ref(),
            built: artifacts.as_ref().zip(cache.as_ref()),
            go,
        };
        let names = names::check(&project, &pages, &snippets, sources, &mut problems)?;
        let said = format!(
            "{} looked up",
            names.values().map(|tally| tally.resolved).sum::<usize>()
        );
        Ok((names, said))
    })?;
    let mut report = Report {
        pages: Vec::new(),
        problems: problems.sorted(),
        blessed,
        phases: progress.ended(),
    };
    for page in pages {
        let mut counts = count(&project, artifacts.as_ref(), page, &snippets);
        let figures = figures.get(&page.file).copied().unwrap_or_default();
        (counts.figures_sourced, counts.figures_allowed) = (figures.sourced, figures.allowed);
        let names = names.get(&page.file).copied().unwrap_or_default();
        (counts.names, counts.names_allowed) = (names.resolved, names.allowed);
        counts.skipped += names.skipped;
        if let Some(artifacts) = &artifacts
            && report.problems.is_empty()
        {
            let evidence = Evidence {
                digest: evidence::digest(&project, page),
                rustc: artifacts.rustc.clone(),
                date: today(),
                counts: counts.clone(),
            };
            evidence.store(&project, page)?;
        }
        report.pages.push((page.file.clone(), counts));
    }
    Ok(report)
}

/// The day in UTC, as `2026-11-24`.
fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// The checks that run something.
struct Run<'a> {
    project: &'a Project,
    artifacts: &'a Artifacts,
    cache: &'a Cache,
    progress: &'a Progress,
    bless: bool,
    problems: Problems,
    blessed: Vec<(PathBuf, String)>,
}

impl Run<'_> {
    /// Compiles and runs the listings; returns how many passed before as they are.
    fn listings(&mut self, snippets: &[Snippet<'_>]) -> Result<usize> {
        let (scratch, artifacts, cache) = (self.project.scratch(), self.artifacts, self.cache);
        let progress = self.progress;
        let mut found = Problems::default();
        // What must fail goes one by one; meanwhile the other core has the merged compilation.
        let (merged, failing, panicking) = std::thread::scope(|scope| {
            let failing = scope.spawn(|| {
                let must_fail = snippets
                    .iter()
                    .filter(|snippet| matches!(snippet.expect, Expect::FailsToCompile { .. }));
                must_fail
                    .map(|snippet| {
                        let judged = failures::run(&scratch, artifacts, snippet, cache)?;
                        progress.advance(1);
                        Ok((snippet, judged))
                    })
                    .collect::<Result<Vec<_>>>()
            });
            let panicking = scope.spawn(|| {
                let must_panic = snippets
                    .iter()
                    .filter(|snippet| matches!(snippet.expect, Expect::Panics { .. }));
                must_panic
                    .map(|snippet| {
                        let judged = panics::run(&scratch, artifacts, snippet, cache)?;
                        progress.advance(1);
                        Ok(judged)
                    })
                    .collect::<Result<Vec<_>>>()
            });
            let merged = fences::run(&scratch, artifacts, snippets, cache, progress, &mut found);
            let joined = "no check panics";
            (
                merged,
                failing.join().expect(joined),
                panicking.join().expect(joined),
            )
        });
        let mut cached = merged?;
        self.problems.extend(found);
        for judged in panicking? {
            cached += usize::from(self.problems.take(judged) == Some(true));
        }
        for (snippet, judged) in failing? {
            let Some((rendered, unchanged)) = self.problems.take(judged) else {
                continue;
            };
            cached += usize::from(unchanged);
            // Another compiler words its messages otherwise; the codes and the phrase have been checked all the same.
            if let Some((file, line)) = captured_diagnostic(snippet)
                && artifacts.is_reference_compiler()
            {
                self.settle(
                    &file,
                    &rendered,
                    &Output::default(),
                    (&snippet.page.file, line),
                );
            }
        }
        Ok(cached)
    }

    /// The examples whose output or trace a page shows.
    fn examples<'a>(&mut self, pages: &[&'a Page]) -> Vec<Example<'a>> {
        let mut shown = Vec::new();
        for &page in pages {
            let Some((slug, task)) = page
                .slug()
                .and_then(|slug| Some((slug, self.project.tasks.get(slug)?)))
            else {
                continue;
            };
            for directive in page
                .directives
                .iter()
                .filter(|d| matches!(d.name.as_str(), "output" | "trace" | "steps"))
            {
                let name = &directive.arguments;
                let example = format!("{}_{name}", module(slug));
                let Some(program) = self.artifacts.examples.get(&example) else {
                    let help = format!("write listings/examples/{example}.rs");
                    let what = format!(
                        "this should show what `{example}` prints, and there is no such example"
                    );
                    let problem = Problem::new(&page.file, directive.line, what);
                    self.problems.push(problem.help(help));
                    continue;
                };
                shown.push(Example {
                    page,
                    line: directive.line,
                    program: program.clone(),
                    captured: Project::captured(slug, name),
                    how: task.output(name),
                });
            }
        }
        shown
    }

    /// Compares what the examples printed with what is captured.
    fn outputs(&mut self, examples: &[Example<'_>], printed: Vec<Result<String>>) {
        for (example, printed) in examples.iter().zip(printed) {
            let Example {
                page,
                line,
                program,
                captured,
                how,
            } = example;
            self.progress.advance(1);
            match printed {
                Ok(now) => self.settle(captured, &now, how, (&page.file, *line)),
                Err(error) => {
                    let example = program.file_stem().unwrap_or_default().to_string_lossy();
                    let error = format!("{error:#}");
                    let (how, printed) = error.split_once('\n').unwrap_or((&error, ""));
                    let what = format!(
                        "example `{example}` should end well, but {}",
                        how.trim_end_matches(':')
                    );
                    let help = format!("mend listings/examples/{example}.rs");
                    self.problems.push(
                        Problem::new(&page.file, *line, what)
                            .detail(printed.trim())
                            .help(help),
                    );
                }
            }
        }
    }

    /// Runs the commands of the tool that pages show, and compares what they print; returns how many.
    fn sessions(&mut self, pages: &[&Page]) -> Result<usize> {
        let mut count = 0;
        for page in pages
            .iter()
            .filter(|page| page.directives.iter().any(|it| it.name == "session"))
        {
            let Some(session) = self.problems.take(Session::of(&self.project.root, page)) else {
                continue;
            };
            let key = format!("session {}", session::digest(self.project, page)?);
            let known = self
                .cache
                .get(&key)
                .and_then(|text| serde_json::from_str(&text).ok());
            let printed: BTreeMap<String, String> = match known {
                Some(printed) => printed,
                None => match session::run(&session, self.project, page) {
                    Ok(printed) => {
                        self.cache.put(&key, &serde_json::to_string(&printed)?);
                        printed
                    }
                    Err(error) => {
                        let error = format!("{error:#}");
                        let (what, detail) = error.split_once('\n').unwrap_or((&error, ""));
                        let problem =
                            Problem::new(book::session::file(page), 0, what.trim_end_matches(':'))
                                .detail(detail);
                        self.problems
                            .push(problem.help("mend the step, or what it shows"));
                        continue;
                    }
                },
            };
            for directive in page
                .directives
                .iter()
                .filter(|directive| directive.name == "session")
            {
                // A step that there is not is told when the page is rendered.
                let Some(now) = printed.get(&directive.arguments) else {
                    continue;
                };
                let captured = book::session::captured(page, &directive.arguments);
                self.settle(
                    &captured,
                    now,
                    &Output::default(),
                    (&page.file, directive.line),
                );
                count += 1;
            }
        }
        Ok(count)
    }

    /// Compares a text with the captured one, or accepts it when blessing.
    fn settle(&mut self, captured: &Path, now: &str, how: &Output, place: (&Path, usize)) {
        let Err(problem) = outputs::compare(&self.project.root, captured, now, how, place) else {
            return;
        };
        if !self.bless {
            return self.problems.push(problem);
        }
        let file = self.project.root.join(captured);
        let before = fs::read_to_string(&file).unwrap_or_default();
        let folder = file.parent().unwrap_or(Path::new("."));
        match fs::create_dir_all(folder).and_then(|()| fs::write(&file, now)) {
            Ok(()) => self
                .blessed
                .push((captured.to_owned(), outputs::difference(&before, now))),
            Err(error) => {
                let what = format!("the captured text cannot be written: {error}");
                self.problems
                    .push(Problem::new(captured, 0, what).help("make the folder writable"));
            }
        }
    }
}

/// An example whose output a page shows.
struct Example<'a> {
    page: &'a Page,
    line: usize,
    program: PathBuf,
    captured: PathBuf,
    how: Output,
}

/// Runs the examples, all at once, and returns what each printed.
fn print_all(examples: &[Example<'_>]) -> Vec<Result<String>> {
    std::thread::scope(|scope| {
        let running: Vec<_> = examples
            .iter()
            .map(|example| scope.spawn(|| process::run(&example.program)))
            .collect();
        running
            .into_iter()
            .map(|example| example.join().expect("no example panics the tool"))
            .collect()
    })
}

/// Draws the diagrams again of pages that have one whose drawing is not known to be right, and returns how many pages.
fn diagrams(
    (project, record): (&Project, Option<&Record>),
    pages: &[&Page],
    bless: bool,
    problems: &mut Problems,
    blessed: &mut Vec<(PathBuf, String)>,
) -> Result<usize> {
    // What draws is a library.
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).unwrap_or_default();
    let cache = Cache::new(project.scratch().join("cache"), lock);
    let found = |page: &Page| match preprocess::expanded(project, record, page) {
        Ok(text) => Diagram::find(page, &text),
        // Rendering reports it.
        Err(_) => Ok(Vec::new()),
    };
    let key = |diagram: &Diagram| {
        let svg = diagram.read(&project.root).ok()?;
        Some(format!("{} {svg}", diagram.header()))
    };
    let known = |diagram: &Diagram| key(diagram).is_some_and(|key| cache.has(&key));
    let pages: Vec<&Page> = pages
        .iter()
        .copied()
        .filter(|page| Diagram::is_on(page))
        .filter(|page| !found(page).is_ok_and(|diagrams| diagrams.iter().all(known)))
        .collect();
    if pages.is_empty() {
        return Ok(0);
    }
    let redrawn = redraw(&project.root, &pages, bless)?;
    if redrawn.problems.is_empty() {
        let diagrams = pages.iter().filter_map(|page| found(page).ok()).flatten();
        let keys = diagrams.filter_map(|diagram| key(&diagram));
        keys.for_each(|key| cache.add(&key));
    }
    problems.extend(redrawn.problems);
    blessed.extend(redrawn.written.into_iter().map(|it| {
        let difference = outputs::difference(&it.before, &it.now);
        (it.file, difference)
    }));
    Ok(pages.len())
}

/// Draws the diagrams of pages with the program that can.
fn redraw(root: &Path, pages: &[&Page], bless: bool) -> Result<Redrawn> {
    let output = program::command("course-publish")?
        .arg("diagrams")
        .args(bless.then_some("--bless"))
        .args(pages.iter().map(|page| &page.file))
        .current_dir(root)
        .output()
        .context("course-publish cannot be started")?;
    ensure!(
        output.status.success(),
        "the diagrams cannot be drawn: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    serde_json::from_slice(&output.stdout).context("course-publish prints no JSON")
}

/// The Rust fences of the pages, with their includes expanded.
fn snippets<'a>(
    project: &Project,
    pages: &[&'a Page],
    problems: &mut Problems,
) -> Result<Vec<Snippet<'a>>> {
    let mut wanted = Vec::new();
    for &page in pages {
        for fence in &page.fences {
            if let Some(Some(expect)) = problems.take(expectation(page, fence)) {
                wanted.push((page, fence, expect));
            }
        }
    }
    let texts: Vec<_> = wanted
        .iter()
        .map(|(page, fence, _)| (*page, fence.body.as_str()))
        .collect();
    let codes = includes::expand(&project.root, &texts)?;
    let snippets = wanted.into_iter().zip(codes);
    Ok(snippets
        .map(|((page, fence, expect), code)| Snippet {
            page,
            fence,
            code,
            expect,
        })
        .collect())
}

/// The `{{#diagnostic NAME}}` that shows a snippet's message: the first one between its fence and the next.
fn captured_diagnostic(snippet: &Snippet<'_>) -> Option<(PathBuf, usize)> {
    let (page, fence) = (snippet.page, snippet.fence);
    let next = page
        .fences
        .iter()
        .map(|other| other.span.start)
        .find(|start| *start > fence.span.start);
    let directive = page.directives.iter().find(|directive| {
        directive.name == "diagnostic"
            && directive.span.start > fence.span.end
            && next.is_none_or(|next| directive.span.start < next)
    })?;
    Some((
        Project::captured(page.slug()?, &directive.arguments),
        directive.line,
    ))
}

/// Every test that task.toml names exists, every group is a file of tests.
fn check_tests(project: &Project, slug: &str, problems: &mut Problems) {
    let Some(task) = project.tasks.get(slug) else {
        return;
    };
    let folder = Path::new("listings/tests").join(module(slug));
    let file = Task::file(slug);
    let text = fs::read_to_string(project.root.join(&file)).unwrap_or_default();
    let line = |name: &str| line_of_key(&text, "name", name);
    for group in &task.groups {
        if !project
            .root
            .join(folder.join(format!("{}.rs", group.name)))
            .is_file()
        {
            problems.push(
                Problem::new(
                    &file,
                    line(&group.name),
                    format!("group `{}` has no tests", group.name),
                )
                .help(format!("write {}/{}.rs", folder.display(), group.name)),
            );
        }
    }
    for mutant in &task.mutants {
        for test in &mutant.caught_by {
            let group = test.split("::").next().unwrap_or(test);
            if !project
                .root
                .join(folder.join(format!("{group}.rs")))
                .is_file()
            {
                problems.push(
                    Problem::new(
                        &file,
                        line(&mutant.name),
                        format!("mutant `{}`: no test `{test}`", mutant.name),
                    )
                    .help(format!(
                        "its module would be {}/{group}.rs",
                        folder.display()
                    )),
                );
            }
        }
        let source = Path::new("listings/src")
            .join(module(slug))
            .join(&mutant.file);
        let count = fs::read_to_string(project.root.join(&source)).map_or(0, |text| {
            regions::unmarked(&text.replace("\r\n", "\n"))
                .matches(&mutant.find)
                .count()
        });
        if count != 1 {
            problems.push(
                Problem::new(
                    &file,
                    line(&mutant.name),
                    format!(
                        "mutant `{}`: its text occurs {count} times in `{}`",
                        mutant.name,
                        source.display()
                    ),
                )
                .help("`find` must be text that occurs exactly once there"),
            );
        }
    }
}

fn count(
    project: &Project,
    artifacts: Option<&Artifacts>,
    page: &Page,
    snippets: &[Snippet<'_>],
) -> Counts {
    let mut counts = Counts::default();
    for snippet in snippets
        .iter()
        .filter(|snippet| snippet.page.file == page.file)
    {
        if artifacts.is_none() {
            counts.skipped += 1;
            continue;
        }
        match &snippet.expect {
            Expect::Runs => counts.ran += 1,
            Expect::Compiles => counts.compiled_only += 1,
            Expect::Panics { .. } => counts.panicked += 1,
            Expect::FailsToCompile { codes, .. } => {
                let name = if codes.is_empty() {
                    "without a code".to_owned()
                } else {
                    codes.join(" and ")
                };
                *counts.failed.entry(name).or_default() += 1;
            }
        }
    }
    let task = page.slug().and_then(|slug| project.tasks.get(slug));
    for directive in &page.directives {
        match directive.name.as_str() {
            "output" | "trace" | "steps" | "session" | "diagnostic" if artifacts.is_none() => {
                counts.skipped += 1
            }
            "output" | "trace" | "steps" => {
                match task.map(|task| task.output(&directive.arguments).mode) {
                    Some(Mode::Varies) => counts.outputs_varying += 1,
                    _ => counts.outputs += 1,
                }
            }
            "session" => counts.outputs += 1,
            "diagnostic" if artifacts.is_some_and(Artifacts::is_reference_compiler) => {
                counts.outputs += 1
            }
            "diagnostic" => counts.skipped += 1,
            "value" => counts.numbers += 1,
            "claims" => counts.claims += task.map_or(0, |task| task.claims.len()),
            _ => {}
        }
    }
    counts.links = page
        .links
        .iter()
        .filter(|(_, target)| !target.contains("://"))
        .count();
    counts
}
