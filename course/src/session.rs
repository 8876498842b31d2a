//! What a page shows of the tool itself: commands, one after the other, in a folder of their own.
//!
//! `listings/sessions/<page>.toml` has them, `{{#session NAME}}` shows one with its output, and `verify` runs them all
//! again and compares. Between two commands files can be edited, as a reader would.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::exercise::Exercise;
use crate::learner::progress;
use crate::page::Page;
use crate::problem::Problem;
use crate::project::Project;
use crate::task::line_of;

/// What a command begins with.
const TOOL: &str = "cargo course ";

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
    /// What is done before: an exercise solved in part.
    pub solve: Option<Solve>,
    /// What is done before: edits.
    #[serde(default)]
    pub edit: Vec<Edit>,
    /// The command, `cargo course …`.
    pub run: String,
    /// The exit code it must have.
    #[serde(default)]
    pub exits: i32,
}

/// Writes some of the solution's regions into the files of an exercise that was started, and stubs in place of the rest.
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
    /// What stands there instead.
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
    /// A [`Problem`] when there is none, or it is not in order.
    pub fn of(root: &Path, page: &Page) -> Result<Self, Problem> {
        let file = file(page);
        let help = "write [[step]]s with `name` and `run`: course/src/session.rs defines every key";
        let text = fs::read_to_string(root.join(&file)).map_err(|error| {
            Problem::new(
                &file,
                0,
                format!("the page's commands cannot be read: {error}"),
            )
            .help(help)
        })?;
        let session: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_of(&text, span.start));
            Problem::new(&file, line, error.message().replace('\n', " ")).help(help)
        })?;
        let mut names = BTreeSet::new();
        for step in &session.steps {
            let line = text
                .lines()
                .position(|line| line.contains(&step.run))
                .map_or(0, |line| line + 1);
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
                return Err(Problem::new(&file, line, what).help(help));
            }
        }
        Ok(session)
    }

    /// The step of a name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Runs all steps in an empty folder, and returns what each printed, on either stream, by its name.
    ///
    /// # Errors
    ///
    /// When an edit does not fit, or a command cannot be started or ends with another exit code.
    pub fn run(&self, project: &Project, page: &Page) -> Result<BTreeMap<String, String>> {
        let stem = page.file.file_stem().unwrap_or_default();
        let folder = project.scratch().join("sessions").join(stem);
        // Whatever an earlier run has left.
        let _ = fs::remove_dir_all(&folder);
        let (desk, data) = (folder.join("desk"), folder.join("data"));
        fs::create_dir_all(&desk).with_context(|| format!("{} cannot be made", desk.display()))?;
        let mut printed = BTreeMap::new();
        for step in &self.steps {
            let what = || format!("step `{}`", step.name);
            if let Some(solve) = &step.solve {
                solve.apply(project, &desk).with_context(what)?;
            }
            for edit in &step.edit {
                edit.apply(&desk).with_context(what)?;
            }
            let log = folder.join("log");
            let output = fs::File::create(&log)?;
            let status = Command::new(tool()?)
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
}

impl Solve {
    fn apply(&self, project: &Project, desk: &Path) -> Result<()> {
        let exercise = Exercise::of(project, &self.chapter)?;
        if let Some(name) = self
            .regions
            .iter()
            .find(|name| exercise.region(name).is_none())
        {
            bail!("the solution of `{}` has no region `{name}`", self.chapter);
        }
        let tree = match self.regions.is_empty() {
            true => exercise.solution().clone(),
            false => exercise.revealing(project, &self.regions),
        };
        for path in exercise.allowed() {
            let file = desk.join(&self.folder).join(path);
            ensure!(
                file.is_file(),
                "{} is not there: start the exercise first",
                file.display()
            );
            fs::write(&file, &tree[path])?;
        }
        Ok(())
    }
}

impl Edit {
    fn apply(&self, desk: &Path) -> Result<()> {
        let file = desk.join(&self.file);
        let text = fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read", self.file.display()))?;
        let count = text.matches(&self.find).count();
        ensure!(
            count == 1,
            "`find` occurs {count} times in {}, not once",
            self.file.display()
        );
        fs::write(&file, text.replace(&self.find, &self.replace))?;
        Ok(())
    }
}

/// This tool: ourselves, or, from a test of it, the program that cargo has built beside.
fn tool() -> Result<PathBuf> {
    let us = std::env::current_exe().context("the tool cannot find itself")?;
    // What Linux adds when a cargo has built the tool again meanwhile: then the new one is the tool.
    let us = us
        .to_str()
        .and_then(|us| us.strip_suffix(" (deleted)"))
        .map_or(us.clone(), PathBuf::from);
    if us.file_stem().is_some_and(|name| name == "course") {
        return Ok(us);
    }
    let beside = us
        .parent()
        .and_then(Path::parent)
        .map(|folder| folder.join("course"));
    let beside = beside.map(|file| file.with_extension(std::env::consts::EXE_EXTENSION));
    beside
        .filter(|file| file.is_file())
        .context("the tool is not built beside its tests")
}

/// What the outputs depend on, but for compiler and libraries: the tool, the commands, the exercises.
///
/// # Errors
///
/// When the tool cannot find itself.
pub fn digest(project: &Project, page: &Page) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&fs::read(tool()?).context("the tool cannot be read")?);
    let mut files = vec![file(page)];
    for folder in ["listings/src", "listings/tests"] {
        let below = crate::evidence::files_below(&project.root.join(folder));
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
