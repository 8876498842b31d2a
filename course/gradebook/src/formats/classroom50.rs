//! Classroom 50's `result.json`, `classroom50/result/v1`: integer points, and who and what it is
//! about from the environment of its autograder.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::document;
use crate::mark::{GroupMark, Mark, parse_instant};

/// The environment of a Classroom 50 autograder.
pub type Environment = BTreeMap<String, String>;

/// The variables that are read.
pub const VARIABLES: &[&str] = &[
    "CLASSROOM",
    "ASSIGNMENT",
    "ASSIGNMENT_TYPE",
    "OWNER",
    "USERNAME",
    "SUBMISSION_TAG",
    "COMMIT_URL",
    "RELEASE_URL",
    "REVIEW_URL",
];

/// The document.
///
/// # Errors
///
/// If a variable is missing, or it is not known when the submission was made.
pub fn render(mark: &Mark, environment: &Environment) -> Result<String> {
    let variable = |name: &str| {
        environment
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
            .with_context(|| {
                format!("the variable {name} is not set: Classroom 50 sets it for its autograder")
            })
    };
    let grade = &mark.grade;
    let score = mark
        .score()
        .context("it is ungraded, and Classroom 50 has no word for that: exit with 2")?;
    let submitted = parse_instant(&grade.student.submitted)
        .or_else(|| environment.get("SUBMISSION_TAG").and_then(|tag| tagged(tag)))
        .context(
            "it is not known when it was handed in: let --roster or --name say `submitted`, such as 2027-02-01T16:00:00Z",
        )?;
    let kind = variable("ASSIGNMENT_TYPE").unwrap_or_else(|_| "individual".to_owned());
    ensure!(
        matches!(kind.as_str(), "individual" | "group"),
        "ASSIGNMENT_TYPE is `{kind}`, and must be individual or group"
    );
    let tests: Vec<_> = mark
        .groups()
        .map(
            |GroupMark {
                 group,
                 passed,
                 details,
             }| {
                json!({
                    "test-name": group.name,
                    "passed": passed,
                    "score": group.points,
                    "max-score": group.max_points,
                    "message": details,
                })
            },
        )
        .collect();
    Ok(document(&json!({
        "schema": "classroom50/result/v1",
        "classroom": variable("CLASSROOM")?,
        "assignment": variable("ASSIGNMENT")?,
        "assignment_type": kind,
        "owner": variable("OWNER").or_else(|_| variable("USERNAME"))?,
        "submission": variable("SUBMISSION_TAG")?,
        "commit": variable("COMMIT_URL")?,
        "release": variable("RELEASE_URL")?,
        "review": variable("REVIEW_URL")?,
        // The instant of the submission, whenever it is graded.
        "datetime": submitted.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "score": score,
        "max-score": grade.max_score,
        "tests": tests,
    })))
}

/// The instant in a tag such as `submit/2027-02-01T16-00-00Z-1a2b3c4`.
fn tagged(tag: &str) -> Option<jiff::Timestamp> {
    let digits: String = tag
        .strip_prefix("submit/")?
        .split('Z')
        .next()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if digits.len() != 14 || !tag.contains('Z') {
        return None;
    }
    let at = |from: usize, to: usize| &digits[from..to];
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        at(0, 4),
        at(4, 6),
        at(6, 8),
        at(8, 10),
        at(10, 12),
        at(12, 14)
    );
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instant_of_a_tag_is_read_or_not_guessed() {
        for tag in [
            "submit/2027-02-01T16-00-00Z-1a2b3c4",
            "submit/20270201T160000Z-99",
        ] {
            assert_eq!(tagged(tag).unwrap().to_string(), "2027-02-01T16:00:00Z");
        }
        for tag in [
            "submit/20270201-160000-1a2b",
            "v1",
            "submit/2027-13-01T16-00-00Z-a",
        ] {
            assert_eq!(tagged(tag), None, "{tag}");
        }
    }
}
