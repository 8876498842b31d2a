//! JSON lines for the structured channel of CodeGrade's AutoTest v2: the groups, then the points.

use serde_json::json;

use crate::mark::{GroupMark, Mark};

/// The lines. A group's weight is its points.
pub fn render(mark: &Mark) -> String {
    let grade = &mark.grade;
    let cases: Vec<_> = mark
        .groups()
        .map(
            |GroupMark {
                 group,
                 passed,
                 details,
             }| {
                json!({
                    "name": group.name,
                    "description": group.part.name(),
                    "status": if passed { "success" } else { "failure" },
                    "weight": group.max_points.to_string(),
                    "reason": details,
                })
            },
        )
        .collect();
    let suite = json!({ "id": grade.task, "name": grade.task, "testCases": cases });
    let points = match (mark.score(), grade.max_score) {
        (None, _) | (_, 0) => "0".to_owned(),
        (Some(score), of) => format!("{score}/{of}"),
    };
    let lines = [
        json!({ "tag": "unit-test", "results": [suite] }),
        json!({ "tag": "points", "points": points }),
    ];
    lines.iter().map(|line| format!("{line}\n")).collect()
}
