//! Figures in prose: none without a source, and each way to have one.

use crate::small_book::SmallBook;

/// The line of [`page`]'s sentence.
const LINE: usize = 38;

const CLAIM: &str = "\n[[claim]]\nid = \"fast\"\nsays = \"It is 5 to 10 times faster.\"\n[claim.rust]\nverdict = \
    \"holds\"\nbecause = \"It is so.\"\ntest = \"core::answer_is_42\"\n";

/// A correct book with a sentence more, in a section that measures.
fn book(sentence: &str) -> SmallBook {
    let book = unmeasured(&format!("{sentence}\n\n{{{{#claims}}}}"));
    let toml = std::fs::read_to_string(book.path("listings/src/small/task.toml")).unwrap() + CLAIM;
    book.write("listings/src/small/task.toml", &toml);
    book
}

/// A correct book with a sentence more, in a section without measurements.
fn unmeasured(sentence: &str) -> SmallBook {
    let book = SmallBook::new();
    book.edit(
        "src/small.md",
        "See [below]",
        &format!("{sentence}\n\nSee [below]"),
    );
    book
}

fn told(sentence: &str) -> String {
    book(sentence).problems()
}

/// What is said of a figure without a source.
fn without_source(figure: &str) -> String {
    format!(
        "error: src/small.md:{LINE}: `{figure}` is among measurements without a source\n  help: if it was measured, \
         write `{{{{#value …}}}}`; if somebody else says so, make it the text of a link to them; if it is neither, allow \
         it in this section: `<!-- figures: {figure}: the reason -->`"
    )
}

/// The counts of figures on the small page, in a book that is correct.
fn counts(book: &SmallBook) -> (usize, usize) {
    let report = book.verify();
    assert_eq!(report.problems, []);
    let (_, counts) = &report.pages[0];
    (counts.figures_sourced, counts.figures_allowed)
}

#[test]
fn a_figure_without_a_source_is_a_problem() {
    assert_eq!(told("A step takes 24 ns."), without_source("24 ns"));
}

#[test]
fn figures_are_found_wherever_a_page_is_read() {
    for (prose, figure) in [
        ("It is 3.4× as fast.", "3.4×"),
        ("It is *five* times\nas fast.", "five times"),
        ("# 40 %", "40 %"),
        ("> It takes `24 ns`.", "24 ns"),
        ("- It needs 16&nbsp;KiB.", "16 KiB"),
        ("![a picture of 24 ns](https://example.org/x.png)", "24 ns"),
        ("<details><summary>In 24 ns</summary></details>", "24 ns"),
        ("```text\nok (24 ns)\n```", "24 ns"),
    ] {
        let told = told(prose);
        assert!(
            told.contains(&format!(
                "`{figure}` is among measurements without a source"
            )),
            "{prose}: {told}"
        );
    }
    let table = told("| step | time |\n|---|---|\n| one | 24 ns |");
    assert!(
        table.starts_with(&format!(
            "error: src/small.md:{}: `24 ns` is among measurements without a source",
            LINE + 2
        )),
        "{table}"
    );
}

#[test]
fn code_attributes_and_counts_are_no_figures() {
    let prose = "Five <b title=\"24 ns\">attempts</b>, `std::mem::drop(24 ms)`, ten minutes.\n\n```go\n// 24 ns\n```";
    assert_eq!(counts(&book(prose)), (0, 0));
}

#[test]
fn a_figure_in_a_section_without_measurements_needs_no_source() {
    let book = unmeasured("A step takes 24 ns.");
    assert_eq!(counts(&book), (0, 0));
    // A heading ends the section.
    book.edit(
        "src/small.md",
        "# A small page",
        "# A small page\n\nIt takes 25 ns.\n\n## More",
    );
    assert_eq!(counts(&book), (0, 0));
}

#[test]
fn a_figure_on_a_page_that_is_no_chapter_is_found_too() {
    let book = unmeasured("A sentence.");
    // There is no such number, and the section measures all the same.
    book.write(
        "src/more.md",
        "# More\n\nIt takes 24 ns.\n\nNot {{#value step/one}}.\n",
    );
    book.edit("src/SUMMARY.md", "- [A", "- [More](more.md)\n- [A");
    let told = book.problems();
    assert!(
        told.starts_with("error: src/more.md:3: `24 ns` is among measurements without a source"),
        "{told}"
    );
    book.edit(
        "src/more.md",
        "# More\n",
        "# More\n\n<!-- figures: 24 ns: chosen for the story -->\n",
    );
    assert!(!book.problems().contains("24 ns"));
}

#[test]
fn the_text_of_a_link_to_the_outside_has_its_source_and_its_neighbours_have_not() {
    assert_eq!(
        counts(&book("A wake-up takes [5 µs](https://example.org).")),
        (1, 0)
    );
    assert_eq!(
        told("A wake-up takes 5 µs, says [he](https://example.org)."),
        without_source("5 µs")
    );
    assert_eq!(
        told("A wake-up takes [5 µs](#exercises)."),
        without_source("5 µs")
    );
}

