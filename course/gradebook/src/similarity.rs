//! `cargo course export SUBMISSIONS --similarity OUT`: folders for JPlag and Dolos, with the starter as base code.
//!
//! These tools, and then people, decide whether two submissions are too much alike.

use book::files;
use std::path::Path;

use anyhow::Result;

use super::Summary;
use super::export::ExportOptions;

/// Lays out submissions: `OUT/submissions/<student>/`, and `OUT/basecode/`. Only files that the task names are read, as
/// by the grader.
///
/// # Errors
///
/// If the chapter is unknown or a text, or files cannot be read or written.
#[cfg(target_os = "linux")]
pub fn lay_out(root: &Path, options: &ExportOptions, out: &Path) -> Result<Summary> {
    use super::formats::names;
    use anyhow::ensure;
    use grader::run::{Submissions, read};

    let slug = options.task.as_deref().unwrap_or_default();
    let exercise = exercise::Exercise::load(&book::project::Project::load(root)?, slug)?;
    ensure!(
        !exercise.task.is_text(),
        "`{slug}` asks for a text, and these tools compare programs"
    );
    ensure!(
        !out.exists(),
        "{} exists: name another folder, so that nobody's old files are in it",
        out.display()
    );
    let submissions = Submissions::list(&options.results, options.name.as_ref())?;
    let names = names(submissions.uploads.keys().map(String::as_str));
    let mut notes = Vec::new();
    let mut count = 0;
    for (id, uploads) in &submissions.uploads {
        let intake = read(uploads, exercise.allowed())?;
        if let Some(reason) = &intake.rejected {
            notes.push(format!("{id} is left out: {reason}"));
        } else if intake.files.is_empty() {
            notes.push(format!(
                "{id} is left out: none of the files that count are there"
            ));
        } else {
            count += 1;
            for (file, bytes) in &intake.files {
                files::write(
                    &out.join("submissions").join(&names[id.as_str()]).join(file),
                    bytes,
                )?;
            }
        }
    }
    for file in exercise.allowed() {
        files::write(&out.join("basecode").join(file), &exercise.starter()[file])?;
    }
    let message = format!(
        "{count} submissions and the starter as base code in {}",
        out.display()
    );
    Ok(Summary {
        message,
        notes,
        ungraded: 0,
    })
}

/// Refuses: submissions are read as the grader reads them, which needs Linux.
///
/// # Errors
///
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn lay_out(_: &Path, _: &ExportOptions, _: &Path) -> Result<Summary> {
    anyhow::bail!(
        "taking submissions safely needs Linux: use a virtual machine, or WSL 2 on Windows"
    )
}
