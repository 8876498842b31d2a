//! Exercises: starters, checks of a learner's code, hints, progress, and wrong solutions.
//!
//! In: a chapter's `task.toml`, its listings and tests; a learner's folder. Out: what is handed
//! out, what is kept back, and a verdict on what comes back.
//!
//! ```
//! use std::path::Path;
//!
//! use book::project::Project;
//! use exercise::Exercise;
//!
//! let project = Project::load(Path::new("../.."))?;
//! let exercise = Exercise::load(&project, "virtual-time")?;
//! let file = &exercise.allowed()[0];
//! assert!(exercise.starter().contains_key("README.md"));
//! assert_ne!(exercise.starter()[file], exercise.solution()[file]);
//! # anyhow::Ok(())
//! ```
//!
//! The solution in `listings/` is the only source. An exercise is the `listings` crate without what
//! the chapter does not need: the same names at the same paths, so that tests, wrong solutions and
//! learners' files fit it as they are.
//!
//! | [`Exercise`] gives | for |
//! |---|---|
//! | [`starter`](Exercise::starter) | learners: stubs in place of the solution, the public tests, README, hints |
//! | [`solution`](Exercise::solution) | the same with the solution, and with the hidden tests |
//! | [`owned`](Exercise::owned) and [`allowed`](Exercise::allowed) | graders: what is theirs, and what they take from a learner |
//!
//! Everything is deterministic: the same book gives the same bytes.

pub mod learner;
pub mod mutants;
pub mod new;
pub mod proposals;
pub mod workspace;

mod handout;
mod manifest;
pub(crate) mod prune;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use book::diagnostic::{Diagnostic, Diagnostics};
use book::nearest::or_nearest;
use book::project::{Project, module};
use book::regions::{self, Region};
use book::task::{Group, Task, Visibility};

/// Files by their path below the exercise's folder, with slashes.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// The file that a learner writes in a text exercise.
pub const TEXT: &str = "summary.md";

/// A chapter's task, ready to be handed out.
#[derive(Debug)]
pub struct Exercise {
    /// The chapter's slug.
    pub slug: String,
    /// The task.
    pub task: Task,
    /// The files that are the learner's: all that a grader takes from a submission.
    allowed: Vec<String>,
    /// The solution's regions, by file.
    regions: BTreeMap<String, Vec<Region>>,
    starter: Tree,
    solution: Tree,
}

impl Exercise {
    /// Makes the exercise of a chapter.
    ///
    /// # Errors
    ///
    /// When there is no such chapter, a file of it is missing, or its regions are not in order: see [`check`].
    pub fn load(project: &Project, slug: &str) -> Result<Self> {
        let Some(task) = project.tasks.get(slug) else {
            let known = project.tasks.keys().map(String::as_str);
            bail!(
                "there is no chapter `{slug}`: {}",
                or_nearest(slug, known, "the book has no chapters")
            );
        };
        if task.is_text() {
            return Self::of_text(project, slug, task);
        }
        let regions = regions_of(project, slug, task, Unmarked::Problem)
            .map_err(book::diagnostic::Unwell::from)?;
        let pruned = prune::prune(project, slug, task)?;
        let allowed: Vec<String> = task
            .solution
            .files
            .iter()
            .map(|file| format!("src/{}/{file}", module(slug)))
            .collect();
        let mut solution = Tree::new();
        let mut starter = Tree::new();
        for (path, text) in &pruned.sources {
            solution.insert(path.clone(), regions::plain(text).into_bytes());
            let text = match regions.get(path) {
                Some(regions) => {
                    regions::stubbed(text, regions, &task.solution.stubs, &BTreeSet::new())
                }
                None => regions::plain(text),
            };
            starter.insert(path.clone(), text.into_bytes());
        }
        // What a test includes is compared byte for byte, so it stays as it is.
        let owned = |(path, text): (&String, &String)| {
            let text = if path.starts_with("tests/") {
                regions::plain(text)
            } else {
                text.clone()
            };
            (path.clone(), text.into_bytes())
        };
        solution.extend(pruned.all_tests.iter().map(owned));
        starter.extend(pruned.public_tests.iter().map(owned));
        for (tree, tests) in [
            (&mut starter, &pruned.public_tests),
            (&mut solution, &pruned.all_tests),
        ] {
            let (manifest, lock) = manifest::build(project, slug, &pruned.sources, tests)?;
            tree.insert("Cargo.toml".to_owned(), manifest.into_bytes());
            tree.insert("Cargo.lock".to_owned(), lock.into_bytes());
        }
        for (path, text) in handout::files(project, slug, task) {
            starter.insert(path.clone(), text.clone().into_bytes());
            solution.insert(path, text.into_bytes());
        }
        Ok(Self {
            slug: slug.to_owned(),
            task: task.clone(),
            allowed,
            regions,
            starter,
            solution,
        })
    }

