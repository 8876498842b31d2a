//! Tests of the grader: the verdicts of hostile submissions, and that they reach nothing.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod chapters;
#[cfg(target_os = "linux")]
mod class;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod corpus;
#[cfg(target_os = "linux")]
mod instructors;
#[cfg(target_os = "linux")]
mod sandboxes;
#[cfg(target_os = "linux")]
mod small_task;
#[cfg(target_os = "linux")]
mod taking;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let modules = [
        chapters::TESTS,
        class::TESTS,
        command::TESTS,
        corpus::TESTS,
        instructors::TESTS,
        sandboxes::TESTS,
        taking::TESTS,
    ];
    course_tests::needs::run(modules.into_iter().flatten())
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    use course_tests::needs::{Missing, Test, run};

    let missing = || {
        Some(Missing {
            reason: "grading needs Linux".to_owned(),
            in_ci: false,
        })
    };
    run([&Test::new("grade::every_test", || ()).needs(&[missing])])
}
