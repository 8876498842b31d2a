//! Summaries of proposals: the index, the learner's command, and what the chapter's page shows of it.

use std::fs;
use std::path::Path;
use std::process::Output;

use book::page::Page;
use book::proposals::{SECTIONS, TEMPLATE, read};
use exercise::proposals::judge;

use crate::small_book::SmallBook;

/// A summary with nothing wrong.
pub const SUMMARY: &str = include_str!("../fixtures/proposal.md");

fn course(folder: &Path, arguments: &[&str]) -> Output {
    course_tests::course()
        .args(arguments)
        .current_dir(folder)
        // Not where this machine's learner keeps what they did.
        .env("COURSE_DATA", env!("CARGO_TARGET_TMPDIR"))
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A learner's own file needs no listing that is run: nothing of it is.
fn learners() -> String {
    SUMMARY.replace(
        "It can be written down in two lines:",
        "[It](https://doc.rust-lang.org/std/thread/) is two lines:",
    )
}

#[test]
fn check_of_a_summary_in_its_form_exits_with_0_and_says_it_in_one_paragraph() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.md"), learners()).unwrap();
    let checked = course(folder.path(), &["check", "proposals", "mine.md"]);
    assert_eq!(
        (checked.status.code(), stderr(&checked).as_str()),
        (Some(0), "")
    );
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(
        said.starts_with("mine.md: 271 words, 8 statements with a source."),
        "{said}"
    );
    assert!(
        said.ends_with(
            "In one paragraph: People make tea and forget it while they work. A function takes how long to wait and \
             returns a pot. Who pours? Land with changes. A timer belongs into the library only if it can be stopped, \
             since tea that is poured too late cannot be made better by a second ring.\n"
        ),
        "{said}"
    );
}

#[test]
fn check_of_a_summary_with_a_fault_exits_with_1_and_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.md"), SUMMARY).unwrap();
    let checked = course(folder.path(), &["check", "proposals", "mine.md"]);
    assert_eq!((checked.status.code(), checked.stdout.len()), (Some(1), 0));
    let line = 1 + SUMMARY
        .lines()
        .position(|line| line.starts_with("Rust has a function"))
        .unwrap();
    assert_eq!(
        stderr(&checked),
        format!(
            "error: mine.md:{line}: a claim without a link: `Rust has a function that waits, …`\n  help: link to where you \
             have read it, or say that it is unknown\n1 to fix\n"
        )
    );
}

#[test]
fn check_that_is_called_wrongly_exits_with_2_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let root = course_tests::root();
    for (arguments, said) in [
        (
            vec!["check", "scop", "x"],
            "there is no chapter `scop`: the nearest are scope",
        ),
        (
            vec!["check", "proposals"],
            "no exercise of `proposals` is here: `cargo course start proposals`",
        ),
        (
            vec!["check", "proposals", "none.md"],
            "none.md has no summary.md: name the folder",
        ),
    ] {
        let checked = course(root, &arguments);
        assert_eq!(checked.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&checked).starts_with(&format!("error: {said}")),
            "{}",
            stderr(&checked)
        );
    }
    let help = course(folder.path(), &["check", "--help"]);
    assert!(
        String::from_utf8(help.stdout)
            .unwrap()
            .contains("1  something is left to do")
    );
}

#[test]
fn first_attempt_on_the_page_fails_with_the_words_that_the_page_shows() {
    let root = course_tests::root();
    let text = fs::read_to_string(root.join("src/proposals.md")).unwrap();
    let page = Page::parse(Path::new("src/proposals.md"), &text);
    let attempt = page
        .fences
        .iter()
        .position(|fence| fence.language() == "markdown")
        .unwrap();
    let mut problems = judge(
        Path::new("attempt.md"),
        &read(&page.fences[attempt].body),
        false,
    );
    problems.sort();
    let told: String = problems
        .iter()
        .map(|problem| format!("{}: {}\n", problem.place(), problem.what))
        .collect();
    assert_eq!(told, page.fences[attempt + 1].body);
}

#[test]
fn template_on_the_page_is_the_one_that_is_copied_and_has_all_sections() {
    let root = course_tests::root();
    assert!(
        fs::read_to_string(root.join("src/proposals.md"))
            .unwrap()
            .contains("{{#include proposals/template.md}}")
    );
    let template = read(&fs::read_to_string(root.join(TEMPLATE)).unwrap());
    let headings: Vec<_> = template
        .sections
        .iter()
        .map(|section| section.heading.as_str())
        .collect();
    assert_eq!(headings, SECTIONS);
    assert!(template.status.is_some() && template.verdict().is_some());
    assert_ne!(judge(Path::new(TEMPLATE), &template, false), []);
}

#[test]
fn index_shows_what_the_pages_say_and_follows_them() {
    let book = SmallBook::new();
    book.write("src/proposals/tea.md", SUMMARY);
    book.edit(
        "src/SUMMARY.md",
        "- [A small page](small.md)\n",
        "- [A small page](small.md)\n  - [Tea](proposals/tea.md)\n",
    );
    book.edit(
        "src/small.md",
        "## Exercises",
        "{{#proposals}}\n\n## Exercises",
    );
    assert_eq!(book.problems(), "");
    let shown = || {
        let folder =
            reader::build::build(book.root(), reader::site::Site::default(), false).unwrap();
        fs::read_to_string(folder.join("small.html")).unwrap()
    };
    let html = shown();
    for part in [
        "<a href=\"proposals/tea.html\">A tea timer in the standard library</a>",
        "<strong>open</strong>",
        "land with changes",
        "<a href=\"https://go.dev/issue/1\">#1</a>",
    ] {
        assert!(html.contains(part), "{part}");
    }
    book.edit(
        "src/proposals/tea.md",
        "· open · a proposal",
        "· accepted · a proposal",
    );
    assert!(shown().contains("<strong>accepted</strong>"));
}
