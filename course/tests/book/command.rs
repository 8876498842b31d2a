//! `cargo course verify` as a program: exit codes, standard output and standard error.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::small_book::SmallBook;

fn course(folder: &Path, arguments: &[&str]) -> Output {
    course_tests::course()
        .args(arguments)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Standard output as the one document it is.
fn document(output: &Output) -> Value {
    serde_json::from_str(&stdout(output))
        .unwrap_or_else(|error| panic!("{error}: {}", stdout(output)))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

const KEYS: [&str; 12] = [
    "accepted", "command", "error", "exit", "format", "pages", "phases", "problems", "seconds",
    "total", "unsealed", "warnings",
];

#[test]
fn verify_of_a_correct_book_exits_with_0_and_says_so_in_text_and_json() {
    let book = SmallBook::new();
    let text = course(book.root(), &["verify"]);
    assert_eq!(text.status.code(), Some(0));
    assert!(
        stdout(&text).starts_with("small: 5 listings"),
        "{}",
        stdout(&text)
    );
    assert!(
        stdout(&text).contains("\nverified in "),
        "{}",
        stdout(&text)
    );
    // No terminal: a line a phase, and nothing that moves a cursor or has a colour.
    let phases: Vec<_> = stderr(&text)
        .lines()
        .map(|line| line.trim_start().to_owned())
        .collect();
    let names: Vec<_> = phases
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        names,
        [
            "read", "pages", "build", "listings", "outputs", "diagrams", "claims", "render",
            "names"
        ]
    );
    assert!(
        phases[3].starts_with("listings 5 compiled and run, 5 of them unchanged"),
        "{phases:?}"
    );
    assert!(!stderr(&text).contains(['\u{1b}', '\r']) && !stdout(&text).contains('\u{1b}'));

    let json = course(book.root(), &["verify", "--json"]);
    assert_eq!(json.status.code(), Some(0));
    let found = document(&json);
    assert_eq!(keys(&found), BTreeSet::from(KEYS));
    assert_eq!(
        (&found["format"], &found["command"], &found["exit"]),
        (&1.into(), &"verify".into(), &0.into())
    );
    assert_eq!(
        (&found["problems"], &found["error"]),
        (&Value::Array(Vec::new()), &Value::Null)
    );
    assert_eq!(found["pages"][0]["file"], "src/small.md");
    let counts = &found["pages"][0]["counts"];
    assert_eq!(
        (
            &counts["ran"],
            &counts["failed"]["E0382"],
            &counts["numbers"]
        ),
        (&2.into(), &1.into(), &0.into())
    );
    assert_eq!(counts, &found["total"]);
    let phases: Vec<_> = found["phases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|phase| &phase["name"])
        .collect();
    assert_eq!(phases, names);
    assert!(
        found["phases"]
            .as_array()
            .unwrap()
            .iter()
            .all(|phase| phase["seconds"].is_f64())
    );
}

#[test]
fn verify_of_a_wrong_book_exits_with_1_and_tells_each_problem() {
    let book = SmallBook::new();
    book.edit("src/small.md", "(#exercises)", "(#exercise)")
        .edit("src/small.md", "{{#output says}}", "{{#says}}");
    let text = course(book.root(), &["verify"]);
    assert_eq!(text.status.code(), Some(1));
    assert!(
        stdout(&text).contains("\n2 problems, found in "),
        "{}",
        stdout(&text)
    );
    assert!(
        stderr(&text).contains("\nerror: src/small.md:34: unknown directive `says`\n"),
        "{}",
        stderr(&text)
    );

    let json = course(book.root(), &["verify", "--json", "small"]);
    assert_eq!(json.status.code(), Some(1));
    let found = document(&json);
    assert_eq!(keys(&found), BTreeSet::from(KEYS));
    assert_eq!(found["exit"], 1);
    let problems = found["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    for problem in problems {
        assert_eq!(
            keys(problem),
            BTreeSet::from(["detail", "file", "help", "line", "what"])
        );
    }
    assert_eq!(
        (&problems[1]["file"], &problems[1]["line"]),
        (&"src/small.md".into(), &38.into())
    );
    assert_eq!(
        problems[1]["what"],
        "`src/small.md` has no heading `#exercise`"
    );
}

#[test]
fn a_listings_crate_that_does_not_compile_is_a_problem_of_the_book_and_skips_are_counted() {
    let book = SmallBook::new();
    book.edit("listings/src/small/s2_second.rs", "6 * 7", "6 * \"7\"");
    let found = document(&course(book.root(), &["verify", "--json"]));
    assert_eq!(found["exit"], 1);
    assert_eq!(
        found["problems"][0]["file"],
        "listings/src/small/s2_second.rs"
    );
    let total = &found["total"];
    // Five listings, an output and a diagnostic.
    assert_eq!(
        (&total["ran"], &total["outputs"], &total["skipped"]),
        (&0.into(), &0.into(), &7.into())
    );
}

#[test]
fn a_fault_of_use_exits_with_2_and_json_says_why() {
    let book = SmallBook::new();
    let text = course(book.root(), &["verify", "smal"]);
    assert_eq!((text.status.code(), stdout(&text).as_str()), (Some(2), ""));
    assert!(
        stderr(&text).ends_with("error: no page `smal`: there is only small\n"),
        "{}",
        stderr(&text)
    );

    let json = course(book.root(), &["verify", "--json", "smal"]);
    assert_eq!(json.status.code(), Some(2));
    let found = document(&json);
    assert_eq!(keys(&found), BTreeSet::from(KEYS));
    assert_eq!(
        (&found["exit"], &found["error"]),
        (&2.into(), &"no page `smal`: there is only small".into())
    );

    let nowhere = tempfile::tempdir().unwrap();
    let outside = course(nowhere.path(), &["verify", "--json"]);
    assert_eq!(outside.status.code(), Some(2));
    assert!(
        document(&outside)["error"]
            .as_str()
            .unwrap()
            .contains("no book.toml")
    );
    assert_eq!(
        course(book.root(), &["verify", "--jsn"]).status.code(),
        Some(2)
    );
}

#[test]
fn bless_accepts_and_says_what() {
    let book = SmallBook::new();
    book.edit("listings/examples/small_says.rs", "42", "43");
    assert_eq!(course(book.root(), &["verify"]).status.code(), Some(1));
    let json = course(book.root(), &["bless", "--json"]);
    assert_eq!(json.status.code(), Some(0));
    let found = document(&json);
    assert_eq!(
        (
            &found["command"],
            found["accepted"].as_array().unwrap().len()
        ),
        (&"bless".into(), 1)
    );
    assert_eq!(
        found["accepted"][0]["file"],
        "listings/captured/small/says.txt"
    );
    assert!(
        found["accepted"][0]["difference"]
            .as_str()
            .unwrap()
            .contains("-42\n+43")
    );
    assert_eq!(course(book.root(), &["verify"]).status.code(), Some(0));
}

#[test]
fn help_names_every_key_and_every_exit_code() {
    let nowhere = tempfile::tempdir().unwrap();
    let help = stdout(&course(nowhere.path(), &["verify", "--help"]));
    for word in KEYS.iter().chain(&[
        "0  the book",
        "1  the book",
        "2  a fault",
        "what, detail, help",
        "difference",
    ]) {
        assert!(help.contains(word), "{word}: {help}");
    }
}

#[test]
fn conclusions_of_this_book_hold_and_are_listed_with_the_tightest_first() {
    let output = course(course_tests::root(), &["conclusions", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let document = document(&output);
    let all = document["conclusions"].as_array().unwrap();
    let margins: Vec<_> = all
        .iter()
        .map(|it| it["margin"].as_f64().unwrap())
        .collect();
    assert!(margins.is_sorted() && margins[0] >= 1.0, "{margins:?}");
    let text = stdout(&course(course_tests::root(), &["conclusions", "scope"]));
    let of_scope = all.iter().filter(|it| it["file"] == "src/scope.md").count();
    assert_eq!(text.matches("src/scope.md:").count(), of_scope, "{text}");
    assert!(
        of_scope > 0 && text.lines().count() == of_scope + 1,
        "{text}"
    );
}
