//! Diagnostics for each key of a task.toml that is missing, unknown or of a wrong kind.

use std::fmt::Write as _;
use std::path::Path;

use book::task::Task;
use snapbox::{Assert, Data};

/// A task that has every key.
const FULL: &str = r#"title = "A small page"
original = 1
minutes = 10
level = "introductory"
prerequisites = ["first"]
objectives = ["say 42"]
races = ["core::answer_is_odd"]

[solution]
files = ["s1_first.rs"]
unsafe = false

[solution.stubs]
answer = "0"

[limits]
cpu_seconds = 1
memory_mib = 64
processes = 8

[[exercise]]
part = "core"
title = "Find the answer"
minutes = 5
asks = "Write `answer`."
hints = ["It is even.", { says = "It is 42.", reveals = ["answer"], moves = ["core::answer_is_42"] }]

[[group]]
name = "core"
part = "core"
points = 10
visibility = "public"

[[mutant]]
name = "off-by-one"
story = "Counts one too few."
file = "s1_first.rs"
find = "42"
replace = "41"
caught_by = ["core::answer_is_42"]

[output.says]
mode = "normalised"
normalise = [{ pattern = "a", with = "b" }]
why = "It differs."

[[claim]]
id = "cheap"
says = "It costs nothing."
[claim.rust]
verdict = "holds"
because = "It looks once."
test = "core::answer_is_42"
"#;

/// What is said of a task, each problem with its line.
fn told(text: &str) -> String {
    let (_, problems) = Task::read(Path::new("task.toml"), text);
    let told: Vec<_> = problems
        .iter()
        .map(|problem| anstream::adapter::strip_str(&problem.to_string()).to_string())
        .collect();
    if told.is_empty() {
        "nothing: it is optional".to_owned()
    } else {
        told.join("\n")
    }
}

fn is_snapshot(name: &str, said: String) {
    let path = course_tests::root()
        .join("course/tests/book/snapshots/task-keys")
        .join(name);
    Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .eq(said, Data::read_from(&path, None));
}

#[test]
fn task_with_every_key_is_in_order() {
    assert_eq!(told(FULL), "nothing: it is optional");
}

#[test]
fn messages_on_missing_keys_are_the_snapshot() {
    let mut said = String::new();
    let mut table = "the top";
    for (number, line) in FULL.lines().enumerate() {
        if line.starts_with('[') {
            table = line;
        }
        let Some((key, _)) = line.split_once(" = ") else {
            continue;
        };
        let without: String = FULL
            .lines()
            .enumerate()
            .filter(|(at, _)| *at != number)
            .flat_map(|(_, l)| [l, "\n"])
            .collect();
        let _ = writeln!(said, "== without `{key}` of {table}\n{}\n", told(&without));
    }
    is_snapshot("missing.txt", said);
}

#[test]
fn messages_on_unknown_keys_are_the_snapshot() {
    let mut said = String::new();
    for table in FULL
        .lines()
        .filter(|line| line.starts_with('[') && *line != "[solution.stubs]")
    {
        let with = FULL.replacen(table, &format!("{table}\nsurprise = 1"), 1);
        let _ = writeln!(said, "== `surprise` in {table}\n{}\n", told(&with));
    }
    for (what, find, replace) in [
        ("a key that is misspelt", "minutes = 10", "minuts = 10"),
        (
            "a key of a hint",
            "says = \"It is 42.\"",
            "say = \"It is 42.\"",
        ),
        ("a level", "\"introductory\"", "\"hard\""),
        (
            "a part",
            "part = \"core\"\ntitle",
            "part = \"kernel\"\ntitle",
        ),
        ("a visibility", "\"public\"", "\"secret\""),
        ("a verdict", "\"holds\"", "\"true\""),
        ("a mode", "\"normalised\"", "\"normal\""),
        ("points that are a text", "points = 10", "points = \"10\""),
        ("points below zero", "points = 10", "points = -1"),
        ("a hint that is a number", "\"It is even.\"", "42"),
        (
            "a hint that reveals nothing",
            "reveals = [\"answer\"]",
            "reveals = []",
        ),
        (
            "a hint that moves a test of no group",
            "moves = [\"core::answer_is_42\"]",
            "moves = [\"cor::answer_is_42\"]",
        ),
    ] {
        assert!(FULL.contains(find), "{find}");
        let _ = writeln!(
            said,
            "== {what}\n{}\n",
            told(&FULL.replacen(find, replace, 1))
        );
    }
    is_snapshot("unknown.txt", said);
}
