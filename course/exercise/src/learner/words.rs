//! Messages of the compiler and of tests in a learner's words: expectation, event, place.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Serialize;

use crate::Tree;
use toolchain::panic::{Panic, panics};
use toolchain::rustc::{Message, messages};
use toolchain::suite::{Outcome, UNWRITTEN};

/// The reason why a test failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The test, as `cargo test` prints it.
    pub test: String,
    /// The event in words; may have several lines.
    pub says: String,
    /// The place, from the exercise's folder.
    pub at: Option<Place>,
    /// The code at that place.
    pub code: String,
    /// The beginning of the test, if that is elsewhere.
    pub test_at: Option<Place>,
    /// True if the test draws its cases, so that a seed repeats them.
    pub seeded: bool,
}

/// A line of a file of the exercise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, from the exercise's folder, with slashes.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl Place {
    fn new(file: &str, line: usize) -> Self {
        Self {
            file: file.replace('\\', "/"),
            line,
        }
    }
}

/// One error of the compiler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompileError {
    /// The place; `None` for what is in no file.
    pub at: Option<Place>,
    /// The code, such as `E0308`; may be empty.
    pub code: String,
    /// The message, in one line.
    pub message: String,
    /// The compiler's own picture of it, without its first two lines, which say what `at` and `message` say.
    pub picture: String,
}

/// Says why a test failed, from what it said when it ran alone.
#[must_use]
pub fn failure(test: &str, outcome: Outcome, said: &str, files: &Tree, seed: u64) -> Failure {
    let said = said.replace("\r\n", "\n");
    let panic = panic_of(test, &said);
    let at = panic
        .map(|panic| Place::new(panic.file, panic.line))
        .filter(|at| files.contains_key(&at.file));
    let code = at
        .as_ref()
        .map(|at| statement(files, at))
        .unwrap_or_default();
    let says = match outcome {
        Outcome::Hung => "It does not end, and was stopped.".to_owned(),
        Outcome::Crashed => {
            format!(
                "It ends the whole process, and no test after it could run:\n{}",
                tail(&said)
            )
        }
        Outcome::Passed | Outcome::Failed => match &panic {
            _ if said.contains("note: test did not panic as expected") => {
                "It should panic, and does not.".to_owned()
            }
            Some(panic) => in_words(panic.message),
            None => match said.lines().find_map(|line| line.strip_prefix("Error: ")) {
                Some(error) => format!("It returns an error: {error}"),
                None => "It fails, and says nothing.".to_owned(),
            },
        },
    };
    let test_at =
        begins(files, test).filter(|begins| at.as_ref().is_none_or(|at| at.file != begins.file));
    let seeded = said.contains("minimal failing input:") || said.contains(&format!("seed {seed}"));
    Failure {
        test: test.to_owned(),
        says,
        at,
        code,
        test_at,
        seeded,
    }
}

/// The panic that a test ended with: the last one of its own thread, or the last one.
fn panic_of<'a>(test: &str, said: &'a str) -> Option<Panic<'a>> {
    let own = panics(said).filter(|panic| panic.thread == test).last();
    own.or_else(|| panics(said).last())
}

/// A panic's message as a sentence.
fn in_words(message: &str) -> String {
    let because = |rest: &str| {
        rest.strip_prefix(": ")
            .map(|why| format!(" ({why})"))
            .unwrap_or_default()
    };
    let (first, more) = message.split_once('\n').unwrap_or((message, ""));
    let more = more.trim_end();
    if let Some(what) = first.strip_prefix(UNWRITTEN) {
        return match what.strip_prefix(": ") {
            Some(name) => format!("`{name}` is not written yet."),
            None => "This is not written yet.".to_owned(),
        };
    }
    if let Some(rest) = first.strip_prefix("assertion `left == right` failed") {
        return format!(
            "These should be equal, and are not{}:\n{more}",
            because(rest)
        );
    }
    if let Some(rest) = first.strip_prefix("assertion `left != right` failed") {
        return format!("These should differ, and do not{}:\n{more}", because(rest));
    }
    if let Some(what) = first.strip_prefix("assertion failed: ") {
        return format!("This should hold, and does not: {what}");
    }
    format!("It panics: {message}")
}

