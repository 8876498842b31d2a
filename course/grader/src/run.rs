//! The command: a folder of submissions in, a folder of results out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::intake::{self, Taken};
use super::judge::Grader;
use super::naming::Naming;
use super::result::{Graded, Status, Student};
use super::store::{self, Shard};
use progress::Progress;
use sandbox::{Level, Limits, Sandbox};

/// How to grade.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The folder with one folder or zip a student, or their files.
    pub submissions: PathBuf,
    /// Where results go.
    pub out: PathBuf,
    /// How many at a time; 0: as many as there are processors.
    pub jobs: usize,
    /// Whether to leave alone what is graded already.
    pub resume: bool,
    /// Which part of the class.
    pub shard: Option<Shard>,
    /// How the platform calls submissions; without it, as students are called.
    pub naming: Option<Naming>,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Run {
    /// How many submissions it graded.
    pub graded: usize,
    /// How many it left alone, because their very grade was there.
    pub kept: usize,
    /// How many it did not come to, because it was told to stop.
    pub left: usize,
    /// All results of the folder, by student.
    pub results: BTreeMap<String, Graded>,
}

impl Run {
    /// How many submissions have no verdict.
    #[must_use]
    pub fn ungraded(&self) -> usize {
        self.results
            .values()
            .filter(|graded| !graded.has_verdict())
            .count()
    }

    /// What to say of it: how many results there are of each kind.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut kinds: BTreeMap<Status, usize> = BTreeMap::new();
        self.results
            .values()
            .for_each(|graded| *kinds.entry(graded.status).or_default() += 1);
        let kinds: Vec<String> = kinds
            .iter()
            .map(|(status, count)| format!("{count} {}", status.word()))
            .collect();
        format!("{} submissions: {}", self.results.len(), kinds.join(", "))
    }
}

/// What somebody has handed in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handed {
    /// A folder or a zip.
    Whole(PathBuf),
    /// A file by itself, and what its student called it.
    File(PathBuf, String),
}

/// A folder of submissions.
#[derive(Debug, Default)]
pub struct Class {
    /// What was handed in, by student.
    pub submissions: BTreeMap<String, Vec<Handed>>,
    /// What their names say about students.
    pub students: BTreeMap<String, Student>,
    /// What is neither, or is not called as submissions are: nobody's submission.
    pub strays: Vec<String>,
}

/// The submissions of a folder.
///
/// # Errors
///
/// When the folder cannot be read, or has none.
pub fn submissions(folder: &Path, naming: Option<&Naming>) -> Result<Class> {
    let mut class = Class::default();
    for entry in
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?
    {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        // Two names that are no text stay two.
        let bytes = name.as_encoded_bytes();
        let name = name
            .to_str()
            .map_or_else(|| bytes.escape_ascii().to_string(), str::to_owned);
        // What systems leave behind: `.DS_Store`, and what macOS packs beside the files of a zip.
        if name.starts_with('.') || name == "__MACOSX" {
            continue;
        }
        let id = match name
            .len()
            .checked_sub(4)
            .filter(|&at| name.is_char_boundary(at))
        {
            Some(at) if name[at..].eq_ignore_ascii_case(".zip") => name[..at].to_owned(),
            _ if path.is_dir() || path.is_symlink() => name,
            _ => {
                match naming.and_then(|naming| naming.file(&name)) {
                    Some((student, file)) => {
                        class
                            .submissions
                            .entry(student.id.clone())
                            .or_default()
                            .push(Handed::File(path, file));
                        let known = class
                            .students
                            .entry(student.id.clone())
                            .or_insert_with(|| student.clone());
                        // The last file to come is when all of it was there.
                        known.submitted =
                            student.submitted.max(std::mem::take(&mut known.submitted));
                    }
                    None => class.strays.push(name),
                }
                continue;
            }
        };
        let id = match naming.map(|naming| naming.student(&id)) {
            None => id,
            Some(Some(student)) => {
                let id = student.id.clone();
                class.students.insert(id.clone(), student);
                id
            }
            Some(None) => {
                class.strays.push(id);
                continue;
            }
        };
        class
            .submissions
            .entry(id)
            .or_default()
            .push(Handed::Whole(path));
    }
    class
        .submissions
        .values_mut()
        .for_each(|handed| handed.sort());
    class.strays.sort();
    ensure!(
        !class.submissions.is_empty(),
        "{} has no submissions",
        folder.display()
    );
    Ok(class)
}

