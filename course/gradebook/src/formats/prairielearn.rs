//! The `results.json` of PrairieLearn's external grader. What cannot be graded is not gradable there: it costs no attempt.

use anyhow::Result;
use serde_json::json;

use super::{document, share};
use crate::mark::Mark;
use grader::result::Status;

/// PrairieLearn takes at most 1 MB; its tests share this much.
const OUTPUT: usize = 600_000;

/// The document.
///
/// # Errors
///
/// None that depend on the result.
pub fn of(mark: &Mark) -> Result<Vec<u8>> {
    let graded = &mark.graded;
    let gradable = match graded.status {
        Status::CompileError | Status::Rejected | Status::Missing | Status::InfrastructureError => {
            false
        }
        Status::Graded | Status::Timeout | Status::ResourceLimit | Status::Tampered => true,
    };
    if !gradable {
        let summary = mark.summary();
        let errors: &[&str] = if graded.status == Status::InfrastructureError {
            &[]
        } else {
            &[summary.as_str()]
        };
        return document(
            &json!({ "gradable": false, "message": summary, "format_errors": errors }),
        );
    }
    let room = OUTPUT / graded.groups.len().max(1) / 4;
    let tests: Vec<_> = mark
        .groups()
        .map(|(group, passed)| {
            let output: String = mark.details(group, passed).chars().take(room).collect();
            // Both points on every test: without them on one, none is shown.
            json!({
                "name": group.name,
                "description": group.part.name(),
                "points": group.points,
                "max_points": group.max_points,
                "output": output,
            })
        })
        .collect();
    document(&json!({
        "gradable": true,
        "score": share(mark),
        "message": mark.summary(),
        "tests": tests,
    }))
}
