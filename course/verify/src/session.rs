//! The commands that a page shows, run and compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use book::files::files_below;
use book::page::Page;
use book::project::Project;
use book::session::{Edit, Session, Solve, TOOL, file};
use exercise::Exercise;
use exercise::learner::progress;
use toolchain::program;

/// Runs all steps in an empty folder, and returns what each printed, on either stream, by its name.
///
/// # Errors
///
/// When an edit does not fit, or a command cannot be started or ends with another exit code.
pub fn run(session: &Session, project: &Project, page: &Page) -> Result<BTreeMap<String, String>> {
    let stem = page.file.file_stem().unwrap_or_default();
    let folder = project.scratch().join("sessions").join(stem);
    // Whatever an earlier run has left.
    let _ = fs::remove_dir_all(&folder);
    let (desk, data) = (folder.join("desk"), folder.join("data"));
    fs::create_dir_all(&desk).with_context(|| format!("{} cannot be made", desk.display()))?;
    // Up to date before the first command: what cargo says meanwhile is not part of the output.
    program::command("course-exercise")?;
    let mut printed = BTreeMap::new();
    for step in &session.steps {
        let what = || format!("step `{}`", step.name);
        if let Some(solve) = &step.solve {
            apply_solution(solve, project, &desk).with_context(what)?;
        }
        for edit in &step.edit {
            apply_edit(edit, &desk).with_context(what)?;
        }
        let log = folder.join("log");
        let output = fs::File::create(&log)?;
        let status = program::command("course")?
            .env_remove("CARGO_MANIFEST_DIR")
            .args(step.run[TOOL.len()..].split_whitespace())
            .current_dir(&desk)
            .env(progress::VARIABLE, &data)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()
            .with_context(what)?;
        let text = String::from_utf8_lossy(&fs::read(&log)?).replace("\r\n", "\n");
        if status.code() != Some(step.exits) {
            bail!(
                "step `{}` should exit with {}, and {status}:\n{text}",
                step.name,
                step.exits
            );
        }
        printed.insert(step.name.clone(), text);
    }
    Ok(printed)
}

fn apply_solution(solve: &Solve, project: &Project, desk: &Path) -> Result<()> {
    let exercise = Exercise::load(project, &solve.chapter)?;
    if let Some(name) = solve
        .regions
        .iter()
        .find(|name| exercise.region(name).is_none())
    {
        bail!("the solution of `{}` has no region `{name}`", solve.chapter);
    }
    let tree = match solve.regions.is_empty() {
        true => exercise.solution().clone(),
        false => exercise.revealing(project, &solve.regions),
    };
    for path in exercise.allowed() {
        let file = desk.join(&solve.folder).join(path);
        ensure!(
            file.is_file(),
            "{} is not there: start the exercise first",
            file.display()
        );
        fs::write(&file, &tree[path])?;
    }
    Ok(())
}

fn apply_edit(edit: &Edit, desk: &Path) -> Result<()> {
    let file = desk.join(&edit.file);
    let text = fs::read_to_string(&file)
        .with_context(|| format!("{} cannot be read", edit.file.display()))?;
    let count = text.matches(&edit.find).count();
    ensure!(
        count == 1,
        "`find` occurs {count} times in {}, not once",
        edit.file.display()
    );
    fs::write(&file, text.replace(&edit.find, &edit.replace))?;
    Ok(())
}

/// A digest of what the outputs depend on, except compiler and libraries: the tool, the commands, the exercises.
///
/// # Errors
///
/// When the tool cannot find itself.
pub fn digest(project: &Project, page: &Page) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&fs::read(program::path("course-exercise")?).context("the tool cannot be read")?);
    let mut files = vec![file(page)];
    for folder in ["listings/src", "listings/tests"] {
        let below = files_below(&project.root.join(folder));
        files.extend(
            below
                .iter()
                .filter_map(|file| Some(file.strip_prefix(&project.root).ok()?.to_owned())),
        );
    }
    for file in files {
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(&fs::read(project.root.join(&file)).unwrap_or_default());
    }
    Ok(hasher.finalize().to_hex().to_string())
}
