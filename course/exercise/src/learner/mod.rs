//! A learner's side: `cargo course check` and `cargo course progress`.
//!
//! | module | concern |
//! |---|---|
//! | [`code`] | compiles a learner's code beside the book's tests, and runs them |
//! | [`command`] | the command: once, or whenever a file is saved |
//! | [`text`] | the one exercise that is a text |
//! | [`words`] | what compiler and tests say, in a learner's words |
//! | [`report`] | all of it as text and as JSON |
//! | [`progress`] | what is remembered, and where |
//!
//! Nothing is said about hidden tests, since nothing is known of them.

pub mod code;
pub mod command;
pub mod progress;
pub mod report;
pub mod text;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::{Exercise, TEXT};
use book::project::Project;
use book::task::Part;
use code::{Assessment, Stage};
use progress::{Progress, Store};
use toolchain::cargo::Artifacts;

/// Options of a check.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The chapter's slug.
    pub chapter: String,
    /// The exercise's folder, or the file of a text.
    pub path: Option<PathBuf>,
    /// True if to give the next hint.
    pub hint: bool,
    /// The seed of tests that draw their cases.
    pub seed: Option<u64>,
}

/// An exercise, ready to be checked more than once.
#[derive(Debug)]
pub struct Desk {
    /// The book's part of it.
    pub exercise: Exercise,
    /// The folder of the learner's part.
    pub folder: PathBuf,
    scratch: PathBuf,
    artifacts: Artifacts,
    store: Store,
}

/// A hint that was given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GivenHint {
    /// The exercise it is for.
    pub exercise: String,
    /// Its number, from 1.
    pub number: usize,
    /// The number of hints.
    pub of: usize,
    /// The words, in Markdown.
    pub says: String,
    /// The lines of the solution that it reveals, each under the name of its `todo!`.
    pub reveals: Vec<(String, String)>,
}

/// A check, and what goes with it.
#[derive(Debug)]
pub struct Checked {
    /// The result.
    pub assessment: Assessment,
    /// The hint that was asked for, or why there is none.
    pub hint: Option<Result<GivenHint, String>>,
    /// Warnings about progress that could not be read or saved.
    pub warnings: Vec<String>,
}

impl Desk {
    /// Finds the exercise, and builds what its tests need.
    ///
    /// # Errors
    ///
    /// When there is no such chapter or no such folder, or the book does not compile.
    pub fn open(project: &Project, options: &Options, store: Store) -> Result<Self> {
        let exercise = Exercise::load(project, &options.chapter)?;
        let folder = folder(&exercise, options.path.as_deref(), &store)?;
        let artifacts = Artifacts::for_exercises(&project.root)?;
        let scratch = project.scratch().join("check").join(&exercise.slug);
        Ok(Self {
            exercise,
            folder,
            scratch,
            artifacts,
            store,
        })
    }

    /// Checks what the learner has written by now, and remembers it.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, or compiler and tests cannot be started.
    pub fn check(&self, options: &Options) -> Result<Checked> {
        let mut warnings = Vec::new();
        let before = match self.store.read() {
            Ok(read) => {
                warnings.extend(read.warning);
                read.progress
                    .chapters
                    .get(&self.exercise.slug)
                    .cloned()
                    .unwrap_or_default()
            }
            Err(error) => {
                warnings.push(format!("progress is not kept: {error:#}"));
                progress::Chapter::default()
            }
        };
        let seed = options.seed.or(before.seed).unwrap_or_else(any_seed);
        let assessment = code::judge(
            &self.exercise,
            &self.artifacts,
            &self.folder,
            &self.scratch,
            seed,
        )?;
        let hint = options
            .hint
            .then(|| hint(&self.exercise, &assessment.stage, &before.hints));
        let remembered = self
            .store
            .change(|progress| self.remember(progress, &assessment, hint.as_ref()));
        match remembered {
            Ok(warning) => warnings.extend(warning),
            // Said once is enough.
            Err(_) if !warnings.is_empty() => {}
            Err(error) => warnings.push(format!("progress is not kept: {error:#}")),
        }
        Ok(Checked {
            assessment,
            hint,
            warnings,
        })
    }

