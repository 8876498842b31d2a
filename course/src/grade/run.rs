//! The command: a folder of submissions in, a folder of results out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::intake::{self, Taken};
use super::judge::Grader;
use super::result::{Graded, Status, Student};
use super::sandbox::{Level, Limits, Sandbox};
use super::store::{self, Shard};

/// How to grade.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The folder with one folder or zip a student.
    pub submissions: PathBuf,
    /// Where results go.
    pub out: PathBuf,
    /// How many at a time; 0: as many as there are processors.
    pub jobs: usize,
    /// Whether to leave alone what is graded already.
    pub resume: bool,
    /// Which part of the class.
    pub shard: Option<Shard>,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Run {
    /// How many submissions it graded.
    pub graded: usize,
    /// How many it left alone, because their very grade was there.
    pub kept: usize,
    /// All results of the folder, by student.
    pub results: BTreeMap<String, Graded>,
}

impl Run {
    /// How many submissions have no verdict.
    #[must_use]
    pub fn ungraded(&self) -> usize {
        self.results.values().filter(|graded| !graded.has_verdict()).count()
    }

    /// What to say of it: how many results there are of each kind.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut kinds: BTreeMap<Status, usize> = BTreeMap::new();
        self.results.values().for_each(|graded| *kinds.entry(graded.status).or_default() += 1);
        let kinds: Vec<String> =
            kinds.iter().map(|(status, count)| format!("{count} {}", status.word())).collect();
        format!("{} submissions: {}", self.results.len(), kinds.join(", "))
    }
}

/// The submissions of a folder: folders and zips, by what their name without `.zip` is.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn submissions(folder: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut all: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let id = match name.len().checked_sub(4).filter(|&at| name.is_char_boundary(at)) {
            Some(at) if name[at..].eq_ignore_ascii_case(".zip") => name[..at].to_owned(),
            // A stray file is nobody's submission.
            _ if path.is_dir() || path.is_symlink() => name,
            _ => continue,
        };
        all.entry(id).or_default().push(path);
    }
    all.values_mut().for_each(|paths| paths.sort());
    ensure!(!all.is_empty(), "{} has no folders and no zips", folder.display());
    Ok(all)
}

fn take(paths: &[PathBuf], allowed: &[String]) -> Result<Taken> {
    match paths {
        [one] => intake::take(one, allowed),
        _ => Ok(Taken {
            rejected: Some("there are two submissions, a folder and a zip: hand in one".to_owned()),
            ..Taken::default()
        }),
    }
}

/// Grades a class. `say` is told how far it is, from time to time.
///
/// # Errors
///
/// When submissions cannot be listed, or results cannot be written. What goes wrong with one submission is its result.
pub fn grade(grader: &Grader, options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Run> {
    let all = submissions(&options.submissions)?;
    let mut todo = Vec::new();
    let mut run = Run::default();
    let sandbox = grader.level().word();
    for (id, paths) in all.into_iter().filter(|(id, _)| options.shard.is_none_or(|shard| shard.has(id))) {
        let taken = take(&paths, &grader.kit().allowed);
        if options.resume
            && let Ok(taken) = &taken
            && store::is_done(&options.out, &id, &grader.key(taken), sandbox)
        {
            run.kept += 1;
            continue;
        }
        todo.push((id, taken));
    }
    run.graded = todo.len();
    let jobs = match options.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let next = AtomicUsize::new(0);
    let done = Mutex::new((0, Instant::now()));
    let start = Instant::now();
    let work = || -> Result<()> {
        loop {
            // Relaxed: the counter hands out numbers, it guards no other memory.
            let Some((id, taken)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else { return Ok(()) };
            let student = Student { id: id.clone(), ..Student::default() };
            let judged = match taken {
                Ok(taken) => grader.grade(student, taken),
                Err(error) => grader.fault(student, error),
            };
            store::keep(&options.out, &judged.graded, &judged.log)?;
            let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            done.0 += 1;
            if done.1.elapsed() > Duration::from_secs(5) || done.0 == todo.len() {
                done.1 = Instant::now();
                let left = start.elapsed().as_secs_f64() / done.0 as f64 * (todo.len() - done.0) as f64;
                say(&format!("{} of {} graded, {left:.0} s left", done.0, todo.len()));
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(worked) => worked,
            Err(_) => bail!("a worker panicked: its submission has no result"),
        })
    })?;
    run.results = store::read(&options.out).unwrap_or_default();
    store::summarise(&options.out, &run.results)?;
    Ok(run)
}

/// Makes ready to grade a chapter of the book.
///
/// # Errors
///
/// When there is no such chapter, no sandbox, or the chapter's own solution does not get full marks in it.
pub fn prepare(root: &Path, slug: &str, asked: Option<Level>) -> Result<Grader> {
    let project = crate::project::Project::load(root)?;
    let kit = super::kit::of_chapter(&project, slug)?;
    let helper = std::env::current_exe().context("this program has no file")?;
    let sandbox = Sandbox::find(&helper, asked)?;
    let artifacts = crate::cargo::Artifacts::build(root)?;
    Grader::new(kit, sandbox, Some(&artifacts), Limits::TEST)
}
