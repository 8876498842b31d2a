//! Programs: started, timed out, read.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The timeout of an example, far above what any needs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The exit status and the output of a program.
#[derive(Debug)]
pub struct Output {
    /// `None` when it had to be ended.
    pub status: Option<ExitStatus>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
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
pub fn finish(program: &Path) -> Result<Output> {
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
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

/// Reads a pipe to its end on a thread of its own, so that a full pipe never blocks the program.
pub fn read_all(
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
