//! A learner's code: compiled beside the book's own tests, and run.
//!
//! Only the files that are the learner's are taken from the folder; everything else is the book's,
//! as it is now. So an exercise that was begun before an update is checked against the tests of
//! today, and tests that somebody has edited do not count. Nothing is downloaded: what tests need
//! was built with the book.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::words::{self, CompileError, Failure, Place};
use crate::{Exercise, Tree, write_into};
use book::diagnostic::unreadable;
use book::task::{Part, Visibility};
use toolchain::cargo::Artifacts;
use toolchain::source::first_unsafe;
use toolchain::suite::{self, Lints, Outcome, SEED};

/// The timeout of one test.
const LIMIT: Duration = Duration::from_secs(30);

/// The result of checking a learner's code.
#[derive(Debug)]
pub struct Assessment {
    /// The stage it reached.
    pub stage: Stage,
    /// Files that differ from the book's and are not the learner's to change.
    pub altered: Vec<String>,
    /// The seed of tests that draw their cases.
    pub seed: u64,
}

/// The stage that a learner's code reached.
#[derive(Debug)]
pub enum Stage {
    /// Not to the compiler: it is not what is asked for, for these reasons.
    Refused(Vec<Refusal>),
    /// The compiler has errors.
    DoesNotCompile(Vec<CompileError>),
    /// The public tests ran.
    Ran {
        /// The groups, in the order of the parts.
        groups: Vec<Group>,
        /// The first test that fails.
        first: Option<Failure>,
    },
}

/// A reason to refuse a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The place; line 0 is the whole file.
    pub at: Place,
    /// The reason.
    pub what: String,
}

/// The results of a group of public tests; or that a group is hidden.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The part whose points it carries.
    pub part: Part,
    /// Its points.
    pub points: u32,
    /// True if its tests are not handed out: nothing is known of it then.
    pub hidden: bool,
    /// The number of its tests.
    pub tests: usize,
    /// Those that fail, in the order of the files.
    pub failed: Vec<String>,
}

impl Group {
    /// True if its points are earned.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.hidden && self.tests > 0 && self.failed.is_empty()
    }
}

/// Compiles a learner's code, and runs the public tests.
///
/// # Errors
///
/// When the folder cannot be read, or compiler and tests cannot be started.
pub fn judge(
    exercise: &Exercise,
    artifacts: &Artifacts,
    folder: &Path,
    scratch: &Path,
    seed: u64,
) -> Result<Assessment> {
    let (tree, altered, refused) = taken(exercise, folder)?;
    if !refused.is_empty() {
        return Ok(Assessment {
            stage: Stage::Refused(refused),
            altered,
            seed,
        });
    }
    fs::create_dir_all(scratch).with_context(|| format!("{} cannot be made", scratch.display()))?;
    let home = tempfile::tempdir_in(scratch).context("no temporary folder can be made")?;
    let home = home.path();
    write_into(&tree, home)?;
    let library = home.join("liblistings.rlib");
    let tests = home.join(if cfg!(windows) {
        "tests.exe"
    } else {
        "tests-program"
    });
    let main = exercise.tests().context("an exercise of code has tests")?;
    let steps = [
        (PathBuf::from("src/lib.rs"), &library, None),
        (main, &tests, Some(library.as_path())),
    ];
    for (source, out, library) in steps {
        let output = suite::compiler(artifacts, &source, out, library, Lints::Ignored)
            // From here, so that places are named as in the learner's folder.
            .current_dir(home)
            .arg("--error-format=json")
            .args(suite::remembering(&scratch.join("incremental")))
            .output()
            .context("rustc cannot be started")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let errors = words::compile_errors(&said);
            anyhow::ensure!(!errors.is_empty(), "rustc failed without an error:\n{said}");
            return Ok(Assessment {
                stage: Stage::DoesNotCompile(errors),
                altered,
                seed,
            });
        }
    }
    let mut variables = vec![(SEED, seed.to_string())];
    let outcomes = suite::run_with(home, &tests, suite::tests(&tests)?, LIMIT, &variables)?;
    let groups = groups(exercise, &outcomes);
    let first = match groups.iter().find_map(|group| group.failed.first()) {
        Some(test) => {
            // This one is for a reader: the smallest case that fails.
            variables.push(("PROPTEST_MAX_SHRINK_ITERS", "4096".to_owned()));
            let said = suite::words(home, &tests, test, LIMIT, &variables)?;
            Some(words::failure(test, outcomes[test], &said, &tree, seed))
        }
        None => None,
    };
    Ok(Assessment {
        stage: Stage::Ran { groups, first },
        altered,
        seed,
    })
}

type Taken = (Tree, Vec<String>, Vec<Refusal>);

/// The book's files with the learner's own; what was altered that is not theirs; why it is not what is asked for.
fn taken(exercise: &Exercise, folder: &Path) -> Result<Taken> {
    let mut tree = exercise.starter().clone();
    let mut altered = Vec::new();
    let mut refused = Vec::new();
    for (path, book) in exercise.starter() {
        let file = folder.join(path);
        if !exercise.allowed().contains(path) {
            // What only explains, and what cargo writes itself, changes nothing.
            let counts = path.ends_with(".rs") || path == "Cargo.toml";
            let same = |text: Vec<u8>| {
                String::from_utf8_lossy(&text)
                    .replace("\r\n", "\n")
                    .into_bytes()
                    == *book
            };
            if counts && !fs::read(&file).is_ok_and(same) {
                altered.push(path.clone());
            }
            continue;
        }
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) => {
                let what = format!(
                    "this file is yours to write, and cannot be read: {}",
                    unreadable(&error)
                );
                refused.push(Refusal {
                    at: Place {
                        file: path.clone(),
                        line: 0,
                    },
                    what,
                });
                continue;
            }
        };
        if !exercise.task.solution.allows_unsafe
            && let Some((line, word)) = first_unsafe(&text)
        {
            let what = format!("`{word}` is not allowed in this exercise");
            refused.push(Refusal {
                at: Place {
                    file: path.clone(),
                    line,
                },
                what,
            });
        }
        tree.insert(path.clone(), text.into_bytes());
    }
    Ok((tree, altered, refused))
}

fn groups(exercise: &Exercise, outcomes: &BTreeMap<String, Outcome>) -> Vec<Group> {
    let mut groups: Vec<Group> = exercise
        .task
        .groups
        .iter()
        .map(|group| {
            let hidden = group.visibility == Visibility::Hidden;
            let own = || {
                outcomes
                    .iter()
                    .filter(|(test, _)| exercise.group_of(test).is_some_and(|it| it == group))
            };
            let failed = own()
                .filter(|(_, outcome)| !outcome.passed())
                .map(|(test, _)| test.clone());
            Group {
                name: group.name.clone(),
                part: group.part,
                points: group.points,
                hidden,
                tests: own().count(),
                failed: words::in_order(exercise.starter(), failed),
            }
        })
        .collect();
    groups.sort_by_key(|group| group.part);
    groups
}
