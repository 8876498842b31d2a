//! Turns grades into marks, files for platforms, and reports: `cargo course export` and `report`.
//!
//! In go the [`grader::result::Grade`]s of a class, a roster, and the assignment as its instructor set it. Out come
//! [`mark::Mark`]s, weighed and late or not, without anything that a student may not see, and from them each platform's
//! format ([`formats`]) and pages for people ([`report`]).
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! # let grade = serde_json::from_str(r#"{"format": 1, "task": "scope", "key": {"task": "", "submission": "", "toolchain": ""},
//! #   "student": {"id": "ann", "submitted": "2027-02-01T18:00+01:00"}, "status": "graded", "score": 5, "max_score": 5,
//! #   "sandbox": "full", "forgeable": false, "unchanged": false, "message": "", "ignored_files": [],
//! #   "groups": [{"name": "core", "part": "core", "visibility": "public", "points": 5, "max_points": 5,
//! #     "tests": [{"name": "core::sum", "outcome": "passed"}]}]}"#)?;
//! use gradebook::{formats::gradescope, mark::Mark, plan::Plan};
//!
//! let due = "2027-02-01T17:00+01:00".parse().map_err(anyhow::Error::msg)?;
//! let weights = "core=2".parse().map_err(anyhow::Error::msg)?;
//! let plan = Plan::new("Homework".to_owned(), vec!["scope".to_owned()], Some(due), weights);
//! let policy = "10%".parse().map_err(anyhow::Error::msg)?;
//!
//! let mark = Mark::new(&grade, Some(&plan), policy);
//! assert_eq!(mark.score(), Some(9));
//! assert_eq!(mark.summary(), "Handed in 1 h late, which costs 1 points.");
//! assert!(gradescope::render(&mark).contains("\"score\": 9"));
//! # Ok(())
//! # }
//! ```

pub mod due;
pub mod export;
pub mod formats;
pub mod mark;
pub mod paper;
pub mod plan;
pub mod report;
pub mod roster;
pub mod similarity;
pub mod weights;

/// The outcome of a command.
#[derive(Debug)]
pub struct Summary {
    /// A message about what was written.
    pub message: String,
    /// Remarks for the instructor.
    pub notes: Vec<String>,
    /// The number of students without a verdict.
    pub ungraded: usize,
}