#[test]
fn what_a_claim_says_has_its_verdict_and_the_same_elsewhere_has_none() {
    assert_eq!(counts(&book("A sentence.")), (0, 0));
    let book = book("A sentence.");
    book.edit(
        "listings/src/small/task.toml",
        "It is so.",
        "It is 5 times faster.",
    );
    assert_eq!(
        book.problems(),
        "error: listings/src/small/task.toml:36: `5 times` is among measurements without a source (shown in line 40 \
         of src/small.md)\n  help: if it was measured, write `{{#value …}}`; if somebody else says so, make it the text \
         of a link to them; if it is neither, allow it in this section: `<!-- figures: 5 times: the reason -->`"
    );
    book.edit(
        "src/small.md",
        "A sentence.",
        "<!-- figures: 5×: the condition of the verdict -->\nA sentence.",
    );
    assert_eq!(counts(&book), (0, 1));
}

#[test]
fn a_duration_of_a_listing_or_an_output_is_no_source_among_measurements() {
    let listing = "```rust\nlet pause = std::time::Duration::from_millis(300);\nassert!(!pause.is_zero());\n```";
    assert_eq!(
        told(&format!("It sleeps 300 ms.\n\n{listing}")),
        without_source("300 ms")
    );
}

#[test]
fn what_a_page_shows_of_its_task_is_read_too() {
    let book = unmeasured("A sentence.");
    book.edit(
        "src/small.md",
        "{{#exercises}}",
        "{{#exercises}}\n\n{{#claims}}",
    );
    let toml = std::fs::read_to_string(book.path("listings/src/small/task.toml")).unwrap() + CLAIM;
    book.write(
        "listings/src/small/task.toml",
        &toml.replace("It is even.", "It takes 24 ns."),
    );
    let told = book.problems();
    assert!(
        told.starts_with(
            "error: listings/src/small/task.toml:15: `24 ns` is among measurements without a source (shown in line \
             44 of src/small.md)"
        ),
        "{told}"
    );
}

#[test]
fn an_allowance_holds_for_its_section() {
    let comment = "<!-- figures: 24 ns, 1.5×: chosen -->";
    let sentence = "Say 24 ns, 1.5 times as much, or 24 nanoseconds.";
    assert_eq!(counts(&book(&format!("{comment}\n\n{sentence}"))), (0, 3));
    // Directly below the title it holds for the page.
    let below_title = book(&format!("## More\n\n{sentence}"));
    below_title.edit(
        "src/small.md",
        "# A small page\n",
        &format!("# A small page\n\n{comment}\n"),
    );
    assert_eq!(counts(&below_title), (0, 3));
    let elsewhere = told(&format!(
        "## More\n\n{comment}\n\n{{{{#claims}}}}\n\n## Less\n\nSay 24 ns.\n"
    ));
    let of = |line: usize, figure: &str| {
        format!(
            "error: src/small.md:{line}: `{figure}` is allowed, but does not occur in this section\n  help: take it out of the comment"
        )
    };
    let missing = without_source("24 ns").replace(":38:", ":46:");
    assert_eq!(
        elsewhere,
        [of(40, "1.5×"), of(40, "24 ns"), missing].join("\n")
    );
}

#[test]
fn an_allowance_in_a_section_without_measurements_holds_too() {
    let with = |figure: &str| {
        unmeasured(&format!(
            "<!-- figures: 42 ms: core::answer_is_42 -->\nSay {figure}."
        ))
    };
    assert_eq!(counts(&with("42 ms")), (0, 1));
    assert_eq!(
        with("43 ms").problems(),
        "error: src/small.md:38: `42 ms` is allowed, but does not occur in this section\n  help: take it out of the \
         comment"
    );
}

#[test]
fn an_allowance_has_figures_and_a_reason() {
    for comment in [
        "figures: 24 ns",
        "figures: 24 ns: ",
        "figures: all of them: chosen",
    ] {
        let told = told(&format!("<!-- {comment} -->\n\nSay 24 ns."));
        let first = told.lines().next().unwrap();
        assert_eq!(
            first,
            "error: src/small.md:38: this comment on figures has no list of them, or no reason"
        );
    }
}

#[test]
fn a_test_that_a_reason_names_exists_and_has_the_figure() {
    let with = |reason: &str, figure: &str| {
        book(&format!(
            "<!-- figures: {figure}: {reason} -->\n\nSay {figure}."
        ))
    };
    assert_eq!(counts(&with("core::answer_is_42", "42 ms")), (0, 1));
    assert_eq!(
        with("core::answer_is_43", "42 ms")
            .problems()
            .lines()
            .take(2)
            .collect::<Vec<_>>(),
        [
            "error: src/small.md:38: there is no test `core::answer_is_43`",
            "  help: it should be `fn answer_is_43` in listings/tests/small/core.rs"
        ]
    );
    let told = with("core::answer_is_42", "43 ms").problems();
    assert!(
        told.starts_with(
            "error: src/small.md:38: `43 ms` occurs in none of the tests that the reason names\n  help: name the test \
             that asserts it, or give another reason in a comment of its own"
        ),
        "{told}"
    );
}
