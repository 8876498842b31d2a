//! `cargo course export SUBMISSIONS --similarity OUT`: folders for JPlag and Dolos, with the starter as base code.
//!
//! Whether two submissions are too much alike is for these tools, and then for people.

use book::files;
use std::path::Path;

use anyhow::Result;

use super::export::Options;

/// Lays out submissions: `OUT/submissions/<student>/`, and `OUT/basecode/`. Only files that the task names are taken, as
/// the grader takes them.
///
/// # Errors
///
/// When the chapter is unknown or a text, or files cannot be read or written.
#[cfg(target_os = "linux")]
pub fn lay_out(root: &Path, options: &Options, out: &Path) -> Result<(String, Vec<String>)> {
    use super::formats::names;
    use anyhow::ensure;
    use grader::run::{submissions, take};

    let slug = options.task.as_deref().unwrap_or_default();
    let exercise = exercise::Exercise::of(&book::project::Project::load(root)?, slug)?;
    ensure!(
        !exercise.task.is_text(),
        "`{slug}` asks for a text, and these tools compare programs"
    );
    ensure!(
        !out.exists(),
        "{} exists: name another folder, so that nobody's old files are in it",
        out.display()
    );
    let class = submissions(&options.results, options.name.as_ref())?;
    let names = names(class.submissions.keys().map(String::as_str));
    let mut notes = Vec::new();
    let mut count = 0;
    for (id, handed) in &class.submissions {
        let taken = take(handed, exercise.allowed())?;
        if let Some(why) = &taken.rejected {
            notes.push(format!("{id} is left out: {why}"));
        } else if taken.files.is_empty() {
            notes.push(format!(
                "{id} is left out: none of the files that count are there"
            ));
        } else {
            count += 1;
            for (file, bytes) in &taken.files {
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
    Ok((
        format!(
            "{count} submissions and the starter as base code in {}",
            out.display()
        ),
        notes,
    ))
}

/// Submissions are taken as the grader takes them, which needs Linux.
///
/// # Errors
///
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn lay_out(_: &Path, _: &Options, _: &Path) -> Result<(String, Vec<String>)> {
    anyhow::bail!(
        "taking submissions safely needs Linux: use a virtual machine, or WSL 2 on Windows"
    )
}
