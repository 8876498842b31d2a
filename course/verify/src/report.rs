//! The report of a run, as text and as one JSON document.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use book::diagnostic::{Diagnostic, Exit, with_slashes};
use book::evidence::Counts;
use book::ledger::Expected;
use progress::Phase;

/// The words of `cargo course verify --help` on all this.
pub const HELP: &str = "\
Exit code:
  0  the book is well
  1  the book has problems: each is reported with its file and line, and what to do; warnings are none
  2  a fault of the tool or its use (an unknown page, no compiler): nothing is said about the book

With --json, standard output is one JSON document with these keys, always all of them:
  format    1; another number when a key changes its meaning or goes; new keys may come without
  command   \"verify\" or \"bless\"
  exit      the exit code
  error     what went wrong when exit is 2, otherwise null
  problems  sorted by place: [{file, line, what, detail, help}]; the file is relative to the book, the line counts
            from 1 and is 0 when the whole file is meant; detail and help may be empty
  warnings  the same, for rules that are warnings in this book, and for measurements that are missing or older than
            their code; with --release those are problems
  pages     [{file, counts}]: the checks that were done on each page, zero included; unmeasured counts the chapters
            whose measurements are missing or older than their code
  unsealed  [{page, missing}]: pages that have no seal, with the checks that were not done, [kind, subject]
  total     the counts of all pages together
  accepted  [{file, difference}]: outputs that `bless` has written
  phases    [{name, seconds, said}]: what was done, in order
  seconds   how long all of it took

Progress goes to standard error: a bar on a terminal, a line a phase elsewhere, in CI, or with NO_COLOR or TERM=dumb.";

/// A page that is not sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsealed {
    /// The page, from the book's root.
    #[serde(serialize_with = "with_slashes")]
    pub page: PathBuf,
    /// The checks that it asks for and that were not done. None if a problem is the reason.
    pub missing: Vec<Expected>,
}

/// The report of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// The folder of `SUMMARY.md`.
    pub src: PathBuf,
    /// The counts, page by page.
    pub pages: Vec<(PathBuf, Counts)>,
    /// The pages that are not sealed.
    pub unsealed: Vec<Unsealed>,
    /// The diagnostics, sorted.
    pub problems: Vec<Diagnostic>,
    /// The warnings, sorted.
    pub warnings: Vec<Diagnostic>,
    /// Captured files that were written, when blessing, with the difference.
    pub blessed: Vec<(PathBuf, String)>,
    /// The phases with their durations.
    pub phases: Vec<Phase>,
}

impl Report {
    /// The counts as text, a line a page and one for all.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for (file, counts) in &self.pages {
            let name = file.strip_prefix(&self.src).unwrap_or(file);
            let _ = writeln!(text, "{}: {counts}", name.with_extension("").display());
        }
        let plural = if self.pages.len() == 1 {
            "page"
        } else {
            "pages"
        };
        let _ = write!(text, "{} {plural}: {}", self.pages.len(), self.total());
        text
    }

    /// The counts of all pages together.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut all = Counts::default();
        for (_, counts) in &self.pages {
            all.add(counts);
        }
        all
    }
}

/// The document.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    format: u32,
    command: &'static str,
    exit: u8,
    error: Option<String>,
    problems: &'a [Diagnostic],
    warnings: &'a [Diagnostic],
    pages: Vec<Page<'a>>,
    unsealed: &'a [Unsealed],
    total: Counts,
    accepted: Vec<Accepted<'a>>,
    phases: &'a [Phase],
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Page<'a> {
    #[serde(serialize_with = "slashes")]
    file: &'a PathBuf,
    counts: &'a Counts,
}

#[derive(Debug, Serialize)]
struct Accepted<'a> {
    #[serde(serialize_with = "slashes")]
    file: &'a PathBuf,
    difference: &'a str,
}

fn slashes<S: serde::Serializer>(path: &&PathBuf, serializer: S) -> Result<S::Ok, S::Error> {
    with_slashes(path, serializer)
}

impl<'a> Document<'a> {
    /// The document of a run that took so many seconds.
    #[must_use]
    pub fn new(command: &'static str, report: &'a Report, seconds: f64) -> Self {
        Self {
            format: 1,
            command,
            exit: report.exit() as u8,
            error: None,
            problems: &report.problems,
            warnings: &report.warnings,
            pages: report
                .pages
                .iter()
                .map(|(file, counts)| Page { file, counts })
                .collect(),
            unsealed: &report.unsealed,
            total: report.total(),
            accepted: report
                .blessed
                .iter()
                .map(|(file, difference)| Accepted { file, difference })
                .collect(),
            phases: &report.phases,
            seconds,
        }
    }

    /// The document of a run that could not be done.
    #[must_use]
    pub fn of_fault(command: &'static str, error: &anyhow::Error) -> Self {
        Self {
            format: 1,
            command,
            exit: Exit::Fault as u8,
            error: Some(format!("{error:#}")),
            problems: &[],
            warnings: &[],
            pages: Vec::new(),
            unsealed: &[],
            total: Counts::default(),
            accepted: Vec::new(),
            phases: &[],
            seconds: 0.0,
        }
    }
}

impl Report {
    /// The numbers of problems and warnings, in words: `verified`, `1 problem and 2 warnings, found`.
    #[must_use]
    pub fn found(&self) -> String {
        let some = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {one}s"),
        };
        let warnings = some(self.warnings.len(), "warning");
        match (self.problems.len(), self.warnings.len()) {
            (0, 0) => "verified".to_owned(),
            (0, _) => format!("verified, with {warnings},"),
            (problems, 0) => format!("{}, found", some(problems, "problem")),
            (problems, _) => format!("{} and {warnings}, found", some(problems, "problem")),
        }
    }

    /// The exit code of the run.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.problems.is_empty() {
            Exit::Well
        } else {
            Exit::Problems
        }
    }
}
