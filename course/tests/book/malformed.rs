//! Whatever is in a page, a `task.toml` or a record: reading and checking it never panics, and every problem has a
//! file of the book and a line within it.
//!
//! The cases are made from the real files, because random text rarely gets past the first check. `PROPTEST_CASES` says
//! how many; 256 by default.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use book::diagnostic::{Diagnostic, Diagnostics, Level};
use book::fence::{expectation, program};
use book::ledger::Ledger;
use book::page::Page;
use book::project::Project;
use book::task::Task;
use measurements::record::{self, Record};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use reader::directives::{self, Place};
use reader::{diagrams, includes};
use serde_json::Value;
use verify::claims;
use verify::{links, names};

fn root() -> PathBuf {
    course_tests::root().to_owned()
}

/// This book, read once: its pages, tasks and record are what the cases are made from.
static BOOK: LazyLock<Project> = LazyLock::new(|| {
    let book = Project::load(&root()).unwrap();
    assert!(book.problems.is_empty() && !book.pages.is_empty() && !book.tasks.is_empty());
    book
});

/// What breaks readers of Markdown, TOML and JSON: openings without ends, ends without openings, letters of many bytes.
const SPLINTERS: &[&str] = &[
    "```",
    "````",
    "~~~",
    "```rust",
    "```rust,compile_fail,E0382\n",
    "```mermaid\n",
    "\n\n",
    "\r\n",
    "\r",
    "\0",
    "\t",
    "{{#",
    "}}",
    "{{#include ",
    "{{#include ../listings/src/lib.rs:",
    "{{#output",
    "{{#diff a b}}",
    "{{#value / }}",
    "{{#value go/}}",
    "{{#bench  by }}",
    "{{#bench go/}}",
    "<!-- holds: answer/found / -->",
    "<!-- holds: ((1 < answer/found -->",
    "<!-- holds",
    "{{#trace é}}",
    "{{#claims ../x}}",
    "{{#task}}",
    "{{#seal}}",
    "{{#exercises}}",
    "{{# }}",
    "\\{{#task}}",
    "<!--",
    "-->",
    "<!-- compile_fail: -->",
    "<pre class=\"mermaid\">",
    "</pre>",
    "<details>",
    "[",
    "](",
    "](#",
    "](é.md#é)",
    "![](",
    "[^1]",
    "[^1]: ",
    "# ",
    "####### ",
    "===\n",
    "    x",
    "> ",
    "* ",
    "1. ",
    "|",
    "|-|\n",
    "\u{feff}",
    "\u{202e}",
    "\u{200d}",
    "\u{301}",
    "é",
    "👩‍👩‍👧",
    "ﷺ",
    "İ",
    "ß",
    "\u{10ffff}",
    "\u{85}",
    "\u{2028}",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\u",
    "=",
    "[[",
    "]]",
    "[claim.go]",
    "#",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "NaN",
    "-0",
    "1e999",
    "18446744073709551616",
    "ANCHOR: ",
    "ANCHOR_END: ",
];

