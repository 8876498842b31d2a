//! Every Rust fence is compiled and run, or says why not.
//!
//! All fences that are to return go through one merged `rustdoc --test`; those that are to fail have checks of their
//! own, [`failures`](super::failures) and [`panics`](super::panics). A fence that passed is not run again until its
//! text, the compiler, or a library it may use changes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use book::diagnostic::{Diagnostic, Diagnostics};
use book::fence::{Expect, Snippet, fence_for};
use book::ledger::{Ledger, line as at_line};
use progress::Progress;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;
use toolchain::libtest;
use toolchain::panic::panics;
use toolchain::process;
use toolchain::readable::readable;

use crate::expected::kind;

/// The way of a check whose result is remembered.
pub(crate) const UNCHANGED: &str = "unchanged since it last held";

/// The way of a check that was done in this run.
pub(crate) const NOW: &str = "done in this run";

/// Runs every snippet that is to compile and not to panic, all in one merged compilation. Returns
/// how many came from the cache.
///
/// # Errors
///
/// When rustdoc cannot be started. A snippet that fails is a problem at its fence.
pub fn run(
    scratch: &Path,
    artifacts: &Artifacts,
    snippets: &[Snippet<'_>],
    cache: &Cache,
    progress: &Progress,
    problems: &mut Diagnostics,
    ledger: &mut Ledger,
) -> Result<usize> {
    let returns =
        |snippet: &&Snippet<'_>| matches!(snippet.expect, Expect::Runs | Expect::Compiles);
    let (known, todo): (Vec<_>, Vec<_>) = snippets
        .iter()
        .filter(returns)
        .partition(|snippet| cache.has(&key(snippet)));
    let mut held = |snippet: &Snippet<'_>, how: &str| {
        let kind = kind(&snippet.expect);
        ledger.held(&snippet.page.file, kind, at_line(snippet.fence.line), how);
    };
    known.iter().for_each(|snippet| held(snippet, UNCHANGED));
    let cached = known.len();
    progress.advance(cached);
    if todo.is_empty() {
        return Ok(cached);
    }
    let folder = scratch.join("fences");
    fs::create_dir_all(&folder)?;
    // rustdoc forgets a folder in the system's temporary one at each run.
    let temporary = tempfile::tempdir_in(&folder)?;
    let (text, lines) = one_file(&todo);
    fs::write(folder.join("book.md"), text)?;
    let mut rustdoc = Command::new("rustdoc")
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .args(["--test", "book.md"])
        .args(artifacts.compiler_arguments())
        .args(["--test-args", "--color=never"])
        .env("NO_COLOR", "1")
        .env("RUST_BACKTRACE", "0")
        .env("TMPDIR", temporary.path())
        .spawn()
        .context("rustdoc cannot be started")?;
    let stderr = process::read_all(rustdoc.stderr.take());
    let stdout = read_results(rustdoc.stdout.take(), progress)?;
    rustdoc.wait()?;
    let stderr = stderr.join().expect("the reader does not panic");
    let results = results(&stdout);
    for (line, snippet) in lines {
        let problem = |what: &str| Diagnostic::new(&snippet.page.file, snippet.fence.line, what);
        match results.get(&line) {
            Some(Outcome { passed: true, .. }) => {
                cache.add(&key(snippet));
                held(snippet, NOW);
            }
            Some(Outcome { passed: false, detail }) => {
                let should = match snippet.expect {
                    Expect::Compiles => "compile",
                    _ => "compile, run and return",
                };
                let what = format!("this listing should {should}, but it {}", ending(detail));
                problems.push(
                    problem(&what)
                        .detail(readable(detail, line))
                        .help("fix the listing or the file it includes"),
                );
            }
            None => problems
                .push(problem("rustdoc should have run this listing, and did not")
                    .help("rustdoc's own words are above; a listing must be complete, its braces and strings closed")
                    .detail(format!("{stdout}\n{stderr}"))),
        }
    }
    Ok(cached)
}

