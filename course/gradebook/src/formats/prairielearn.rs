//! The `results.json` of PrairieLearn's external grader. What cannot be graded is not gradable
//! there: it costs no attempt.

use serde_json::json;

use super::{document, share};
use crate::mark::{GroupMark, Mark};
use grader::result::Status;

/// PrairieLearn takes at most 1 MB; its tests share this much.
const OUTPUT: usize = 600_000;

/// The document.
pub fn render(mark: &Mark) -> String {
    let grade = &mark.grade;
    if !grade.status.has_run() {
        let summary = mark.summary();
        let errors: &[&str] = if grade.status == Status::InfrastructureError {
            &[]
        } else {
            &[summary.as_str()]
        };
        return document(
            &json!({ "gradable": false, "message": summary, "format_errors": errors }),
        );
    }
    let room = OUTPUT / grade.groups.len().max(1) / 4;
    let tests: Vec<_> = mark
        .groups()
        .map(|GroupMark { group, details, .. }| {
            let output: String = details.chars().take(room).collect();
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
