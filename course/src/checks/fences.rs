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
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;

use super::outputs;
use super::readable::readable;
use crate::cache::Cache;
use crate::cargo::Artifacts;
use crate::page::{Fence, Page};
use crate::problem::{Problem, Problems};
use crate::progress::Progress;

/// What is to happen with a Rust fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// It compiles, runs and returns.
    Runs,
    /// It compiles; the page says why it is not run.
    Compiles,
    /// It compiles, runs and panics, and the panic's message contains these words.
    Panics {
        /// Such as `attempt to add with overflow`.
        phrase: String,
    },
    /// It does not compile, with these codes and these words in rustc's message.
    FailsToCompile {
        /// Such as `E0382`; sorted. Empty when rustc's error has no code, as some about `Send` have none.
        codes: Vec<String>,
        /// Words that rustc's message contains.
        phrase: String,
    },
}

/// A Rust fence of the book, ready to be compiled.
#[derive(Debug, Clone)]
pub struct Snippet<'a> {
    /// Its page.
    pub page: &'a Page,
    /// The fence as written.
    pub fence: &'a Fence,
    /// What is inside, with includes expanded.
    pub code: String,
    /// What is to happen.
    pub expect: Expect,
}

const LANGUAGES: &[&str] = &[
    "console", "css", "diff", "go", "html", "json", "markdown", "mermaid", "python", "text",
    "toml", "yaml",
];
const RUST_WORDS: &[&str] = &[
    "compile_fail",
    "editable",
    "no_run",
    "noplayground",
    "should_panic",
];

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^E\d{4}$").expect("a valid pattern"));

/// What a fence asks for: `None` when it is not Rust.
///
/// # Errors
///
/// When its info string says nothing that can be checked.
pub fn expectation(page: &Page, fence: &Fence) -> Result<Option<Expect>, Problem> {
    let problem = |what: String| Problem::new(&page.file, fence.line, what);
    let language = fence.language();
    if fence.body.trim().is_empty() {
        return Err(problem("this code block is empty".into())
            .help("write what it should show, or remove it"));
    }
    if language != "rust" {
        return match language {
            "" => Err(problem(
                "code block without a language, which rustdoc would take for Rust".into(),
            )
            .help("write ```text if it is not code")),
            other if LANGUAGES.contains(&other) => Ok(None),
            other => Err(problem(format!("unknown language `{other}`")).help(format!(
                "write ```rust for Rust; the others are {}",
                LANGUAGES.join(", ")
            ))),
        };
    }
    let words = || fence.words.iter().skip(1);
    if let Some(word) =
        words().find(|word| !RUST_WORDS.contains(&word.as_str()) && !CODE.is_match(word))
    {
        return Err(
            problem(format!("unknown word `{word}` in the info string")).help(format!(
                "the words are {} and error codes after compile_fail",
                RUST_WORDS.join(", ")
            )),
        );
    }
    for word in ["no_run", "noplayground"] {
        if fence.has(word) && fence.noted(word).is_none_or(str::is_empty) {
            return Err(problem(format!("`{word}` without a reason")).help(format!(
                "write `<!-- {word}: the reason -->` on the line above"
            )));
        }
    }
    if fence.has("compile_fail") {
        let mut codes: Vec<String> = words()
            .filter(|word| CODE.is_match(word))
            .cloned()
            .collect();
        codes.sort();
        return match fence
            .noted("compile_fail")
            .filter(|phrase| !phrase.is_empty())
        {
            Some(phrase) => Ok(Some(Expect::FailsToCompile {
                codes,
                phrase: phrase.to_owned(),
            })),
            None => Err(
                problem("`compile_fail` without the words rustc must say".into())
                    .help("write `<!-- compile_fail: words of the message -->` on the line above"),
            ),
        };
    }
    if let Some(code) = words().find(|word| CODE.is_match(word)) {
        return Err(
            problem(format!("`{code}` without `compile_fail`")).help(format!(
                "write ```rust,compile_fail,{code} if it must not compile, ```rust if it must"
            )),
        );
    }
    Ok(Some(
        match (fence.has("no_run"), fence.has("should_panic")) {
            (true, true) => {
                return Err(
                    problem("`no_run` and `should_panic` exclude each other".into())
                        .help("keep `should_panic` if it can run here, `no_run` if it cannot"),
                );
            }
            (true, false) => Expect::Compiles,
            (false, true) => match fence
                .noted("should_panic")
                .filter(|phrase| !phrase.is_empty())
            {
                Some(phrase) => Expect::Panics {
                    phrase: phrase.to_owned(),
                },
                None => {
                    return Err(
                        problem("`should_panic` without the words of the panic".into()).help(
                            "write `<!-- should_panic: words of the message -->` on the line above",
                        ),
                    );
                }
            },
            (false, false) => Expect::Runs,
        },
    ))
}

