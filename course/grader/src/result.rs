//! What became of a submission: one document, from which every format is made.

use serde::{Deserialize, Serialize};

use book::task::{Part, Visibility};

/// The canonical result of one submission. It has no times in it: the same submission, task and compiler give the same
/// bytes, on any machine and in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graded {
    /// 1; another number when a field changes its meaning or goes.
    pub format: u32,
    /// The task's slug.
    pub task: String,
    /// What decided the grade.
    pub key: Key,
    /// Whose submission it is.
    pub student: Student,
    /// What became of it.
    pub status: Status,
    /// Points reached; `None` when it is ungraded, which is not zero.
    pub score: Option<u32>,
    /// Points that could be reached.
    pub max_score: u32,
    /// How the submission was kept apart from the machine: `full`, `reduced` or `none`.
    pub sandbox: String,
    /// Whether the task allows `unsafe`, so that a pass can be forged in principle.
    pub forgeable: bool,
    /// Whether every file is still as it was handed out.
    pub unchanged: bool,
    /// What the student should know, in words that reveal nothing hidden.
    pub message: String,
    /// The groups in the task's order.
    pub groups: Vec<Group>,
    /// Files of the submission that were not looked at.
    pub ignored_files: Vec<String>,
}

/// A grade is a function of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Of the grader's files and rules.
    pub task: String,
    /// Of the files taken from the submission.
    pub submission: String,
    /// Of compiler and libraries.
    pub toolchain: String,
}

/// Whose submission it is, as far as its file name and the roster say.
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
    /// When it was handed in, as the file name or the roster says.
    #[serde(default)]
    pub submitted: String,
}

/// What became of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every test has a verdict.
    Graded,
    /// The student's code does not compile.
    CompileError,
    /// It is no submission that may be run: `unsafe` where it is forbidden, a link, a zip that lies.
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
    /// The word in files and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
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
pub struct Group {
    /// The test module.
    pub name: String,
    /// `core`, `bonus` or `stretch`.
    pub part: Part,
    /// Whether students see its tests.
    pub visibility: Visibility,
    /// Points reached: all or nothing.
    pub points: u32,
    /// Points that could be reached.
    pub max_points: u32,
    /// Its tests, in their order.
    pub tests: Vec<Test>,
}

impl Group {
    /// How many tests passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.tests
            .iter()
            .filter(|test| test.outcome == Outcome::Passed)
            .count()
    }

    /// Whether all of it passed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        !self.tests.is_empty() && self.passed() == self.tests.len()
    }
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Its path, as libtest prints it.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// It failed, and passed when it was run once more. It counts as failed.
    #[serde(default)]
    pub flaky: bool,
    /// What the student may read of it; empty for hidden tests.
    #[serde(default)]
    pub message: String,
}

impl Test {
    /// A test that is not flaky.
    #[must_use]
    pub fn new(name: &str, outcome: Outcome, message: String) -> Self {
        Self {
            name: name.to_owned(),
            outcome,
            flaky: false,
            message,
        }
    }
}

/// What became of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
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

impl Outcome {
    /// Whether time was up, for this test or before it.
    #[must_use]
    pub fn is_late(self) -> bool {
        matches!(self, Self::Timeout | Self::NotRun)
    }

    /// What a student is told.
    #[must_use]
    pub fn words(self) -> &'static str {
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

impl Graded {
    /// Whether the grader did its work.
    #[must_use]
    pub fn has_verdict(&self) -> bool {
        self.status != Status::InfrastructureError
    }

    /// What a student may read of a group in one line.
    #[must_use]
    pub fn line(&self, group: &Group) -> String {
        match group.visibility {
            Visibility::Public => {
                format!("{} of {} tests passed", group.passed(), group.tests.len())
            }
            // How many hidden tests there are, and which fail, is nobody's business but the instructor's.
            Visibility::Hidden if group.is_full() => "hidden tests: passed".to_owned(),
            Visibility::Hidden => "hidden tests: not all passed".to_owned(),
        }
    }

    /// The same without what a student may not see: names of hidden tests.
    #[must_use]
    pub fn for_student(&self) -> Self {
        let mut shown = self.clone();
        for group in shown
            .groups
            .iter_mut()
            .filter(|group| group.visibility == Visibility::Hidden)
        {
            group.tests.clear();
        }
        shown
    }
}
