//! A result as it leaves the grader: weighed, late or not, and without what is hidden.

use std::fmt::Write as _;
use std::str::FromStr;

use jiff::Timestamp;

use crate::due::Due;
use crate::plan::Plan;
use book::task::Visibility;
use grader::naming::MARKED_LATE;
use grader::result::{Graded, Group, Outcome, Status};

/// A result that may be handed on.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The result, with weighed points, and without what a student may not see.
    pub graded: Graded,
    /// For each group, whether all of it passed, and counts.
    passed: Vec<bool>,
    /// Points that lateness costs.
    pub penalty: u32,
    /// How late it was handed in.
    pub lateness: Lateness,
}

/// How late something was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lateness {
    /// Nothing is due, or it is not known when it was handed in.
    Unknown,
    /// In time.
    InTime,
    /// By so many seconds.
    Late(i64),
    /// Later than it was due, as the platform says, which does not say by how much.
    Marked,
    /// The time that came with it is none.
    Unreadable,
}

/// What lateness costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Nothing: it is told, and people decide.
    #[default]
    Told,
    /// So many hundredths of the points reached, for each day that has begun.
    PerDay(u32),
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "told" => Ok(Self::Told),
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

impl Policy {
    /// What is taken off, at most all. Halves of points are the student's.
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
pub fn instant(text: &str) -> Option<Timestamp> {
    text.parse::<Due>()
        .map(Due::instant)
        .ok()
        .or_else(|| text.parse().ok())
}

impl Mark {
    /// A result, by what was asked for.
    #[must_use]
    pub fn of(graded: &Graded, plan: Option<&Plan>, policy: Policy) -> Self {
        // Before the tests of hidden groups are gone. What cannot be trusted has passed, and has no points.
        let passed: Vec<bool> = graded
            .groups
            .iter()
            .map(|group| group.is_full() && group.points == group.max_points)
            .collect();
        let mut graded = graded.for_student();
        if let Some(plan) = plan {
            for group in &mut graded.groups {
                let weight = plan.weights.of(group.part);
                group.points = group.points.saturating_mul(weight);
                group.max_points = group.max_points.saturating_mul(weight);
            }
            graded.score = graded
                .score
                .map(|_| graded.groups.iter().map(|group| group.points).sum());
            graded.max_score = graded.groups.iter().map(|group| group.max_points).sum();
        }
        let due = plan.and_then(Plan::due);
        let lateness = match (due, graded.student.submitted.as_str()) {
            (_, MARKED_LATE) => Lateness::Marked,
            (None, _) | (_, "") => Lateness::Unknown,
            (Some(due), text) => match instant(text) {
                None => Lateness::Unreadable,
                Some(at) => match at.as_second() - due.instant().as_second() {
                    late @ 1.. => Lateness::Late(late),
                    _ => Lateness::InTime,
                },
            },
        };
        let penalty = policy.penalty(graded.score.unwrap_or(0), &lateness);
        Self {
            graded,
            passed,
            penalty,
            lateness,
        }
    }

    /// The points that count; `None` for who is ungraded, which is not zero.
    #[must_use]
    pub fn score(&self) -> Option<u32> {
        self.graded.score.map(|score| score - self.penalty)
    }

    /// What to say above everything else.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut said = self.graded.message.clone();
        let mut add = |text: &str| {
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(text);
        };
        match self.graded.status {
            Status::Timeout => add("At least one test ran out of time."),
            Status::ResourceLimit => {
                add("At least one test wanted more memory, threads or disk than there is.")
            }
            Status::CompileError if self.graded.message.is_empty() => add("This does not compile."),
            _ => {}
        }
        match (self.lateness.clone(), self.penalty) {
            (Lateness::Marked, 0) => add("Handed in late."),
            (Lateness::Marked, points) => {
                add(&format!("Handed in late, which costs {points} points."))
            }
            (Lateness::Late(seconds), 0) => add(&format!("Handed in {} late.", duration(seconds))),
            (Lateness::Late(seconds), points) => {
                add(&format!(
                    "Handed in {} late, which costs {points} points.",
                    duration(seconds)
                ));
            }
            _ => {}
        }
        said
    }

    /// The groups, and whether all of each passed.
    pub fn groups(&self) -> impl Iterator<Item = (&Group, bool)> {
        self.graded.groups.iter().zip(self.passed.iter().copied())
    }

    /// What a student may read of a group: how much of it passed, and what did not.
    #[must_use]
    pub fn details(&self, group: &Group, passed: bool) -> String {
        if group.tests.is_empty() && group.visibility == Visibility::Public {
            return "not run".to_owned();
        }
        let mut said = match group.visibility {
            Visibility::Public => self.graded.line(group),
            Visibility::Hidden if passed => "hidden tests: passed".to_owned(),
            Visibility::Hidden => "hidden tests: not all passed".to_owned(),
        };
        for test in group
            .tests
            .iter()
            .filter(|test| test.outcome != Outcome::Passed)
        {
            let words = if test.message.is_empty() {
                test.outcome.words()
            } else {
                test.message.as_str()
            };
            let _ = write!(said, "\n{}: {}", test.name, words.trim_end());
            if test.flaky {
                said.push_str("\n(It passed when it was run once more. It counts as failed.)");
            }
        }
        said
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
        let ten: Policy = "10%".parse().unwrap();
        let late = |hours: i64| Lateness::Late(hours * 3600);
        assert_eq!(ten.penalty(29, &late(1)), 2);
        assert_eq!(ten.penalty(29, &late(25)), 5);
        assert_eq!(ten.penalty(29, &late(24 * 400)), 29);
        assert_eq!(ten.penalty(29, &Lateness::InTime), 0);
        assert_eq!(
            "zero"
                .parse::<Policy>()
                .unwrap()
                .penalty(29, &Lateness::Late(1)),
            29
        );
        assert_eq!(Policy::Told.penalty(29, &late(1)), 0);
        assert!("10".parse::<Policy>().is_err() && "101%".parse::<Policy>().is_err());
    }

    #[test]
    fn duration_has_two_units() {
        assert_eq!(
            [1, 3600, 5400, 86_400, 97_200, 3 * 86_400].map(duration),
            ["1 min", "1 h", "1 h 30 min", "1 day", "1 day 3 h", "3 days"]
        );
    }
}
