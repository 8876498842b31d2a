//! The grader's own copy of a task: sources, tests, groups, and the names of the files that students write.

use anyhow::{Context, Result};

use book::project::Project;
use book::task::{Group, Limits, Visibility};
use exercise::Exercise;
pub use exercise::Tree;

/// A task, as the grader needs it.
#[derive(Debug, Clone)]
pub struct Kit {
    /// The task's name: a chapter's slug.
    pub slug: String,
    /// The task's title.
    pub title: String,
    /// The grader's own files: everything but what a student writes, hidden tests included.
    pub owned: Tree,
    /// The only files that are taken from a submission.
    pub allowed: Vec<String>,
    /// The files that students start from, used also for a file that is missing; may be empty.
    pub starter: Tree,
    /// The solution, which the grader tries first and which must get full marks.
    pub solution: Tree,
    /// The file of the tests' root, such as `tests/scope/main.rs`.
    pub tests: String,
    /// Groups of tests, each a module below the root.
    pub groups: Vec<Group>,
    /// True if students may write `unsafe`.
    pub allows_unsafe: bool,
    /// Limits of a test that are not the usual ones.
    pub limits: Limits,
}

impl Kit {
    /// The points of all groups together.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.groups.iter().map(|group| group.points).sum()
    }

    /// The groups that students see, or those that they do not.
    pub fn groups_of(&self, visibility: Visibility) -> impl Iterator<Item = &Group> {
        self.groups
            .iter()
            .filter(move |group| group.visibility == visibility)
    }

    /// The limits of one test: the usual ones, except where the task says otherwise.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn limits_with(&self, usual: sandbox::Limits) -> sandbox::Limits {
        sandbox::Limits {
            cpu: self.limits.cpu_seconds.unwrap_or(usual.cpu),
            memory: self.limits.memory_mib.map_or(usual.memory, |mib| mib << 20),
            processes: self.limits.processes.unwrap_or(usual.processes),
            ..usual
        }
    }

    /// A digest of all that decides a grade, but for the submission and the compiler.
    #[must_use]
    pub fn digest(&self) -> String {
        let Self {
            slug,
            allowed,
            groups,
            allows_unsafe,
            limits,
            ..
        } = self;
        let rules = format!("{slug}{allowed:?}{groups:?}{allows_unsafe}{limits:?}");
        let trees = self.owned.iter().chain(&self.starter);
        let files = trees.flat_map(|(path, content)| [path.as_bytes(), content]);
        let head = [super::RULES.as_bytes(), rules.as_bytes()];
        super::digest(head.into_iter().chain(files))
    }

    /// Makes the task of a chapter's exercise.
    ///
    /// # Errors
    ///
    /// If there is no such chapter, it asks for a text and not for a program, or its exercise cannot be made.
    pub fn from_chapter(project: &Project, slug: &str) -> Result<Self> {
        let exercise = Exercise::load(project, slug)?;
        let tests = exercise.tests().with_context(|| {
            format!("`{slug}` asks for a text, which nothing but a reader can grade")
        })?;
        let tests: Vec<_> = tests.iter().map(|part| part.to_string_lossy()).collect();
        Ok(Self {
            slug: slug.to_owned(),
            title: exercise.task.title.clone(),
            owned: exercise.owned(),
            allowed: exercise.allowed().to_vec(),
            starter: exercise.starter().clone(),
            solution: exercise.solution().clone(),
            tests: tests.join("/"),
            groups: exercise.task.groups.clone(),
            allows_unsafe: exercise.task.solution.allows_unsafe,
            limits: exercise.task.limits,
        })
    }
}
