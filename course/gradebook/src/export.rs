//! `cargo course export`: results to the platform that the school has.

use book::files;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::formats::lms::{self, Merged};
use super::formats::{
    Format, classroom50, codegrade, exercism, github, gradescope, junit, names, nbgrader,
    prairielearn,
};
use super::mark::{Lateness, Mark, Policy};
use super::roster::Roster;
use crate::plan::Plan;
use grader::naming::Naming;
use grader::store;

/// What `--help` adds.
pub const HELP: &str = "\
A format of one submission (gradescope, classroom50, github, prairielearn, codegrade, exercism) is written to a folder, a
file a student; with one result, or with --student, OUT is the file itself. A format of the whole class is one file.

canvas and moodle fill in the file that you have exported from there, --into FILE: only grades and, for Moodle, feedback
change, every other byte stays. A row is found by one column and exactly; who is not found is told, and never guessed.

Ungraded submissions, where the grader could not do its work, are left out and told: they are no zeros.

Exit code:
  0  everything is written
  2  something could not be: what was said, and nothing was written; or somebody is ungraded, and the others are written";

/// What to export.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The folder that `grade --out` or `merge --into` has written; for --similarity, that of the submissions
    pub results: PathBuf,
    /// For whom
    #[arg(
        long,
        value_enum,
        required_unless_present = "similarity",
        requires = "out"
    )]
    pub format: Option<Format>,
    /// Where it goes
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
    pub name: Option<Naming>,
    /// How results become marks
    #[command(flatten)]
    pub marking: Marking,
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

/// How results become marks.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Marking {
    /// The assignment.toml of `assign`: weights, and when it was due
    #[arg(long)]
    pub assignment: Option<PathBuf>,
    /// A CSV with student_id, and any of name, email, group, submitted
    #[arg(long)]
    pub roster: Option<PathBuf>,
    /// What lateness costs: told (nothing), zero, or a share of the points a day, such as 10%
    #[arg(long, default_value = "told")]
    pub late: Policy,
}

/// The marks of a class, and what an instructor must know of them.
#[derive(Debug)]
pub struct Marks {
    /// A student each, sorted.
    pub marks: Vec<Mark>,
    /// What was asked for.
    pub plan: Option<Plan>,
    /// What must be told.
    pub notes: Vec<String>,
}

