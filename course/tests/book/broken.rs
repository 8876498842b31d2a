//! Books that are broken in one way each, and the messages about them.
//!
//! The expected messages are in `snapshots/`. `SNAPSHOTS=overwrite cargo test --test book --test
//! needs messages` accepts the tool's present ones; look at the difference before you commit it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use snapbox::{Assert, Data};

pub use crate::small_book::RECORD;
use crate::small_book::SmallBook;

/// A way of breaking a correct book.
pub struct Case {
    /// The snapshot's name.
    pub name: &'static str,
    /// The number of its problems: more than one only where one mistake is seen from two sides.
    pub problems: usize,
    pub edits: &'static [Edit],
}

pub enum Edit {
    /// A file, a text that occurs in it, and its replacement.
    Replace(&'static str, &'static str, &'static str),
    /// A file and its new text.
    Write(&'static str, &'static str),
    /// A file to remove.
    Remove(&'static str),
}
pub use Edit::{Remove, Replace, Write};

impl Edit {
    fn file(&self) -> &'static str {
        let (Replace(file, ..) | Write(file, _) | Remove(file)) = self;
        file
    }

    fn apply(&self, book: &SmallBook) {
        match self {
            Replace(file, find, with) => {
                book.edit(file, find, with);
            }
            Write(file, text) => book.write(file, text),
            Remove(file) => fs::remove_file(book.path(file)).unwrap(),
        }
    }
}

pub const fn one(name: &'static str, edits: &'static [Edit]) -> Case {
    Case {
        name,
        problems: 1,
        edits,
    }
}

pub const fn several(problems: usize, name: &'static str, edits: &'static [Edit]) -> Case {
    Case {
        name,
        problems,
        edits,
    }
}

pub const PAGE: &str = "src/small.md";
pub const FIRST: &str = "listings/src/small/s1_first.rs";
pub const TASK: &str = "listings/src/small/task.toml";
pub const BOOK: &str = "book.toml";

const CLAIM: &str = r#"
[[claim]]
id = "finding-is-cheap"
says = "Finding costs less than guessing."

[claim.rust]
verdict = "holds"
because = "It looks once, in less than {below} of the time."
test = "core::answer_is_42"
ratio = ["answer/found", "answer/guessed"]
below = 0.5
"#;

const MEASURED: &str = r#"## Measured

It takes {{#value answer/found}}.

{{#claims}}

```mermaid
flowchart LR
    accTitle: The way to the answer
    accDescr: From the question to 42.
    question --> answer
```

![a question mark](mark.svg)

See the [other page](other.md#more).

{{#seal}}

```text
{{#include ../listings/captured/small/by_a_test.txt}}
```"#;

/// A correct book with a measurement, a claim, a diagram, a picture and a second page.
pub fn book() -> SmallBook {
    let book = SmallBook::new();
    book.write("benches/small.rs", "// Measures how the answer is found.\n");
    book.write(
        "src/mark.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n",
    );
    book.write("src/other.md", "# Another page\n\n## More\n");
    book.write(
        "src/SUMMARY.md",
        "# Summary\n\n- [A small page](small.md)\n- [Another page](other.md)\n",
    );
    book.write("listings/captured/small/by_a_test.txt", "42\n");
    book.edit(PAGE, "{{#seal}}", MEASURED);
    book.write(
        TASK,
        &(fs::read_to_string(book.path(TASK)).unwrap() + CLAIM),
    );
    book.record();
    book.edit("book.toml", "before =", "record = \"reference\"\nbefore =");
    book.bless();
    assert_eq!(
        book.problems(),
        "",
        "the book is correct before it is broken"
    );
    book
}

/// Breaks the book in each way, and compares what it says with the snapshots of the group.
pub fn tells(group: &str, cases: &[Case]) {
    let book = book();
    let assert = Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let mut wrong = Vec::new();
    for case in cases {
        let files: BTreeSet<_> = case.edits.iter().map(Edit::file).chain([RECORD]).collect();
        let before: Vec<_> = files
            .iter()
            .map(|file| (*file, fs::read(book.path(file)).ok()))
            .collect();
        case.edits.iter().for_each(|edit| edit.apply(&book));
        // What is measured may change; that its record is then old is a case of its own.
        if !files
            .iter()
            .any(|file| file.starts_with("benches/") && *file != RECORD)
            && !case
                .edits
                .iter()
                .any(|edit| edit.file() == RECORD || case.name == "stale")
        {
            book.record();
        }
        let report = book.verify();
        let found = [report.warnings, report.problems].concat();
        let told = plain(&book, &found);
        if found.len() != case.problems {
            wrong.push(format!(
                "{group}/{}: {} problems, not {}:\n{told}",
                case.name,
                found.len(),
                case.problems
            ));
        }
        for problem in &found {
            if problem.help.is_empty() || problem.what.contains('\n') {
                wrong.push(format!(
                    "{group}/{}: no help, or several lines: {problem}",
                    case.name
                ));
            }
            let text =
                fs::read_to_string(book.path(&problem.file.to_string_lossy())).unwrap_or_default();
            if problem.line > text.lines().count() {
                wrong.push(format!("{group}/{}: no such line: {problem}", case.name));
            }
        }
        let file = snapshots().join(group).join(format!("{}.txt", case.name));
        let expected = Data::read_from(&file, None).raw();
        let (told, expected) = if is_reference_compiler() {
            (told, expected)
        } else {
            // Another compiler has other words, which are in the details.
            let expected = expected.render().unwrap_or_default();
            (
                without_details(&told),
                Data::text(without_details(&expected)),
            )
        };
        if let Err(error) = assert.try_eq(Some(&case.name), Data::text(told), expected) {
            wrong.push(error.to_string());
        }
        for (file, text) in before {
            match text {
                Some(text) => fs::write(book.path(file), text).unwrap(),
                None => drop(fs::remove_file(book.path(file))),
            }
        }
    }
    let known: BTreeSet<_> = cases
        .iter()
        .map(|case| format!("{}.txt", case.name))
        .collect();
    for file in fs::read_dir(snapshots().join(group)).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if !known.contains(&name) {
            wrong.push(format!(
                "{group}/{name} is the snapshot of no case: remove it"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn snapshots() -> PathBuf {
    course_tests::root().join("course/tests/book/snapshots")
}

/// The problems without colours and without what differs from run to run.
fn plain(book: &SmallBook, problems: &[book::diagnostic::Diagnostic]) -> String {
    let told: String = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    let told = anstream::adapter::strip_str(&told).to_string();
    let root = book.root().display().to_string();
    let told = told.replace(&root, "[BOOK]");
    if cfg!(windows) {
        told.replace('\\', "/")
            .replace("/{{", "\\{{")
            .replace("exit code: ", "exit status: ")
    } else {
        told
    }
}

fn without_details(told: &str) -> String {
    let lines = told.lines().filter(|line| !line.starts_with("    "));
    lines
        .map(|line| format!("{}\n", line.split("rustc says").next().unwrap_or_default()))
        .collect()
}

pub fn is_reference_compiler() -> bool {
    let output = Command::new("rustc").arg("--version").output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .starts_with(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), "."))
}
