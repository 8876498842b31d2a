//! Plausible wrong solutions, each of which the chapter's tests must reject.
//!
//! A mutant is one edit of one file (`[[mutant]]` in task.toml). The listings crate is compiled with the edit, the
//! chapter's tests are compiled against it and run. Every test that the mutant names must fail, and every group of which
//! it names none must pass, but for tests in which threads race.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use book::evidence::Told;
use book::files;
use book::problem::Problem;
use book::project::{Project, module};
use book::regions;
use book::task::{Mutant, Task, line_of_key};
use progress::Progress;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;
use toolchain::suite::{self, Lints};

/// What became of one mutant.
#[derive(Debug)]
pub struct Verdict {
    /// Its name.
    pub mutant: String,
    /// Tests that failed for it.
    pub failed: Vec<String>,
    /// What is wrong, if it was not rejected as stated.
    pub problem: Option<Problem>,
}

/// Tries every mutant of a chapter, two at a time, and tells `progress`.
///
/// # Errors
///
/// When compiler or tests cannot be started.
pub fn check(
    project: &Project,
    artifacts: &Artifacts,
    slug: &str,
    progress: &Progress,
) -> Result<Vec<Verdict>> {
    let task = project
        .tasks
        .get(slug)
        .with_context(|| format!("no chapter `{slug}`"))?;
    let cache = Cache::new(
        project.scratch().join("cache"),
        artifacts.digest() + &tests_digest(project, slug),
    );
    let next = std::sync::atomic::AtomicUsize::new(0);
    progress.expect(task.mutants.len());
    let worker = |desk: &str| -> Result<Vec<(usize, Verdict)>> {
        let desk = project
            .scratch()
            .join("mutants")
            .join(module(slug))
            .join(desk);
        let mut verdicts = Vec::new();
        loop {
            // Relaxed: the counter hands out numbers, it guards no other memory.
            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(mutant) = task.mutants.get(index) else {
                return Ok(verdicts);
            };
            verdicts.push((
                index,
                try_one(project, artifacts, &cache, (slug, task), mutant, &desk)?,
            ));
            progress.advance(1);
        }
    };
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| worker("left"));
        (
            worker("right"),
            other.join().expect("no mutant panics the tool"),
        )
    });
    let mut verdicts: Vec<(usize, Verdict)> = first?;
    verdicts.extend(second?);
    verdicts.sort_by_key(|(index, _)| *index);
    let verdicts: Vec<Verdict> = verdicts.into_iter().map(|(_, verdict)| verdict).collect();
    // What was compiled is large, and of no use once judged.
    let _ = fs::remove_dir_all(project.scratch().join("mutants").join(module(slug)));
    if verdicts.iter().all(|verdict| verdict.problem.is_none()) {
        Told::Mutants.tell(project, slug, verdicts.len())?;
    }
    Ok(verdicts)
}

fn tests_digest(project: &Project, slug: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files::files_below(&project.root.join("listings/tests").join(module(slug))) {
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(&fs::read(&file).unwrap_or_default());
    }
    hasher.finalize().to_hex().to_string()
}

/// The group of a test: the first part of its path.
fn group(test: &str) -> &str {
    test.split("::").next().unwrap_or(test)
}

