//! What is handed out is less than the solution by just what it should be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use book::project::Project;
use course_tests::root;
use exercise::{Exercise, Tree, write_into};
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;
use toolchain::suite::{self, Lints, Outcome};

use crate::{ARTIFACTS, this_book};

/// Every exercise that has tests.
fn exercises(project: &Project) -> Vec<Exercise> {
    let chapters = project.tasks.iter().filter(|(_, task)| !task.is_text());
    chapters
        .map(|(slug, _)| {
            Exercise::load(project, slug).unwrap_or_else(|error| panic!("{slug}: {error}"))
        })
        .collect()
}

#[test]
fn starter_is_the_same_bytes_every_time() {
    let project = this_book();
    let again = exercises(&this_book());
    for (first, second) in exercises(&project).iter().zip(&again) {
        assert_eq!(first.starter(), second.starter(), "{}", first.slug);
    }
    assert!(!again.is_empty());
}

/// Lines that give nothing away although they are in a solution and in what is given beside it.
const COMMON: &[(&str, &str)] = &[
    (
        "panic::resume_unwind(payload);",
        "coroutines: std's one way to hand a panic on, and the rung for tasks needs it too",
    ),
    (
        "producer: Some(producer),",
        "coroutines: a field of the struct, and the rung for tasks has one that is called so",
    ),
    (
        "Pin::new(&mut self.value)",
        "nursery: a poll of a field begins like this, and the scope's child goes on in another way",
    ),
    (
        ".map_err(|_| Stopped::NoValue)",
        "scope: in the test it is about a nested scope, in the solution about a channel",
    ),
    (
        "let node = Strong::new_cyclic(|me| Node {",
        "weak-references: the node of the test is a struct of its own",
    ),
];

#[test]
fn starter_has_no_line_of_the_solution() {
    let project = this_book();
    let mut leaks = BTreeSet::new();
    let mut allowed = BTreeSet::new();
    for exercise in exercises(&project) {
        // What a learner's file has outside of the solution's regions, too, gives nothing away.
        let mut given = BTreeSet::new();
        for path in exercise.allowed() {
            given.extend(
                String::from_utf8_lossy(&exercise.starter()[path])
                    .lines()
                    .map(|line| line.trim().to_owned()),
            );
        }
        let secrets: BTreeMap<&str, &str> = exercise
            .secrets()
            .map(|(path, line)| (line.trim(), path))
            .filter(|(line, _)| line.len() >= 24 && !given.contains(*line))
            .collect();
        assert!(!secrets.is_empty(), "{}", exercise.slug);
        for (path, bytes) in exercise.starter() {
            for line in String::from_utf8_lossy(bytes).lines() {
                let Some(from) = secrets.get(line.trim()) else {
                    continue;
                };
                if COMMON.iter().any(|(common, _)| *common == line.trim()) {
                    allowed.insert(line.trim().to_owned());
                } else {
                    leaks.insert(format!(
                        "{}: {path} has a line of {from}: {}",
                        exercise.slug,
                        line.trim()
                    ));
                }
            }
        }
    }
    assert_eq!(
        allowed.len(),
        COMMON.len(),
        "an exception that is not needed"
    );
    assert!(
        leaks.is_empty(),
        "{}",
        leaks.into_iter().collect::<Vec<_>>().join("\n")
    );
}

mod starter_scores_nothing_and_solution_everything {
    each_chapter!(super::exercise_is_as_it_says);
}