    fn of_text(project: &Project, slug: &str, task: &Task) -> Result<Self> {
        let template = book::proposals::TEMPLATE;
        let template = fs::read(project.root.join(template))
            .with_context(|| format!("{template} is missing"))?;
        let mut starter = Tree::from([(TEXT.to_owned(), template)]);
        starter.extend(
            handout::files(project, slug, task)
                .into_iter()
                .map(|(path, text)| (path, text.into_bytes())),
        );
        Ok(Self {
            slug: slug.to_owned(),
            task: task.clone(),
            allowed: vec![TEXT.to_owned()],
            regions: BTreeMap::new(),
            solution: starter.clone(),
            starter,
        })
    }

    /// The files that a learner starts from.
    #[must_use]
    pub fn starter(&self) -> &Tree {
        &self.starter
    }

    /// The same with the solution in place of the stubs, and with the hidden tests.
    #[must_use]
    pub fn solution(&self) -> &Tree {
        &self.solution
    }

    /// The starter with some regions of the solution in place of their stubs, and with the hidden tests.
    ///
    /// # Panics
    ///
    /// When the solution's files are no UTF-8, which [`Exercise::load`] has excluded.
    #[must_use]
    pub fn revealing(&self, project: &Project, revealed: &BTreeSet<String>) -> Tree {
        let mut tree = self.solution.clone();
        for (path, regions) in &self.regions {
            let text =
                fs::read_to_string(project.root.join("listings").join(path)).unwrap_or_default();
            let text =
                regions::stubbed(&lines(&text), regions, &self.task.solution.stubs, revealed);
            tree.insert(path.clone(), text.into_bytes());
        }
        tree
    }

    /// The message to a learner who has just started.
    #[must_use]
    pub fn welcome(&self, folder: &Path) -> String {
        let files = self.allowed.join("\n  ");
        let next = match (self.task.is_text(), folder == Path::new(&self.slug)) {
            (true, _) => format!(
                "cargo course check {} {}",
                self.slug,
                folder.join(TEXT).display()
            ),
            (false, true) => format!("cargo course check {}", self.slug),
            (false, false) => format!("cargo course check {} {}", self.slug, folder.display()),
        };
        format!(
            "{}: {} minutes, in {}\n\nYours to write:\n  {files}\n\nBegin with README.md. Then:\n  {next}",
            self.task.title,
            self.task.minutes,
            folder.display()
        )
    }

    /// The only files that a grader takes from a submission, with slashes, from the exercise's folder.
    #[must_use]
    pub fn allowed(&self) -> &[String] {
        &self.allowed
    }

    /// The grader's files: everything that a learner may not change, hidden tests, manifest and lock file included.
    #[must_use]
    pub fn owned(&self) -> Tree {
        let mut tree = self.solution.clone();
        tree.retain(|path, _| !self.allowed.contains(path));
        tree
    }

    /// The root file of the tests, from the exercise's folder; `None` for a text.
    #[must_use]
    pub fn tests(&self) -> Option<PathBuf> {
        (!self.task.is_text()).then(|| Path::new("tests").join(module(&self.slug)).join("main.rs"))
    }

    /// The group of a test, by its path as libtest prints it.
    #[must_use]
    pub fn group_of(&self, test: &str) -> Option<&Group> {
        let name = test.split("::").next()?;
        self.task.groups.iter().find(|group| group.name == name)
    }

    /// The groups that a learner sees.
    pub fn public_groups(&self) -> impl Iterator<Item = &Group> {
        self.task
            .groups
            .iter()
            .filter(|group| group.visibility == Visibility::Public)
    }

    /// A region of the solution, from the left margin.
    #[must_use]
    pub fn region(&self, name: &str) -> Option<String> {
        let region = self
            .regions
            .values()
            .flatten()
            .find(|region| region.name == name)?;
        let lines = region
            .text
            .lines()
            .map(|line| line.strip_prefix(&region.indent).unwrap_or(line));
        Some(lines.flat_map(|line| [line, "\n"]).collect())
    }

