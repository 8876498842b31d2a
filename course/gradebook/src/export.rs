//! `cargo course export`: results for the platform of a school.

use book::files;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::formats::lms;
use super::formats::{
    Format, classroom50, codegrade, exercism, github, gradescope, junit, names, nbgrader,
    prairielearn,
};
use super::mark::{LatePolicy, Lateness, Mark};
use super::roster::Roster;
use crate::Summary;
use crate::plan::Plan;
use grader::naming::NamePattern;
use grader::store;

/// The part of `--help` below the options.
pub const HELP: &str = "\
A format of one submission (gradescope, classroom50, github, prairielearn, codegrade, exercism) is written to a folder, a
file a student; with one result, or with --student, OUT is the file itself. A format of the whole class is one file.

canvas and moodle fill in the file that you have exported from there, --into FILE: only grades and, for Moodle, feedback
change, every other byte stays. A row is found by one column and exactly; who is not found is reported, and never guessed.

Ungraded submissions, where the grader could not do its work, are left out and reported: they are no zeros.

Exit code:
  0  everything is written
  2  something could not be: what was said, and nothing was written; or somebody is ungraded, and the others are written";

/// Options of `export`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExportOptions {
    /// The folder that `grade --out` or `merge --into` has written; for --similarity, that of the submissions
    pub results: PathBuf,
    /// The platform
    #[arg(
        long,
        value_enum,
        required_unless_present = "similarity",
        requires = "out"
    )]
    pub format: Option<Format>,
    /// The file or folder to write
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// In place of a format: where folders for JPlag or Dolos go, with the starter as base code
    #[arg(long, conflicts_with = "format", requires = "task")]
    pub similarity: Option<PathBuf>,
    /// For --similarity: the chapter's slug
    #[arg(long, requires = "similarity")]
    pub task: Option<String>,
    /// For --similarity: how the platform calls submissions, as for `grade`
    #[arg(long, requires = "similarity")]
    pub name: Option<NamePattern>,
    /// Marking of results
    #[command(flatten)]
    pub marking: MarkOptions,
    /// Only this student's
    #[arg(long)]
    pub student: Option<String>,
    /// The file that Canvas or Moodle has exported, to be filled in
    #[arg(long)]
    pub into: Option<PathBuf>,
    /// The assignment's column in the gradebook of Canvas, without its number
    #[arg(long)]
    pub column: Option<String>,
    /// The column that says who a row is about [Canvas: SIS Login ID, Moodle: Identifier]
    #[arg(long)]
    pub by: Option<String>,
}

/// Options of marking.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct MarkOptions {
    /// The assignment.toml of `assign`: weights, and when it was due
    #[arg(long)]
    pub assignment: Option<PathBuf>,
    /// A CSV with student_id, and any of name, email, group, submitted
    #[arg(long)]
    pub roster: Option<PathBuf>,
    /// The cost of lateness: told (nothing), zero, or a share of the points a day, such as 10%
    #[arg(long, default_value = "told")]
    pub late: LatePolicy,
}

/// The marks of a class, and what an instructor must know of them.
#[derive(Debug)]
pub struct Marks {
    /// A student each, sorted.
    pub marks: Vec<Mark>,
    /// The assignment.
    pub plan: Option<Plan>,
    /// Remarks for the instructor.
    pub notes: Vec<String>,
}

impl MarkOptions {
    /// Reads results, and marks them.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or the results are of a chapter that was not assigned.
    pub fn load(&self, results: &Path) -> Result<Marks> {
        let all = store::load(results)?;
        ensure!(!all.is_empty(), "{} has no results", results.display());
        let plan = self.assignment.as_deref().map(Plan::load).transpose()?;
        if let (Some(plan), Some(grade)) = (&plan, all.values().next()) {
            ensure!(
                plan.chapters.contains(&grade.task),
                "the results are of `{}`, and the assignment has {}",
                grade.task,
                plan.chapters.join(", ")
            );
        }
        let roster = self
            .roster
            .as_deref()
            .map(Roster::load)
            .transpose()?
            .unwrap_or_default();
        let (all, mut notes) = roster.apply(&all);
        let marks: Vec<Mark> = all
            .iter()
            .map(|grade| Mark::new(grade, plan.as_ref(), self.late))
            .collect();
        for mark in &marks {
            let student = &mark.grade.student;
            match mark.lateness {
                Lateness::Late(seconds) if mark.penalty == 0 => {
                    notes.push(format!("{} is {} late", student.id, super::mark::duration(seconds)));
                }
                Lateness::Marked if mark.penalty == 0 => notes.push(format!("{} is late", student.id)),
                Lateness::Unreadable => notes.push(format!(
                    "{}: `{}` is no time, so it is not known whether this is late: write it as 2027-02-01T17:00+01:00",
                    student.id, student.submitted
                )),
                _ => {}
            }
        }
        Ok(Marks { marks, plan, notes })
    }
}

/// Writes results in a format.
///
/// # Errors
///
/// If something needed is missing, or cannot be read or written.
pub fn export(options: &ExportOptions) -> Result<Summary> {
    let (Some(format), Some(out)) = (options.format, options.out.as_deref()) else {
        bail!("--format and --out are missing");
    };
    let Marks {
        mut marks,
        plan,
        mut notes,
    } = options.marking.load(&options.results)?;
    if let Some(student) = &options.student {
        marks.retain(|mark| mark.grade.student.id == *student);
        ensure!(
            !marks.is_empty(),
            "there is no result of `{student}` in {}",
            options.results.display()
        );
    }
    let ungraded: Vec<String> = marks
        .iter()
        .filter(|mark| !mark.grade.has_verdict())
        .map(|mark| mark.grade.student.id.clone())
        .collect();
    let message = match format.ending() {
        Some(ending) => {
            notes.extend(
                ungraded
                    .iter()
                    .map(|id| format!("{id} is ungraded, and left out")),
            );
            marks.retain(|mark| mark.grade.has_verdict());
            each(format, out, &marks, ending, &ungraded)?
        }
        None => class(options, format, out, &marks, plan.as_ref(), &mut notes)?,
    };
    Ok(Summary {
        message,
        notes,
        ungraded: ungraded.len(),
    })
}