    fn remember(
        &self,
        progress: &mut Progress,
        assessment: &Assessment,
        hint: Option<&Result<GivenHint, String>>,
    ) {
        let chapter = progress
            .chapters
            .entry(self.exercise.slug.clone())
            .or_default();
        chapter.folder = std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
        chapter.checks += 1;
        if let Some(Ok(given)) = hint {
            chapter.hints.insert(given.exercise.clone(), given.number);
        }
        if let Stage::Ran { groups, first } = &assessment.stage {
            chapter.passed = groups
                .iter()
                .filter(|group| group.passed())
                .map(|group| group.name.clone())
                .collect();
            chapter.done |= first.is_none();
            chapter.seed = first
                .as_ref()
                .filter(|first| first.seeded)
                .map(|_| assessment.seed);
        }
    }
}

/// Remembers that an exercise was laid out.
///
/// # Errors
///
/// As [`Store::change`].
pub fn started(store: &Store, slug: &str, folder: &Path) -> Result<Option<String>> {
    store.change(|progress| {
        let chapter = progress.chapters.entry(slug.to_owned()).or_default();
        chapter.folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    })
}

/// The folder of the learner's files: the folder that is named, the one we are in, the one named like
/// the chapter, or the one that was used before.
fn folder(exercise: &Exercise, named: Option<&Path>, store: &Store) -> Result<PathBuf> {
    let file = exercise.allowed().first().map_or(TEXT, String::as_str);
    let has = |folder: &Path| folder.join(file).is_file();
    let slug = &exercise.slug;
    if let Some(folder) = named {
        ensure!(
            has(folder),
            "{} has no {file}: name the folder that `cargo course start {slug}` has made",
            folder.display()
        );
        return Ok(folder.to_owned());
    }
    let here = [PathBuf::from("."), PathBuf::from(slug)];
    if let Some(folder) = here.into_iter().find(|folder| has(folder)) {
        return Ok(folder);
    }
    let remembered = store
        .read()
        .ok()
        .and_then(|read| Some(read.progress.chapters.get(slug)?.folder.clone()));
    remembered.filter(|folder| has(folder)).with_context(|| {
        format!(
            "no exercise of `{slug}` is here: `cargo course start {slug}` lays one out, and \
             `cargo course check {slug} DIR` checks one in another place"
        )
    })
}

/// The next hint for code: of the part of the first test that fails.
fn hint(
    exercise: &Exercise,
    stage: &Stage,
    taken: &BTreeMap<String, usize>,
) -> Result<GivenHint, String> {
    match stage {
        Stage::Ran { groups, .. } => {
            let failing = groups.iter().find(|group| !group.failed.is_empty());
            let failing =
                failing.ok_or("There is nothing to hint at: every public test passes.")?;
            next_hint(exercise, failing.part, taken)
        }
        Stage::DoesNotCompile(_) | Stage::Refused(_) => {
            Err("First let it compile. No hint was spent.".to_owned())
        }
    }
}

/// The next hint for a part.
fn next_hint(
    exercise: &Exercise,
    part: Part,
    taken: &BTreeMap<String, usize>,
) -> Result<GivenHint, String> {
    let own = exercise.task.exercises.iter().filter(|it| it.part == part);
    let mut next = own.filter_map(|it| {
        let number = taken.get(&it.title).copied().unwrap_or(0);
        Some((it, number, it.hints.get(number)?))
    });
    let (it, number, hint) = next.next().ok_or_else(|| no_more(exercise, part))?;
    let reveals = hint
        .reveals()
        .iter()
        .map(|name| (name.clone(), exercise.region(name).unwrap_or_default()));
    Ok(GivenHint {
        exercise: it.title.clone(),
        number: number + 1,
        of: it.hints.len(),
        says: hint.says().trim().to_owned(),
        reveals: reveals.collect(),
    })
}

fn no_more(exercise: &Exercise, part: Part) -> String {
    format!(
        "There are no more hints for the {} part. The chapter's page has the rest: src/{}.md.",
        part.name().to_lowercase(),
        exercise.slug
    )
}

/// A seed that nobody has chosen, short enough to be typed.
fn any_seed() -> u64 {
    RandomState::new().build_hasher().finish() % 1_000_000
}

/// Forgets a chapter of which something was kept; otherwise says which there are.
///
/// # Errors
///
/// As [`Store::change`], and when nothing was kept of the chapter.
pub fn reset(store: &Store, chapter: &str) -> Result<String> {
    if store.reset(chapter)? {
        return Ok(format!(
            "{chapter}: forgotten, hints included. Your files are as they were."
        ));
    }
    let known: BTreeSet<String> = store.read()?.progress.chapters.into_keys().collect();
    if known.is_empty() {
        bail!("nothing is kept of `{chapter}`, nor of any other chapter");
    }
    bail!(
        "nothing is kept of `{chapter}`, only of {}",
        known.into_iter().collect::<Vec<_>>().join(", ")
    )
}