/// One change of a text. Places are fractions of it, so that they fit any text.
#[derive(Debug, Clone)]
enum Change {
    Delete(Index, Index),
    Double(Index, Index),
    Truncate(Index),
    Insert(Index, String),
    DeleteLine(Index),
    SwapLines(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let splinter = prop_oneof![
        4 => select(SPLINTERS).prop_map(str::to_owned),
        1 => proptest::collection::vec(any::<char>(), 1..8).prop_map(String::from_iter),
    ];
    prop_oneof![
        2 => any::<(Index, Index)>().prop_map(|(from, to)| Change::Delete(from, to)),
        2 => any::<(Index, Index)>().prop_map(|(from, to)| Change::Double(from, to)),
        1 => any::<Index>().prop_map(Change::Truncate),
        6 => (any::<Index>(), splinter).prop_map(|(at, text)| Change::Insert(at, text)),
        3 => any::<Index>().prop_map(Change::DeleteLine),
        2 => any::<(Index, Index)>().prop_map(|(one, other)| Change::SwapLines(one, other)),
    ]
}

impl Change {
    fn apply(&self, text: &mut String) {
        let at = |index: &Index, text: &str| {
            let mut at = index.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        // A few lines at most: the rest of the text should remain to be checked.
        let span = |from: &Index, length: &Index, text: &str| -> Range<usize> {
            let start = at(from, text);
            let mut end = (start + length.index(200)).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            start..end.max(start)
        };
        match self {
            Self::Delete(from, length) => text.replace_range(span(from, length, text), ""),
            Self::Double(from, length) => {
                let span = span(from, length, text);
                let part = text[span.clone()].to_owned();
                text.insert_str(span.end, &part);
            }
            Self::Truncate(from) => text.truncate(at(from, text)),
            Self::Insert(place, splinter) => text.insert_str(at(place, text), splinter),
            Self::DeleteLine(_) | Self::SwapLines(..) => {
                let mut lines: Vec<_> = text.split_inclusive('\n').collect();
                let count = lines.len();
                if count == 0 {
                    return;
                }
                match self {
                    Self::DeleteLine(line) => drop(lines.remove(line.index(count))),
                    Self::SwapLines(one, other) => lines.swap(one.index(count), other.index(count)),
                    _ => unreachable!("the other changes are done above"),
                }
                *text = lines.concat();
            }
        }
    }
}

/// One of some files, changed in a few places.
fn changed(files: Vec<(PathBuf, String)>) -> impl Strategy<Value = (PathBuf, String)> {
    let changes = proptest::collection::vec(change(), 1..6);
    (select(files), changes).prop_map(|((file, mut text), changes)| {
        changes.iter().for_each(|change| change.apply(&mut text));
        (file, text)
    })
}

/// One of some values, well formed, with a few of its numbers and strings replaced by unlikely ones.
fn unlikely(files: Vec<(PathBuf, Value)>) -> impl Strategy<Value = (PathBuf, Value)> {
    let value = prop_oneof![
        select(&[0.0, -1.0, 1.0, 5e-324, 1e308, 1e-3, 1e14][..]).prop_map(Value::from),
        select(&[0, 1, i64::MAX, -1][..]).prop_map(Value::from),
        select(SPLINTERS).prop_map(Value::from),
        select(
            &[
                "",
                "go/",
                "/",
                "core",
                "::",
                "a::b::c",
                "{{#value answer}}",
                "{{#task}}",
                "(",
                "../..",
                "é/é"
            ][..]
        )
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Array(Vec::new())),
    ];
    let replacements = proptest::collection::vec((any::<Index>(), value), 1..4);
    (select(files), replacements).prop_map(|((file, mut whole), replacements)| {
        for (place, value) in replacements {
            let mut leaves = Vec::new();
            collect_leaves(&mut whole, &mut leaves);
            if leaves.is_empty() {
                continue;
            }
            // Mostly the same kind of value, or reading ends at the first of them.
            let index = place.index(leaves.len());
            let same = |leaf: &Value| {
                (leaf.is_number() && value.is_number()) || (leaf.is_string() && value.is_string())
            };
            let from_there = (index..leaves.len()).chain(0..index);
            let chosen = from_there
                .into_iter()
                .find(|at| same(leaves[*at]))
                .unwrap_or(index);
            *leaves[chosen] = value;
        }
        (file, whole)
    })
}

fn collect_leaves<'a>(value: &'a mut Value, leaves: &mut Vec<&'a mut Value>) {
    match value {
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| collect_leaves(value, leaves)),
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| collect_leaves(value, leaves)),
        Value::Null => {}
        leaf => leaves.push(leaf),
    }
}

/// A text of nothing but splinters and words.
fn splinters() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => select(SPLINTERS).prop_map(str::to_owned),
        1 => Just("word ".to_owned()),
        1 => Just("\n".to_owned()),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

