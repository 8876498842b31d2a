//! `cargo course start`, `check` and `progress` as a learner meets them: what is said, and what is remembered.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use snapbox::{Assert, Data};

use crate::small_book::SmallBook;

/// A book with one exercise, and somebody who does it.
struct Learner {
    book: SmallBook,
}

const MINE: &str = "small/src/small/s1_first.rs";

impl Learner {
    fn new() -> Self {
        let book = SmallBook::new();
        book.edit(
            "listings/src/small/s1_first.rs",
            "    42\n",
            "    // ANCHOR: solution_answer\n    42\n    // ANCHOR_END: solution_answer\n",
        )
        .edit(
            "listings/src/small/task.toml",
            "hints = [\"It is even.\"]",
            "hints = [\"It is even.\", { says = \"It is this.\", reveals = [\"answer\"], moves = [\"core::answer_is_42\"] }]",
        )
        .edit("listings/tests/small/main.rs", "mod core;\n", "mod core;\nmod hard;\n");
        book.write(
            "listings/tests/small/hard.rs",
            "#[test]\nfn answer_is_the_same_again() {}\n",
        );
        let task = fs::read_to_string(book.path("listings/src/small/task.toml")).unwrap();
        let hidden =
            "[[group]]\nname = \"hard\"\npart = \"core\"\npoints = 3\nvisibility = \"hidden\"\n\n";
        book.write(
            "listings/src/small/task.toml",
            &task.replace("[[mutant]]", &format!("{hidden}[[mutant]]")),
        );
        Self { book }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_keeping(&self.book.path("data"), arguments)
    }

    fn run_keeping(&self, data: &Path, arguments: &[&str]) -> Output {
        course_tests::course()
            .args(arguments)
            .current_dir(self.book.root())
            .env("COURSE_DATA", data)
            .env_remove("CLICOLOR_FORCE")
            .output()
            .unwrap()
    }

    /// What a command prints, on either stream, which ends with this exit code.
    fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .concat();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said.replace('\\', "/")
    }

    fn document(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
    }

    /// Writes the body of `answer`.
    fn writes(&self, body: &str) {
        self.book.write(
            MINE,
            &format!("pub fn answer() -> u32 {{\n    {body}\n}}\n"),
        );
    }
}

fn is_snapshot(name: &str, said: &str) {
    let path = course_tests::root()
        .join("course/tests/book/snapshots/learner")
        .join(name);
    Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .eq(said, Data::read_from(&path, None));
}

#[test]
fn learner_reads_what_is_left_to_do_until_nothing_is() {
    let learner = Learner::new();
    is_snapshot("start.txt", &learner.says(0, &["start", "small"]));
    is_snapshot("not-written.txt", &learner.says(1, &["check", "small"]));
    learner.writes("41");
    is_snapshot("wrong.txt", &learner.says(1, &["check", "small"]));
    learner.writes("\"42\"");
    is_snapshot("not-compiled.txt", &learner.says(1, &["check", "small"]));
    is_snapshot(
        "no-hint-while-it-does-not-compile.txt",
        &learner.says(1, &["check", "small", "--hint"]),
    );
    learner.writes("std::process::abort()");
    let crashed = learner.says(1, &["check", "small"]);
    assert!(crashed.contains("It ends the whole process"), "{crashed}");
    learner.writes("unsafe { 42 }");
    is_snapshot("unsafe.txt", &learner.says(1, &["check", "small"]));
    learner.writes("42");
    is_snapshot("passed.txt", &learner.says(0, &["check", "small"]));
    is_snapshot("progress.txt", &learner.says(0, &["progress"]));
}

#[test]
fn hints_come_one_at_a_time_and_are_remembered() {
    let learner = Learner::new();
    learner.says(0, &["start", "small", "elsewhere/mine"]);
    // Remembered, so that it need not be named.
    let hint = |data: &str| {
        let output = learner.run_keeping(&learner.book.path(data), &["check", "small", "--hint"]);
        String::from_utf8(output.stdout).unwrap()
    };
    let first = hint("data");
    assert!(
        first.contains("Hint 1 of 2 for *Find the answer*:\n\n  It is even."),
        "{first}"
    );
    assert!(!first.contains("It is this."));
    let second = hint("data");
    assert!(
        second.contains("  It is this.\n\n  In place of `answer`:\n\n    42\n"),
        "{second}"
    );
    assert!(hint("data").contains("There are no more hints for the core part."));
    // Without being asked, none.
    assert!(!learner.says(1, &["check", "small"]).contains("Hint"));
    let kept: Value = serde_json::from_slice(&learner.run(&["progress", "--json"]).stdout)
        .expect("progress is JSON");
    assert_eq!(kept["chapters"]["small"]["hints"]["Find the answer"], 2);
    assert!(
        learner
            .says(0, &["progress", "--reset", "small"])
            .starts_with("small: forgotten")
    );
    assert!(
        learner
            .says(2, &["progress", "--reset", "small"])
            .contains("nor of any other")
    );
    // And then the exercise has to be named again.
    let lost = learner.says(2, &["check", "small"]);
    assert!(lost.contains("no exercise of `small` is here"), "{lost}");
    assert!(
        learner
            .says(1, &["check", "small", "elsewhere/mine", "--hint"])
            .contains("Hint 1 of 2")
    );
}

