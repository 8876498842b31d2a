//! The book's chapters, graded: what they hand out, their solutions, and their wrong solutions.

use course_tests::needs::{Test, note};
use course_tests::test;
use std::time::Duration;

use book::project::{Project, module};
use book::task::Mutant;
use grader::intake::Intake;
use grader::judge::Grader;
use grader::kit::Kit;
use grader::result::Status;
use sandbox::{Level, Limits};
use toolchain::cargo::Artifacts;

use super::small_task::{FULL, REDUCED, sandbox, student};

pub const TESTS: &[Test] = &[
    test!(chapter_on_virtual_time_is_graded_in_the_full_sandbox).needs(&[FULL]),
    test!(chapter_on_virtual_time_is_graded_in_the_reduced_sandbox).needs(&[REDUCED]),
    test!(every_chapter_is_graded)
        .needs(&[FULL, REDUCED])
        .slow(),
];

fn project() -> Project {
    Project::load(course_tests::root()).unwrap()
}

/// Half of the memory and of the threads that a submission may use: what is honest keeps to it.
fn tighter(kit: &mut Kit) -> Limits {
    let usual = kit.limits_with(Limits::TEST);
    kit.limits = Default::default();
    Limits {
        memory: usual.memory / 2,
        processes: usual.processes / 2,
        ..usual
    }
}

/// The starter as a submission.
fn unchanged(kit: &Kit) -> Intake {
    let files = kit
        .allowed
        .iter()
        .map(|path| (path.clone(), kit.starter[path].clone()))
        .collect();
    Intake {
        files,
        ..Intake::default()
    }
}

/// The solution with one mistake in it.
fn mistaken(kit: &Kit, mutant: &Mutant) -> Intake {
    let path = format!("src/{}/{}", module(&kit.slug), mutant.file);
    let mut files = kit.solution.clone();
    files.retain(|path, _| kit.allowed.contains(path));
    let text = String::from_utf8(files[&path].clone()).unwrap();
    assert_eq!(text.matches(&mutant.find).count(), 1, "{}", mutant.name);
    files.insert(
        path,
        text.replace(&mutant.find, &mutant.replace).into_bytes(),
    );
    Intake {
        files,
        ..Intake::default()
    }
}

/// Chapters whose tests look at processes that they start, which takes the full sandbox's own `/proc`.
const FULL_ONLY: &[&str] = &["cleanups", "generator-memory"];

/// Grades what a chapter hands out, and `mutants` of its mutants. Making the grader has graded the solution.
fn chapter_is_graded(
    project: &Project,
    artifacts: &Artifacts,
    slug: &str,
    level: Level,
    mutants: usize,
) {
    let start = std::time::Instant::now();
    let mut kit = Kit::from_chapter(project, slug).unwrap();
    let limits = tighter(&mut kit);
    let grader = Grader::new(
        kit,
        sandbox(level),
        Some(artifacts),
        limits,
        Limits::COMPILE,
    );
    if level == Level::Reduced && FULL_ONLY.contains(&slug) {
        let why = format!(
            "{:#}",
            grader.expect_err("it can be graded in the reduced sandbox: take it off the list")
        );
        assert!(
            why.contains("does not get full marks in the reduced sandbox"),
            "{why}"
        );
        return note(&format!("{slug}, reduced: refused, as it must be"));
    }
    let grader = grader.unwrap_or_else(|error| panic!("{slug}, {level:?}: {error:#}"));
    let (test, usage) = grader.slowest_test().unwrap();
    note(&format!(
        "{slug}, {}: ready in {:.1} s; at most {:.2} of {} s CPU (and {} MiB) in {test}",
        level.name(),
        start.elapsed().as_secs_f64(),
        usage.cpu.as_secs_f64(),
        limits.cpu,
        usage.memory >> 20,
    ));
    // Most of the time, other tests run beside it.
    assert!(
        usage.cpu * 3 < Duration::from_secs(limits.cpu),
        "{slug}: {test} takes too much of what there is"
    );
    let assessment = grader.grade(student("starter"), &unchanged(grader.kit()));
    assert!(assessment.grade.unchanged);
    let got = (assessment.grade.status, assessment.grade.score);
    assert_eq!(
        got,
        (Status::Graded, Some(0)),
        "{slug}: {:?} {}",
        assessment.grade,
        assessment.log
    );
    // Some are mistakes in what is given, for the book's own tests.
    let written = &project.tasks[slug].solution.files;
    let theirs = project.tasks[slug]
        .mutants
        .iter()
        .filter(|mutant| written.contains(&mutant.file));
    for mutant in theirs.take(mutants) {
        let start = std::time::Instant::now();
        let assessment = grader.grade(student(&mutant.name), &mistaken(grader.kit(), mutant));
        let full = |group: &str| {
            assessment
                .grade
                .groups
                .iter()
                .any(|it| it.name == group && it.is_full())
        };
        // A test outside the exercise's groups is the book's own.
        let groups = mutant
            .caught_by
            .iter()
            .filter_map(|test| test.split("::").next());
        for group in groups {
            assert!(
                !full(group),
                "{slug}: {} survives {group}: {}",
                mutant.name,
                assessment.log
            );
        }
        note(&format!(
            "{slug}, {}: {} gets {:?} of {}, {}, in {:.1} s",
            level.name(),
            mutant.name,
            assessment.grade.score,
            assessment.grade.max_score,
            assessment.grade.status.name(),
            start.elapsed().as_secs_f64()
        ));
    }
}

/// One chapter, of those that use tokio. All of them take minutes: see below.
fn chapter_on_virtual_time(level: Level) {
    let project = project();
    let artifacts = Artifacts::build(&project.root).unwrap();
    chapter_is_graded(&project, &artifacts, "virtual-time", level, 1);
}

fn chapter_on_virtual_time_is_graded_in_the_full_sandbox() {
    chapter_on_virtual_time(Level::Full);
}

fn chapter_on_virtual_time_is_graded_in_the_reduced_sandbox() {
    chapter_on_virtual_time(Level::Reduced);
}

/// Compiles every chapter with every wrong solution: `cargo test --test grade -- --ignored --nocapture every_chapter`.
fn every_chapter_is_graded() {
    let project = project();
    let artifacts = Artifacts::build(&project.root).unwrap();
    for slug in project
        .tasks
        .iter()
        .filter(|(_, task)| !task.is_text())
        .map(|(slug, _)| slug)
    {
        if std::env::var("CHAPTER").is_ok_and(|only| only != *slug) {
            continue;
        }
        chapter_is_graded(&project, &artifacts, slug, Level::Reduced, 1);
        chapter_is_graded(&project, &artifacts, slug, Level::Full, usize::MAX);
    }
}
