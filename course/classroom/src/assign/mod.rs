//! `cargo course assign`: chapters as an assignment, in one folder for students and one that they must not get.
//!
//! ```text
//! OUT/for-students/handout.html       prints well, needs nothing else
//! OUT/for-students/handout.md         the same
//! OUT/for-students/CHAPTER/           the starter
//! OUT/for-instructors/rubric.md       what earns which points
//! OUT/for-instructors/rubric.csv      the same, a line a group
//! OUT/for-instructors/assignment.toml what was asked for: `cargo course export --assignment` reads it
//! OUT/for-instructors/CHAPTER/        the solution, with all tests
//! OUT/for-instructors/SHA256SUMS      the digest of every other file of OUT
//! ```
//!
//! The same book and the same options give the same bytes.

mod gradescope;
mod handout;
mod place;
mod rubric;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::{ensure_chapter, points};
use book::project::Project;
use exercise::{Exercise, Tree, workspace};
use gradebook::due::LocalTime;
use gradebook::paper;
use gradebook::plan::Plan;
use gradebook::weights::Weights;

/// The folder for students.
pub const STUDENTS: &str = "for-students";
/// The folder with what students must not get.
pub const INSTRUCTORS: &str = "for-instructors";

/// The part of `--help` below the options.
pub const HELP: &str = "\
OUT/for-students     handout (HTML and Markdown) and a starter a chapter: give them away
OUT/for-instructors  rubric, solutions, hidden tests, and SHA256SUMS of everything: keep them

An OUT that exists is refused. With --force, what an earlier `assign` wrote there is replaced; files that it did not
write, or that have changed since, are never touched, and are named.

Exit code:
  0  the assignment is there
  1  the book is not in order: `cargo course verify` says the same
  2  a fault of use; nothing was written";

/// Options of `assign`.
#[derive(Debug, Clone, clap::Args)]
pub struct AssignOptions {
    /// The chapters' slugs
    #[arg(required = true)]
    pub chapters: Vec<String>,
    /// The folder to make, which does not exist yet
    #[arg(long)]
    pub out: PathBuf,
    /// The deadline, with the offset from UTC: 2027-02-01T17:00+01:00
    #[arg(long)]
    pub due: Option<LocalTime>,
    /// The weights of the parts: core=2,bonus=1,stretch=0
    #[arg(long, default_value_t)]
    pub weights: Weights,
    /// One workspace of starters, which is compiled together
    #[arg(long)]
    pub workspace: bool,
    /// Make an autograder as well
    #[arg(long, value_enum)]
    pub format: Option<Autograder>,
    /// Replace what an earlier `assign` wrote to the same folder
    #[arg(long)]
    pub force: bool,
}

/// A platform that runs graders itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Autograder {
    /// autograder.zip, a chapter
    Gradescope,
}

/// Chapters as they are assigned.
struct Assignment<'a> {
    options: &'a AssignOptions,
    exercises: &'a [Exercise],
    /// Titles of all chapters, by slug.
    titles: BTreeMap<&'a str, &'a str>,
}

impl Assignment<'_> {
    fn plan(&self) -> Plan {
        let AssignOptions {
            chapters,
            due,
            weights,
            ..
        } = self.options;
        Plan::new(self.title(), chapters.clone(), *due, *weights)
    }

    fn title(&self) -> String {
        match self.exercises {
            [one] => one.task.title.clone(),
            several => format!("{} exercises", several.len()),
        }
    }

    fn points(&self) -> u32 {
        self.exercises.iter().map(points).sum()
    }
}

/// A count with its noun: `1 point`, `2 points`.
fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

/// Writes an assignment, and returns a message for its instructor.
///
/// # Errors
///
/// If a chapter is unknown or named twice, one starter would give away another's solution, the book is not in order, or
/// there are files in the way. Nothing is written then.
pub fn assign(root: &Path, options: &AssignOptions) -> Result<String> {
    let mut project = Project::load(root)?;
    for (at, slug) in options.chapters.iter().enumerate() {
        ensure_chapter(&project, slug)?;
        ensure!(
            !options.chapters[..at].contains(slug),
            "chapter `{slug}` is named twice: once is enough"
        );
    }
    // From here on everything sees the weighted points: the starters' README too.
    for task in project.tasks.values_mut() {
        options.weights.apply(task)?;
    }
    let exercises = options
        .chapters
        .iter()
        .map(|slug| Exercise::load(&project, slug))
        .collect::<Result<Vec<_>>>()?;
    refuse_leaks(&exercises)?;
    let titles = project
        .tasks
        .iter()
        .map(|(slug, task)| (slug.as_str(), task.title.as_str()))
        .collect();
    let assignment = Assignment {
        options,
        exercises: &exercises,
        titles,
    };
    let tree = tree(&project, &assignment)?;
    place::write_assignment(&tree, &options.out, options.force)?;
    Ok(summary(&assignment))
}