/// The end of a listing, from rustdoc's report.
fn ending(detail: &str) -> &'static str {
    if detail.contains("Couldn't compile the test.") {
        "does not compile"
    } else if detail.contains("test did not panic") || detail.contains("marked `should_panic`") {
        "returns"
    } else if panics(detail).next().is_some() {
        "panics"
    } else {
        "ends the program"
    }
}

/// Reads rustdoc's output line by line: each line of a test is a step done.
fn read_results(stdout: Option<impl Read>, progress: &Progress) -> Result<String> {
    let mut text = String::new();
    let Some(stdout) = stdout else {
        return Ok(text);
    };
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("rustdoc's results cannot be read")?;
        let line = String::from_utf8_lossy(&line);
        progress.advance(usize::from(
            libtest::line(&line).is_some_and(|line| line_in_name(line.name).is_some()),
        ));
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn key(snippet: &Snippet<'_>) -> String {
    let words = words(snippet);
    format!("fence {:?}{words}\n{}", snippet.expect, snippet.code)
}

/// The words of the info string that change what rustdoc does, behind commas.
fn words(snippet: &Snippet<'_>) -> String {
    let concern_rustdoc = |word: &&String| {
        word.starts_with("edition") || word.starts_with("ignore-") || *word == "test_harness"
    };
    let stated = snippet.fence.words.iter().filter(concern_rustdoc);
    let no_run = (snippet.expect == Expect::Compiles).then_some("no_run");
    let all = stated.map(String::as_str).chain(no_run);
    all.map(|word| format!(",{word}")).collect()
}

/// All snippets as one Markdown file, with the line of each one's fence.
fn one_file<'s, 'a>(snippets: &[&'s Snippet<'a>]) -> (String, Vec<(usize, &'s Snippet<'a>)>) {
    let mut text = String::new();
    let mut lines = Vec::new();
    let mut line = 1;
    for snippet in snippets {
        let words = words(snippet);
        let ticks = fence_for(&snippet.code);
        let block = format!(
            "{ticks}rust{words}\n{}\n{ticks}\n\n",
            snippet.code.trim_end()
        );
        lines.push((line, *snippet));
        line += block.matches('\n').count();
        text.push_str(&block);
    }
    (text, lines)
}

struct Outcome {
    passed: bool,
    detail: String,
}

/// The results of rustdoc's tests, by the line in the file.
fn results(stdout: &str) -> BTreeMap<usize, Outcome> {
    let mut outcomes: BTreeMap<usize, Outcome> = libtest::lines(stdout)
        .filter_map(|line| {
            let outcome = Outcome {
                // One that is not for this platform is ignored.
                passed: line.passed() || line.verdict.starts_with("ignored"),
                detail: String::new(),
            };
            Some((line_in_name(line.name)?, outcome))
        })
        .collect();
    for (name, detail) in libtest::details(stdout) {
        if let Some(outcome) = line_in_name(name).and_then(|line| outcomes.get_mut(&line)) {
            detail.clone_into(&mut outcome.detail);
        }
    }
    outcomes
}

/// The line of a listing, from the name that rustdoc gives it: `book.md - T::U (line 12)`.
fn line_in_name(name: &str) -> Option<usize> {
    let (_, rest) = name.rsplit_once("(line ")?;
    rest.split_once(')')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_with_their_details() {
        let stdout = "\ntest book.md - (line 1) ... ok\ntest book.md - (line 9) - compile ... ok\n\
            test book.md - T::U (line 12) ... FAILED\n\nfailures:\n\n---- book.md - T::U (line 12) stdout ----\n\
            boom\n\n\nfailures:\n    book.md - T::U (line 12)\n";
        let results = results(stdout);
        assert!(results[&1].passed && results[&9].passed && !results[&12].passed);
        assert_eq!(results[&12].detail, "boom");
    }
}
