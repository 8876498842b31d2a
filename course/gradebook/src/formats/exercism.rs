//! Exercism's `results.json`, version 3: the tests in their order, the hidden ones of a group together.

use anyhow::Result;
use serde_json::{Value, json};

use super::document;
use crate::mark::Mark;
use book::task::Visibility;
use grader::result::{Outcome, Status};

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
///
/// # Errors
///
/// None that depend on the result.
pub fn of(mark: &Mark) -> Result<Vec<u8>> {
    let graded = &mark.graded;
    let broken = matches!(
        graded.status,
        Status::CompileError
            | Status::Rejected
            | Status::Missing
            | Status::InfrastructureError
            | Status::Tampered
    );
    if broken {
        let message = cut(&mark.summary(), MESSAGE);
        return document(
            &json!({ "version": 3, "status": "error", "message": message, "tests": [] }),
        );
    }
    let mut tests: Vec<Value> = Vec::new();
    for (id, (group, passed)) in (1..).zip(mark.groups()) {
        if group.visibility == Visibility::Hidden {
            let mut test = json!({
                "name": format!("{}: hidden tests", group.name),
                "status": if passed { "pass" } else { "fail" },
                "task_id": id,
            });
            if !passed {
                test["message"] = json!(mark.details(group, passed));
            }
            tests.push(test);
        }
        for test in &group.tests {
            let status = match test.outcome {
                Outcome::Passed => "pass",
                Outcome::CompileError | Outcome::NotRun => "error",
                _ => "fail",
            };
            let mut shown = json!({ "name": test.name, "status": status, "task_id": id });
            if test.outcome != Outcome::Passed {
                let words = if test.message.is_empty() {
                    test.outcome.words()
                } else {
                    test.message.as_str()
                };
                shown["message"] = json!(cut(words, OUTPUT));
            }
            tests.push(shown);
        }
    }
    let pass = tests.iter().all(|test| test["status"] == "pass");
    document(&json!({ "version": 3, "status": if pass { "pass" } else { "fail" }, "tests": tests }))
}