/// Refuses chapters that build on another one's solution: they cannot be handed out together.
fn refuse_leaks(exercises: &[Exercise]) -> Result<()> {
    for secret in exercises {
        for other in exercises.iter().filter(|other| other.slug != secret.slug) {
            if let Some(path) = secret
                .allowed()
                .iter()
                .find(|path| other.starter().contains_key(*path))
            {
                bail!(
                    "`{}` builds on the solution of `{}`, and its starter has {path}: assign `{1}` first, and `{0}` when \
                     it has been handed in",
                    other.slug,
                    secret.slug
                );
            }
        }
    }
    Ok(())
}

/// All files of an assignment, from its folder.
fn tree(project: &Project, assignment: &Assignment<'_>) -> Result<Tree> {
    let mut tree = Tree::new();
    let text = handout::markdown(assignment);
    let html = paper::page(&format!("Assignment: {}", assignment.title()), &text);
    tree.insert(format!("{STUDENTS}/handout.html"), html.into_bytes());
    tree.insert(format!("{STUDENTS}/handout.md"), text.into_bytes());
    if assignment.options.workspace {
        let workspace = workspace::build(project, assignment.exercises)?;
        tree.extend(prefixed(&format!("{STUDENTS}/exercises"), &workspace));
    }
    for exercise in assignment.exercises {
        if !assignment.options.workspace {
            tree.extend(prefixed(
                &format!("{STUDENTS}/{}", exercise.slug),
                exercise.starter(),
            ));
        }
        if !exercise.task.is_text() {
            tree.extend(prefixed(
                &format!("{INSTRUCTORS}/{}", exercise.slug),
                exercise.solution(),
            ));
        }
        if assignment.options.format == Some(Autograder::Gradescope) {
            ensure!(
                !exercise.task.is_text(),
                "`{}` asks for a text, which no autograder can grade: leave it out",
                exercise.slug
            );
            let zip = gradescope::autograder(&project.root, &exercise.slug, &assignment.plan())?;
            tree.insert(
                format!("{INSTRUCTORS}/gradescope/{}.zip", exercise.slug),
                zip,
            );
        }
    }
    tree.insert(
        format!("{INSTRUCTORS}/rubric.md"),
        rubric::markdown(assignment).into_bytes(),
    );
    tree.insert(
        format!("{INSTRUCTORS}/rubric.csv"),
        rubric::csv(assignment)?,
    );
    tree.insert(
        format!("{INSTRUCTORS}/assignment.toml"),
        assignment.plan().text()?.into_bytes(),
    );
    Ok(tree)
}

fn prefixed(folder: &str, tree: &Tree) -> Tree {
    tree.iter()
        .map(|(path, bytes)| (format!("{folder}/{path}"), bytes.clone()))
        .collect()
}

fn summary(assignment: &Assignment<'_>) -> String {
    let out = assignment.options.out.display();
    let mut message = plural(assignment.exercises.len(), "chapter");
    match assignment.points() {
        0 => {}
        points => drop(write!(message, ", {}", plural(points as usize, "point"))),
    }
    if let Some(due) = &assignment.options.due {
        let _ = write!(message, ", due {due}");
    }
    let first = assignment
        .exercises
        .iter()
        .find(|exercise| !exercise.task.is_text());
    let _ = write!(
        message,
        "\n\nFor students:     {out}/{STUDENTS}\nFor instructors:  {out}/{INSTRUCTORS}, which has the solutions\n\
         Unchanged?        cd {out} && sha256sum --check {INSTRUCTORS}/SHA256SUMS"
    );
    if let Some(exercise) = first {
        let _ = write!(
            message,
            "\nLater, to grade:  cargo course grade SUBMISSIONS --task {} --out RESULTS",
            exercise.slug
        );
    }
    message
}
