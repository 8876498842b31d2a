//! The programs of this workspace, started by one another.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The variable in which `course` passes on the folder of the workspace it was built in.
pub const WORKSPACE: &str = "COURSE_WORKSPACE";

/// A program of this workspace, such as `course-verify`, ready to be started.
///
/// Below `cargo course`, cargo brings it up to date first. Elsewhere, in a test or in a copied target folder, it is the
/// one beside this program.
///
/// # Errors
///
/// When it cannot be built or is not there.
pub fn command(name: &str) -> Result<Command> {
    if let Some(workspace) = std::env::var_os(WORKSPACE) {
        let status = crate::cargo::cargo(Path::new(&workspace))
            .args(["build", "--quiet", "--bin", name])
            .stdout(Stdio::null())
            .status()
            .context("cargo cannot be started")?;
        ensure!(status.success(), "{name} does not compile");
    }
    let program = path(name)?;
    ensure!(
        program.is_file(),
        "{} is missing: `cargo build --bin {name}` makes it",
        program.display()
    );
    Ok(Command::new(program))
}

/// The place of a program of this workspace: beside this program, or, from a test, one folder up.
///
/// # Errors
///
/// When the operating system does not say where this program is.
pub fn path(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not find itself")?;
    let mut folder = own.parent().context("a program is in a folder")?;
    if folder.ends_with("deps") {
        folder = folder.parent().context("cargo's folders are nested")?;
    }
    Ok(folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
