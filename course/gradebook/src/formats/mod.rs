//! One result, in the form that each platform reads. None of them has anything that a student may not see.

pub mod classroom50;
pub mod codegrade;
pub mod exercism;
pub mod github;
pub mod gradescope;
pub mod junit;
pub mod lms;
pub mod nbgrader;
pub mod prairielearn;

#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::mark::Mark;
use grader::result::Graded;
use grader::store::file_name;

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// results.json, a submission
    Gradescope,
    /// result.json (classroom50/result/v1), a submission
    Classroom50,
    /// GitHub Classroom's, which is retired: a line a group, for its reporter
    Github,
    /// results.json of an external grader, a submission
    Prairielearn,
    /// JSON lines of `AutoTest` v2, a submission
    Codegrade,
    /// results.json, version 3, a submission
    Exercism,
    /// JUnit XML, the whole class
    Junit,
    /// a CSV as nbgrader exports it, the whole class
    Nbgrader,
    /// the gradebook that Canvas has exported, filled in (--into)
    Canvas,
    /// the grading worksheet that Moodle has exported, filled in (--into)
    Moodle,
}

impl Format {
    /// How the name of a submission's file ends; `None` where the whole class is one file.
    #[must_use]
    pub fn ending(self) -> Option<&'static str> {
        match self {
            Self::Gradescope | Self::Classroom50 | Self::Prairielearn | Self::Exercism => {
                Some("json")
            }
            Self::Codegrade => Some("jsonl"),
            Self::Github => Some("env"),
            Self::Junit | Self::Nbgrader | Self::Canvas | Self::Moodle => None,
        }
    }
}

/// A JSON document, with a line feed at its end.
fn document(value: &Value) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The names of students' files: as they are called, where that is a name for a file on every system and nobody else's,
/// and otherwise a digest.
#[must_use]
pub fn names<'a>(students: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let students: Vec<&str> = students.collect();
    let mut folded: BTreeMap<String, usize> = BTreeMap::new();
    students
        .iter()
        .for_each(|id| *folded.entry(id.to_lowercase()).or_default() += 1);
    let plain = |id: &str| {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        (1..=100).contains(&id.len())
            && id.chars().all(safe)
            && !id.starts_with(['.', '-'])
            && !id.ends_with('.')
            && folded[&id.to_lowercase()] == 1
    };
    students
        .iter()
        .map(|id| {
            (
                *id,
                if plain(id) {
                    (*id).to_owned()
                } else {
                    file_name(id)
                },
            )
        })
        .collect()
}

/// How much of the points was reached, from 0 to 1.
fn share(mark: &Mark) -> f64 {
    match (mark.score(), mark.graded.max_score) {
        (None, _) | (_, 0) => 0.0,
        (Some(score), of) => f64::from(score) / f64::from(of),
    }
}

/// What a reader of a format needs to know where a result came from.
fn provenance(graded: &Graded) -> Value {
    serde_json::json!({
        "task": graded.task,
        "task_digest": graded.key.task,
        "submission_digest": graded.key.submission,
        "toolchain_digest": graded.key.toolchain,
        "sandbox": graded.sandbox,
        "forgeable": graded.forgeable,
        "status": graded.status.word(),
    })
}
