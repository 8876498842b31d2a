//! What the grader owns of a task: sources, tests, groups, and which files it takes from a submission.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::evidence::files_below;
use crate::mutants::{needed, only};
use crate::nearest::or_nearest;
use crate::project::{Project, module};
use crate::task::{Group, Visibility};

/// Files by their path below the exercise's folder, with slashes.
pub type Tree = BTreeMap<String, Vec<u8>>;

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
}

impl Kit {
    /// What all groups together are worth.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.groups.iter().map(|group| group.points).sum()
    }

    /// The groups that students see, or those that they do not.
    pub fn groups_of(&self, visibility: Visibility) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.visibility == visibility)
    }

    /// A digest of all that decides a grade, but for the submission and the compiler.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut item = |bytes: &[u8]| {
            // Lengths keep "a" + "bc" apart from "ab" + "c".
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        item(super::RULES.as_bytes());
        item(format!("{}{:?}{:?}{}", self.slug, self.allowed, self.groups, self.allows_unsafe).as_bytes());
        for tree in [&self.owned, &self.starter] {
            for (path, content) in tree {
                item(path.as_bytes());
                item(content);
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// The task of a chapter: its modules and those that they need, and its tests.
///
/// # Errors
///
/// When there is no such chapter, it is a text and not a program, or a file is missing.
pub fn of_chapter(project: &Project, slug: &str) -> Result<Kit> {
    let Some(task) = project.tasks.get(slug) else {
        let known = project.tasks.keys().map(String::as_str);
        bail!("there is no chapter `{slug}`: {}", or_nearest(slug, known, "the book has no chapters"));
    };
    ensure!(
        !task.solution.files.is_empty(),
        "`{slug}` asks for a text, which nothing but a reader can grade"
    );
    let chapter = module(slug);
    let listings = project.root.join("listings");
    let mut solution = Tree::new();
    let modules = needed(project, &chapter);
    let mut files = vec![listings.join("src/lib.rs")];
    for module in &modules {
        files.push(listings.join("src").join(module).with_extension("rs"));
        files.extend(files_below(&listings.join("src").join(module)));
    }
    files.extend(files_below(&listings.join("tests").join(&chapter)));
    for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "rs") && file.is_file()) {
        let path =
            file.strip_prefix(&listings)?.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>();
        let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        solution.insert(path.join("/"), text.replace("\r\n", "\n").into_bytes());
    }
    let root = solution.get("src/lib.rs").context("listings/src/lib.rs is missing")?;
    let root = only(&modules, &String::from_utf8_lossy(root));
    solution.insert("src/lib.rs".to_owned(), root.into_bytes());
    let allowed: Vec<String> =
        task.solution.files.iter().map(|file| format!("src/{chapter}/{file}")).collect();
    if let Some(path) = allowed.iter().find(|path| !solution.contains_key(*path)) {
        bail!("listings/{path} is the student's to write, and is not there");
    }
    let mut owned = solution.clone();
    owned.retain(|path, _| !allowed.contains(path));
    Ok(Kit {
        slug: slug.to_owned(),
        title: task.title.clone(),
        owned,
        allowed,
        starter: Tree::new(),
        solution,
        tests: format!("tests/{chapter}/main.rs"),
        groups: task.groups.clone(),
        allows_unsafe: task.solution.allows_unsafe,
    })
}
