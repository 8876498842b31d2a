//! A CSV with the columns of nbgrader's export, in proper quotes, and with no cell that is a formula.

use anyhow::{Context, Result};

use crate::due::Due;
use crate::mark::Mark;
use crate::plan::Plan;
use grader::text::cell;

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
/// None that depend on the results.
pub fn of<'a>(marks: impl IntoIterator<Item = &'a Mark>, plan: Option<&Plan>) -> Result<Vec<u8>> {
    let due = plan
        .and_then(Plan::due)
        .map(Due::rfc3339)
        .unwrap_or_default();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(HEADER)?;
    for mark in marks {
        let student = &mark.graded.student;
        // Where a name ends and the other begins is not known: it stays whole, in the column that is sorted by.
        let number =
            |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
        table.write_record([
            cell(&mark.graded.task),
            due.clone(),
            cell(&student.submitted),
            cell(&student.id),
            cell(&student.name),
            String::new(),
            cell(&student.email),
            number(mark.graded.score),
            number(mark.graded.score.map(|_| mark.penalty)),
            number(mark.score()),
            mark.graded.max_score.to_string(),
        ])?;
    }
    table.into_inner().context("the table is in memory")
}