fn exercise_is_as_it_says(slug: &str) {
    let project = this_book();
    let exercise = Exercise::load(&project, slug).unwrap();
    let wrong = judged(&exercise, &project, &ARTIFACTS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What becomes of the starter, of the solution, and of the starter with each hint that gives something away.
fn judged(exercise: &Exercise, project: &Project, artifacts: &Artifacts) -> Vec<String> {
    let slug = &exercise.slug;
    let mut wrong = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let mut judge = |tree: &Tree, what: &str| {
        outcomes(exercise, tree, artifacts, folder.path()).unwrap_or_else(|message| {
            wrong.push(format!("{slug}: {what} does not compile: {message}"));
            BTreeMap::new()
        })
    };
    let mut hung = BTreeSet::new();
    // The starter with all tests: what is hidden from learners must not be passed by a stub, either.
    let empty = judge(
        &exercise.revealing(project, &BTreeSet::new()),
        "the starter",
    );
    let full = judge(exercise.solution(), "the solution");
    let mut moved = Vec::new();
    for asked in &exercise.task.exercises {
        let mut revealed = BTreeSet::new();
        let mut before = passing(&empty);
        for (number, hint) in (1..)
            .zip(&asked.hints)
            .filter(|(_, hint)| !hint.reveals().is_empty())
        {
            revealed.extend(hint.reveals().iter().cloned());
            let what = format!("the starter with hint {number} of `{}`", asked.title);
            let outcomes = judge(&exercise.revealing(project, &revealed), &what);
            hung.extend(hanging(&outcomes));
            let after = passing(&outcomes);
            moved.push((what, before.clone(), after.clone(), hint.moves()));
            before = after;
        }
    }
    for (what, before, after, moves) in moved {
        let now: Vec<&String> = after.difference(&before).collect();
        let stated: BTreeSet<&String> = moves.iter().collect();
        if let Some(lost) = before.difference(&after).next() {
            wrong.push(format!(
                "{slug}: {what} fails `{lost}`, which passed before"
            ));
        }
        if now.iter().copied().collect::<BTreeSet<_>>() != stated {
            wrong.push(format!("{slug}: {what} moves {now:?}, and says {moves:?}"));
        }
    }
    let failing = |all: &BTreeMap<String, Outcome>, group: &str| -> Vec<String> {
        let own = all
            .iter()
            .filter(|(test, outcome)| test.split("::").next() == Some(group) && !outcome.passed());
        own.map(|(test, outcome)| format!("{test} ({outcome:?})"))
            .collect()
    };
    for group in &exercise.task.groups {
        let has = |all: &BTreeMap<String, Outcome>| {
            all.keys()
                .any(|test| exercise.group_of(test).is_some_and(|it| it == group))
        };
        if has(&empty) && failing(&empty, &group.name).is_empty() {
            wrong.push(format!("{slug}: group `{}` passes with stubs", group.name));
        }
        let fails = failing(&full, &group.name);
        if !has(&full) || !fails.is_empty() {
            wrong.push(format!(
                "{slug}: group `{}` fails with the solution: {fails:?}",
                group.name
            ));
        }
    }
    // A learner would wait for it, at every check.
    hung.extend(hanging(&empty));
    wrong.extend(
        hung.into_iter()
            .map(|test| format!("{slug}: `{test}` never ends while something is not written")),
    );
    wrong
}

fn hanging(outcomes: &BTreeMap<String, Outcome>) -> impl Iterator<Item = String> {
    outcomes
        .iter()
        .filter(|(_, outcome)| **outcome == Outcome::Hung)
        .map(|(test, _)| test.clone())
}

fn passing(outcomes: &BTreeMap<String, Outcome>) -> BTreeSet<String> {
    outcomes
        .iter()
        .filter(|(_, outcome)| outcome.passed())
        .map(|(test, _)| test.clone())
        .collect()
}

/// The outcome of each test of a tree. A warning is an error. All trees of an exercise use one folder: of
/// what the compiler made for the last, it does again only what has changed. A tree that compiled is not run
/// again until it, the compiler or a dependency changes.
fn outcomes(
    exercise: &Exercise,
    tree: &Tree,
    artifacts: &Artifacts,
    folder: &Path,
) -> Result<BTreeMap<String, Outcome>, String> {
    let cache = Cache::new(
        root().join("target/course/cache"),
        artifacts.digest_of_dependencies(),
    );
    let key = format!("outcomes {tree:?}");
    if let Some(known) = cache.get(&key) {
        return Ok(serde_json::from_str(&known).unwrap());
    }
    let home = folder.join("exercise");
    write_into(tree, &home).unwrap();
    let library = home.join("liblistings.rlib");
    let tests = home.join(if cfg!(windows) {
        "tests.exe"
    } else {
        "tests-program"
    });
    let compile = |source: &Path, out: &Path, library: Option<&Path>| {
        suite::compile(
            artifacts,
            source,
            out,
            library,
            Lints::Denied,
            &folder.join("memory"),
        )
        .unwrap()
    };
    compile(&home.join("src/lib.rs"), &library, None)?;
    compile(
        &home.join(exercise.tests().unwrap()),
        &tests,
        Some(&library),
    )?;
    let outcomes = suite::run(&home, &tests).unwrap();
    cache.put(&key, &serde_json::to_string(&outcomes).unwrap());
    Ok(outcomes)
}

#[test]
#[ignore = "builds tokio anew, in half a minute: .ci/run does"]
fn starter_needs_cargo_test_and_nothing_else() {
    let project = this_book();
    let exercise = Exercise::load(&project, "virtual-time").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("exercise");
    let tests = |tree: &Tree| {
        write_into(tree, &home).unwrap();
        let mut command = toolchain::cargo::cargo(&home);
        command
            .args(["test", "--offline", "--locked", "--quiet"])
            .env_remove("CARGO_TARGET_DIR");
        command.output().unwrap()
    };
    let starter = tests(exercise.starter());
    let said = String::from_utf8_lossy(&starter.stdout);
    assert_eq!(
        starter.status.code(),
        Some(101),
        "{}",
        String::from_utf8_lossy(&starter.stderr)
    );
    assert!(
        said.contains("not yet implemented: retry_with_backoff"),
        "{said}"
    );
    let solution = tests(exercise.solution());
    assert!(
        solution.status.success(),
        "{}",
        String::from_utf8_lossy(&solution.stdout)
    );
    let lock = std::fs::read(home.join("Cargo.lock")).unwrap();
    assert_eq!(
        lock,
        exercise.solution()["Cargo.lock"],
        "cargo wants another lock file"
    );
}
