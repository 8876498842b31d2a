//! A result as it leaves the grader: weighed, late or not, and without what is hidden.

use std::fmt::Write as _;
use std::str::FromStr;

use jiff::Timestamp;

use crate::due::LocalTime;
use crate::plan::Plan;
use book::task::Visibility;
use grader::naming::MARKED_LATE;
use grader::result::{Grade, GroupResult, Status};

/// A result that may be handed on.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The result, with weighed points, and without what a student may not see.
    pub grade: Grade,
    /// For each group, true if all of it passed, and counts.
    passed: Vec<bool>,
    /// Points that lateness costs.
    pub penalty: u32,
    /// Time between the deadline and the submission.
    pub lateness: Lateness,
}

/// A group of tests as a student may see it.
#[derive(Debug)]
pub struct GroupMark<'a> {
    /// The group, without hidden tests.
    pub group: &'a GroupResult,
    /// True if all of it passed.
    pub passed: bool,
    /// One line about all of it, and the messages of the tests that failed.
    pub details: String,
}

impl GroupMark<'_> {
    /// The line about all of it.
    #[must_use]
    pub fn line(&self) -> &str {
        self.details.lines().next().unwrap_or_default()
    }
}

/// Lateness of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lateness {
    /// There is no deadline, or the time of submission is not known.
    Unknown,
    /// In time.
    InTime,
    /// By so many seconds.
    Late(i64),
    /// Late, as the platform reports, which does not report by how much.
    Marked,
    /// The time of submission is malformed.
    Unreadable,
}

/// The cost of lateness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LatePolicy {
    /// Nothing: it is reported, and people decide.
    #[default]
    ReportOnly,
    /// So many hundredths of the points reached, for each day that has begun.
    PerDay(u32),
}

impl FromStr for LatePolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "told" => Ok(Self::ReportOnly),
            "zero" => Ok(Self::PerDay(100)),
            _ => {
                let number = text
                    .strip_suffix('%')
                    .and_then(|number| number.parse().ok());
                number
                    .filter(|percent| *percent <= 100)
                    .map(Self::PerDay)
                    .ok_or_else(|| {
                        "write `told`, `zero`, or what a day costs, such as `10%`".to_owned()
                    })
            }
        }
    }
}

impl LatePolicy {
    /// The points to take off, at most all. Halves of points are the student's.
    fn penalty(self, points: u32, lateness: &Lateness) -> u32 {
        match (self, lateness) {
            // A day at least has begun.
            (Self::PerDay(_), Lateness::Marked) => self.penalty(points, &Lateness::Late(1)),
            (Self::PerDay(percent), Lateness::Late(seconds)) => {
                let days = u64::try_from(*seconds).unwrap_or(0).div_ceil(24 * 60 * 60);
                let all = (days * u64::from(percent)).min(100);
                u32::try_from(u64::from(points) * all / 100).unwrap_or(points)
            }
            _ => 0,
        }
    }
}

/// An instant, as a file name or a roster may have it: with an offset, or in UTC.
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    text.parse::<LocalTime>()
        .map(LocalTime::instant)
        .ok()
        .or_else(|| text.parse().ok())
}

impl Mark {
    /// A result, by what was asked for.
    #[must_use]
    pub fn new(grade: &Grade, plan: Option<&Plan>, policy: LatePolicy) -> Self {
        // Before the tests of hidden groups are gone. What cannot be trusted has passed, and has no points.
        let passed: Vec<bool> = grade
            .groups
            .iter()
            .map(|group| group.is_full() && group.points == group.max_points)
            .collect();
        let mut grade = grade.for_student();
        if let Some(plan) = plan {
            for group in &mut grade.groups {
                let weight = plan.weights.weight(group.part);
                group.points = group.points.saturating_mul(weight);
                group.max_points = group.max_points.saturating_mul(weight);
            }
            grade.score = grade
                .score
                .map(|_| grade.groups.iter().map(|group| group.points).sum());
            grade.max_score = grade.groups.iter().map(|group| group.max_points).sum();
        }
        let due = plan.and_then(Plan::due);
        let lateness = match (due, grade.student.submitted.as_str()) {
            (_, MARKED_LATE) => Lateness::Marked,
            (None, _) | (_, "") => Lateness::Unknown,
            (Some(due), text) => match parse_instant(text) {
                None => Lateness::Unreadable,
                Some(at) => match at.as_second() - due.instant().as_second() {
                    late @ 1.. => Lateness::Late(late),
                    _ => Lateness::InTime,
                },
            },
        };
        let penalty = policy.penalty(grade.score.unwrap_or(0), &lateness);
        Self {
            grade,
            passed,
            penalty,
            lateness,
        }
    }

