//! What is handed out is less than the solution by just what it should be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use course::cargo::Artifacts;
use course::exercise::{Exercise, Tree, write};
use course::project::Project;
use course::suite::{self, Lints};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Chapters whose solution is not marked yet. They are skipped, and said to be.
const UNMARKED: &[&str] = &["nursery", "tagged-pointers"];

/// Every exercise that has tests.
fn exercises(project: &Project) -> Vec<Exercise> {
    let mut all = Vec::new();
    for slug in project.tasks.keys() {
        match Exercise::of(project, slug) {
            Ok(_) if UNMARKED.contains(&slug.as_str()) => panic!("{slug} is marked: take it off the list"),
            Ok(exercise) => all.push(exercise),
            Err(_) if UNMARKED.contains(&slug.as_str()) => {
                println!("skipped: {slug}, which is not marked yet")
            }
            Err(error) => panic!("{slug}: {error}"),
        }
    }
    all.retain(|exercise| !exercise.task.is_text());
    all
}

#[test]
fn starter_is_the_same_bytes_every_time() {
    let project = Project::load(root()).unwrap();
    let again = exercises(&Project::load(root()).unwrap());
    for (first, second) in exercises(&project).iter().zip(&again) {
        assert_eq!(first.starter(), second.starter(), "{}", first.slug);
    }
    assert!(!again.is_empty());
}

/// Lines that give nothing away although they stand in a solution and in what is given beside it.
const COMMON: &[(&str, &str)] = &[(
    "panic::resume_unwind(payload);",
    "coroutines: std's one way to hand a panic on, and the rung for tasks needs it too",
)];

#[test]
fn starter_has_no_line_of_the_solution() {
    let project = Project::load(root()).unwrap();
    let mut leaks = BTreeSet::new();
    let mut allowed = BTreeSet::new();
    for exercise in exercises(&project) {
        // What a learner's file has outside of the solution's regions, too, gives nothing away.
        let mut given = BTreeSet::new();
        for path in exercise.allowed() {
            given.extend(
                String::from_utf8_lossy(&exercise.starter()[path]).lines().map(|line| line.trim().to_owned()),
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
                let Some(from) = secrets.get(line.trim()) else { continue };
                if COMMON.iter().any(|(common, _)| *common == line.trim()) {
                    allowed.insert(line.trim().to_owned());
                } else {
                    leaks.insert(format!("{}: {path} has a line of {from}: {}", exercise.slug, line.trim()));
                }
            }
        }
    }
    assert_eq!(allowed.len(), COMMON.len(), "an exception that is not needed");
    assert!(leaks.is_empty(), "{}", leaks.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn starter_scores_nothing_and_the_solution_everything() {
    let project = Project::load(root()).unwrap();
    let artifacts = Artifacts::build(root()).unwrap();
    let mut wrong = Vec::new();
    let all = exercises(&project);
    std::thread::scope(|scope| {
        let (left, right) = all.split_at(all.len() / 2);
        let halves = [left, right].map(|half| {
            scope.spawn(|| half.iter().flat_map(|exercise| judged(exercise, &artifacts)).collect::<Vec<_>>())
        });
        wrong.extend(halves.into_iter().flat_map(|half| half.join().unwrap()));
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judged(exercise: &Exercise, artifacts: &Artifacts) -> Vec<String> {
    let slug = &exercise.slug;
    let mut wrong = Vec::new();
    // The starter with all tests: what is hidden from learners must not be passed by a stub, either.
    let mut stubs = exercise.owned();
    for path in exercise.allowed() {
        stubs.insert(path.clone(), exercise.starter()[path].clone());
    }
    let start = std::time::Instant::now();
    let judge = |tree: &Tree, what: &str| {
        passed_groups(exercise, tree, artifacts).map_err(|message| vec![format!("{slug}: {what}: {message}")])
    };
    let empty = match judge(&stubs, "the starter does not compile") {
        Ok(groups) => groups,
        Err(wrong) => return wrong,
    };
    let middle = start.elapsed();
    let full = match judge(exercise.solution(), "the solution does not compile") {
        Ok(groups) => groups,
        Err(wrong) => return wrong,
    };
    println!("{slug}: starter {middle:.1?}, both {:.1?}", start.elapsed());
    for group in &exercise.task.groups {
        if empty.contains(&group.name) {
            wrong.push(format!("{slug}: group `{}` passes with stubs", group.name));
        }
        if !full.contains(&group.name) {
            wrong.push(format!("{slug}: group `{}` fails with the solution", group.name));
        }
    }
    wrong
}

/// The groups of which there are tests, all of which pass. A warning is an error.
fn passed_groups(
    exercise: &Exercise,
    tree: &Tree,
    artifacts: &Artifacts,
) -> Result<BTreeSet<String>, String> {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("exercise");
    write(tree, &home).unwrap();
    let library = home.join("liblistings.rlib");
    let tests = home.join(if cfg!(windows) { "tests.exe" } else { "tests-program" });
    suite::compile(artifacts, &home.join("src/lib.rs"), &library, None, Lints::Denied).unwrap()?;
    let main = home.join(exercise.tests().unwrap());
    suite::compile(artifacts, &main, &tests, Some(&library), Lints::Denied).unwrap()?;
    let mut groups: BTreeMap<String, bool> = BTreeMap::new();
    for (test, passed) in suite::run(&home, &tests).unwrap() {
        if let Some(group) = exercise.group_of(&test) {
            *groups.entry(group.name.clone()).or_insert(true) &= passed;
        }
    }
    Ok(groups.into_iter().filter(|(_, passed)| *passed).map(|(name, _)| name).collect())
}