/// Runs every snippet that is to compile and not to panic, all in one merged compilation. Returns how many came from the cache.
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
    problems: &mut Problems,
) -> Result<usize> {
    let returns =
        |snippet: &&Snippet<'_>| matches!(snippet.expect, Expect::Runs | Expect::Compiles);
    let todo: Vec<_> = snippets
        .iter()
        .filter(returns)
        .filter(|snippet| !cache.has(&key(snippet)))
        .collect();
    let cached = snippets.iter().filter(returns).count() - todo.len();
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
    let stderr = outputs::read_all(rustdoc.stderr.take());
    let stdout = read_results(rustdoc.stdout.take(), progress)?;
    rustdoc.wait()?;
    let stderr = stderr.join().expect("the reader does not panic");
    let results = results(&stdout);
    for (line, snippet) in lines {
        let problem = |what: &str| Problem::new(&snippet.page.file, snippet.fence.line, what);
        match results.get(&line) {
            Some(Outcome { passed: true, .. }) => cache.add(&key(snippet)),
            Some(Outcome { passed: false, detail }) => {
                let should = match snippet.expect {
                    Expect::Compiles => "compile",
                    _ => "compile, run and return",
                };
                let what = format!("this listing should {should}, but it {}", ending(detail));
                problems.push(
                    problem(&what)
                        .detail(readable(detail, line))
                        .help("mend the listing or the file it includes"),
                );
            }
            None => problems
                .push(problem("rustdoc should have run this listing, and did not")
                    .help("rustdoc's own words stand above; a listing must be complete, its braces and strings closed")
                    .detail(format!("{stdout}\n{stderr}"))),
        }
    }
    Ok(cached)
}

/// How a listing ended, from what rustdoc says of it.
fn ending(detail: &str) -> &'static str {
    if detail.contains("Couldn't compile the test.") {
        "does not compile"
    } else if detail.contains("test did not panic") || detail.contains("marked `should_panic`") {
        "returns"
    } else if detail.contains(" panicked at ") {
        "panics"
    } else {
        "ends the program"
    }
}

