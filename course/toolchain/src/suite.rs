//! Compiles a chapter's tests against a library, and runs them with a timeout.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::cargo::Artifacts;
use crate::libtest;

/// The timeout of one test: it only ends what would never end, which counts as failing.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The environment of tests wherever this tool runs them: what they draw, and what they say, is the same every time.
pub const SURROUNDINGS: [(&str, &str); 5] = [
    ("RUST_BACKTRACE", "0"),
    ("NO_COLOR", "1"),
    (SEED, "20"),
    // A failing property must not leave a regression file behind.
    ("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true"),
    ("PROPTEST_MAX_SHRINK_ITERS", "0"),
];

/// The variable that proptest reads its seed from. Tests of the book that draw in another way read it, too.
pub const SEED: &str = "PROPTEST_RNG_SEED";

/// The beginning of the message of `todo!`.
pub const UNWRITTEN: &str = "not yet implemented";

/// The end of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed, and the others went on.
    Failed,
    /// It ended the whole process.
    Crashed,
    /// It did not end in time.
    Hung,
}

impl Outcome {
    /// True if it passed.
    #[must_use]
    pub fn passed(self) -> bool {
        self == Self::Passed
    }
}

/// The treatment of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lints {
    /// They are not reported.
    Ignored,
    /// They are errors.
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

/// The compiler's command for a library, or for the tests against it.
#[must_use]
pub fn compiler(
    artifacts: &Artifacts,
    source: &Path,
    out: &Path,
    library: Option<&Path>,
    lints: Lints,
) -> Command {
    let mut command = Command::new("rustc");
    command.arg(source).arg("-o").arg(out).args([
        "-Copt-level=0",
        "-Cdebuginfo=0",
        lints.argument(),
    ]);
    // As under cargo, for code that names a file of its package.
    let is_package = |folder: &&Path| folder.join("Cargo.toml").is_file();
    if let Some(package) = source.ancestors().find(is_package) {
        command.env("CARGO_MANIFEST_DIR", package);
    }
    let mut artifacts = artifacts.clone();
    match library {
        None => {
            artifacts.externs.remove("listings");
            command.args(["--crate-name=listings", "--crate-type=rlib"]);
        }
        Some(library) => {
            artifacts
                .externs
                .insert("listings".to_owned(), library.to_owned());
            command.args(["--crate-name=tests", "--test"]);
        }
    }
    command.args(artifacts.compiler_arguments());
    command
}

/// The compiler's arguments for incremental compilation in the folder `memory`.
///
/// By itself it would then split a crate into hundreds of parts. A few bring as much, and far fewer files.
#[must_use]
pub fn remembering(memory: &Path) -> [String; 2] {
    [
        "-Ccodegen-units=16".to_owned(),
        format!("-Cincremental={}", memory.display()),
    ]
}

/// Compiles a library, or the tests against it. What the compiler can use again of the last time is
/// in `memory`. The inner error is its message.
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
    memory: &Path,
) -> Result<Result<(), String>> {
    let output = compiler(artifacts, source, out, library, lints)
        .args(remembering(memory))
        .output()
        .context("rustc cannot be started")?;
    Ok(if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    })
}

/// Runs all tests of a program but the ignored ones, and says of each how it ended.
///
/// # Errors
///
/// When it cannot be started.
pub fn run(folder: &Path, program: &Path) -> Result<BTreeMap<String, Outcome>> {
    run_with(folder, program, tests(program)?, LIMIT, &[])
}

/// Runs some tests of a program, with variables of the environment, and says of each how it ended.
///
/// All of them run in one process. Where a test ends that, or never ends, those that are left run in another.
///
/// # Errors
///
/// When it cannot be started.
pub fn run_with(
    folder: &Path,
    program: &Path,
    mut left: Vec<String>,
    limit: Duration,
    variables: &[(&str, String)],
) -> Result<BTreeMap<String, Outcome>> {
    let mut results = BTreeMap::new();
    while !left.is_empty() {
        let (text, end) = run_once(folder, program, limit, variables, &left)?;
        // The line of a test begins before it runs, and ends with how it ended.
        let mut running = None;
        for line in libtest::lines(&text) {
            if line.passed() {
                results.insert(line.name.to_owned(), Outcome::Passed);
            } else if line.failed() {
                results.insert(line.name.to_owned(), Outcome::Failed);
            } else {
                running = left.iter().find(|test| *test == line.name);
            }
        }
        let before = left.len();
        if let Some(test) = running {
            results.insert(test.clone(), end);
        }
        left.retain(|test| !results.contains_key(test));
        if left.len() == before {
            // Nothing can be said of any of them.
            results.extend(left.drain(..).map(|test| (test, end)));
        }
    }
    Ok(results)
}

