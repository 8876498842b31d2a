//! Exercism's `results.json`, version 3: the tests in their order, the hidden ones of a group together.

use serde_json::{Value, json};

use super::document;
use crate::mark::{GroupMark, Mark};
use book::task::Visibility;
use grader::result::{Status, TestOutcome};

/// The longest output of a test, in characters.
const OUTPUT: usize = 500;
/// The longest message, in characters.
const MESSAGE: usize = 65_535;

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some(_) => text.chars().take(limit - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// The document.
pub fn render(mark: &Mark) -> String {
    let grade = &mark.grade;
    if !grade.status.has_run() || grade.status == Status::Tampered {
        let message = cut(&mark.summary(), MESSAGE);
        return document(
            &json!({ "version": 3, "status": "error", "message": message, "tests": [] }),
        );
    }
    let mut tests: Vec<Value> = Vec::new();
    for (
        id,
        GroupMark {
            group,
            passed,
            details,
        },
    ) in (1..).zip(mark.groups())
    {
        if group.visibility == Visibility::Hidden {
            let mut test = json!({
                "name": format!("{}: hidden tests", group.name),
                "status": if passed { "pass" } else { "fail" },
                "task_id": id,
            });
            if !passed {
                test["message"] = json!(details);
            }
            tests.push(test);
        }
        for test in &group.tests {
            let status = match test.outcome {
                TestOutcome::Passed => "pass",
                TestOutcome::CompileError | TestOutcome::NotRun => "error",
                _ => "fail",
            };
            let mut shown = json!({ "name": test.name, "status": status, "task_id": id });
            if test.outcome != TestOutcome::Passed {
                shown["message"] = json!(cut(test.text(), OUTPUT));
            }
            tests.push(shown);
        }
    }
    let pass = tests.iter().all(|test| test["status"] == "pass");
    document(&json!({ "version": 3, "status": if pass { "pass" } else { "fail" }, "tests": tests }))
}
