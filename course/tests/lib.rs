//! Shared parts of the tests of the whole tool: its built programs, and tests with [`needs`].

pub mod needs;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the book that these tests are run in.
///
/// # Panics
///
/// If cargo has not started the tests.
#[must_use]
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        // Read at run time: in a copied target folder, the path that was compiled in is another book's.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
        let root = Path::new(&package).ancestors().nth(2);
        root.expect("course/tests is two folders down").to_owned()
    })
}

/// A program of the tool, such as `course` or `course-grader`; all of them are built at the first call.
///
/// # Panics
///
/// If one does not compile.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let built = toolchain::cargo::cargo(root())
            .args(["build", "--quiet", "--bin", "course*"])
            .status();
        assert!(built.expect("cargo can be started").success());
    });
    toolchain::program::path(name).expect("this test has a path")
}

/// `course` with the environment of a user, not of a test that cargo runs.
///
/// # Panics
///
/// As [`program`].
#[must_use]
pub fn course() -> Command {
    let mut command = Command::new(program("course"));
    command.env_remove("CARGO_MANIFEST_DIR").env_remove("CI");
    command
}