/// Takes what somebody has handed in: one folder or zip, or files.
///
/// # Errors
///
/// When it cannot be read for reasons of this machine.
pub fn take(handed: &[Handed], allowed: &[String]) -> Result<Taken> {
    if let [Handed::Whole(one)] = handed {
        return intake::take(one, allowed);
    }
    let files = handed.iter().map(|it| match it {
        Handed::File(path, name) => Some((path.as_path(), name.as_str())),
        Handed::Whole(_) => None,
    });
    match files.collect::<Option<Vec<_>>>() {
        Some(files) => intake::take_files(&files, allowed),
        None => Ok(Taken {
            rejected: Some(
                "there are two submissions, one of them a folder or a zip: hand in one".to_owned(),
            ),
            ..Taken::default()
        }),
    }
}

/// Grades a class, and tells `progress`. Once `stop` is true, what is being graded is graded to its end, and nothing more.
///
/// # Errors
///
/// When submissions cannot be listed, or results cannot be written. What goes wrong with one submission is its result.
pub fn grade(
    grader: &Grader,
    options: &Options,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Run> {
    let mine = |id: &str| options.shard.is_none_or(|shard| shard.has(id));
    let class = submissions(&options.submissions, options.naming.as_ref())?;
    let students = class.students;
    let todo: Vec<_> = class
        .submissions
        .into_iter()
        .filter(|(id, _)| mine(id))
        .collect();
    let _open = store::open(&options.out)?;
    let jobs = match options.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Run::default());
    let told = Mutex::new(Instant::now());
    let start = Instant::now();
    progress.expect(todo.len());
    let work = || -> Result<()> {
        // Relaxed: the counter hands out numbers, and the flag is only a wish; neither guards other memory.
        while !stop.load(Ordering::Relaxed) {
            let Some((id, handed)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let student = students.get(id).cloned().unwrap_or_else(|| Student {
                id: id.clone(),
                ..Student::default()
            });
            let graded = one(grader, options, student, handed)?;
            progress.advance(1);
            let mut run = done.lock().unwrap_or_else(PoisonError::into_inner);
            *(if graded {
                &mut run.graded
            } else {
                &mut run.kept
            }) += 1;
            let count = run.graded + run.kept;
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.elapsed() > Duration::from_secs(10) {
                *told = Instant::now();
                let left =
                    start.elapsed().as_secs_f64() / count as f64 * (todo.len() - count) as f64;
                progress.remark(&format!(
                    "{count} of {}, about {left:.0} s left",
                    todo.len()
                ));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| match worker.join() {
                Ok(worked) => worked,
                Err(_) => bail!("a worker panicked: its submission has no result"),
            })
    })?;
    let mut run = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    run.left = todo.len() - run.graded - run.kept;
    run.results = store::read(&options.out)?;
    store::summarise(&options.out, &run.results)?;
    Ok(run)
}

/// Grades one submission; `false` when its very grade is there already.
fn one(grader: &Grader, options: &Options, student: Student, handed: &[Handed]) -> Result<bool> {
    let judged = match take(handed, &grader.kit().allowed) {
        Ok(taken) => {
            let sandbox = grader.level().word();
            if options.resume
                && store::is_done(&options.out, &student.id, &grader.key(&taken), sandbox)
            {
                return Ok(false);
            }
            grader.grade(student, &taken)
        }
        Err(error) => grader.fault(student, &error),
    };
    store::keep(&options.out, &judged.graded, &judged.log)?;
    Ok(true)
}

/// Makes ready to grade a chapter of the book.
///
/// # Errors
///
/// When there is no such chapter, no sandbox, or the chapter's own solution does not get full marks in it.
pub fn prepare(root: &Path, slug: &str, asked: Option<Level>) -> Result<Grader> {
    let project = book::project::Project::load(root)?;
    let kit = super::kit::of_chapter(&project, slug)?;
    let helper = std::env::current_exe().context("this program has no file")?;
    let sandbox = Sandbox::find(&helper, asked)?;
    let artifacts = toolchain::cargo::Artifacts::build(root)?;
    Grader::new(kit, sandbox, Some(&artifacts), Limits::TEST)
}
