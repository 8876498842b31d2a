//! Plausible wrong solutions, each of which the chapter's tests must reject.
//!
//! A mutant is one edit of one file (`[[mutant]]` in task.toml). The part of the listings that the
//! chapter's tests need is compiled with the edit, the tests are compiled against it and run. Every
//! test that the mutant names must fail, and every group of which it names none must pass, but for
//! tests in which threads race.

use std::collections::{BTreeMap, BTreeSet};
use std::env::consts::EXE_EXTENSION;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::prune::{self, Texts};
use book::diagnostic::Diagnostic;
use book::diagnostic::Exit;
use book::evidence::TestReport;
use book::nearest::or_nearest;
use book::project::{Project, module};
use book::regions;
use book::task::{Mutant, Task};
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;
use toolchain::suite::{self, Lints};

use together::Source;

mod together;

/// The part of `--help` below the options.
pub const HELP: &str = "\
A line for each, as soon as there is a verdict. One that was rejected earlier, with the same code and the same tests, is
not tried again.

Exit code:
  0  each is rejected as its task.toml says
  1  one is not: it survives a test that it names, loses a group of which it names no test, or does not compile
  2  the tool could not do its work";

/// The verdict on one mutant.
#[derive(Debug)]
pub struct Verdict {
    /// Its name.
    pub mutant: String,
    /// Tests that failed for it.
    pub failed: Vec<String>,
    /// The diagnostic, if it was not rejected as stated.
    pub problem: Option<Diagnostic>,
    /// Its duration; `None` if it was rejected earlier, and nothing has changed since.
    pub took: Option<Duration>,
}

/// Results of tests by name; or the crate that does not compile, and the compiler's message.
type Results = Result<BTreeMap<String, bool>, (Broken, String)>;

/// A part that does not compile.
#[derive(Clone, Copy)]
enum Broken {
    Library,
    Tests,
}

/// Tries the mutants of chapters, or of all, and prints a verdict as soon as there is one.
///
/// # Errors
///
/// When there is no such chapter, or compiler or tests cannot be started.
pub fn command(root: &Path, chapters: &[String]) -> Result<Exit> {
    let project = Project::load(root)?;
    let known = || project.tasks.keys();
    for slug in chapters {
        if !project.tasks.contains_key(slug) {
            let nearest = or_nearest(
                slug,
                known().map(String::as_str),
                "the book has no chapters",
            );
            bail!("there is no chapter `{slug}`: {nearest}");
        }
    }
    let artifacts = Artifacts::for_exercises(root)?;
    let all = || known().cloned().collect();
    let chapters = if chapters.is_empty() {
        all()
    } else {
        chapters.to_vec()
    };
    let mut exit = Exit::Well;
    for slug in chapters {
        let (count, done) = (project.tasks[&slug].mutants.len(), Mutex::new(0));
        let verdicts = check(&project, &artifacts, &slug, |verdict| {
            let mut done = done.lock().expect("printing does not panic");
            *done += 1;
            anstream::println!("{slug} {done}/{count} {}", verdict.line());
        })?;
        for problem in verdicts
            .iter()
            .filter_map(|verdict| verdict.problem.as_ref())
        {
            anstream::eprintln!("{problem}");
            exit = Exit::Problems;
        }
    }
    Ok(exit)
}

impl Verdict {
    /// The verdict on one line.
    fn line(&self) -> String {
        let said = match (&self.problem, self.failed.len()) {
            (Some(problem), _) => problem.what.clone(),
            (None, 1) => format!("{}: rejected by 1 test", self.mutant),
            (None, tests) => format!("{}: rejected by {tests} tests", self.mutant),
        };
        match self.took {
            Some(took) => format!("{said} ({:.1} s)", took.as_secs_f64()),
            None => format!("{said} (as before)"),
        }
    }
}

