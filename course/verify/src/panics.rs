//! Listings that must panic: with the stated words, and not otherwise.
//!
//! rustdoc's `should_panic` accepts any panic, that of a mistyped `unwrap` too, and any other unsuccessful end. So the
//! listing is compiled alone, run, and its panic's message is read. It is kept out of the merged `rustdoc --test`,
//! whose weaker verdict would follow from this one; skeptic still takes it through rustdoc's.
//!
//! A deadlock that a bubble reports and the listing unwraps is such a panic, and so is a model checker's: neither needs
//! a mechanism of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result};

use book::diagnostic::Diagnostic;
use book::fence::{Expect, Snippet, program};
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;
use toolchain::panic::panics;
use toolchain::process::{self, LIMIT, Output};

/// True if the result is from an earlier run; or the reason why the listing did not panic as it should.
pub type Outcome = Result<bool, Diagnostic>;

/// The code with which a program ends whose main thread panicked.
const PANICKED: i32 = 101;

/// Compiles and runs one snippet that must panic.
///
/// # Errors
///
/// The outer error when rustc or the program cannot be started; the inner one when the snippet does not compile,
/// returns, or ends in another way than by the stated panic.
pub fn run(
    scratch: &Path,
    artifacts: &Artifacts,
    snippet: &Snippet<'_>,
    cache: &Cache,
) -> Result<Outcome> {
    let Expect::Panics { phrase } = &snippet.expect else {
        unreachable!("only called for snippets that must panic")
    };
    let source = program(&snippet.code);
    let edition = snippet.fence.edition().unwrap_or(&artifacts.edition);
    let key = format!("should_panic {edition} {phrase}\n{source}");
    if cache.has(&key) {
        return Ok(Ok(true));
    }
    let folder = scratch
        .join("panics")
        .join(&blake3::hash(source.as_bytes()).to_hex()[..16]);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("listing.rs"), &source)?;
    let executable = format!("listing{}", std::env::consts::EXE_SUFFIX);
    let output = Command::new("rustc")
        .current_dir(&folder)
        // As rustdoc compiles: arithmetic that overflows panics.
        .args([
            "listing.rs",
            "--crate-type=bin",
            "-o",
            &executable,
            "-Cdebug-assertions=on",
            "-Aunused",
        ])
        .args(artifacts.arguments_for(edition))
        .output()
        .context("rustc cannot be started")?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Ok(Err(problem(
            snippet,
            "this listing must panic, but it does not compile",
        )
        .detail(stderr)
        .help(
            "fix the listing or the file it includes; `compile_fail` is for what must not compile",
        )));
    }
    let judged = judge(snippet, phrase, &process::finish(&folder.join(executable))?);
    if judged.is_ok() {
        cache.add(&key);
    }
    Ok(judged.map(|()| false))
}

fn problem(snippet: &Snippet<'_>, what: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&snippet.page.file, snippet.fence.line, what)
}

fn judge(snippet: &Snippet<'_>, phrase: &str, ended: &Output) -> Result<(), Diagnostic> {
    const FIX: &str = "fix the listing, or state the words that are right";
    let problem = |what: String| Err(problem(snippet, what).detail(&ended.stderr).help(FIX));
    let wanted = match phrase {
        "" => "this listing must panic".to_owned(),
        phrase => format!("this listing must panic with `{phrase}`"),
    };
    match (
        ended.status.map(|status| (status, status.code())),
        panics(&ended.stderr).last().map(|panic| panic.message),
    ) {
        (None, _) => problem(format!(
            "{wanted}, but it did not end within {} s",
            LIMIT.as_secs()
        )),
        (Some((_, Some(0))), _) => problem(format!("{wanted}, but it returns")),
        (Some((_, Some(PANICKED))), Some(message)) if message.contains(phrase) => Ok(()),
        (Some((_, Some(PANICKED))), Some(_)) => {
            problem(format!("this listing panics, but does not say `{phrase}`"))
        }
        (Some((_, Some(PANICKED))), None) => problem(format!(
            "{wanted}, but it ends with code {PANICKED} without a panic"
        )),
        (Some((_, Some(code))), _) => problem(format!(
            "{wanted}, but it ends with code {code} and does not panic"
        )),
        (Some((status, None)), _) => {
            problem(format!("{wanted}, but it is ended by {}", signal(status)))
        }
    }
}

/// `signal: 6 (SIGABRT)`, without the word on a core file, which depends on the machine.
fn signal(status: ExitStatus) -> String {
    status
        .to_string()
        .trim_end_matches(" (core dumped)")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use book::page::Page;

    const STDERR: &str = "\nthread 'main' (7) panicked at listing.rs:2:5:\nno tea\nand no milk\nnote: run with \
        `RUST_BACKTRACE=1` environment variable to display a backtrace\n";

    #[cfg(unix)]
    fn judged(status: Option<i32>, stderr: &str) -> String {
        use std::os::unix::process::ExitStatusExt;
        let page = Page::parse(Path::new("src/p.md"), "```rust\nx\n```");
        let snippet = Snippet {
            page: &page,
            fence: &page.fences[0],
            code: String::new(),
            expect: Expect::Runs,
        };
        let status = status.map(ExitStatus::from_raw);
        let ended = Output {
            status,
            stdout: String::new(),
            stderr: stderr.to_owned(),
        };
        judge(&snippet, "no tea", &ended)
            .map_or_else(|problem| problem.what, |()| "as it should".to_owned())
    }

    #[cfg(unix)]
    #[test]
    fn only_a_panic_that_says_the_words_is_the_stated_one() {
        let code = |code: i32| Some(code << 8);
        assert_eq!(judged(code(101), STDERR), "as it should");
        let wanted = "this listing must panic with `no tea`, but it";
        assert_eq!(judged(code(0), STDERR), format!("{wanted} returns"));
        assert_eq!(
            judged(
                code(101),
                "thread 'main' (7) panicked at a.rs:1:1:\nno milk\nnote: no tea\n"
            ),
            "this listing panics, but does not say `no tea`"
        );
        assert_eq!(
            judged(code(101), "no tea"),
            format!("{wanted} ends with code 101 without a panic")
        );
        assert_eq!(
            judged(code(1), STDERR),
            format!("{wanted} ends with code 1 and does not panic")
        );
        assert_eq!(
            judged(Some(6), STDERR),
            format!("{wanted} is ended by signal: 6 (SIGABRT)")
        );
        assert_eq!(
            judged(None, ""),
            format!("{wanted} did not end within 60 s")
        );
    }
}