    /// Every line of the solution that a learner should write, by the file it is in.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.regions.iter().flat_map(|(path, regions)| {
            regions
                .iter()
                .flat_map(move |region| region.text.lines().map(move |line| (path.as_str(), line)))
        })
    }
}

/// Writes a tree into a folder that does not exist yet: aside first, then in one step, so that
/// there is all of it or none.
///
/// # Errors
///
/// When the folder exists, or cannot be written.
pub fn write(tree: &Tree, folder: &Path) -> Result<()> {
    if folder.exists() {
        bail!(
            "{} exists, and what is there is not touched: name another folder",
            folder.display()
        );
    }
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    let aside = tempfile::tempdir_in(parent)
        .with_context(|| format!("{} cannot be written", parent.display()))?;
    let fresh = aside.path().join("exercise");
    write_into(tree, &fresh)?;
    fs::rename(&fresh, folder).with_context(|| format!("{} cannot be made", folder.display()))
}

/// Writes a tree into a folder, over what is there.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_into(tree: &Tree, folder: &Path) -> Result<()> {
    for (path, bytes) in tree {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().context("a file has a folder")?)?;
        fs::write(&file, bytes).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

/// A text with `\n` at the end of its lines, on every platform.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Checks the regions of all chapters. One that has none yet is in order until somebody starts it.
pub fn check(project: &Project, problems: &mut Diagnostics) {
    for (slug, task) in project.tasks.iter().filter(|(_, task)| !task.is_text()) {
        if let Err(found) = regions_of(project, slug, task, Unmarked::Allowed) {
            problems.extend(found);
        }
    }
}

/// The rule for a learner's file in which nothing is marked as the solution.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unmarked {
    /// A chapter may be written before it is an exercise.
    Allowed,
    /// Nothing could be handed out.
    Problem,
}

/// The regions of a chapter's solution, by path from `listings/`.
fn regions_of(
    project: &Project,
    slug: &str,
    task: &Task,
    unmarked: Unmarked,
) -> Result<BTreeMap<String, Vec<Region>>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut found = BTreeMap::new();
    let task_file = Task::file(slug);
    let mut names = BTreeSet::new();
    for file in &task.solution.files {
        let path = format!("src/{}/{file}", module(slug));
        let shown = Path::new("listings").join(&path);
        let Ok(text) = fs::read_to_string(project.root.join(&shown)) else {
            let line = task.strings.line("solution.files", file);
            let what = format!(
                "`{}` is the learner's to write, and is not there",
                shown.display()
            );
            problems.push(
                Diagnostic::new(&task_file, line, what).help("name files in the chapter's folder"),
            );
            continue;
        };
        match regions::find(&shown, &lines(&text)) {
            Ok(regions) if regions.is_empty() && unmarked == Unmarked::Problem => {
                let what =
                    "this file is the learner's to write, and has no region that is the solution";
                let help = "put `// ANCHOR: solution_NAME` and `// ANCHOR_END: solution_NAME` around what the learner writes";
                problems.push(Diagnostic::new(&shown, 0, what).help(help));
            }
            Ok(regions) => {
                for region in &regions {
                    if !names.insert(region.name.clone()) {
                        let what =
                            format!("two regions of this chapter are called `{}`", region.name);
                        let help = "give each a name of its own: task.toml knows them by it";
                        problems.push(Diagnostic::new(&shown, region.line, what).help(help));
                    }
                }
                found.insert(path, regions);
            }
            Err(more) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let revealed = task
        .exercises
        .iter()
        .flat_map(|exercise| &exercise.hints)
        .flat_map(|hint| hint.reveals());
    let stubs = task.solution.stubs.iter().map(|(name, stub)| {
        let path = format!("solution.stubs.{name}");
        (name, "stub", task.strings.line(&path, stub))
    });
    let hints = revealed.map(|name| {
        let line = task.strings.line("exercise.hints.reveals", name);
        (name, "hint", line)
    });
    for (name, kind, line) in stubs.chain(hints).filter(|it| !names.contains(it.0)) {
        let what = format!("a {kind} names the region `{name}`, which the solution has not");
        let known = or_nearest(
            name,
            names.iter().map(String::as_str),
            "the solution has no regions",
        );
        problems.push(Diagnostic::new(&task_file, line, what).help(known));
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}
