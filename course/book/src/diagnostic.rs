//! Diagnostics: location, message, evidence, suggested fix.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde::{Deserialize, Serialize};

/// The weight of a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A book that breaks it is not well.
    #[default]
    Error,
    /// It is reported, and changes nothing.
    Warning,
    /// It does not hold.
    Off,
}

impl Level {
    /// A problem with this weight; none when the rule does not hold.
    pub fn apply(self, problem: Diagnostic) -> Option<Diagnostic> {
        (self != Self::Off).then_some(Diagnostic {
            level: self,
            ..problem
        })
    }
}

/// A diagnostic: location, message, evidence, suggested fix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The file, relative to the book's root.
    #[serde(serialize_with = "with_slashes")]
    pub file: PathBuf,
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// The message, in one sentence.
    pub what: String,
    /// Evidence: a diff, a compiler's message. May have many lines, may be empty.
    pub detail: String,
    /// The suggested fix.
    pub help: String,
    /// The weight of the rule that it breaks.
    #[serde(skip)]
    pub level: Level,
}

impl Diagnostic {
    /// A problem at a line of a file.
    pub fn new(file: impl Into<PathBuf>, line: usize, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line,
            what: what.into(),
            detail: String::new(),
            help: String::new(),
            level: Level::Error,
        }
    }

    /// Adds a suggested fix.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Adds evidence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The file and line as an editor reads them.
    #[must_use]
    pub fn place(&self) -> String {
        match self.line {
            0 => self.file.display().to_string(),
            line => format!("{}:{line}", self.file.display()),
        }
    }
}

/// A path as every platform's reader of a report finds it.
pub fn with_slashes<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy().replace('\\', "/"))
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ERROR: Style = AnsiColor::Red.on_default().bold();
        const WARNING: Style = AnsiColor::Yellow.on_default().bold();
        const HELP: Style = AnsiColor::Cyan.on_default().bold();
        let (style, label) = match self.level {
            Level::Error => (ERROR, "error"),
            _ => (WARNING, "warning"),
        };
        write!(
            f,
            "{style}{label}{style:#}: {}: {}",
            self.place(),
            self.what
        )?;
        for line in self.detail.lines() {
            write!(f, "\n    {line}")?;
        }
        if !self.help.is_empty() {
            write!(f, "\n  {HELP}help{HELP:#}: {}", self.help)?;
        }
        Ok(())
    }
}

/// The reason why a file cannot be read, in the same words on every platform.
#[must_use]
pub fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// The diagnostics of a run, reported together, sorted by place.
#[derive(Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a diagnostic.
    pub fn push(&mut self, problem: Diagnostic) {
        self.0.push(problem);
    }

    /// Returns the value, or adds the diagnostic.
    pub fn take<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|problem| self.push(problem)).ok()
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    /// The diagnostics so far.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// The number of diagnostics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems, sorted by place and without repetitions.
    #[must_use]
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A book that has problems, as an error: what `verify` and a build report.
#[derive(Debug)]
pub struct Unwell(Vec<Diagnostic>);

impl fmt::Display for Unwell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 problem"),
            count => write!(f, "{count} problems"),
        }
    }
}

impl std::error::Error for Unwell {}

impl From<Vec<Diagnostic>> for Unwell {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self(problems)
    }
}

/// Fails if there is a problem that is no warning.
///
/// # Errors
///
/// [`Unwell`], when `problems` has an error.
pub fn refuse(mut problems: Vec<Diagnostic>) -> Result<()> {
    problems.retain(|problem| problem.level == Level::Error);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Unwell(problems).into())
    }
}

/// The end of a run, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The book is well.
    Well = 0,
    /// The book has problems.
    Problems = 1,
    /// A fault of the tool or its use: nothing is said about the book.
    Fault = 2,
}

/// The exit code of a program: problems of the book are printed as such, any other error as a fault.
#[must_use]
pub fn exit_code(ended: Result<Exit>) -> std::process::ExitCode {
    let exit = ended.unwrap_or_else(|error| {
        if error.is::<Unwell>() {
            anstream::eprintln!("{error}");
            return Exit::Problems;
        }
        anstream::eprintln!("error: {error:#}");
        Exit::Fault
    });
    std::process::ExitCode::from(exit as u8)
}