/// The last lines of what was said.
fn tail(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

/// The statement that begins at a line: up to where its brackets are closed.
fn statement(files: &Tree, at: &Place) -> String {
    const MOST: usize = 8;
    let text = String::from_utf8_lossy(&files[&at.file]).into_owned();
    let mut taken: Vec<&str> = Vec::new();
    let mut depth = 0_i32;
    for line in text.lines().skip(at.line - 1).take(MOST) {
        taken.push(line);
        depth += line
            .chars()
            .map(|c| i32::from("([{".contains(c)) - i32::from(")]}".contains(c)))
            .sum::<i32>();
        if depth <= 0 {
            break;
        }
    }
    let indent = taken
        .iter()
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    taken
        .iter()
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The beginning of a test.
#[must_use]
pub fn begins(files: &Tree, test: &str) -> Option<Place> {
    let (path, name) = test.rsplit_once("::")?;
    let group = path.split("::").next()?;
    let function = Regex::new(&format!(r"\bfn {}\b", regex::escape(name))).ok()?;
    let in_group = |file: &str| {
        let mut parts = file.split('/').skip(2);
        file.starts_with("tests/")
            && parts
                .next()
                .is_some_and(|part| part.trim_end_matches(".rs") == group)
    };
    let last = path.rsplit("::").next().unwrap_or(group);
    let mut found = files
        .iter()
        .filter(|(file, _)| in_group(file))
        .filter_map(|(file, text)| {
            let text = String::from_utf8_lossy(text);
            let at = function.find(&text)?.start();
            Some(Place {
                file: file.clone(),
                line: text[..at].matches('\n').count() + 1,
            })
        });
    let first = found.next()?;
    // Two files of a group may have the same name.
    let better = found.find(|place| place.file.ends_with(&format!("/{last}.rs")));
    Some(better.unwrap_or(first))
}

/// Tests in the order in which a reader of the files meets them.
#[must_use]
pub fn in_order(files: &Tree, tests: impl Iterator<Item = String>) -> Vec<String> {
    let mut tests: Vec<_> = tests.map(|test| (begins(files, &test), test)).collect();
    tests.sort();
    tests.into_iter().map(|(_, test)| test).collect()
}

/// The compiler's errors, from what it prints with `--error-format=json`.
#[must_use]
pub fn compile_errors(said: &str) -> Vec<CompileError> {
    messages(said)
        .filter(Message::is_error)
        .map(|message| {
            let at = message.primary();
            let lines = message.rendered().trim_end().lines().skip(1);
            let picture: Vec<&str> = lines
                .skip_while(|line| line.trim_start().starts_with("--> "))
                .collect();
            CompileError {
                at: at.map(|span| Place::new(&span.file_name, span.line_start)),
                code: message.code().to_owned(),
                message: message.message.replace('\n', " "),
                picture: picture.join("\n"),
            }
        })
        .collect()
}

/// The number of outcomes that passed.
#[must_use]
pub fn passed(outcomes: &BTreeMap<String, Outcome>) -> usize {
    outcomes.values().filter(|outcome| outcome.passed()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Tree {
        Tree::from([
            (
                "tests/x/core.rs".to_owned(),
                b"#[test]\nfn second() {}\n\n#[test]\nfn first_not() {\n    assert_eq!(\n        listings::x::f(),\n        1,\n    );\n}\n"
                    .to_vec(),
            ),
            ("src/x/s1.rs".to_owned(), b"pub fn f() -> u32 {\n    todo!(\"f\")\n}\n".to_vec()),
        ])
    }

    fn said(message: &str, at: &str) -> String {
        format!(
            "running 1 test\ntest core::first_not ... \nthread 'core::first_not' (17) panicked at {at}:5:\n{message}\nnote: \
             run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nFAILED\n\nfailures:\n"
        )
    }

    #[test]
    fn todo_is_what_is_not_written_yet() {
        let failure = failure(
            "core::first_not",
            Outcome::Failed,
            &said("not yet implemented: f", "src/x/s1.rs:2"),
            &files(),
            7,
        );
        assert_eq!(failure.says, "`f` is not written yet.");
        assert_eq!(
            failure.at,
            Some(Place {
                file: "src/x/s1.rs".into(),
                line: 2
            })
        );
        assert_eq!(
            failure.test_at,
            Some(Place {
                file: "tests/x/core.rs".into(),
                line: 5
            })
        );
        assert!(!failure.seeded);
    }

    #[test]
    fn equality_that_fails_shows_both_sides_and_the_statement() {
        let message = "assertion `left == right` failed: counts\n  left: 2\n right: 1";
        let failure = failure(
            "core::first_not",
            Outcome::Failed,
            &said(message, "tests/x/core.rs:6"),
            &files(),
            7,
        );
        assert_eq!(
            failure.says,
            "These should be equal, and are not (counts):\n  left: 2\n right: 1"
        );
        assert_eq!(
            failure.code,
            "assert_eq!(\n    listings::x::f(),\n    1,\n);"
        );
        assert_eq!(failure.test_at, None);
    }

    #[test]
    fn panic_of_the_test_itself_counts_and_not_one_that_it_caught() {
        let text = "\nthread 'core::t' (1) panicked at src/x/s1.rs:2:5:\nboo\nnote: run with `RUST_BACKTRACE=1` x\n\n\
                    thread 'core::t' (1) panicked at tests/x/core.rs:6:5:\nassertion failed: a\n\n\
                    thread 'other' (2) panicked at src/x/s1.rs:1:1:\nlate\nFAILED\n";
        let panic = panic_of("core::t", text).unwrap();
        assert_eq!((panic.line, panic.message), (6, "assertion failed: a"));
        assert_eq!(in_words(panic.message), "This should hold, and does not: a");
    }

    #[test]
    fn failure_without_a_panic_is_an_error_a_hang_or_a_crash() {
        let says = |outcome, said: &str| failure("core::t", outcome, said, &files(), 7).says;
        assert_eq!(
            says(Outcome::Failed, "Error: Expired\n"),
            "It returns an error: Expired"
        );
        assert_eq!(says(Outcome::Hung, ""), "It does not end, and was stopped.");
        assert!(
            says(Outcome::Crashed, "a\n\nhas overflowed its stack\n")
                .ends_with("\na\nhas overflowed its stack")
        );
        assert_eq!(
            says(Outcome::Failed, "note: test did not panic as expected at x"),
            "It should panic, and does not."
        );
    }

    #[test]
    fn seed_counts_only_where_the_test_says_that_it_has_one() {
        let seeded = |said: &str| failure("core::t", Outcome::Failed, said, &files(), 7).seeded;
        assert!(seeded("seed 7\n") && seeded("minimal failing input: x = 1"));
        assert!(!seeded("seed 8\n"));
    }

    #[test]
    fn tests_come_in_the_order_of_their_files() {
        let tests = ["core::first_not", "core::second"].map(str::to_owned);
        assert_eq!(
            in_order(&files(), tests.into_iter()),
            ["core::second", "core::first_not"]
        );
    }

    #[test]
    fn compile_error_has_place_code_and_picture() {
        let json = r#"{"message":"mismatched types","code":{"code":"E0308"},"level":"error","spans":[{"file_name":"src/x/s1.rs","line_start":2,"is_primary":true}],"rendered":"error[E0308]: mismatched types\n --> src/x/s1.rs:2:5\n  |\n2 |     \"\"\n"}
{"message":"aborting due to 1 previous error","code":null,"level":"error","spans":[],"rendered":""}"#;
        let errors = compile_errors(json);
        assert_eq!(errors.len(), 1);
        assert_eq!(
            errors[0].at,
            Some(Place {
                file: "src/x/s1.rs".into(),
                line: 2
            })
        );
        assert_eq!(errors[0].picture, "  |\n2 |     \"\"");
    }
}