/// One process of a test program, for the tests that are named. Where not all have a verdict, the second says why.
fn run_once(
    folder: &Path,
    tests: &Path,
    limit: Duration,
    variables: &[(&str, String)],
    only: &[String],
) -> Result<(String, Outcome)> {
    let log = tests.with_extension("log");
    let mut child = quietly(folder, tests)
        .args(["--test-threads=1", "--exact"])
        .args(only)
        .stdout(fs::File::create(&log)?)
        .stderr(Stdio::null())
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .spawn()
        .context("the tests cannot be started")?;
    // Every test that begins or ends writes to the log.
    let length = || fs::metadata(&log).map_or(0, |log| log.len());
    let (mut since, mut written, mut end) = (Instant::now(), 0, Outcome::Crashed);
    while child.try_wait()?.is_none() {
        if since.elapsed() > limit {
            end = Outcome::Hung;
            end_with_children(&mut child)?;
            break;
        }
        if length() != written {
            (since, written) = (Instant::now(), length());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok((String::from_utf8_lossy(&fs::read(&log)?).into_owned(), end))
}

/// The output of a test that runs alone, of both streams. It is stopped at the limit.
///
/// # Errors
///
/// When it cannot be started.
pub fn words(
    folder: &Path,
    tests: &Path,
    test: &str,
    limit: Duration,
    variables: &[(&str, String)],
) -> Result<String> {
    let log = tests.with_extension("words");
    let file = fs::File::create(&log)?;
    let mut child = quietly(folder, tests)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .stdout(file.try_clone()?)
        .stderr(file)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .spawn()
        .context("the tests cannot be started")?;
    let since = Instant::now();
    while child.try_wait()?.is_none() {
        if since.elapsed() > limit {
            end_with_children(&mut child)?;
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(String::from_utf8_lossy(&fs::read(&log)?).into_owned())
}

/// Ends a program that does not end by itself, and what it has started: a test may wait for a process of its own.
fn end_with_children(child: &mut Child) -> Result<()> {
    // In the same process group as we are, so that Ctrl-C ends all of them; so they are looked for.
    let below = descendants(child.id());
    child.kill()?;
    child.wait()?;
    for process in below {
        #[cfg(target_os = "linux")]
        if let Some(process) = i32::try_from(process)
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            // It may have ended in the meantime.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = process;
    }
    Ok(())
}

/// The processes below one, where the kernel lists them.
fn descendants(process: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<u32> = lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|it| it.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect();
    let below: Vec<u32> = children.iter().copied().flat_map(descendants).collect();
    children.into_iter().chain(below).collect()
}

/// A test program, in surroundings that do not change what it says.
fn quietly(folder: &Path, tests: &Path) -> Command {
    let mut command = Command::new(tests);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .envs(SURROUNDINGS);
    command
}

/// The tests of a program, by path, but for the ignored ones: what another test starts in a process
/// of its own is no test by itself.
///
/// # Errors
///
/// When it cannot be started.
pub fn tests(program: &Path) -> Result<Vec<String>> {
    let mut tests = listed(program, &[])?;
    let ignored = listed(program, &["--ignored"])?;
    tests.retain(|test| !ignored.contains(test));
    Ok(tests)
}

fn listed(tests: &Path, arguments: &[&str]) -> Result<Vec<String>> {
    let output = Command::new(tests)
        .arg("--list")
        .args(arguments)
        .output()
        .context("the tests cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(libtest::listed(&text).map(str::to_owned).collect())
}
