//! `cargo course check`: what a learner has written, judged as the book's own pages are.
//!
//! One chapter can be checked so far: `proposals`, whose exercise is a text. Its check needs no compiler, and runs nothing
//! of what it is given.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::checks::proposals::{self, Summary};
use crate::problem::{Problem, unreadable};

/// What a learner's work was found to be.
#[derive(Debug)]
pub struct Checked {
    /// What is wrong, sorted; empty when it has the form that is asked for.
    pub problems: Vec<Problem>,
    /// What to tell when nothing is wrong.
    pub praise: String,
}

/// Checks a learner's work on a chapter.
///
/// # Errors
///
/// A fault of its use: a chapter that has no check, no file, or one that cannot be read.
pub fn check(chapter: &str, path: Option<&Path>) -> Result<Checked> {
    if chapter != "proposals" {
        bail!(
            "`{chapter}` cannot be checked yet: only `proposals` can, as `cargo course check proposals FILE.md`"
        );
    }
    let path = path.with_context(|| {
        format!(
            "which file? copy {}, fill it in, and run `cargo course check proposals FILE.md`",
            proposals::TEMPLATE
        )
    })?;
    let text = fs::read_to_string(path)
        .map_err(|error| anyhow::anyhow!("{} cannot be read: {}", path.display(), unreadable(&error)))?;
    let summary = proposals::read(&text);
    let mut problems = proposals::judge(path, &summary, false);
    problems.sort();
    Ok(Checked { problems, praise: praise(path, &summary) })
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
