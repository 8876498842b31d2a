//! JUnit XML: a test suite a submission, a test case a group.
//!
//! A failure is a wrong answer; an error is one that did not compile, ran out, or could not be graded. GitLab shows neither
//! properties nor class names, so the points stand in the name as well.

use anyhow::Result;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::mark::Mark;
use grader::result::{Graded, Group, Outcome, Status};

fn kind(graded: &Graded, group: &Group) -> NonSuccessKind {
    let ran = matches!(
        graded.status,
        Status::Graded | Status::Timeout | Status::ResourceLimit | Status::Tampered
    );
    let wrong = |outcome| matches!(outcome, Outcome::Passed | Outcome::Failed);
    if ran && group.tests.iter().all(|test| wrong(test.outcome)) {
        NonSuccessKind::Failure
    } else {
        NonSuccessKind::Error
    }
}

/// The report of a class.
///
/// # Errors
///
/// None that depend on the results.
pub fn of<'a>(marks: impl IntoIterator<Item = &'a Mark>) -> Result<Vec<u8>> {
    let mut report: Option<Report> = None;
    for mark in marks {
        let graded = &mark.graded;
        let report = report.get_or_insert_with(|| Report::new(graded.task.as_str()));
        let mut suite = TestSuite::new(graded.student.id.as_str());
        suite.add_property(Property::new("status", graded.status.word()));
        if let Some(score) = mark.score() {
            suite.add_property(Property::new("points", score.to_string()));
        }
        suite.add_property(Property::new("max_points", graded.max_score.to_string()));
        for (group, passed) in mark.groups() {
            let status = if passed {
                TestCaseStatus::success()
            } else {
                let mut status = TestCaseStatus::non_success(kind(graded, group));
                let details = mark.details(group, passed);
                let first = details.lines().next().unwrap_or_default().to_owned();
                status.set_message(first);
                status.set_type(graded.status.word());
                status.set_description(format!("{}\n{details}", mark.summary()).trim());
                status
            };
            let points = if graded.has_verdict() {
                group.points.to_string()
            } else {
                "ungraded".to_owned()
            };
            let mut case = TestCase::new(
                format!("{} [{points}/{}]", group.name, group.max_points),
                status,
            );
            case.set_classname(format!("{}::{}", graded.task, group.name));
            case.add_property(Property::new("points", points));
            case.add_property(Property::new("max_points", group.max_points.to_string()));
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    Ok(report
        .unwrap_or_else(|| Report::new("nothing"))
        .to_string()?
        .into_bytes())
}
