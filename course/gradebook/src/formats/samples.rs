//! Results for tests.

use book::task::{Part, Visibility};
use grader::result::{Grade, GradeKey, GroupResult, Status, Student, TestOutcome, TestResult};

/// The name of a hidden test, which nobody may read.
pub const SECRET: &str = "properties::the_secret_property_holds";

fn group(
    name: &str,
    part: Part,
    visibility: Visibility,
    points: u32,
    tests: &[(&str, bool)],
) -> GroupResult {
    let test = |(name, passed): &(&str, bool)| TestResult {
        name: (*name).to_owned(),
        outcome: if *passed {
            TestOutcome::Passed
        } else {
            TestOutcome::Failed
        },
        flaky: false,
        message: if *passed {
            String::new()
        } else {
            "failed: panicked at tests/a.rs:1:2".to_owned()
        },
    };
    let tests: Vec<TestResult> = tests.iter().map(test).collect();
    let all = tests.iter().all(|test| test.outcome == TestOutcome::Passed);
    GroupResult {
        name: name.to_owned(),
        part,
        visibility,
        points: if all { points } else { 0 },
        max_points: points,
        tests,
    }
}

/// A result with 10 points for core, 6 for bonus and 4 for hidden properties. `points` says which
/// passed: 10, 16, 14, 20 or anything else for none.
pub fn grade(id: &str, points: u32) -> Grade {
    let has = |part: u32| match points {
        20 => true,
        16 => part != 4,
        14 => part != 6,
        10 => part == 10,
        _ => false,
    };
    let groups = vec![
        group(
            "core",
            Part::Core,
            Visibility::Public,
            10,
            &[("core::first_holds", true), ("core::second_holds", has(10))],
        ),
        group(
            "bonus",
            Part::Bonus,
            Visibility::Public,
            6,
            &[("bonus::third_holds", has(6))],
        ),
        group(
            "properties",
            Part::Core,
            Visibility::Hidden,
            4,
            &[(SECRET, has(4))],
        ),
    ];
    Grade {
        format: 1,
        task: "small".to_owned(),
        key: GradeKey {
            task: "t".to_owned(),
            submission: "s".to_owned(),
            toolchain: "c".to_owned(),
        },
        student: Student {
            id: id.to_owned(),
            ..Student::default()
        },
        status: Status::Graded,
        score: Some(groups.iter().map(|group| group.points).sum()),
        max_score: 20,
        sandbox: "full".to_owned(),
        forgeable: false,
        unchanged: false,
        message: String::new(),
        groups,
        ignored_files: Vec::new(),
    }
}

/// One that the grader could not grade.
pub fn ungraded(id: &str) -> Grade {
    let mut grade = grade(id, 0);
    grade
        .groups
        .iter_mut()
        .for_each(|group| group.tests.clear());
    Grade {
        status: Status::InfrastructureError,
        score: None,
        message: "Not graded yet.".to_owned(),
        ..grade
    }
}
