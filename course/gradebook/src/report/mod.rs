//! `cargo course report`: what a student reads, and what their instructor does.

mod class;
mod student;

use book::files;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::export::{Marking, Marks};
use crate::formats::names;
use crate::paper;
use book::project::Project;
use book::task::Task;
use class::Known;
use exercise::mutants;
use grader::result::Graded;
use grader::store;
use progress::Progress;
use toolchain::cargo::Artifacts;

/// What `--help` adds.
pub const HELP: &str = "\
OUT/students/*.html, *.md  one a student: nothing in it of hidden tests, the solution, this machine, or anybody else
OUT/class.html, class.md   for instructors: how points are spread, which group failed most, which known mistakes were
                           made, what to look at by hand, and with --before what a regrade has changed

Exit code:
  0  the reports are there
  2  a fault of use, or somebody is ungraded: the reports are there, and say who";

/// What to report.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The folder that `grade --out` or `merge --into` has written
    pub results: PathBuf,
    /// Where reports go
    #[arg(long)]
    pub out: PathBuf,
    /// How results become marks
    #[command(flatten)]
    pub marking: Marking,
    /// Earlier results of the same class, to be compared with
    #[arg(long)]
    pub before: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug)]
pub struct Reported {
    /// What was written.
    pub said: String,
    /// What must be told.
    pub notes: Vec<String>,
    /// How many have no verdict.
    pub ungraded: usize,
}

/// Writes the reports, and tells `progress`.
///
/// # Errors
///
/// When results cannot be read, or reports cannot be written.
pub fn report(root: &Path, options: &Options, progress: &Progress) -> Result<Reported> {
    let Marks {
        marks,
        plan: _,
        notes,
    } = options.marking.read(&options.results)?;
    let raw = store::read(&options.results)?;
    let before = options.before.as_deref().map(store::read).transpose()?;
    let project = Project::load(root)?;
    let task = marks
        .first()
        .and_then(|mark| project.tasks.get(&mark.graded.task));
    let names = names(marks.iter().map(|mark| mark.graded.student.id.as_str()));
    let title = |slug: &str| task.map_or_else(|| slug.to_owned(), |task| task.title.clone());
    let both = |path: PathBuf, heading: &str, text: &str| -> Result<()> {
        files::write(&path.with_extension("md"), text.as_bytes())?;
        files::write(
            &path.with_extension("html"),
            paper::page(heading, text).as_bytes(),
        )
    };
    for mark in &marks {
        let id = mark.graded.student.id.as_str();
        let title = title(&mark.graded.task);
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
        .map(|mark| mark.graded.task.clone())
        .unwrap_or_default();
    let class = class::Class {
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
    let said = format!(
        "{} reports in {}, and class.html",
        marks.len(),
        options.out.display()
    );
    let ungraded = marks
        .iter()
        .filter(|mark| !mark.graded.has_verdict())
        .count();
    Ok(Reported {
        said,
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
) -> Result<Vec<Known<'a>>> {
    let Some(task) = task.filter(|task| !task.mutants.is_empty()) else {
        return Ok(Vec::new());
    };
    let verdicts = progress.phase("mistakes", || {
        let artifacts = Artifacts::build(&project.root)?;
        progress.expect(task.mutants.len());
        let verdicts = mutants::check(project, &artifacts, slug, |_| progress.advance(1))?;
        let said = format!("{} known wrong solutions tried", verdicts.len());
        Ok((verdicts, said))
    });
    let verdicts = verdicts.context("the task's wrong solutions cannot be tried")?;
    let known = task.mutants.iter().zip(verdicts).map(|(mutant, verdict)| {
        // What races fails for one and not for another who made the same mistake.
        let fails = verdict
            .failed
            .into_iter()
            .filter(|test| !task.races.contains(test))
            .collect();
        Known { mutant, fails }
    });
    Ok(known.collect())
}

/// Results by student.
type Results = BTreeMap<String, Graded>;