    /// The points that count; `None` for who is ungraded, which is not zero.
    #[must_use]
    pub fn score(&self) -> Option<u32> {
        self.grade.score.map(|score| score - self.penalty)
    }

    /// The message above everything else.
    #[must_use]
    pub fn summary(&self) -> String {
        let status = match self.grade.status {
            Status::Timeout => "At least one test ran out of time.",
            Status::ResourceLimit => {
                "At least one test wanted more memory, threads or disk than there is."
            }
            Status::CompileError if self.grade.message.is_empty() => "This does not compile.",
            _ => "",
        };
        let late = match self.lateness {
            Lateness::Marked => Some("late".to_owned()),
            Lateness::Late(seconds) => Some(format!("{} late", duration(seconds))),
            _ => None,
        };
        let late = late.map_or_else(String::new, |late| match self.penalty {
            0 => format!("Handed in {late}."),
            points => format!("Handed in {late}, which costs {points} points."),
        });
        let mut sentences = vec![self.grade.message.as_str(), status, &late];
        sentences.retain(|sentence| !sentence.is_empty());
        sentences.join(" ")
    }

    /// The groups as a student may see them.
    pub fn groups(&self) -> impl Iterator<Item = GroupMark<'_>> {
        let groups = self.grade.groups.iter().zip(&self.passed);
        groups.map(|(group, &passed)| GroupMark {
            group,
            passed,
            details: self.details(group, passed),
        })
    }

    fn details(&self, group: &GroupResult, passed: bool) -> String {
        if group.tests.is_empty() && group.visibility == Visibility::Public {
            return "not run".to_owned();
        }
        let mut message = match group.visibility {
            Visibility::Public => self.grade.line(group),
            Visibility::Hidden if passed => "hidden tests: passed".to_owned(),
            Visibility::Hidden => "hidden tests: not all passed".to_owned(),
        };
        for test in group.failed() {
            let _ = write!(message, "\n{}: {}", test.name, test.text().trim_end());
            if test.flaky {
                message.push_str("\n(It passed when it was run once more. It counts as failed.)");
            }
        }
        message
    }
}

/// `2 days 3 h`, `15 min`, in at most two units.
#[must_use]
pub fn duration(seconds: i64) -> String {
    let minutes = (seconds + 59) / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let day = if days == 1 { "day" } else { "days" };
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} {day}"),
        (days, hours, _) => format!("{days} {day} {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_that_has_begun_costs_and_nothing_goes_below_zero() {
        let ten: LatePolicy = "10%".parse().unwrap();
        let late = |hours: i64| Lateness::Late(hours * 3600);
        assert_eq!(ten.penalty(29, &late(1)), 2);
        assert_eq!(ten.penalty(29, &late(25)), 5);
        assert_eq!(ten.penalty(29, &late(24 * 400)), 29);
        assert_eq!(ten.penalty(29, &Lateness::InTime), 0);
        assert_eq!(
            "zero"
                .parse::<LatePolicy>()
                .unwrap()
                .penalty(29, &Lateness::Late(1)),
            29
        );
        assert_eq!(LatePolicy::ReportOnly.penalty(29, &late(1)), 0);
        assert!("10".parse::<LatePolicy>().is_err() && "101%".parse::<LatePolicy>().is_err());
    }

    #[test]
    fn duration_has_two_units() {
        assert_eq!(
            [1, 3600, 5400, 86_400, 97_200, 3 * 86_400].map(duration),
            ["1 min", "1 h", "1 h 30 min", "1 day", "1 day 3 h", "3 days"]
        );
    }
}
