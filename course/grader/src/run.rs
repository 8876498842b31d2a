//! A run: a folder of submissions in, a folder of results out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::intake::{self, Intake};
use super::judge::Grader;
use super::kit::Kit;
use super::naming::NamePattern;
use super::result::{Grade, Status, Student};
use super::store::{self, Shard};
use progress::Progress;
use sandbox::{Level, Limits, Sandbox};

/// Options of a run.
#[derive(Debug, Clone, Default)]
pub struct GradeOptions {
    /// The folder with one folder or zip a student, or their files.
    pub submissions: PathBuf,
    /// The folder for results.
    pub out: PathBuf,
    /// The number graded at the same time; 0: as many as there are processors.
    pub jobs: usize,
    /// True to skip submissions that are graded already.
    pub resume: bool,
    /// The part of the class to grade.
    pub shard: Option<Shard>,
    /// The pattern of submissions' names; without it, a name is the student's.
    pub naming: Option<NamePattern>,
}

/// The outcome of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// The number of submissions that it graded.
    pub finished: usize,
    /// The number that it skipped, because they were graded already.
    pub skipped: usize,
    /// The number that it did not reach, because it was stopped.
    pub remaining: usize,
    /// All results of the folder, by student.
    pub results: BTreeMap<String, Grade>,
}

impl Run {
    /// The number of submissions without a verdict.
    #[must_use]
    pub fn ungraded(&self) -> usize {
        let grades = self.results.values();
        grades.filter(|grade| !grade.has_verdict()).count()
    }

    /// One line with the number of results of each status.
    #[must_use]
    pub fn summary(&self) -> String {
        let statuses = Status::counts(self.results.values().map(|grade| grade.status));
        format!("{} submissions: {statuses}", self.results.len())
    }
}

/// A part of a submission on disk.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Upload {
    /// A folder or a zip.
    Project(PathBuf),
    /// A file by itself, and the student's name of it.
    File(PathBuf, String),
}

/// A folder of submissions.
#[derive(Debug, Default)]
pub struct Submissions {
    /// The uploads, by student.
    pub uploads: BTreeMap<String, Vec<Upload>>,
    /// Students, as far as the names of submissions show.
    pub students: BTreeMap<String, Student>,
    /// Names of other files: neither a folder nor a zip, or not matched by the pattern.
    pub strays: Vec<String>,
}

impl Submissions {
    /// Lists the submissions of a folder.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or has none.
    pub fn list(folder: &Path, naming: Option<&NamePattern>) -> Result<Self> {
        let mut all = Self::default();
        let entries =
            fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            // Two names that are no text stay two.
            let name = entry.file_name();
            let bytes = name.as_encoded_bytes();
            let name = name
                .to_str()
                .map_or_else(|| bytes.escape_ascii().to_string(), str::to_owned);
            // Left behind by systems: `.DS_Store`, and the folder that macOS adds to a zip.
            if !name.starts_with('.') && name != "__MACOSX" {
                all.add(entry.path(), name, naming);
            }
        }
        all.uploads.values_mut().for_each(|uploads| uploads.sort());
        all.strays.sort();
        ensure!(
            !all.uploads.is_empty(),
            "{} has no submissions",
            folder.display()
        );
        Ok(all)
    }

    fn add(&mut self, path: PathBuf, name: String, naming: Option<&NamePattern>) {
        let at = name.len().saturating_sub(4);
        let is_zip = name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(".zip");
        if !is_zip && !path.is_dir() && !path.is_symlink() {
            let Some((student, file)) = naming.and_then(|naming| naming.file(&name)) else {
                self.strays.push(name);
                return;
            };
            let uploads = self.uploads.entry(student.id.clone()).or_default();
            uploads.push(Upload::File(path, file));
            let known = self.students.entry(student.id.clone());
            let known = known.or_insert_with(|| student.clone());
            // The submission is complete when its last file is there.
            known.submitted = student.submitted.max(std::mem::take(&mut known.submitted));
            return;
        }
        let name = if is_zip { &name[..at] } else { &name };
        let id = match naming.map(|naming| naming.student(name)) {
            None => name.to_owned(),
            Some(None) => return self.strays.push(name.to_owned()),
            Some(Some(student)) => {
                let id = student.id.clone();
                self.students.insert(id.clone(), student);
                id
            }
        };
        let uploads = self.uploads.entry(id).or_default();
        uploads.push(Upload::Project(path));
    }
}

