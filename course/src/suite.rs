//! One compilation and one run of a chapter's tests, against whatever library they are to be held against.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::cargo::Artifacts;

/// How long the tests of one program may run: it only ends what would never end, which counts as failing.
const LIMIT: Duration = Duration::from_secs(60);

/// What becomes of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lints {
    /// Nobody is told.
    Ignored,
    /// It is an error.
    Denied,
}

impl Lints {
    fn argument(self) -> &'static str {
        match self {
            Self::Ignored => "--cap-lints=allow",
            Self::Denied => "-Dwarnings",
        }
    }
}

/// Compiles a library, or the tests against it. The inner error is the compiler's message.
///
/// # Errors
///
/// When the compiler cannot be started.
pub fn compile(
    artifacts: &Artifacts,
    source: &Path,
    out: &Path,
    library: Option<&Path>,
    lints: Lints,
) -> Result<Result<(), String>> {
    let mut command = Command::new("rustc");
    command.arg(source).arg("-o").arg(out).args(["-Copt-level=0", "-Cdebuginfo=0", lints.argument()]);
    let mut artifacts = artifacts.clone();
    match library {
        None => {
            artifacts.externs.remove("listings");
            command.args(["--crate-name=listings", "--crate-type=rlib"]);
        }
        Some(library) => {
            artifacts.externs.insert("listings".to_owned(), library.to_owned());
            command.args(["--crate-name=tests", "--test"]);
        }
    }
    let output = command.args(artifacts.compiler_arguments()).output().context("rustc cannot be started")?;
    Ok(if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    })
}

/// Runs a test program; a test that did not end by itself has failed.
///
/// # Errors
///
/// When it cannot be started.
pub fn run(folder: &Path, tests: &Path) -> Result<BTreeMap<String, bool>> {
    let mut results: BTreeMap<String, bool> =
        listed(tests, &[])?.into_iter().map(|test| (test, false)).collect();
    // What another test starts in a process of its own is no test by itself.
    for test in listed(tests, &["--ignored"])? {
        results.remove(&test);
    }
    let log = tests.with_extension("log");
    let mut child = Command::new(tests)
        .current_dir(folder)
        .arg("--test-threads=1")
        .stdin(Stdio::null())
        .stdout(fs::File::create(&log)?)
        .stderr(Stdio::null())
        .env("RUST_BACKTRACE", "0")
        // A failing property must not leave a regression file behind.
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .spawn()
        .context("the tests cannot be started")?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let text = fs::read_to_string(&log)?;
    for line in text.lines() {
        if let Some(test) = line.strip_prefix("test ")
            && let Some((name, "ok")) = test.split_once(" ... ")
            && let Some(passed) = results.get_mut(name.trim_end_matches(" - should panic"))
        {
            *passed = true;
        }
    }
    Ok(results)
}

/// The tests of a program, by path.
fn listed(tests: &Path, arguments: &[&str]) -> Result<Vec<String>> {
    let output =
        Command::new(tests).arg("--list").args(arguments).output().context("the tests cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| Some(line.strip_suffix(": test")?.to_owned())).collect())
}
