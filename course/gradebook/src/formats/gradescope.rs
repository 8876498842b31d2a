//! Gradescope's `results.json`: a test a group.

use serde_json::json;

use super::{document, provenance};
use crate::mark::{GroupMark, Mark};
use book::task::Visibility;

/// The document.
pub fn render(mark: &Mark) -> String {
    let grade = &mark.grade;
    let tests: Vec<_> = (1..)
        .zip(mark.groups())
        .map(
            |(
                number,
                GroupMark {
                    group,
                    passed,
                    details,
                },
            )| {
                json!({
                    "name": group.name,
                    "name_format": "text",
                    "number": number.to_string(),
                    "score": group.points,
                    "max_score": group.max_points,
                    "status": if passed { "passed" } else { "failed" },
                    "output": details,
                    "output_format": "text",
                    "tags": [group.part.name().to_lowercase()],
                    // Gradescope does not show a total while a test is `hidden`.
                    "visibility": match group.visibility {
                        Visibility::Public => "visible",
                        Visibility::Hidden => "after_published",
                    },
                })
            },
        )
        .collect();
    let mut all = json!({
        "output": mark.summary(),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": provenance(grade),
    });
    // It overrides the sum of the tests, so lateness is in it.
    if let Some(score) = mark.score() {
        all["score"] = json!(score);
    }
    document(&all)
}