/// Reads a submission: one folder or zip, or files.
///
/// # Errors
///
/// If it cannot be read for reasons of this machine.
pub fn read(uploads: &[Upload], allowed: &[String]) -> Result<Intake> {
    if let [Upload::Project(one)] = uploads {
        return intake::read(one, allowed);
    }
    let files = uploads.iter().map(|it| match it {
        Upload::File(path, name) => Some((path.as_path(), name.as_str())),
        Upload::Project(_) => None,
    });
    match files.collect::<Option<Vec<_>>>() {
        Some(files) => intake::read_files(&files, allowed),
        None => Ok(Intake {
            rejected: Some(
                "there are two submissions, one of them a folder or a zip: hand in one".to_owned(),
            ),
            ..Intake::default()
        }),
    }
}

/// Grades a class, and reports to `progress`. Once `stop` is true, submissions in work are
/// finished, and no others begun.
///
/// # Errors
///
/// If submissions cannot be listed, or results cannot be written. A failure of one submission is its result.
pub fn grade(
    grader: &Grader,
    options: &GradeOptions,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Run> {
    let Submissions {
        uploads, students, ..
    } = Submissions::list(&options.submissions, options.naming.as_ref())?;
    let mine = |id: &str| options.shard.is_none_or(|shard| shard.contains(id));
    let todo: Vec<_> = uploads.into_iter().filter(|(id, _)| mine(id)).collect();
    let _lock = store::lock(&options.out)?;
    let jobs = match options.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Run::default());
    let reported = Mutex::new(Instant::now());
    let start = Instant::now();
    progress.expect(todo.len());
    let work = || -> Result<()> {
        // Relaxed: the counter hands out numbers, and the flag is only a wish; neither guards other memory.
        while !stop.load(Ordering::Relaxed) {
            let Some((id, uploads)) = todo.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let student = students.get(id).cloned().unwrap_or_else(|| Student {
                id: id.clone(),
                ..Student::default()
            });
            let is_new = grade_one(grader, options, student, uploads)?;
            progress.advance(1);
            let mut run = done.lock().unwrap_or_else(PoisonError::into_inner);
            run.finished += usize::from(is_new);
            run.skipped += usize::from(!is_new);
            let count = run.finished + run.skipped;
            let mut reported = reported.lock().unwrap_or_else(PoisonError::into_inner);
            if reported.elapsed() > Duration::from_secs(10) {
                *reported = Instant::now();
                let each = start.elapsed().as_secs_f64() / count as f64;
                let left = each * (todo.len() - count) as f64;
                let all = todo.len();
                progress.remark(&format!("{count} of {all}, about {left:.0} s left"));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            let panicked = |_| anyhow!("a worker panicked: its submission has no result");
            worker.join().map_err(panicked)?
        })
    })?;
    let mut run = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    run.remaining = todo.len() - run.finished - run.skipped;
    run.results = store::load(&options.out)?;
    store::write_summary(&options.out, &run.results)?;
    Ok(run)
}

/// Grades one submission; `false` if it is graded already, and skipped.
fn grade_one(
    grader: &Grader,
    options: &GradeOptions,
    student: Student,
    uploads: &[Upload],
) -> Result<bool> {
    let out = &options.out;
    let assessment = match read(uploads, &grader.kit().allowed) {
        Ok(intake) => {
            let (key, level) = (grader.key(&intake), grader.level().name());
            if options.resume && store::is_current(out, &student.id, &key, level) {
                return Ok(false);
            }
            grader.grade(student, &intake)
        }
        Err(error) => grader.fault(student, &error),
    };
    store::save(out, &assessment.grade, &assessment.log)?;
    Ok(true)
}

/// Prepares a grader for a chapter of the book.
///
/// # Errors
///
/// If there is no such chapter, no sandbox, or the chapter's own solution does not get full marks in it.
pub fn prepare(root: &Path, slug: &str, level: Option<Level>) -> Result<Grader> {
    let kit = Kit::from_chapter(&book::project::Project::load(root)?, slug)?;
    let helper = std::env::current_exe().context("this program has no file")?;
    let sandbox = Sandbox::find(&helper, level)?;
    let artifacts = toolchain::cargo::Artifacts::build(root)?;
    Grader::new(
        kit,
        sandbox,
        Some(&artifacts),
        Limits::TEST,
        Limits::COMPILE,
    )
}