fn each(
    format: Format,
    out: &Path,
    marks: &[Mark],
    ending: &str,
    ungraded: &[String],
) -> Result<String> {
    let environment: classroom50::Environment = classroom50::VARIABLES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    let document = |mark: &Mark| -> Result<String> {
        Ok(match format {
            Format::Gradescope => gradescope::render(mark),
            Format::Classroom50 => classroom50::render(mark, &environment)?,
            Format::Github => github::render(mark),
            Format::Prairielearn => prairielearn::render(mark),
            Format::Codegrade => codegrade::render(mark),
            Format::Exercism => exercism::render(mark),
            Format::Junit | Format::Nbgrader | Format::Canvas | Format::Moodle => {
                unreachable!("these are written for the whole class")
            }
        })
    };
    let mut files = BTreeMap::new();
    match (marks, ungraded) {
        ([], _) => bail!("nobody is graded: grade again, with --resume"),
        ([one], []) if out.extension().is_some() => {
            files.insert(out.to_owned(), document(one)?);
        }
        (all, _) => {
            let names = names(all.iter().map(|mark| mark.grade.student.id.as_str()));
            for mark in all {
                let id = mark.grade.student.id.as_str();
                let text = document(mark).with_context(|| format!("student {id}"))?;
                files.insert(out.join(format!("{}.{ending}", names[id])), text);
            }
        }
    }
    for (file, text) in &files {
        files::write(file, text.as_bytes())?;
    }
    Ok(match files.keys().collect::<Vec<_>>().as_slice() {
        [one] => format!("1 result in {}", one.display()),
        all => format!("{} results in {}", all.len(), out.display()),
    })
}

fn class(
    options: &ExportOptions,
    format: Format,
    out: &Path,
    marks: &[Mark],
    plan: Option<&Plan>,
    notes: &mut Vec<String>,
) -> Result<String> {
    let whole = |text: &str| -> Result<String> {
        files::write(out, text.as_bytes())?;
        Ok(format!("{} results in {}", marks.len(), out.display()))
    };
    let platform = match format {
        Format::Junit => return whole(&junit::render(marks)?),
        Format::Canvas => "Canvas",
        Format::Moodle => "Moodle",
        _ => return whole(&nbgrader::render(marks, plan)?),
    };
    let file = options.into.as_deref().with_context(|| {
        format!("--into FILE is missing: the file that {platform} has exported")
    })?;
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let text = String::from_utf8(bytes).ok().with_context(|| {
        format!(
            "{} is not UTF-8: export it again, as CSV in UTF-8",
            file.display()
        )
    })?;
    let by = options.by.as_deref();
    let update = if format == Format::Canvas {
        let column = options.column.as_deref().context(
            "--column NAME is missing: what the assignment is called in Canvas, such as \"Homework 1\"",
        )?;
        lms::canvas(&text, column, by, marks)
    } else {
        lms::moodle(&text, by, marks)
    };
    let update = update.with_context(|| file.display().to_string())?;
    notes.extend(update.notes);
    files::write(out, &update.bytes)?;
    let noun = if update.changed == 1 {
        "grade"
    } else {
        "grades"
    };
    let (changed, out) = (update.changed, out.display());
    Ok(format!("{changed} {noun} filled in: {out}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::samples::{grade, ungraded};
    use clap::Parser;
    use std::fs;
    use std::path::Path;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: ExportOptions,
    }

    fn exported(results: &Path, arguments: &[&str]) -> Result<Summary> {
        let results = results.to_str().unwrap();
        export(&Cli::try_parse_from([&["export", results], arguments].concat())?.options)
    }

    #[test]
    fn result_of_one_student_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("results");
        for grade in [grade("ann", 20), grade("bob", 10), ungraded("eve")] {
            store::save(&results, &grade, "").unwrap();
        }
        let out = folder.path().join("ann.json");
        let arguments = |student| {
            [
                "--format",
                "gradescope",
                "--student",
                student,
                "--out",
                out.to_str().unwrap(),
            ]
        };
        let message = exported(&results, &arguments("ann")).unwrap();
        assert_eq!((message.ungraded, message.notes), (0, Vec::new()));
        let one: serde_json::Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        assert_eq!(one["score"], 20);
        let error = exported(&results, &arguments("dan"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("there is no result of `dan` in "),
            "{error}"
        );
        // Without a verdict there is no file, but a note.
        fs::remove_file(&out).unwrap();
        let error = exported(&results, &arguments("eve"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            (error.as_str(), out.exists()),
            ("nobody is graded: grade again, with --resume", false)
        );
        // All of them: a file a student.
        let all = folder.path().join("all");
        let message = exported(
            &results,
            &["--format", "gradescope", "--out", all.to_str().unwrap()],
        )
        .unwrap();
        assert_eq!(
            (message.ungraded, message.notes),
            (1, vec!["eve is ungraded, and left out".to_owned()])
        );
        assert!(
            all.join("ann.json").exists()
                && all.join("bob.json").exists()
                && !all.join("eve.json").exists()
        );
    }
}
