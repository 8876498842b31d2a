//! JSON lines for the structured channel of CodeGrade's AutoTest v2: the groups, then the points.

use anyhow::Result;
use serde_json::json;

use crate::mark::Mark;

/// The lines. A group's weight is its points.
///
/// # Errors
///
/// None that depend on the result.
pub fn of(mark: &Mark) -> Result<Vec<u8>> {
    let graded = &mark.graded;
    let cases: Vec<_> = mark
        .groups()
        .map(|(group, passed)| {
            json!({
                "name": group.name,
                "description": group.part.name(),
                "status": if passed { "success" } else { "failure" },
                "weight": group.max_points.to_string(),
                "reason": mark.details(group, passed),
            })
        })
        .collect();
    let suite = json!({ "id": graded.task, "name": graded.task, "testCases": cases });
    let points = match (mark.score(), graded.max_score) {
        (None, _) | (_, 0) => "0".to_owned(),
        (Some(score), of) => format!("{score}/{of}"),
    };
    let lines = [
        json!({ "tag": "unit-test", "results": [suite] }),
        json!({ "tag": "points", "points": points }),
    ];
    Ok(lines
        .iter()
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .into_bytes())
}