fn pages() -> Vec<(PathBuf, String)> {
    BOOK.pages
        .iter()
        .map(|page| (page.file.clone(), page.text.clone()))
        .collect()
}

fn tasks() -> Vec<(PathBuf, String)> {
    let files = BOOK.tasks.keys().map(|slug| Task::file(slug));
    files
        .map(|file| (file.clone(), fs::read_to_string(root().join(file)).unwrap()))
        .collect()
}

fn task_values() -> Vec<(PathBuf, Value)> {
    tasks()
        .into_iter()
        .map(|(file, text)| (file, toml::from_str(&text).unwrap()))
        .collect()
}

/// The record with a few benchmarks of each chapter: all of them are slow to read again and again,
/// and more of the same.
fn records() -> Vec<(PathBuf, Value)> {
    let name = BOOK.settings.record.as_ref();
    let file = Record::file(name.expect("the book has a record"));
    let mut record: Value =
        serde_json::from_str(&fs::read_to_string(root().join(&file)).unwrap()).unwrap();
    for chapter in record["chapters"].as_object_mut().unwrap().values_mut() {
        let benchmarks = chapter["benchmarks"].as_object_mut().unwrap();
        let keep: Vec<_> = benchmarks
            .keys()
            .step_by(benchmarks.len() / 6)
            .cloned()
            .collect();
        benchmarks.retain(|id, _| keep.contains(id));
    }
    vec![(file, record)]
}

fn record_texts() -> Vec<(PathBuf, String)> {
    records()
        .into_iter()
        .map(|(file, record)| (file, serde_json::to_string_pretty(&record).unwrap()))
        .collect()
}

/// The record of this book.
static RECORD: LazyLock<Option<Record>> = LazyLock::new(|| Record::load_reference(&BOOK).unwrap());

/// This book with some of it replaced.
fn book() -> Project {
    Project {
        root: BOOK.root.clone(),
        settings: BOOK.settings.clone(),
        pages: BOOK.pages.clone(),
        tasks: BOOK.tasks.clone(),
        problems: Vec::new(),
        // What is measured stays the same.
        digests: BOOK.digests.clone(),
    }
}

/// Every problem is at a file of the book, at a line within it, and says what is wrong and what to do.
fn at_their_places(problems: &[Diagnostic], file: &Path, text: &str) -> Result<(), TestCaseError> {
    for problem in problems {
        let lines = if problem.file == file {
            text.split('\n').count()
        } else {
            let there = fs::read_to_string(root().join(&problem.file));
            prop_assert!(there.is_ok(), "{problem:?} is at no file of the book");
            there.unwrap().lines().count()
        };
        prop_assert!(
            problem.line <= lines,
            "{problem:?} is at no line of {lines}"
        );
        prop_assert!(
            !problem.what.trim().is_empty() && !problem.help.is_empty(),
            "{problem:?}"
        );
    }
    Ok(())
}

/// All that reads a page, short of running its listings.
fn check_page(file: &Path, text: &str) -> Result<(), TestCaseError> {
    let page = Page::parse(file, text);
    for span in page
        .fences
        .iter()
        .map(|f| &f.span)
        .chain(page.directives.iter().map(|d| &d.span))
    {
        prop_assert!(
            text.get(span.clone()).is_some(),
            "{span:?} is no part of the page"
        );
    }
    let mut problems = Diagnostics::default();
    for fence in &page.fences {
        let _ = expectation(&page, fence, &BOOK.settings, &mut problems);
        let _ = program(&fence.body);
    }
    for found in names::occurrences::occurrences(&BOOK, &page) {
        // What the page shows of its task has the lines of that.
        let there = if found.shown.is_none() {
            text.to_owned()
        } else {
            fs::read_to_string(root().join(&found.file)).unwrap()
        };
        let line = there
            .split('\n')
            .nth(found.line.saturating_sub(1))
            .unwrap_or_default();
        let mut words = found.name.path.split([':', '.']);
        prop_assert!(
            found.line > 0 && words.any(|word| line.contains(word)),
            "{found:?} is not in {line:?}"
        );
    }
    let mut project = book();
    project.pages.retain(|other| other.file != file);
    project.pages.push(page.clone());
    includes::check(&project, &mut problems);
    links::check(&project, &mut problems, &mut Ledger::default());
    let expanded = directives::expand(Place {
        project: &project,
        record: RECORD.as_ref(),
        page: &page,
    });
    let text_now = expanded.as_deref().unwrap_or(text);
    let shown = diagrams::show(&root(), &page, text_now);
    let drawn = publish::diagrams::drawings(&page, text_now).into_iter();
    problems.extend(drawn.filter_map(Result::err));
    problems.extend(expanded.err().into_iter().chain(shown.err()).flatten());
    at_their_places(&problems.sorted(), file, text)
}

