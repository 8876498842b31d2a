//! Outputs on a page are those of the programs: run again and compared.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use regex::Regex;
use similar::TextDiff;

use crate::problem::Problem;
use crate::task::{Mode, Output};

/// How long an example may run. Far more than any needs: it only ends what would never end.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// How a program ended, and what it said.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None` when it had to be ended.
    pub status: Option<ExitStatus>,
    /// What it printed.
    pub stdout: String,
    /// What it printed on stderr.
    pub stderr: String,
}

/// Runs an example and returns what it printed.
///
/// # Errors
///
/// When it cannot be started, fails, or does not end within a minute.
pub fn run(program: &Path) -> Result<String> {
    let ended = finish(program)?;
    let status = ended
        .status
        .with_context(|| format!("did not end within {} s", LIMIT.as_secs()))?;
    anyhow::ensure!(status.success(), "ended with {status}:\n{}", ended.stderr);
    Ok(ended.stdout)
}

/// Runs a program to its end, however it ends, or for a minute.
///
/// # Errors
///
/// When it cannot be started.
pub(super) fn finish(program: &Path) -> Result<Ended> {
    let mut child = Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("NO_COLOR", "1")
        .env("RUST_BACKTRACE", "0")
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let stdout = read_all(child.stdout.take());
    let stderr = read_all(child.stderr.take());
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let stdout = stdout.join().expect("the reader does not panic");
    let stderr = stderr.join().expect("the reader does not panic");
    Ok(Ended {
        status,
        stdout,
        stderr,
    })
}

/// Reads a pipe to its end on a thread of its own, so that a full pipe never blocks the program.
pub(crate) fn read_all(
    pipe: Option<impl std::io::Read + Send + 'static>,
) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read until an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Compares what was captured with what came out now.
///
/// # Errors
///
/// A [`Problem`] with the difference, at `file:line`, when they differ or nothing was captured.
pub fn compare(
    root: &Path,
    captured: &Path,
    now: &str,
    how: &Output,
    (file, line): (&Path, usize),
) -> Result<(), Problem> {
    let bless = |slug: &str| format!("if the new text is right: `cargo course bless {slug}`");
    let slug = file.file_stem().unwrap_or_default().to_string_lossy();
    let Ok(before) = fs::read_to_string(root.join(captured)) else {
        let (what, help) = nothing_captured(captured, &slug);
        return Err(Problem::new(file, line, what).help(help));
    };
    let (before, now) = match how.mode {
        Mode::Varies => return Ok(()),
        Mode::Deterministic => (before, now.to_owned()),
        Mode::Normalised => {
            let normal = |text| normalise(text, how);
            let (Ok(before), Ok(now)) = (normal(&before), normal(now)) else {
                // A pattern that is none is told where it stands, when task.toml is read.
                return Ok(());
            };
            (before, now)
        }
    };
    // A checkout may have turned line endings.
    let before = before.replace("\r\n", "\n");
    if before == now {
        return Ok(());
    }
    Err(Problem::new(
        file,
        line,
        format!("the output differs from `{}`", captured.display()),
    )
    .detail(difference(&before, &now))
    .help(bless(&slug)))
}

/// What to say where a text should have been captured, and what to do: the same for who renders and who compares.
pub(crate) fn nothing_captured(captured: &Path, slug: &str) -> (String, String) {
    (
        format!("nothing is captured in `{}`", captured.display()),
        format!("run `cargo course bless {slug}`, and look at what it captures"),
    )
}

/// Applies the declared replacements.
pub(super) fn normalise(text: &str, how: &Output) -> Result<String, regex::Error> {
    how.normalise
        .iter()
        .try_fold(text.to_owned(), |text, rule| {
            let pattern = Regex::new(&rule.pattern)?;
            Ok(pattern.replace_all(&text, rule.with.as_str()).into_owned())
        })
}

/// The difference as `diff -u` shows it.
#[must_use]
pub fn difference(before: &str, now: &str) -> String {
    TextDiff::from_lines(before, now)
        .unified_diff()
        .context_radius(2)
        .header("captured", "now")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Normalise;

    fn compared(before: &str, now: &str, how: &Output) -> Result<(), Problem> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.txt"), before).unwrap();
        compare(
            folder.path(),
            Path::new("x.txt"),
            now,
            how,
            (Path::new("src/p.md"), 3),
        )
    }

    #[test]
    fn deterministic_output_is_compared_byte_for_byte() {
        assert!(compared("a\n", "a\n", &Output::default()).is_ok());
        assert!(compared("a\r\n", "a\n", &Output::default()).is_ok());
        let problem = compared("a\nb\n", "a\nc\n", &Output::default()).unwrap_err();
        assert!(problem.detail.contains("-b\n+c"), "{}", problem.detail);
        assert!(problem.help.contains("cargo course bless p"));
    }

    #[test]
    fn normalised_output_is_compared_after_the_replacements() {
        let rule = Normalise {
            pattern: r"\d+ µs".into(),
            with: "N µs".into(),
        };
        let how = Output {
            mode: Mode::Normalised,
            normalise: vec![rule],
            why: String::new(),
        };
        assert!(compared("took 12 µs\n", "took 340 µs\n", &how).is_ok());
        assert!(compared("took 12 µs\n", "takes 12 µs\n", &how).is_err());
    }

    #[test]
    fn varying_output_must_be_captured_but_is_not_compared() {
        let how = Output {
            mode: Mode::Varies,
            ..Output::default()
        };
        assert!(compared("a\n", "b\n", &how).is_ok());
        let folder = tempfile::tempdir().unwrap();
        let missing = compare(
            folder.path(),
            Path::new("x.txt"),
            "",
            &how,
            (Path::new("src/p.md"), 3),
        );
        assert!(missing.unwrap_err().what.contains("nothing is captured"));
    }
}