/// Tries every mutant of a chapter, two at a time, and reports each as soon as there is a verdict.
///
/// # Errors
///
/// When compiler or tests cannot be started.
pub fn check(
    project: &Project,
    artifacts: &Artifacts,
    slug: &str,
    report: impl Fn(&Verdict) + Sync,
) -> Result<Vec<Verdict>> {
    let task = project
        .tasks
        .get(slug)
        .with_context(|| format!("no chapter `{slug}`"))?;
    if task.mutants.is_empty() {
        return Ok(Vec::new());
    }
    let (sources, tests) = prune::with_all_tests(project, slug, task)?;
    let chapter = Chapter {
        project,
        artifacts,
        slug,
        task,
        sources,
        folder: project.scratch().join("mutants").join(module(slug)),
    };
    let cache = Cache::new(project.scratch().join("cache"), chapter.digest(&tests));
    let mut verdicts = BTreeMap::new();
    for (index, mutant) in task.mutants.iter().enumerate() {
        if let Some(verdict) = chapter.known(&cache, mutant) {
            report(&verdict);
            verdicts.insert(index, verdict);
        }
    }
    let new = (0..task.mutants.len()).filter(|index| !verdicts.contains_key(index));
    verdicts.extend(chapter.try_all(&new.collect::<Vec<_>>(), &cache, &report)?);
    // What was compiled is large, and of no use once judged.
    let _ = fs::remove_dir_all(&chapter.folder);
    let verdicts: Vec<Verdict> = verdicts.into_values().collect();
    if verdicts.iter().all(|verdict| verdict.problem.is_none()) {
        TestReport::Mutants.record(project, slug, verdicts.len())?;
    }
    Ok(verdicts)
}

/// The group of a test: the first part of its path.
fn group(test: &str) -> &str {
    test.split("::").next().unwrap_or(test)
}

/// A chapter whose mutants are tried.
struct Chapter<'a> {
    project: &'a Project,
    artifacts: &'a Artifacts,
    slug: &'a str,
    task: &'a Task,
    /// The part of the listings that its tests need.
    sources: Texts,
    /// The folder in which all is compiled.
    folder: PathBuf,
}

