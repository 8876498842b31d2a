//! `cargo course report`: a page for each student, and one of the class for their instructor.

mod class;
mod student;

use book::files;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::Summary;
use crate::export::{MarkOptions, Marks};
use crate::formats::names;
use crate::paper;
use book::project::Project;
use book::task::Task;
use class::KnownMistake;
use exercise::mutants;
use grader::result::Grade;
use grader::store;
use progress::Progress;
use toolchain::cargo::Artifacts;

/// The part of `--help` below the options.
pub const HELP: &str = "\
OUT/students/*.html, *.md  one a student: nothing in it of hidden tests, the solution, this machine, or anybody else
OUT/class.html, class.md   for instructors: how points are spread, which group failed most, which known mistakes were
                           made, what to look at by hand, and with --before what a regrade has changed

Exit code:
  0  the reports are there
  2  a fault of use, or somebody is ungraded: the reports are there, and say who";

/// Options of `report`.
#[derive(Debug, Clone, clap::Args)]
pub struct ReportOptions {
    /// The folder that `grade --out` or `merge --into` has written
    pub results: PathBuf,
    /// The folder for reports
    #[arg(long)]
    pub out: PathBuf,
    /// Marking of results
    #[command(flatten)]
    pub marking: MarkOptions,
    /// Earlier results of the same class, to be compared with
    #[arg(long)]
    pub before: Option<PathBuf>,
}

/// Writes the reports, and reports to `progress`.
///
/// # Errors
///
/// If results cannot be read, or reports cannot be written.
pub fn report(root: &Path, options: &ReportOptions, progress: &Progress) -> Result<Summary> {
    let Marks {
        marks,
        plan: _,
        notes,
    } = options.marking.load(&options.results)?;
    let raw = store::load(&options.results)?;
    let before = options.before.as_deref().map(store::load).transpose()?;
    let project = Project::load(root)?;
    let task = marks
        .first()
        .and_then(|mark| project.tasks.get(&mark.grade.task));
    let names = names(marks.iter().map(|mark| mark.grade.student.id.as_str()));
    let title = |slug: &str| task.map_or_else(|| slug.to_owned(), |task| task.title.clone());
    let both = |path: PathBuf, heading: &str, text: &str| -> Result<()> {
        files::write(&path.with_extension("md"), text.as_bytes())?;
        files::write(
            &path.with_extension("html"),
            paper::page(heading, text).as_bytes(),
        )
    };
    for mark in &marks {
        let id = mark.grade.student.id.as_str();
        let title = title(&mark.grade.task);
        // Appended, since a name may have dots.
        let path = options
            .out
            .join("students")
            .join(format!("{}.md", names[id]));
        both(
            path,
            &format!("{title}: {id}"),
            &student::markdown(mark, &title),
        )?;
    }
    let slug = marks
        .first()
        .map(|mark| mark.grade.task.clone())
        .unwrap_or_default();
    let class = class::ClassReport {
        title: title(&slug),
        marks: &marks,
        raw: &raw,
        known: &known(&project, task, &slug, progress)?,
        before: before.as_ref(),
        notes: &notes,
    };
    both(
        options.out.join("class.md"),
        &format!("{}: the class", class.title),
        &class.markdown(),
    )?;
    let message = format!(
        "{} reports in {}, and class.html",
        marks.len(),
        options.out.display()
    );
    let ungraded = marks
        .iter()
        .filter(|mark| !mark.grade.has_verdict())
        .count();
    Ok(Summary {
        message,
        notes,
        ungraded,
    })
}

/// The wrong solutions of a task, each with the tests that fail for it. The first time they are all tried.
fn known<'a>(
    project: &Project,
    task: Option<&'a Task>,
    slug: &str,
    progress: &Progress,
) -> Result<Vec<KnownMistake<'a>>> {
    let Some(task) = task.filter(|task| !task.mutants.is_empty()) else {
        return Ok(Vec::new());
    };
    let verdicts = progress.phase("mistakes", || {
        let artifacts = Artifacts::build(&project.root)?;
        progress.expect(task.mutants.len());
        let verdicts = mutants::check(project, &artifacts, slug, |_| progress.advance(1))?;
        let message = format!("{} known wrong solutions tried", verdicts.len());
        Ok((verdicts, message))
    });
    let verdicts = verdicts.context("the task's wrong solutions cannot be tried")?;
    let known = task.mutants.iter().zip(verdicts).map(|(mutant, verdict)| {
        // What races fails for one and not for another who made the same mistake.
        let fails = verdict
            .failed
            .into_iter()
            .filter(|test| !task.races.contains(test))
            .collect();
        KnownMistake { mutant, fails }
    });
    Ok(known.collect())
}

/// Results by student.
type Results = BTreeMap<String, Grade>;
