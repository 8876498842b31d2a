//! Patterns of the names that platforms give to submissions: a regular expression with named groups.
//!
//! Canvas names a download `jonesann_LATE_4711_99_virtual-time.zip`; the expression
//! `(?<student>[^_]+)_(?<late>LATE_)?\d+_\d+_.*` reads it. Where a platform gives every file by itself, the group
//! `file` is what the student called it: `(?<student>[^_]+)_(?<late>LATE_)?\d+_\d+_(?<file>.+)`.

use anyhow::{Result, anyhow, bail, ensure};
use regex::{Captures, Regex};

use super::result::Student;
use book::nearest::or_nearest;

/// In place of a time: the platform says that it is late.
pub const MARKED_LATE: &str = "late";

/// The names that groups may have.
const GROUPS: &[&str] = &["student", "name", "email", "submitted", "late", "file"];

/// A pattern of submissions' names.
#[derive(Debug, Clone)]
pub struct NamePattern(Regex);

impl std::str::FromStr for NamePattern {
    type Err = anyhow::Error;

    fn from_str(pattern: &str) -> Result<Self> {
        // All of a name, or none of it.
        let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let last = last.trim_start_matches("error: ");
            anyhow!("this is no regular expression: {last}")
        })?;
        for name in regex.capture_names().flatten() {
            if !GROUPS.contains(&name) {
                let known = or_nearest(name, GROUPS.iter().copied(), "there are none");
                bail!("there is no group `{name}`: {known}");
            }
        }
        ensure!(
            regex.capture_names().flatten().any(|it| it == "student"),
            "the group `student` is missing: write (?<student>…) around what identifies a student"
        );
        Ok(Self(regex))
    }
}

impl NamePattern {
    /// The student of a submission's name, without `.zip`; `None` if the expression does not match all of it.
    #[must_use]
    pub fn student(&self, name: &str) -> Option<Student> {
        Self::parse(&self.0.captures(name)?)
    }

    /// The student of a file's name, and their own name of it; `None` without a match or a group `file`.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<(Student, String)> {
        let found = self.0.captures(name)?;
        Some((
            Self::parse(&found)?,
            found.name("file")?.as_str().to_owned(),
        ))
    }

    fn parse(found: &Captures<'_>) -> Option<Student> {
        let group = |name: &str| {
            found
                .name(name)
                .map(|it| it.as_str().trim().to_owned())
                .unwrap_or_default()
        };
        let id = group("student");
        if id.is_empty() {
            return None;
        }
        let submitted = match (group("submitted"), group("late")) {
            (time, _) if !time.is_empty() => time,
            (_, late) if !late.is_empty() => MARKED_LATE.to_owned(),
            _ => String::new(),
        };
        Some(Student {
            id,
            name: group("name"),
            email: group("email"),
            submitted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_download_says_who_and_whether_late() {
        let canvas: NamePattern = r"(?<student>[^_]+)_(?<late>LATE_)?\d+_\d+_.*"
            .parse()
            .unwrap();
        let late = canvas
            .student("jonesann_LATE_4711_99_virtual-time")
            .unwrap();
        assert_eq!(
            (late.id.as_str(), late.submitted.as_str()),
            ("jonesann", MARKED_LATE)
        );
        assert_eq!(canvas.student("bob_1_2_x").unwrap().submitted, "");
        let moodle: NamePattern = r"(?<name>.+)_(?<student>\d+)_assignsubmission_file.*"
            .parse()
            .unwrap();
        let ann = moodle
            .student("Ann O'Neil_4711_assignsubmission_file_")
            .unwrap();
        assert_eq!((ann.id.as_str(), ann.name.as_str()), ("4711", "Ann O'Neil"));
        // All of it, or it is nobody's.
        assert_eq!(canvas.student("readme"), None);
    }

    #[test]
    fn name_of_a_file_says_whose_it_is_and_what_they_called_it() {
        let canvas: NamePattern = r"(?<student>[^_]+)_(?<late>LATE_)?\d+_\d+_(?<file>.+)"
            .parse()
            .unwrap();
        let (student, file) = canvas.file("jonesann_LATE_4711_99_s3_retry.rs").unwrap();
        assert_eq!(
            (student.id.as_str(), student.submitted.as_str()),
            ("jonesann", MARKED_LATE)
        );
        assert_eq!(file, "s3_retry.rs");
        let other: NamePattern = "(?<student>.+)".parse().unwrap();
        assert_eq!(other.file("s3_retry.rs"), None);
    }

    #[test]
    fn naming_that_cannot_work_says_why() {
        for (pattern, says) in [
            ("(?<student", "this is no regular expression: "),
            ("(?<name>.*)", "the group `student` is missing"),
            ("(?<student>.*)_(?<stud>.*)", "there is no group `stud`"),
        ] {
            let error = pattern.parse::<NamePattern>().unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }
}
