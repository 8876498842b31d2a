//! What the grader owns of a task: sources, tests, groups, and which files it takes from a submission.

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
    /// What a reader calls it.
    pub title: String,
    /// The grader's own files: everything but what a student writes, hidden tests included.
    pub owned: Tree,
    /// The only files that are taken from a submission.
    pub allowed: Vec<String>,
    /// What a student starts from, and what stands for a file that was not handed in; may be empty.
    pub starter: Tree,
    /// What gets full marks: the grader tries it before anybody else's.
    pub solution: Tree,
    /// The file of the tests' root, such as `tests/scope/main.rs`.
    pub tests: String,
    /// Groups of tests, each a module below the root.
    pub groups: Vec<Group>,
    /// Whether a student may write `unsafe`.
    pub allows_unsafe: bool,
    /// What a test may use, where it is other than usual.
    pub limits: Limits,
}

impl Kit {
    /// What all groups together are worth.
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
    pub fn limits_over(&self, usual: sandbox::Limits) -> sandbox::Limits {
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
        let mut hasher = blake3::Hasher::new();
        let mut item = |bytes: &[u8]| {
            // Lengths keep "a" + "bc" apart from "ab" + "c".
            hasher
                .update(&(bytes.len() as u64).to_le_bytes())
                .update(bytes);
        };
        item(super::RULES.as_bytes());
        let Self {
            slug,
            allowed,
            groups,
            allows_unsafe,
            limits,
            ..
        } = self;
        item(format!("{slug}{allowed:?}{groups:?}{allows_unsafe}{limits:?}").as_bytes());
        for tree in [&self.owned, &self.starter] {
            for (path, content) in tree {
                item(path.as_bytes());
                item(content);
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// The task of a chapter, from its exercise.
///
/// # Errors
///
/// When there is no such chapter, it asks for a text and not for a program, or its exercise cannot be made.
pub fn of_chapter(project: &Project, slug: &str) -> Result<Kit> {
    let exercise = Exercise::of(project, slug)?;
    let tests = exercise.tests();
    let tests = tests.with_context(|| {
        format!("`{slug}` asks for a text, which nothing but a reader can grade")
    })?;
    Ok(Kit {
        slug: slug.to_owned(),
        title: exercise.task.title.clone(),
        owned: exercise.owned(),
        allowed: exercise.allowed().to_vec(),
        starter: exercise.starter().clone(),
        solution: exercise.solution().clone(),
        tests: tests
            .iter()
            .map(|part| part.to_string_lossy())
            .collect::<Vec<_>>()
            .join("/"),
        groups: exercise.task.groups.clone(),
        allows_unsafe: exercise.task.solution.allows_unsafe,
        limits: exercise.task.limits,
    })
}
