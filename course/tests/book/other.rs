//! A book that is not this one: verified as it is, broken in many ways, and built by stock mdBook.
//!
//! It is in `books/other`, and knows nothing of our conventions. The expected words are in `snapshots/other`.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use book::diagnostic::{Diagnostic, Exit};
use book::ids::Ids;
use book::project::Project;
use mdbook_driver::MDBook;
use regex::Regex;
use snapbox::{Assert, Data};
use verify::{Options, Report};

/// A copy of the book, to be broken.
struct Other(tempfile::TempDir);

impl Other {
    fn new() -> Self {
        let from = course_tests::root().join("course/tests/books/other");
        let book = Self(tempfile::tempdir().unwrap());
        for file in book::files::files_below(&from) {
            let inside = file.strip_prefix(&from).unwrap();
            if !inside.starts_with("kettle/target") {
                let to = book.path(inside);
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(&file, to).unwrap();
            }
        }
        // As an editor on Windows leaves it; git would not keep it so.
        let lid = book.path("text/parts/lid.md");
        let text = fs::read_to_string(&lid).unwrap();
        fs::write(lid, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
        book
    }

    fn path(&self, file: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(file)
    }

    fn verify(&self) -> Report {
        verify::verify(self.0.path(), &Options::default()).unwrap()
    }

    /// What `verify` finds with an edit, which is then undone.
    fn broken(&self, file: &str, find: &str, with: &str) -> Report {
        let path = self.path(file);
        let before = fs::read_to_string(&path).unwrap();
        assert_eq!(before.matches(find).count(), 1, "{find:?} in {file}");
        fs::write(&path, before.replace(find, with)).unwrap();
        let report = self.verify();
        fs::write(&path, before).unwrap();
        report
    }
}

/// What a user reads of problems and warnings. Evidence, which may have another compiler's words, is left out.
fn said(problems: &[Diagnostic]) -> String {
    let lines = problems.iter().flat_map(|problem| {
        let text = anstream::adapter::strip_str(&problem.to_string()).to_string();
        let lines = text.lines().filter(|line| !line.starts_with("    "));
        lines.map(|line| format!("{line}\n")).collect::<Vec<_>>()
    });
    lines.collect::<String>().replace('\\', "/")
}

fn is_snapshot(name: &str, text: String) {
    let snapshots = course_tests::root().join("course/tests/book/snapshots/other");
    let expected = Data::read_from(&snapshots.join(format!("{name}.txt")), None).raw();
    let assert = Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    assert.eq(Data::text(text), expected);
}

#[test]
fn another_book_is_verified_with_its_counts_and_warnings() {
    let book = Other::new();
    let report = book.verify();
    assert_eq!(said(&report.problems), "");
    let text = format!("{}{}\n", said(&report.warnings), report.summary());
    is_snapshot("well", text);
    assert_eq!(report.exit(), Exit::Well);
    // Once more, from what is known of the first time, and with nothing for git to see.
    assert_eq!(book.verify().summary(), report.summary());
    let hidden = fs::read_to_string(book.path("target/course/.gitignore")).unwrap();
    assert_eq!(hidden, "*\n");
}

#[test]
fn another_book_broken_says_where_and_what_to_do() {
    const WATER: &str = "text/01_water.md";
    const BOILING: &str = "text/ch01-02-boiling.md";
    const FOREWORD: &str = "text/foreword.md";
    let cases = [
        (
            "anchor",
            WATER,
            "../kettle/src/lib.rs:cups",
            "../kettle/src/lib.rs:cup",
        ),
        ("range", WATER, "pour.rs:2:4", "pour.rs:12:14"),
        ("include", WATER, "pour.rs editable", "purr.rs editable"),
        ("page", FOREWORD, "(parts/index.md)", "(parts/index2.md)"),
        ("readme", FOREWORD, "(parts/index.md)", "(parts/README.md)"),
        ("fragment", FOREWORD, "lid.html#handle", "lid.html#handel"),
        ("html", FOREWORD, "marks.md#spout", "marks.md#spoon"),
        (
            "image",
            FOREWORD,
            "![a kettle](images/kettle.svg)",
            "![a kettle](images/kettel.svg)",
        ),
        ("listing", WATER, "fill, whistle}", "fill, whistles}"),
        ("assertion", BOILING, "assert!(true);", "assert!(false);"),
        ("playground", "kettle/src/pour.rs", "cups, 2", "cups, 1"),
        ("compiles", BOILING, "= \"two\"", "= 2"),
        ("code", BOILING, "compile_fail,E0382", "compile_fail,E0505"),
        (
            "returns",
            BOILING,
            "~~~rust,should_panic\npanic!(\"it boils over\");",
            "~~~rust,should_panic\nlet _ = \"it boils over\";",
        ),
        (
            "words",
            BOILING,
            "<!-- should_panic: over -->",
            "<!-- should_panic: under -->",
        ),
        ("edition", BOILING, "rust,edition2015", "rust,edition2018"),
        (
            "crate",
            "kettle/src/lib.rs",
            "Kettle { cups }",
            "Kettle { cup }",
        ),
        ("summary", "text/SUMMARY.md", "(marks.md)", "(mark.md)"),
        (
            "settings",
            "book.toml",
            "listings = \"kettle\"",
            "listing = \"kettle\"",
        ),
    ];
    let book = Other::new();
    let before = book.verify().warnings;
    let mut text = String::new();
    for (name, file, find, with) in cases {
        let report = book.broken(file, find, with);
        assert_eq!(report.exit(), Exit::Problems, "{name}");
        text += &format!("# {name}\n{}", said(&report.problems));
        // One edit may bring warnings, too; those that were there before are not repeated.
        let is_new = |it: &&Diagnostic| !before.contains(it);
        let warnings: Vec<_> = report.warnings.iter().filter(is_new).cloned().collect();
        text += &format!("{}\n", said(&warnings));
    }
    is_snapshot("broken", text);
}

#[test]
fn rules_may_be_errors_or_off_in_another_book() {
    let book = Other::new();
    let with = |rules: &str| {
        let features = "features = [\"whistle\"]";
        book.broken("book.toml", features, &format!("{features}\n{rules}"))
    };
    let off = with("style = \"off\"\nreasons = \"off\"");
    assert_eq!((off.problems.len(), off.warnings.len()), (0, 0));
    let strict = with("reasons = \"error\"\nwords = \"warning\"\nlanguages = [\"python\"]");
    let about = |problems: &[Diagnostic], word: &str| {
        problems.iter().filter(|it| it.what.contains(word)).count()
    };
    assert_eq!(about(&strict.problems, "without a reason"), 2);
    assert_eq!(about(&strict.warnings, "without the words"), 4);
    assert_eq!(
        about(&strict.problems, "unknown language `kettlescript`"),
        1
    );
}

#[test]
fn program_takes_the_folder_of_a_book_or_is_run_in_it() {
    let book = Other::new();
    let program = |folder: Option<&Path>| {
        let mut command = Command::new(course_tests::program("course-verify"));
        command
            .args(folder)
            .current_dir(book.path("text"))
            .env("NO_COLOR", "1");
        command
    };
    let output = program(None).arg("--json").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &document["exit"]),
        (Some(0), &0.into())
    );
    assert!(
        document["warnings"].as_array().unwrap().len() > 5,
        "{document}"
    );
    let output = program(Some(&book.path(""))).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("verified, with "), "{text}");
    let warned = String::from_utf8(output.stderr).unwrap();
    assert!(
        warned.contains("\nwarning: text/after word.md:1: "),
        "{warned}"
    );
    let nowhere = program(Some(Path::new("/"))).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
}

