//! The class list: names and addresses for submissions, and the members of groups.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use grader::result::{Grade, Student};

/// The columns that a roster may have.
const COLUMNS: &[&str] = &["student_id", "name", "email", "group", "submitted"];

/// A class list.
#[derive(Debug, Default)]
pub struct Roster {
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    student_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    /// The group whose submission counts for this student; empty: their own.
    #[serde(default)]
    group: String,
    /// Time of submission; empty: as the submission has it.
    #[serde(default)]
    submitted: String,
}

impl Roster {
    /// Reads a CSV with a column `student_id`, and any of `name`, `email`, `group` and `submitted`.
    /// Other columns are not read.
    ///
    /// # Errors
    ///
    /// If it cannot be read, has no such column, or names a student twice.
    pub fn load(file: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Self::parse(&bytes).with_context(|| format!("{} is no roster", file.display()))
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut table = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let header = table.headers()?.clone();
        ensure!(
            header.iter().any(|column| column == "student_id"),
            "it has no column `student_id`: it may have {}",
            COLUMNS.join(", ")
        );
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        for (number, row) in (2..).zip(table.deserialize()) {
            let row: Row = row?;
            ensure!(!row.student_id.is_empty(), "row {number} has no student_id");
            if !seen.insert(row.student_id.clone()) {
                bail!("row {number}: student `{}` is in it twice", row.student_id);
            }
            rows.push(row);
        }
        Ok(Self { rows })
    }

    /// Turns results by submission into results by student, with notes. A submission of a group
    /// counts for each member; a submission of somebody who is not in the roster stays as it is,
    /// and is noted.
    #[must_use]
    pub fn apply(&self, results: &BTreeMap<String, Grade>) -> (Vec<Grade>, Vec<String>) {
        let mut notes = Vec::new();
        let mut used = BTreeSet::new();
        let mut out = BTreeMap::new();
        for row in &self.rows {
            // Who is in a group and hands in alone has to be asked.
            let of = if row.group.is_empty() {
                &row.student_id
            } else {
                &row.group
            };
            let Some(grade) = results.get(of) else {
                notes.push(format!("{} has no submission", row.student_id));
                continue;
            };
            used.insert(of);
            let other = |ours: &String, theirs: &String| {
                if ours.is_empty() { theirs } else { ours }.clone()
            };
            let student = Student {
                id: row.student_id.clone(),
                name: other(&row.name, &grade.student.name),
                email: other(&row.email, &grade.student.email),
                submitted: other(&row.submitted, &grade.student.submitted),
            };
            out.insert(
                row.student_id.clone(),
                Grade {
                    student,
                    ..grade.clone()
                },
            );
        }
        for (id, grade) in results {
            if used.contains(id) {
                continue;
            }
            if self.rows.is_empty() {
                out.insert(id.clone(), grade.clone());
            } else if out.contains_key(id) {
                notes.push(format!(
                    "{id} is in a group, and has handed in alone as well: the group's counts"
                ));
            } else {
                notes.push(format!("{id} is not in the roster"));
                out.insert(id.clone(), grade.clone());
            }
        }
        (out.into_values().collect(), notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::samples::grade;

    #[test]
    fn submission_of_a_group_counts_for_each_member() {
        let roster = Roster::parse(
            b"\xef\xbb\xbfstudent_id, name,email,group,section\nann,Ann,a@x,team-1,A\nbob,Bob,,team-1,A\ncy,Cy,c@x,,B\ndee,Dee,,,B\n",
        )
        .unwrap();
        let results = ["team-1", "cy", "stranger", "bob"].map(|id| (id.to_owned(), grade(id, 5)));
        let (all, notes) = roster.apply(&BTreeMap::from(results));
        let ids: Vec<_> = all
            .iter()
            .map(|it| (it.student.id.as_str(), it.student.name.as_str()))
            .collect();
        assert_eq!(
            ids,
            [
                ("ann", "Ann"),
                ("bob", "Bob"),
                ("cy", "Cy"),
                ("stranger", "")
            ]
        );
        assert_eq!(
            notes,
            [
                "dee has no submission",
                "bob is in a group, and has handed in alone as well: the group's counts",
                "stranger is not in the roster"
            ]
        );
    }

    #[test]
    fn roster_that_is_none_says_why() {
        for (text, says) in [
            ("id,name\na,b\n", "no column `student_id`"),
            ("student_id\na\na\n", "row 3: student `a` is in it twice"),
            ("student_id,name\n,b\n", "row 2 has no student_id"),
        ] {
            let error = format!("{:#}", Roster::parse(text.as_bytes()).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