/// What rustdoc prints, read line by line: each line of a test is a step done.
fn read_results(stdout: Option<impl Read>, progress: &Progress) -> Result<String> {
    let mut text = String::new();
    let Some(stdout) = stdout else {
        return Ok(text);
    };
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("rustdoc's results cannot be read")?;
        let line = String::from_utf8_lossy(&line);
        progress.advance(usize::from(
            line.starts_with("test ") && line.contains("(line "),
        ));
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn key(snippet: &Snippet<'_>) -> String {
    format!("fence {:?}\n{}", snippet.expect, snippet.code)
}

/// All snippets as one Markdown file, with the line at which each one's fence stands.
fn one_file<'s, 'a>(snippets: &[&'s Snippet<'a>]) -> (String, Vec<(usize, &'s Snippet<'a>)>) {
    let mut text = String::new();
    let mut lines = Vec::new();
    let mut line = 1;
    for snippet in snippets {
        let word = if snippet.expect == Expect::Compiles {
            ",no_run"
        } else {
            ""
        };
        let ticks = fence_for(&snippet.code);
        let block = format!(
            "{ticks}rust{word}\n{}\n{ticks}\n\n",
            snippet.code.trim_end()
        );
        lines.push((line, *snippet));
        line += block.matches('\n').count();
        text.push_str(&block);
    }
    (text, lines)
}

/// A fence longer than any run of backticks inside.
#[must_use]
pub fn fence_for(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(3.max(longest + 1))
}

struct Outcome {
    passed: bool,
    detail: String,
}

/// What rustdoc said of each test, by the line in the file.
fn results(stdout: &str) -> BTreeMap<usize, Outcome> {
    static TEST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^test .*\(line (\d+)\)(?: - [a-z ]+)? \.\.\. (\w+)")
            .expect("a valid pattern")
    });
    static DETAIL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^---- .*\(line (\d+)\) stdout ----$").expect("a valid pattern")
    });
    let mut outcomes: BTreeMap<usize, Outcome> = TEST
        .captures_iter(stdout)
        .filter_map(|found| {
            Some((
                found[1].parse().ok()?,
                Outcome {
                    passed: &found[2] == "ok",
                    detail: String::new(),
                },
            ))
        })
        .collect();
    let heads: Vec<_> = DETAIL.captures_iter(stdout).collect();
    for (index, head) in heads.iter().enumerate() {
        let whole = head.get(0).expect("the whole match");
        let end = heads
            .get(index + 1)
            .and_then(|next| next.get(0))
            .map_or(stdout.len(), |next| next.start());
        let detail = stdout[whole.end()..end]
            .split("\nfailures:\n")
            .next()
            .unwrap_or_default();
        if let Some(outcome) = head[1]
            .parse()
            .ok()
            .and_then(|line: usize| outcomes.get_mut(&line))
        {
            outcome.detail = detail.trim().to_owned();
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation_of(text: &str) -> Result<Option<Expect>, Problem> {
        let page = Page::parse(Path::new("src/p.md"), text);
        expectation(&page, &page.fences[0])
    }

    #[test]
    fn rust_fences_run_unless_they_say_otherwise() {
        assert_eq!(
            expectation_of("```rust\nx\n```").unwrap(),
            Some(Expect::Runs)
        );
        assert_eq!(expectation_of("```text\nx\n```").unwrap(), None);
    }

    #[test]
    fn fences_that_nothing_would_check_are_problems() {
        for text in [
            "```\nx\n```",
            "```rs\nx\n```",
            "```Rust\nx\n```",
            "```rust,ignore\nx\n```",
            "```rust,norun\nx\n```",
            "```rust\n\n```",
            "```rust,no_run\nx\n```",
            "```rust,should_panic\nx\n```",
            "<!-- should_panic: -->\n```rust,should_panic\nx\n```",
            "<!-- no_run: both -->\n<!-- should_panic: both -->\n```rust,no_run,should_panic\nx\n```",
            "```rust,compile_fail\nx\n```",
            "```rust,compile_fail,E0382\nx\n```",
            "```rust,E0382\nx\n```",
        ] {
            assert!(expectation_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reasons_and_phrases_stand_on_the_line_above() {
        let text = "<!-- no_run: needs a cgroup -->\n```rust,no_run\nx\n```";
        assert_eq!(expectation_of(text).unwrap(), Some(Expect::Compiles));
        let text = "<!-- should_panic: no tea -->\n```rust,should_panic\nx\n```";
        assert_eq!(
            expectation_of(text).unwrap(),
            Some(Expect::Panics {
                phrase: "no tea".into()
            })
        );
        let text = "<!-- compile_fail: value moved here -->\n```rust,compile_fail,E0382\nx\n```";
        let expected = Expect::FailsToCompile {
            codes: vec!["E0382".into()],
            phrase: "value moved here".into(),
        };
        assert_eq!(expectation_of(text).unwrap(), Some(expected));
    }

    #[test]
    fn results_are_read_with_their_details() {
        let stdout = "\ntest book.md - (line 1) ... ok\ntest book.md - (line 9) - compile ... ok\n\
            test book.md - T::U (line 12) ... FAILED\n\nfailures:\n\n---- book.md - T::U (line 12) stdout ----\n\
            boom\n\n\nfailures:\n    book.md - T::U (line 12)\n";
        let results = results(stdout);
        assert!(results[&1].passed && results[&9].passed && !results[&12].passed);
        assert_eq!(results[&12].detail, "boom");
    }

    #[test]
    fn fences_are_longer_than_what_they_hold() {
        assert_eq!(fence_for("let x;"), "```");
        assert_eq!(fence_for("````md"), "`````");
    }
}