#[test]
fn ids_are_those_that_mdbook_makes() {
    let book = Other::new();
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        MDBook::load(book.0.path()).unwrap().build().unwrap();
    });
    assert_eq!(*log.0.lock().unwrap(), [""; 0], "mdBook warns");
    let project = Project::load(book.0.path()).unwrap();
    let id = Regex::new(r#" id="([^"]*)""#).unwrap();
    let mut count = 0;
    for page in &project.pages {
        let html = page.name().replace("README", "index") + ".html";
        let html = fs::read_to_string(book.path("book").join(html)).unwrap();
        let (_, main) = html.split_once("<main>").unwrap();
        let (main, _) = main.split_once("</main>").unwrap();
        let theirs: BTreeSet<&str> = id
            .captures_iter(main)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        let ids = Ids::collect(&page.text, &project.settings);
        // The name of an `<a>` is no id, and leads there all the same.
        let ours: BTreeSet<&str> = ids.all().filter(|id| *id != "there").collect();
        assert_eq!(ours, theirs, "{}", page.file.display());
        count += ours.len();
    }
    assert!(count > 30, "{count}");
}

/// What mdBook warns of.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Said(String);
        impl tracing::field::Visit for Said {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn fmt::Debug) {
                self.0 += &format!("{value:?} ");
            }
        }
        let mut said = Said(String::new());
        event.record(&mut said);
        self.0.lock().unwrap().push(said.0);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}
