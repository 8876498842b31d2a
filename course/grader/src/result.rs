//! The result of a submission: one document, from which every format is made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use book::task::{Part, Visibility};

/// The canonical result of one submission. It has no times in it: the same submission, task and compiler give the same
/// bytes, on any machine and in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// 1; another number when a field changes its meaning or goes.
    pub format: u32,
    /// The task's slug.
    pub task: String,
    /// The digests that decide the grade.
    pub key: GradeKey,
    /// The student.
    pub student: Student,
    /// Its status.
    pub status: Status,
    /// Points reached; `None` when it is ungraded, which is not zero.
    pub score: Option<u32>,
    /// Points that could be reached.
    pub max_score: u32,
    /// The level of the sandbox: `full`, `reduced` or `none`.
    pub sandbox: String,
    /// True if the task allows `unsafe`, so that a pass can be forged in principle.
    pub forgeable: bool,
    /// True if every file is still the starter's.
    pub unchanged: bool,
    /// A message to the student, which reveals nothing hidden.
    pub message: String,
    /// The groups in the task's order.
    pub groups: Vec<GroupResult>,
    /// Files of the submission that were not looked at.
    pub ignored_files: Vec<String>,
}

/// The inputs of a grade, by their digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeKey {
    /// Of the grader's files and rules.
    pub task: String,
    /// Of the files taken from the submission.
    pub submission: String,
    /// Of compiler and libraries.
    pub toolchain: String,
}

/// A student, as far as the name of the submission and the roster show.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Student {
    /// Unique in the class.
    pub id: String,
    /// As people write it; empty when nothing says it.
    #[serde(default)]
    pub name: String,
    /// Empty when nothing says it.
    #[serde(default)]
    pub email: String,
    /// Time of submission, as the file name or the roster has it.
    #[serde(default)]
    pub submitted: String,
}

/// The status of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every test has a verdict.
    Graded,
    /// The student's code does not compile.
    CompileError,
    /// It may not be run: `unsafe` where it is forbidden, a link, a damaged or misleading zip.
    Rejected,
    /// None of the files that count are there.
    Missing,
    /// Graded, and at least one test ran out of time. The others count.
    Timeout,
    /// Graded, and at least one test wanted too much memory, too many threads or too large files. The others count.
    ResourceLimit,
    /// A test that must fail came back as passed: somebody has to look.
    Tampered,
    /// The grader could not do its work. This is ungraded, and never zero.
    InfrastructureError,
}

impl Status {
    /// One line with the number of each status: `2 graded, 1 missing`.
    #[must_use]
    pub fn counts(all: impl Iterator<Item = Self>) -> String {
        let mut counts: BTreeMap<Self, usize> = BTreeMap::new();
        all.for_each(|status| *counts.entry(status).or_default() += 1);
        let counts = counts.iter();
        let counts = counts.map(|(status, count)| format!("{count} {}", status.name()));
        counts.collect::<Vec<_>>().join(", ")
    }

    /// True if tests were run.
    #[must_use]
    pub fn has_run(self) -> bool {
        matches!(
            self,
            Self::Graded | Self::Timeout | Self::ResourceLimit | Self::Tampered
        )
    }

    /// The word in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Graded => "graded",
            Self::CompileError => "compile_error",
            Self::Rejected => "rejected",
            Self::Missing => "missing",
            Self::Timeout => "timeout",
            Self::ResourceLimit => "resource_limit",
            Self::Tampered => "tampered",
            Self::InfrastructureError => "infrastructure_error",
        }
    }
}

/// A group of tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupResult {
    /// The test module.
    pub name: String,
    /// `core`, `bonus` or `stretch`.
    pub part: Part,
    /// Visible to students, or hidden.
    pub visibility: Visibility,
    /// Points reached: all or nothing.
    pub points: u32,
    /// Points that could be reached.
    pub max_points: u32,
    /// Its tests, in their order.
    pub tests: Vec<TestResult>,
}

impl GroupResult {
    /// The number of tests that passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.tests.len() - self.failed().count()
    }

    /// The tests that did not pass.
    pub fn failed(&self) -> impl Iterator<Item = &TestResult> {
        let tests = self.tests.iter();
        tests.filter(|test| test.outcome != TestOutcome::Passed)
    }

    /// True if all of its tests passed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        !self.tests.is_empty() && self.passed() == self.tests.len()
    }
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// Its path, as libtest prints it.
    pub name: String,
    /// Its status.
    pub outcome: TestOutcome,
    /// It failed, and passed when it was run once more. It counts as failed.
    #[serde(default)]
    pub flaky: bool,
    /// A message to the student; empty for hidden tests.
    #[serde(default)]
    pub message: String,
}

impl TestResult {
    /// A test that is not flaky.
    #[must_use]
    pub fn new(name: &str, outcome: TestOutcome, message: String) -> Self {
        Self {
            name: name.to_owned(),
            outcome,
            flaky: false,
            message,
        }
    }

    /// The message to the student, or else the words for its outcome.
    #[must_use]
    pub fn text(&self) -> &str {
        match self.message.as_str() {
            "" => self.outcome.description(),
            message => message,
        }
    }
}

/// The outcome of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestOutcome {
    /// It returned, and proved it.
    Passed,
    /// It panicked, or returned an error.
    Failed,
    /// The process ended before the test returned: `exit(0)` is no pass.
    Ended,
    /// It ran out of time.
    Timeout,
    /// It wanted too much memory, too many threads or too large files.
    ResourceLimit,
    /// Its group does not compile with this submission.
    CompileError,
    /// It came back as passed although it had to fail, or spoke on the grader's channel.
    Tampered,
    /// It was not run: one of its group ran out of time, so that the group's points were lost already.
    NotRun,
}

impl TestOutcome {
    /// True if time was up, for this test or before it.
    #[must_use]
    pub fn is_late(self) -> bool {
        matches!(self, Self::Timeout | Self::NotRun)
    }

    /// The words in a message to the student.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Ended => "ended the process before the test returned",
            Self::Timeout => "ran out of time",
            Self::ResourceLimit => "wanted more memory, threads or disk than there is",
            Self::CompileError => "does not compile with this submission",
            Self::Tampered => "has a result that cannot be trusted",
            Self::NotRun => "was not run",
        }
    }
}

impl Grade {
    /// True unless the grader itself failed.
    #[must_use]
    pub fn has_verdict(&self) -> bool {
        self.status != Status::InfrastructureError
    }

    /// One line about a group for the student.
    #[must_use]
    pub fn line(&self, group: &GroupResult) -> String {
        match group.visibility {
            Visibility::Public => {
                format!("{} of {} tests passed", group.passed(), group.tests.len())
            }
            // The number of hidden tests, and which of them fail, is for instructors only.
            Visibility::Hidden if group.is_full() => "hidden tests: passed".to_owned(),
            Visibility::Hidden => "hidden tests: not all passed".to_owned(),
        }
    }

    /// The same without what a student may not see: names of hidden tests.
    #[must_use]
    pub fn for_student(&self) -> Self {
        let mut shown = self.clone();
        for group in &mut shown.groups {
            if group.visibility == Visibility::Hidden {
                group.tests.clear();
            }
        }
        shown
    }
}