impl Chapter<'_> {
    /// A digest of all that decides how the tests end, but for the edit.
    fn digest(&self, tests: &Texts) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.artifacts.digest_of_dependencies().as_bytes());
        for (path, text) in self.sources.iter().chain(tests) {
            hasher
                .update(path.as_bytes())
                .update(&[0])
                .update(text.as_bytes())
                .update(&[0]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The verdict on a mutant that has been tried before.
    fn known(&self, cache: &Cache, mutant: &Mutant) -> Option<Verdict> {
        let results = serde_json::from_str(&cache.get(&self.key(mutant))?).ok()?;
        let verdict = self.judge(mutant, Ok(results), None);
        verdict.problem.is_none().then_some(verdict)
    }

    /// Tries some mutants, two at a time.
    fn try_all(
        &self,
        indices: &[usize],
        cache: &Cache,
        report: &(impl Fn(&Verdict) + Sync),
    ) -> Result<Vec<(usize, Verdict)>> {
        let together = self.together(indices)?;
        // Those that are compiled alone take longest, so they come first.
        let mut queue = indices.to_vec();
        queue.sort_by_key(|index| together.contains(index));
        let queue = Mutex::new(queue.into_iter());
        let next = || queue.lock().expect("taking the next does not panic").next();
        let worker = |desk: &str| -> Result<Vec<(usize, Verdict)>> {
            let desk = self.folder.join(desk);
            fs::create_dir_all(&desk)?;
            let program = desk.join("together").with_extension(EXE_EXTENSION);
            if !together.is_empty() {
                // A name each, since a program's output is written beside it. A copy could still be open
                // for writing in a process that the other worker is just starting, and then it
                // cannot be run.
                let _ = fs::remove_file(&program);
                fs::hard_link(
                    self.folder.join("tests").with_extension(EXE_EXTENSION),
                    &program,
                )?;
            }
            let mut verdicts = Vec::new();
            while let Some(index) = next() {
                let (start, mutant) = (Instant::now(), &self.task.mutants[index]);
                let results = if together.contains(&index) {
                    Ok(self.run(&program, index + 1, &self.idle(mutant))?)
                } else {
                    self.alone(mutant, &desk)?
                };
                if let Ok(results) = &results {
                    cache.put(&self.key(mutant), &serde_json::to_string(results)?);
                }
                let verdict = self.judge(mutant, results, Some(start.elapsed()));
                report(&verdict);
                verdicts.push((index, verdict));
            }
            Ok(verdicts)
        };
        let (first, second) = std::thread::scope(|scope| {
            let other = scope.spawn(|| worker("left"));
            (
                worker("right"),
                other.join().expect("no mutant panics the tool"),
            )
        });
        Ok(first?.into_iter().chain(second?).collect())
    }

    /// The mutants that fit into one program, which is made. None if it does not compile, or the solution fails in it.
    fn together(&self, indices: &[usize]) -> Result<BTreeSet<usize>> {
        let mut files = BTreeMap::new();
        let mut fitting = BTreeSet::new();
        for &index in indices {
            let (path, original, edited) = self.edit(&self.task.mutants[index])?;
            let source = files.entry(path).or_insert_with(|| Source::new(original));
            if source
                .as_mut()
                .is_some_and(|source| source.add(index + 1, &edited))
            {
                fitting.insert(index);
            }
        }
        if fitting.len() < 2 {
            return Ok(BTreeSet::new());
        }
        let mut sources = self.sources.clone();
        for (path, source) in files {
            sources.extend(source.map(|source| (path, source.text())));
        }
        sources
            .entry("src/lib.rs".to_owned())
            .or_default()
            .push_str(together::CHOOSE);
        let sound = match self.compile(&sources, &self.folder)? {
            Ok(program) => {
                let results = self.run(&program, 0, &[])?;
                let counts = |test: &String| !self.task.races.contains(test);
                results
                    .iter()
                    .all(|(test, passed)| *passed || !counts(test))
            }
            Err(_) => false,
        };
        Ok(if sound { fitting } else { BTreeSet::new() })
    }

    /// The results of a mutant that is compiled by itself.
    fn alone(&self, mutant: &Mutant, desk: &Path) -> Result<Results> {
        let mut sources = self.sources.clone();
        let (path, _, edited) = self.edit(mutant)?;
        sources.insert(path, edited);
        Ok(match self.compile(&sources, desk)? {
            Ok(program) => Ok(self.run(&program, 0, &self.idle(mutant))?),
            Err(broken) => Err(broken),
        })
    }

    /// The file that a mutant edits, from `listings/`, without the edit and with it.
    fn edit(&self, mutant: &Mutant) -> Result<(String, String, String)> {
        let path = format!("src/{}/{}", module(self.slug), mutant.file);
        let text = self.sources.get(&path);
        let text =
            text.with_context(|| format!("mutant `{}`: no test uses {path}", mutant.name))?;
        let text = regions::unmarked(text);
        ensure!(
            text.matches(&mutant.find).count() == 1,
            "mutant `{}`: `find` must occur exactly once",
            mutant.name
        );
        let edited = text.replace(&mutant.find, &mutant.replace);
        Ok((path, text, edited))
    }

    /// Compiles the listings and the chapter's tests against them. The outcome is the program.
    fn compile(&self, sources: &Texts, desk: &Path) -> Result<Result<PathBuf, (Broken, String)>> {
        let _ = fs::remove_dir_all(desk.join("src"));
        for (path, text) in sources {
            let file = desk.join(path);
            fs::create_dir_all(file.parent().context("a file has a folder")?)?;
            fs::write(file, text)?;
        }
        let library = desk.join("liblistings.rlib");
        let program = desk.join("tests").with_extension(EXE_EXTENSION);
        let compile = |source: &Path, out: &Path, library: Option<&Path>| {
            let memory = self.folder.join("memory");
            suite::compile(
                self.artifacts,
                source,
                out,
                library,
                Lints::Ignored,
                &memory,
            )
        };
        if let Err(message) = compile(&desk.join("src/lib.rs"), &library, None)? {
            return Ok(Err((Broken::Library, message)));
        }
        let main = self
            .project
            .root
            .join("listings/tests")
            .join(module(self.slug))
            .join("main.rs");
        Ok(match compile(&main, &program, Some(&library))? {
            Ok(()) => Ok(program),
            Err(message) => Err((Broken::Tests, message)),
        })
    }

    /// Runs the tests with the mutant of this number, from 1, or with none of them. Those of `skipped` count as passed.
    fn run(
        &self,
        program: &Path,
        number: usize,
        skipped: &[&String],
    ) -> Result<BTreeMap<String, bool>> {
        let listings = self.project.root.join("listings");
        let choice = [(together::CHOICE, number.to_string())];
        let (skipped, tests): (Vec<_>, _) = suite::tests(program)?
            .into_iter()
            .partition(|test| skipped.contains(&test));
        let outcomes = suite::run_with(&listings, program, tests, suite::LIMIT, &choice)?;
        let ended = outcomes
            .into_iter()
            .map(|(test, outcome)| (test, outcome.passed()));
        Ok(ended
            .chain(skipped.into_iter().map(|test| (test, true)))
            .collect())
    }

    /// The tests whose outcome is of no consequence for a mutant: threads race in them, and it does not name them.
    fn idle(&self, mutant: &Mutant) -> Vec<&String> {
        let races = self.task.races.iter();
        races
            .filter(|test| !mutant.caught_by.contains(test))
            .collect()
    }

    /// The name under which a mutant's results are kept.
    fn key(&self, mutant: &Mutant) -> String {
        let Mutant {
            file,
            find,
            replace,
            ..
        } = mutant;
        format!("mutant {file} {find} {replace} {:?}", self.idle(mutant))
    }

    /// The verdict, given how the tests ended.
    fn judge(&self, mutant: &Mutant, results: Results, took: Option<Duration>) -> Verdict {
        let (failed, problem) = match results {
            Ok(results) => self.held_against(mutant, &results),
            Err((broken, message)) => {
                let name = &mutant.name;
                let (what, help) = match broken {
                    Broken::Library => (
                        format!("mutant `{name}` does not compile"),
                        "a wrong solution still compiles",
                    ),
                    Broken::Tests => (
                        format!("the tests do not compile against mutant `{name}`"),
                        "a mutant keeps the public API",
                    ),
                };
                (
                    Vec::new(),
                    Some(self.problem(mutant, what, help).detail(message)),
                )
            }
        };
        Verdict {
            mutant: mutant.name.clone(),
            failed,
            problem,
            took,
        }
    }

    /// The tests that failed, and what is otherwise than the mutant says.
    fn held_against(
        &self,
        mutant: &Mutant,
        results: &BTreeMap<String, bool>,
    ) -> (Vec<String>, Option<Diagnostic>) {
        let task = self.task;
        let failing = results.iter().filter(|(_, passed)| !**passed);
        let failed: Vec<String> = failing.map(|(test, _)| test.clone()).collect();
        let unknown = mutant
            .caught_by
            .iter()
            .chain(&task.races)
            .find(|test| !results.contains_key(*test));
        let missed = mutant.caught_by.iter().find(|test| !failed.contains(test));
        // Exactly the groups of the tests it names: another group that it loses would cost a learner unstated points.
        let stated: BTreeSet<&str> = mutant.caught_by.iter().map(|test| group(test)).collect();
        let unstated = failed
            .iter()
            .filter(|test| !task.races.contains(test) && !stated.contains(group(test)))
            .find(|test| task.groups.iter().any(|known| known.name == group(test)));
        let problem = match (unknown, missed, unstated) {
            (Some(test), _, _) => self.problem(
                mutant,
                format!("mutant `{}`: there is no test `{test}`", mutant.name),
                "name a test as `cargo test` prints it",
            ),
            (None, Some(test), _) => self.problem(
                mutant,
                format!("mutant `{}` survives `{test}`", mutant.name),
                "sharpen the test, or correct `caught_by`",
            ),
            (None, None, Some(test)) => self.problem(
                mutant,
                format!(
                    "mutant `{}` also loses group `{}`: `{test}` fails",
                    mutant.name,
                    group(test)
                ),
                "name the test in `caught_by` (or, if threads race in it, in `races` of the chapter), or narrow the mutant: it loses exactly the groups of the tests it names",
            ),
            (None, None, None) => return (failed, None),
        };
        (failed, Some(problem))
    }

    /// A problem of a mutant, where task.toml names it.
    fn problem(&self, mutant: &Mutant, what: String, help: &str) -> Diagnostic {
        let line = self.task.strings.line("mutant.name", &mutant.name);
        Diagnostic::new(Task::file(self.slug), line, what).help(help)
    }
}
