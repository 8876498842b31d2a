//! The exercise that is a text, a summary of a proposal: judged as the book's own pages are.
//!
//! Its check needs no compiler, and runs nothing of what it is given.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::proposals::judge;
use book::diagnostic::{Diagnostic, unreadable};
use book::proposals::{Summary, read};

/// The result of checking a learner's text.
#[derive(Debug)]
pub struct Checked {
    /// The diagnostics, sorted; empty when it has the form that is asked for.
    pub problems: Vec<Diagnostic>,
    /// The message when nothing is wrong.
    pub praise: String,
}

/// Checks a learner's summary of a proposal.
///
/// # Errors
///
/// A file that cannot be read.
pub fn check(path: &Path) -> Result<Checked> {
    let text = fs::read_to_string(path).map_err(|error| {
        anyhow::anyhow!("{} cannot be read: {}", path.display(), unreadable(&error))
    })?;
    let summary = read(&text);
    let mut problems = judge(path, &summary, false);
    problems.sort();
    Ok(Checked {
        problems,
        praise: praise(path, &summary),
    })
}

fn praise(path: &Path, summary: &Summary) -> String {
    format!(
        "{}: {} words, {} statements with a source. Its form is right; whether it is true is for its reader.\n\n\
         In one paragraph: {}",
        path.display(),
        summary.words(),
        summary.linked(),
        summary.paragraph()
    )
}