/// All that reads a task, and the page that shows it.
fn check_task(file: &Path, text: &str) -> Result<(), TestCaseError> {
    let slug = BOOK
        .tasks
        .keys()
        .find(|slug| Task::file(slug) == file)
        .expect("a chapter of the book");
    let (task, mut problems) = Task::read(file, text);
    prop_assert!(
        task.is_some() || !problems.is_empty(),
        "no task, and no word why"
    );
    if let Some(task) = task {
        let mut project = book();
        project.tasks.insert(slug.clone(), task);
        problems.extend(claims::check(
            &project,
            claims::Sources {
                record: RECORD.as_ref(),
                ..Default::default()
            },
            slug,
            &mut Ledger::default(),
        ));
        let page = project.page(slug).expect("the chapter has a page");
        for found in names::occurrences::occurrences(&project, page) {
            let mut words = found.name.path.split([':', '.']);
            prop_assert!(words.all(|word| found.span.contains(word)));
        }
        problems.extend(
            directives::expand(Place {
                project: &project,
                record: RECORD.as_ref(),
                page,
            })
            .err()
            .into_iter()
            .flatten(),
        );
    }
    at_their_places(&problems, file, text)
}

/// All that reads a record, and the pages that show it.
fn check_record(file: &Path, text: &str) -> Result<(), TestCaseError> {
    let record = match Record::parse(file, text) {
        Ok(record) => record,
        Err(problem) => return at_their_places(&[problem], file, text),
    };
    let project = book();
    let mut problems = record::stale(&project, Some(&record), Level::Error);
    for page in &project.pages {
        problems.extend(
            directives::expand(Place {
                project: &project,
                record: Some(&record),
                page,
            })
            .err()
            .into_iter()
            .flatten(),
        );
    }
    for slug in project.tasks.keys() {
        problems.extend(claims::check(
            &project,
            claims::Sources {
                record: Some(&record),
                ..Default::default()
            },
            slug,
            &mut Ledger::default(),
        ));
    }
    at_their_places(&problems, file, text)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn malformed_pages_have_problems_at_their_places((file, text) in changed(pages())) {
        check_page(&file, &text)?;
    }

    #[test]
    fn splinters_of_markdown_have_problems_at_their_places(text in splinters()) {
        check_page(Path::new("src/virtual-time.md"), &text)?;
    }

    #[test]
    fn malformed_tasks_have_problems_at_their_places((file, text) in changed(tasks())) {
        check_task(&file, &text)?;
    }

    #[test]
    fn unlikely_tasks_have_problems_at_their_places((file, task) in unlikely(task_values())) {
        check_task(&file, &toml::to_string_pretty(&task).unwrap())?;
    }

    #[test]
    fn malformed_records_have_problems_at_their_places((file, text) in changed(record_texts())) {
        check_record(&file, &text)?;
    }

    #[test]
    fn unlikely_records_have_problems_at_their_places((file, record) in unlikely(records())) {
        check_record(&file, &serde_json::to_string_pretty(&record).unwrap())?;
    }
}
