//! A CSV with the columns of nbgrader's export, in proper quotes, and with no cell that is a formula.

use anyhow::{Context, Result};

use crate::due::LocalTime;
use crate::mark::Mark;
use crate::plan::Plan;
use grader::text::csv_cell;

/// The columns.
pub const HEADER: [&str; 11] = [
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
];

/// The table of a class. Who is ungraded has no score.
///
/// # Errors
///
/// If it cannot be written as CSV.
pub fn render<'a>(
    marks: impl IntoIterator<Item = &'a Mark>,
    plan: Option<&Plan>,
) -> Result<String> {
    let due = plan
        .and_then(Plan::due)
        .map(LocalTime::rfc3339)
        .unwrap_or_default();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(HEADER)?;
    for mark in marks {
        let student = &mark.grade.student;
        // Where a name ends and the other begins is not known: it stays whole, in the column that is sorted by.
        let number =
            |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        table.write_record([
            csv_cell(&mark.grade.task),
            due.clone(),
            csv_cell(&student.submitted),
            csv_cell(&student.id),
            csv_cell(&student.name),
            String::new(),
            csv_cell(&student.email),
            number(mark.grade.score),
            number(mark.grade.score.map(|_| mark.penalty)),
            number(mark.score()),
            mark.grade.max_score.to_string(),
        ])?;
    }
    let bytes = table.into_inner().context("the table is in memory")?;
    Ok(String::from_utf8(bytes)?)
}