impl Marking {
    /// Reads results, and marks them.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or the results are of a chapter that was not assigned.
    pub fn read(&self, results: &Path) -> Result<Marks> {
        let all = store::read(results)?;
        ensure!(!all.is_empty(), "{} has no results", results.display());
        let plan = self.assignment.as_deref().map(Plan::read).transpose()?;
        if let (Some(plan), Some(graded)) = (&plan, all.values().next()) {
            ensure!(
                plan.chapters.contains(&graded.task),
                "the results are of `{}`, and the assignment has {}",
                graded.task,
                plan.chapters.join(", ")
            );
        }
        let roster = self
            .roster
            .as_deref()
            .map(Roster::read)
            .transpose()?
            .unwrap_or_default();
        let (all, mut notes) = roster.apply(&all);
        let marks: Vec<Mark> = all
            .iter()
            .map(|graded| Mark::of(graded, plan.as_ref(), self.late))
            .collect();
        for mark in &marks {
            let student = &mark.graded.student;
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

/// What came of an export.
#[derive(Debug)]
pub struct Exported {
    /// What was written.
    pub said: String,
    /// What must be told.
    pub notes: Vec<String>,
    /// How many have no verdict.
    pub ungraded: usize,
}

/// Writes results in a format.
///
/// # Errors
///
/// When something needed is missing, or cannot be read or written.
pub fn export(options: &Options) -> Result<Exported> {
    let (Some(format), Some(out)) = (options.format, options.out.as_deref()) else {
        bail!("--format and --out are missing");
    };
    let Marks {
        mut marks,
        plan,
        mut notes,
    } = options.marking.read(&options.results)?;
    if let Some(student) = &options.student {
        marks.retain(|mark| mark.graded.student.id == *student);
        ensure!(
            !marks.is_empty(),
            "there is no result of `{student}` in {}",
            options.results.display()
        );
    }
    let ungraded: Vec<String> = marks
        .iter()
        .filter(|mark| !mark.graded.has_verdict())
        .map(|mark| mark.graded.student.id.clone())
        .collect();
    let said = match format.ending() {
        Some(ending) => {
            notes.extend(
                ungraded
                    .iter()
                    .map(|id| format!("{id} is ungraded, and left out")),
            );
            marks.retain(|mark| mark.graded.has_verdict());
            each(format, out, &marks, ending, &ungraded)?
        }
        None => class(options, format, out, &marks, plan.as_ref(), &mut notes)?,
    };
    Ok(Exported {
        said,
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
    let document = |mark: &Mark| match format {
        Format::Gradescope => gradescope::of(mark),
        Format::Classroom50 => classroom50::of(mark, &environment),
        Format::Github => github::of(mark),
        Format::Prairielearn => prairielearn::of(mark),
        Format::Codegrade => codegrade::of(mark),
        Format::Exercism => exercism::of(mark),
        Format::Junit | Format::Nbgrader | Format::Canvas | Format::Moodle => {
            unreachable!("these are written for the whole class")
        }
    };
    let mut files = BTreeMap::new();
    match (marks, ungraded) {
        ([], _) => bail!("nobody is graded: grade again, with --resume"),
        ([one], []) if out.extension().is_some() => {
            files.insert(out.to_owned(), document(one)?);
        }
        (all, _) => {
            let names = names(all.iter().map(|mark| mark.graded.student.id.as_str()));
            for mark in all {
                let id = mark.graded.student.id.as_str();
                let file = out.join(format!("{}.{ending}", names[id]));
                files.insert(
                    file,
                    document(mark).with_context(|| format!("student {id}"))?,
                );
            }
        }
    }
    for (file, bytes) in &files {
        files::write(file, bytes)?;
    }
    Ok(match files.len() {
        1 => format!(
            "1 result in {}",
            files
                .keys()
                .next()
                .map_or_else(|| out.display(), |file| file.display())
        ),
        count => format!("{count} results in {}", out.display()),
    })
}

fn class(
    options: &Options,
    format: Format,
    out: &Path,
    marks: &[Mark],
    plan: Option<&Plan>,
    notes: &mut Vec<String>,
) -> Result<String> {
    let into = || -> Result<(String, &Path)> {
        let name = if format == Format::Canvas {
            "Canvas"
        } else {
            "Moodle"
        };
        let file = options.into.as_deref().with_context(|| {
            format!("--into FILE is missing: the file that {name} has exported")
        })?;
        let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let text = String::from_utf8(bytes).ok().with_context(|| {
            format!(
                "{} is not UTF-8: export it again, as CSV in UTF-8",
                file.display()
            )
        })?;
        Ok((text, file))
    };
    let merged =
        |merged: Result<Merged>, file: &Path| merged.with_context(|| file.display().to_string());
    let by = options.by.as_deref();
    let merged = match format {
        Format::Junit => {
            files::write(out, &junit::of(marks)?)?;
            return Ok(format!("{} results in {}", marks.len(), out.display()));
        }
        Format::Canvas => {
            let (text, file) = into()?;
            let column = options.column.as_deref().context(
                "--column NAME is missing: what the assignment is called in Canvas, such as \"Homework 1\"",
            )?;
            merged(lms::canvas(&text, column, by, marks), file)?
        }
        Format::Moodle => {
            let (text, file) = into()?;
            merged(lms::moodle(&text, by, marks), file)?
        }
        _ => {
            files::write(out, &nbgrader::of(marks, plan)?)?;
            return Ok(format!("{} results in {}", marks.len(), out.display()));
        }
    };
    notes.extend(merged.notes);
    files::write(out, &merged.bytes)?;
    let mut said = String::new();
    let cells = if merged.changed == 1 {
        "grade"
    } else {
        "grades"
    };
    let _ = write!(
        said,
        "{} {cells} filled in: {}",
        merged.changed,
        out.display()
    );
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::samples::{graded, ungraded};
    use clap::Parser;
    use std::fs;
    use std::path::Path;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn exported(results: &Path, arguments: &[&str]) -> Result<Exported> {
        let results = results.to_str().unwrap();
        export(&Cli::try_parse_from([&["export", results], arguments].concat())?.options)
    }

    #[test]
    fn result_of_one_student_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("results");
        for graded in [graded("ann", 20), graded("bob", 10), ungraded("eve")] {
            store::keep(&results, &graded, "").unwrap();
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
        let said = exported(&results, &arguments("ann")).unwrap();
        assert_eq!((said.ungraded, said.notes), (0, Vec::new()));
        let one: serde_json::Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        assert_eq!(one["score"], 20);
        let error = exported(&results, &arguments("dan"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("there is no result of `dan` in "),
            "{error}"
        );
        // Who has no verdict has no file, and is told.
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
        let said = exported(
            &results,
            &["--format", "gradescope", "--out", all.to_str().unwrap()],
        )
        .unwrap();
        assert_eq!(
            (said.ungraded, said.notes),
            (1, vec!["eve is ungraded, and left out".to_owned()])
        );
        assert!(
            all.join("ann.json").exists()
                && all.join("bob.json").exists()
                && !all.join("eve.json").exists()
        );
    }
}
