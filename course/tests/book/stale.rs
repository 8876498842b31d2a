//! A contributor without the reference machine: what changes a measurement is a warning, and an error for a release only.

use std::fs;
use std::process::Command;

use book::diagnostic::Exit;
use book::project::Project;
use measurements::record::Record;
use reader::preprocess;
use verify::{Options, Report, verify};

use crate::small_book::SmallBook;

const SECOND: &str = "listings/src/small/s2_second.rs";

/// A measured book, one of whose listings uses a crate.
fn measured() -> SmallBook {
    let book = SmallBook::new();
    publish(&book, "1.0.0");
    book.write(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"vendor\"\n[source.vendor]\ndirectory = \"vendor\"\n",
    );
    book.edit(
        "listings/Cargo.toml",
        "publish = false\n",
        "publish = false\n\n[dependencies]\nkettle = \"1\"\n",
    )
    .edit(SECOND, "6 * 7", "6 * kettle::CUPS");
    book.write("benches/small.rs", "// Measures how the answer is found.\n");
    cargo(&book, &["generate-lockfile", "--offline"]);
    book.edit("book.toml", "before =", "record = \"reference\"\nbefore =");
    book.record();
    book.bless();
    book
}

/// Adds a version of the crate to those that cargo finds.
fn publish(book: &SmallBook, version: &str) {
    let folder = format!("vendor/kettle-{version}");
    let manifest =
        format!("[package]\nname = \"kettle\"\nversion = \"{version}\"\nedition = \"2024\"\n");
    for (file, text) in [
        ("Cargo.toml", manifest.as_str()),
        ("src/lib.rs", "pub const CUPS: u32 = 7;\n"),
        (".cargo-checksum.json", "{\"files\": {}}"),
    ] {
        book.write(&format!("{folder}/{file}"), text);
    }
}

fn cargo(book: &SmallBook, arguments: &[&str]) {
    let mut cargo = Command::new("cargo");
    let status = cargo.args(arguments).current_dir(book.root()).status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

fn for_release(book: &SmallBook) -> Report {
    let options = Options {
        release: true,
        ..Options::default()
    };
    verify(book.root(), &options).unwrap()
}

/// A page as readers get it.
fn rendered(book: &SmallBook, slug: &str) -> String {
    let project = Project::load(book.root()).unwrap();
    let record = Record::load_reference(&project).unwrap();
    preprocess::render_page(&project, record.as_ref(), project.page(slug).unwrap()).unwrap()
}

/// Checks that everything is well and measured.
fn is_green(book: &SmallBook) {
    let report = for_release(book);
    assert_eq!((report.problems, report.warnings), (Vec::new(), Vec::new()));
}

/// Checks that one thing is unmeasured: a warning, which the page and the counts have, and an error for a release.
fn is_green_with_a_warning(book: &SmallBook, file: &str, what: &str) {
    let report = book.verify();
    assert_eq!((&report.problems[..], report.exit()), (&[][..], Exit::Well));
    let [warning] = &report.warnings[..] else {
        panic!("{:?}", report.warnings);
    };
    assert_eq!(warning.place(), file);
    assert!(warning.what.contains(what), "{warning}");
    assert_eq!(report.total().unmeasured, 1);
    assert!(report.summary().ends_with("1 not measured as it is"));
    let report = for_release(book);
    assert_eq!((report.warnings.len(), report.exit()), (0, Exit::Problems));
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert_eq!(report.problems[0].what, warning.what);
}

#[test]
fn measurement_is_stale_after_a_change_of_code_or_of_a_version_and_not_of_a_comment() {
    const STALE: &str = "Measured before the last change";
    let book = measured();
    is_green(&book);

    book.edit(SECOND, "pub fn", "/// The answer, in cups.\npub fn");
    is_green(&book);
    assert!(!rendered(&book, "small").contains(STALE));

    book.edit(SECOND, "6 * kettle::CUPS", "kettle::CUPS * 6");
    is_green_with_a_warning(
        &book,
        "benches/small.rs",
        "has changed since it was recorded",
    );
    assert!(rendered(&book, "small").contains(STALE));

    book.record();
    is_green(&book);
    publish(&book, "1.0.1");
    cargo(&book, &["update", "--offline", "kettle"]);
    is_green_with_a_warning(
        &book,
        "benches/small.rs",
        "has changed since it was recorded",
    );
}

#[test]
fn new_chapter_is_green_and_an_exercise_and_its_bench_is_not_measured_yet() {
    const MINE: &str = "src/first_steps/s1_first.rs";
    let book = measured();
    let says = |code: i32, arguments: &[&str]| {
        let output = course_tests::course()
            .args(arguments)
            .current_dir(book.root())
            .env("COURSE_DATA", book.path("data"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {said}{errors}"
        );
        said
    };
    says(0, &["new", "first-steps"]);
    is_green(&book);
    says(0, &["start", "first-steps"]);
    says(1, &["check", "first-steps"]);
    let solution = fs::read_to_string(book.path(&format!("listings/{MINE}"))).unwrap();
    book.write(&format!("first-steps/{MINE}"), &solution);
    let said = says(0, &["check", "first-steps"]);
    assert!(
        said.contains("All public tests passed: 10 points."),
        "{said}"
    );

    book.write(
        "benches/Cargo.toml",
        "[package]\nname = \"benches\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    says(0, &["new", "--bench", "two-words"]);
    is_green_with_a_warning(&book, "benches/two_words.rs", "never been recorded");
    let page = rendered(&book, "two-words");
    assert!(page.contains("<em>not measured yet</em>"), "{page}");
    assert!(
        page.contains("<li><strong>Not measured yet</strong></li>"),
        "{page}"
    );
    let files = ["benches/two_words.rs", "listings/tests/two_words/main.rs"];
    let formatted = Command::new("rustfmt")
        .args(["--check", "--edition=2024", "listings/src/lib.rs"])
        .args(files)
        .current_dir(book.root())
        .status()
        .unwrap();
    assert!(formatted.success());
    let again = says(2, &["new", "two-words"]);
    assert_eq!(again, "");
}