#[test]
fn tests_that_somebody_edited_do_not_count() {
    let learner = Learner::new();
    learner.says(0, &["start", "small"]);
    learner.book.write(
        "small/tests/small/core.rs",
        "#[test]\nfn answer_is_42() {}\n",
    );
    let said = learner.says(1, &["check", "small"]);
    assert!(
        said.contains("tests/small/core.rs is not as in the book, and not yours to change"),
        "{said}"
    );
    assert!(said.contains("`answer` is not written yet."), "{said}");
    fs::remove_file(learner.book.path(MINE)).unwrap();
    let said = learner.says(2, &["check", "small", "small"]);
    assert!(
        said.contains("small has no src/small/s1_first.rs"),
        "{said}"
    );
}

#[test]
fn progress_that_cannot_be_kept_is_said_and_the_check_goes_on() {
    let learner = Learner::new();
    learner.says(0, &["start", "small"]);
    learner.writes("42");
    learner
        .book
        .write("data/progress.json", "{\"format\": 1, \"chap");
    let said = learner.says(0, &["check", "small"]);
    assert!(
        said.contains("warning: ")
            && said.contains("It is kept as ")
            && said.contains("All public tests passed")
    );
    assert_eq!(
        fs::read_to_string(learner.book.path("data/progress.json.broken-1")).unwrap(),
        "{\"format\": 1, \"chap"
    );
    learner.book.write("file", "");
    let output = learner.run_keeping(&learner.book.path("file"), &["check", "small"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("warning: progress is not kept: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn watching_checks_again_at_every_save() {
    let learner = Learner::new();
    learner.says(0, &["start", "small"]);
    let mut child = course_tests::course()
        .args(["check", "small", "--watch", "--hint"])
        .current_dir(learner.book.root())
        .env("COURSE_DATA", learner.book.path("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut until_it_waits = || {
        let said: Vec<String> = lines
            .by_ref()
            .take_while(|line| !line.starts_with("Waiting for"))
            .collect();
        said.join("\n")
    };
    let first = until_it_waits();
    assert!(
        first.contains("`answer` is not written yet.") && first.contains("Hint 1 of 2"),
        "{first}"
    );
    // A file that is not the learner's is none of its business.
    learner.book.write("small/src/lib.rs", "");
    learner.writes("42");
    let second = until_it_waits();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        second.contains("All public tests passed") && !second.contains("Hint"),
        "{second}"
    );
    assert!(
        !first.contains('\u{1b}') && !second.contains('\u{1b}'),
        "no terminal, no clearing"
    );
}

#[test]
fn check_as_json_has_every_key_whatever_happens() {
    let learner = Learner::new();
    learner.says(0, &["start", "small"]);
    let help = learner.says(0, &["check", "--help"]);
    let open = learner.document(&["check", "small", "--json", "--seed", "7", "--hint"]);
    let keys = |document: &Value| {
        document
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (&open["status"], &open["exit"], &open["seed"]),
        (&"failed".into(), &1.into(), &7.into())
    );
    assert_eq!(
        (&open["points"], &open["of"], &open["hidden"]),
        (&0.into(), &10.into(), &3.into())
    );
    assert_eq!(open["first"]["test"], "core::answer_is_42");
    assert_eq!(open["first"]["at"]["file"], "src/small/s1_first.rs");
    assert_eq!(open["hint"]["number"], 1);
    for key in keys(&open) {
        assert!(help.contains(&key), "--help does not say `{key}`");
    }
    learner.writes("42");
    let passed = learner.document(&["check", "small", "--json"]);
    assert_eq!(
        (&passed["status"], &passed["points"]),
        (&"passed".into(), &10.into())
    );
    learner.writes("4 2");
    let broken = learner.document(&["check", "small", "--json"]);
    assert_eq!(broken["status"], "does not compile");
    assert_eq!(broken["errors"][0]["at"]["line"], 2);
    let fault = learner.document(&["check", "smal", "--json"]);
    assert_eq!(
        (&fault["status"], &fault["exit"]),
        (&"fault".into(), &2.into())
    );
    for other in [&passed, &broken, &fault] {
        assert_eq!(keys(other), keys(&open));
    }
}
