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

use serde_json::Value;

use super::mark::Mark;
use grader::result::Grade;
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
    /// The extension of a submission's file; `None` if the whole class is one file.
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
fn document(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The names of students' files: as they are called, where that is a name for a file on every system and nobody else's,
/// and otherwise a digest.
#[must_use]
pub fn names<'a>(students: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let students: Vec<&str> = students.collect();
    let mut folded: BTreeMap<String, usize> = BTreeMap::new();
    for id in &students {
        *folded.entry(id.to_lowercase()).or_default() += 1;
    }
    let plain = |id: &str| {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        (1..=100).contains(&id.len())
            && id.chars().all(safe)
            && !id.starts_with(['.', '-'])
            && !id.ends_with('.')
            && folded[&id.to_lowercase()] == 1
    };
    let name = |id: &str| match plain(id) {
        true => id.to_owned(),
        false => file_name(id),
    };
    students.iter().map(|id| (*id, name(id))).collect()
}

/// The share of the points that was reached, from 0 to 1.
fn share(mark: &Mark) -> f64 {
    match (mark.score(), mark.grade.max_score) {
        (None, _) | (_, 0) => 0.0,
        (Some(score), of) => f64::from(score) / f64::from(of),
    }
}

/// The origin of a result, for formats that have a place for it.
fn provenance(grade: &Grade) -> Value {
    serde_json::json!({
        "task": grade.task,
        "task_digest": grade.key.task,
        "submission_digest": grade.key.submission,
        "toolchain_digest": grade.key.toolchain,
        "sandbox": grade.sandbox,
        "forgeable": grade.forgeable,
        "status": grade.status.name(),
    })
}
