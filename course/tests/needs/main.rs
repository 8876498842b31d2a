//! Tests of the tool against small books that need more than Rust: Go, the book's own compiler.

#[path = "../book/broken.rs"]
#[allow(dead_code, reason = "the test binary `book` uses the rest")]
mod broken;
#[path = "../book/small_book.rs"]
#[allow(dead_code, reason = "the test binary `book` uses the rest")]
mod small_book;

use std::process::{Command, ExitCode};

use broken::{PAGE, Replace, is_reference_compiler, one, tells};
use classroom::assign;
use course_tests::needs::{Missing, Need, Test, program, run};
use course_tests::test;
use small_book::SmallBook;
use verify::names::go::Go;

const GO: Need = || program("go", "version");
const SHA256SUM: Need = || program("sha256sum", "--version");
const REFERENCE_COMPILER: Need = || {
    (!is_reference_compiler()).then(|| Missing {
        reason: "another compiler than the book's has other messages".to_owned(),
        in_ci: false,
    })
};

const TESTS: &[Test] = &[
    test!(messages_of_the_compiler_are_the_snapshots).needs(&[REFERENCE_COMPILER]),
    test!(messages_on_names_of_go_are_the_snapshots).needs(&[GO]),
    test!(names_of_go_are_known).needs(&[GO]),
    test!(names_of_go_have_an_address_and_others_have_none).needs(&[GO]),
    test!(assignment_is_unchanged_by_its_checksums).needs(&[SHA256SUM]),
];

fn main() -> ExitCode {
    run(TESTS)
}

fn messages_of_the_compiler_are_the_snapshots() {
    tells(
        "compiler",
        &[one(
            "diagnostic-differs",
            &[Replace(PAGE, "drop(text);", "drop(text); // gone")],
        )],
    );
}

const BELOW: &str = "See [below]";

fn messages_on_names_of_go_are_the_snapshots() {
    tells(
        "go",
        &[one(
            "unknown-go-name",
            &[Replace(PAGE, BELOW, "`iter.Pul`.\n\nSee [below]")],
        )],
    );
}

fn names_of_go_are_known() {
    let book = SmallBook::new();
    let names = "`iter.Pull`, `time.Timer.Stop`, `testing/fstest`.\n\nSee [below]";
    book.edit(PAGE, BELOW, names);
    assert_eq!(
        (book.problems().as_str(), book.verify().total().skipped),
        ("", 0)
    );
    book.edit(PAGE, "`iter.Pull`", "`iter.PULL`");
    assert!(
        book.problems().contains("`iter.PULL` names nothing"),
        "{}",
        book.problems()
    );
}

fn names_of_go_have_an_address_and_others_have_none() {
    let scratch = tempfile::tempdir().unwrap();
    let names = "iter.Pull time.Timer.Stop iter testing/fstest iter.Pul iter.PULL no/such";
    let names = names.split(' ').map(str::to_owned).collect();
    // The second time from the cache.
    for _ in 0..2 {
        let known = Go::new(course_tests::root()).addresses(scratch.path(), &names);
        let known: Vec<_> = known.unwrap().into_values().flatten().collect();
        let expected = ["iter", "iter#Pull", "testing/fstest", "time#Timer.Stop"];
        assert_eq!(
            known,
            expected.map(|name| format!("https://pkg.go.dev/{name}"))
        );
    }
}

fn assignment_is_unchanged_by_its_checksums() {
    let book = SmallBook::new();
    book.edit(
        "listings/src/small/s1_first.rs",
        "    42\n",
        "    // ANCHOR: solution_answer\n    42\n    // ANCHOR_END: solution_answer\n",
    );
    let out = book.path("hw");
    let options = assign::AssignOptions {
        chapters: vec!["small".to_owned()],
        out: out.clone(),
        due: None,
        weights: Default::default(),
        workspace: false,
        format: None,
        force: false,
    };
    assign::assign(book.root(), &options).unwrap();
    let check = || {
        Command::new("sha256sum")
            .args([
                "--check",
                "--quiet",
                "--strict",
                "for-instructors/SHA256SUMS",
            ])
            .current_dir(&out)
            .output()
            .unwrap()
    };
    let checked = check();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
    book.write("hw/for-students/handout.md", "changed");
    assert!(!check().status.success());
}
