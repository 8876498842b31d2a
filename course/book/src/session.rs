//! The commands of the tool that a page shows, run one after the other in a folder of their own.
//!
//! `listings/sessions/<page>.toml` has them, `{{#session NAME}}` shows one with its output, and `verify` runs them all
//! again and compares. Between two commands files can be edited, as a reader would.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::page::Page;
use crate::project::Project;
use crate::toml_text::{Strings, parse};

/// The beginning of a command.
pub const TOOL: &str = "cargo course ";

/// The commands of a page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// In the order in which they run.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// One command.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A name, unique on the page.
    pub name: String,
    /// An exercise to solve in part before the command.
    pub solve: Option<Solve>,
    /// Edits before the command.
    #[serde(default)]
    pub edit: Vec<Edit>,
    /// The command, `cargo course …`.
    pub run: String,
    /// The exit code it must have.
    #[serde(default)]
    pub exits: i32,
}

/// Writes some of the solution's regions into the files of an exercise that was started, and stubs
/// in place of the rest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solve {
    /// The chapter's slug.
    pub chapter: String,
    /// The exercise's folder.
    pub folder: PathBuf,
    /// The regions; none for all of them.
    #[serde(default)]
    pub regions: BTreeSet<String>,
}

/// One edit of one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The file.
    pub file: PathBuf,
    /// The text to replace; it must occur exactly once.
    pub find: String,
    /// The replacement.
    pub replace: String,
}

/// The file of a page's session, from the book's root.
#[must_use]
pub fn file(page: &Page) -> PathBuf {
    let stem = page.file.file_stem().unwrap_or_default();
    Path::new("listings/sessions")
        .join(stem)
        .with_extension("toml")
}

/// The captured output of a step, from the book's root.
#[must_use]
pub fn captured(page: &Page, step: &str) -> PathBuf {
    Project::captured(
        &page.file.file_stem().unwrap_or_default().to_string_lossy(),
        step,
    )
}

impl Session {
    /// The session of a page.
    ///
    /// # Errors
    ///
    /// A [`Diagnostic`] when there is none, or it is not in order.
    pub fn load(root: &Path, page: &Page) -> Result<Self, Diagnostic> {
        let file = file(page);
        let help =
            "write [[step]]s with `name` and `run`: course/book/src/session.rs defines every key";
        let text = fs::read_to_string(root.join(&file)).map_err(|error| {
            Diagnostic::new(
                &file,
                0,
                format!("the page's commands cannot be read: {error}"),
            )
            .help(help)
        })?;
        let problem = |line, what| Diagnostic::new(&file, line, what).help(help);
        let session: Self = parse(&text).map_err(|(line, what)| problem(line, what))?;
        let strings = Strings::parse(&text);
        let mut names = BTreeSet::new();
        for (step, (_, line)) in session.steps.iter().zip(strings.at("step.run")) {
            let wrong = if !step.run.starts_with(TOOL) {
                Some(format!(
                    "`{}` is no command of the tool: it begins with `{TOOL}`",
                    step.run
                ))
            } else if !names.insert(&step.name) {
                Some(format!("two steps are called `{}`", step.name))
            } else {
                None
            };
            if let Some(what) = wrong {
                return Err(problem(line, what));
            }
        }
        Ok(session)
    }

    /// The step of a name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }
}