fn try_one(
    project: &Project,
    artifacts: &Artifacts,
    cache: &Cache,
    (slug, task): (&str, &Task),
    mutant: &Mutant,
    // Where one is tried after the other: of what the compiler made for the last, it does again only what has changed.
    folder: &Path,
) -> Result<Verdict> {
    let module = module(slug);
    let key = format!(
        "exact mutant {slug} {} {} {} {:?} {:?}",
        mutant.file, mutant.find, mutant.replace, mutant.caught_by, task.races
    );
    if let Some(failed) = cache.get(&key) {
        let failed = failed.lines().map(str::to_owned).collect();
        return Ok(Verdict {
            mutant: mutant.name.clone(),
            failed,
            problem: None,
        });
    }
    let _ = fs::remove_dir_all(folder.join("src"));
    let sources = project.root.join("listings/src");
    for file in files::files_below(&sources) {
        let copy = folder.join("src").join(
            file.strip_prefix(&sources)
                .context("a file below the folder")?,
        );
        fs::create_dir_all(copy.parent().context("a copy has a folder")?)?;
        fs::copy(&file, copy)?;
    }
    let edited = folder.join("src").join(&module).join(&mutant.file);
    let text = regions::unmarked(&fs::read_to_string(&edited)?.replace("\r\n", "\n"));
    ensure!(
        text.matches(&mutant.find).count() == 1,
        "mutant `{}`: `find` must occur exactly once",
        mutant.name
    );
    fs::write(&edited, text.replace(&mutant.find, &mutant.replace))?;
    let root_file = folder.join("src/lib.rs");
    fs::write(
        &root_file,
        only(&needed(project, &module), &fs::read_to_string(&root_file)?),
    )?;

    let library = folder.join("liblistings.rlib");
    let compile = |source: &Path, out: &Path, library: Option<&Path>| {
        suite::compile(
            artifacts,
            source,
            out,
            library,
            Lints::Ignored,
            &folder.join("memory"),
        )
    };
    let compiled = compile(&root_file, &library, None)?;
    let problem = |what: String, help: &str| {
        let file = Task::file(slug);
        let text = fs::read_to_string(project.root.join(&file)).unwrap_or_default();
        let line = line_of_key(&text, "name", &mutant.name);
        Some(Problem::new(file, line, what).help(help))
    };
    if let Err(message) = compiled {
        let problem = problem(
            format!("mutant `{}` does not compile", mutant.name),
            "a wrong solution still compiles",
        )
        .map(|p| p.detail(message));
        return Ok(Verdict {
            mutant: mutant.name.clone(),
            failed: Vec::new(),
            problem,
        });
    }
    let tests = folder.join(if cfg!(windows) { "tests.exe" } else { "tests" });
    let main = project
        .root
        .join("listings/tests")
        .join(&module)
        .join("main.rs");
    if let Err(message) = compile(&main, &tests, Some(&library))? {
        let problem = problem(
            format!("the tests do not compile against mutant `{}`", mutant.name),
            "a mutant keeps the public API",
        )
        .map(|p| p.detail(message));
        return Ok(Verdict {
            mutant: mutant.name.clone(),
            failed: Vec::new(),
            problem,
        });
    }
    let results = suite::run(&project.root.join("listings"), &tests)?;
    let failed: Vec<String> = results
        .iter()
        .filter(|(_, outcome)| !outcome.passed())
        .map(|(test, _)| test.clone())
        .collect();
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
        (Some(test), _, _) => problem(
            format!("mutant `{}`: there is no test `{test}`", mutant.name),
            "name a test as `cargo test` prints it",
        ),
        (None, Some(test), _) => problem(
            format!("mutant `{}` survives `{test}`", mutant.name),
            "sharpen the test, or correct `caught_by`",
        ),
        (None, None, Some(test)) => problem(
            format!(
                "mutant `{}` also loses group `{}`: `{test}` fails",
                mutant.name,
                group(test)
            ),
            "name the test in `caught_by` (or, if threads race in it, in `races` of the chapter), or narrow the mutant: it loses exactly the groups of the tests it names",
        ),
        (None, None, None) => None,
    };
    if problem.is_none() {
        cache.put(&key, &failed.join("\n"));
    }
    Ok(Verdict {
        mutant: mutant.name.clone(),
        failed,
        problem,
    })
}

/// The modules of the listings that a chapter's code and tests may use: every one whose name occurs in them, and in
/// turn. The others need not be compiled once more for each of its mutants.
fn needed(project: &Project, chapter: &str) -> BTreeSet<String> {
    let listings = project.root.join("listings");
    let all: Vec<String> = fs::read_dir(listings.join("src"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            entry
                .path()
                .with_extension("")
                .file_name()
                .unwrap_or_default()
                .display()
                .to_string()
        })
        .collect();
    let mut needed = BTreeSet::new();
    let mut todo = vec![chapter.to_owned()];
    while let Some(module) = todo.pop() {
        let mut files = files::files_below(&listings.join("src").join(&module));
        files.push(listings.join("src").join(&module).with_extension("rs"));
        files.extend(files::files_below(&listings.join("tests").join(&module)));
        let text: String = files
            .iter()
            .filter_map(|file| fs::read_to_string(file).ok())
            .collect();
        needed.insert(module);
        let words: BTreeSet<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .collect();
        let is_new =
            |module: &&String| words.contains(module.as_str()) && !needed.contains(*module);
        let new: Vec<String> = all.iter().filter(is_new).cloned().collect();
        todo.extend(new);
    }
    needed
}

/// A crate's root without the modules that are not needed.
fn only(needed: &BTreeSet<String>, root: &str) -> String {
    let is_kept = |line: &&str| {
        let module = line
            .strip_prefix("pub mod ")
            .and_then(|rest| rest.strip_suffix(';'));
        module.is_none_or(|module| needed.contains(module))
    };
    root.lines()
        .filter(is_kept)
        .flat_map(|line| [line, "\n"])
        .collect()
}
