//! JUnit XML: a test suite a submission, a test case a group.
//!
//! A failure is a wrong answer; an error is one that did not compile, ran out, or could not be
//! graded. GitLab shows neither properties nor class names, so the points are in the name as well.

use anyhow::Result;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::mark::Mark;
use grader::result::{Grade, GroupResult, TestOutcome};

fn kind(grade: &Grade, group: &GroupResult) -> NonSuccessKind {
    let wrong = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Failed);
    if grade.status.has_run() && group.tests.iter().all(|test| wrong(test.outcome)) {
        NonSuccessKind::Failure
    } else {
        NonSuccessKind::Error
    }
}

/// The report of a class.
///
/// # Errors
///
/// If it cannot be written as XML.
pub fn render<'a>(marks: impl IntoIterator<Item = &'a Mark>) -> Result<String> {
    let mut report: Option<Report> = None;
    for mark in marks {
        let grade = &mark.grade;
        let report = report.get_or_insert_with(|| Report::new(grade.task.as_str()));
        let mut suite = TestSuite::new(grade.student.id.as_str());
        suite.add_property(Property::new("status", grade.status.name()));
        if let Some(score) = mark.score() {
            suite.add_property(Property::new("points", score.to_string()));
        }
        suite.add_property(Property::new("max_points", grade.max_score.to_string()));
        for its in mark.groups() {
            let group = its.group;
            let status = if its.passed {
                TestCaseStatus::success()
            } else {
                let mut status = TestCaseStatus::non_success(kind(grade, group));
                status.set_message(its.line());
                status.set_type(grade.status.name());
                status.set_description(format!("{}\n{}", mark.summary(), its.details).trim());
                status
            };
            let points = if grade.has_verdict() {
                group.points.to_string()
            } else {
                "ungraded".to_owned()
            };
            let mut case = TestCase::new(
                format!("{} [{points}/{}]", group.name, group.max_points),
                status,
            );
            case.set_classname(format!("{}::{}", grade.task, group.name));
            case.add_property(Property::new("points", points));
            case.add_property(Property::new("max_points", group.max_points.to_string()));
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    Ok(report
        .unwrap_or_else(|| Report::new("nothing"))
        .to_string()?)
}
