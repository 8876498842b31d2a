//! Each way a page can be wrong, and the diagnostic for it.

use crate::small_book::SmallBook;

#[test]
fn a_correct_book_passes_with_its_counts() {
    let report = SmallBook::new().verify();
    assert_eq!(report.problems, []);
    assert_eq!(
        report.summary().lines().next().unwrap(),
        "small: 5 listings (2 ran, 1 panicked as expected, 1 compiled only, 1 failed to compile as expected), 2 outputs \
         compared, 0 not compared, 0 numbers, 0 figures with another source, 0 allowed, 1 names, \
         0 allowed, 0 claims, 0 conclusions, 1 links, 0 skipped"
    );
}

#[test]
fn all_problems_of_a_page_are_told_together_sorted_by_line() {
    let book = SmallBook::new();
    book.edit("src/small.md", "{{#task}}", "{{#tusk}}")
        .edit("src/small.md", "s1_first.rs:answer", "s1_first.rs:anser")
        .edit("src/small.md", "<!-- no_run: never ends -->\n", "")
        .edit("src/small.md", "E0382", "E0505")
        .edit("src/small.md", "{{#output says}}", "{{#output sings}}")
        .edit("src/small.md", "(#exercises)", "(#exercise)");
    let problems = book.problems();
    let places: Vec<&str> = problems
        .lines()
        .filter_map(|line| line.strip_prefix("error: "))
        .collect();
    assert_eq!(
        places,
        [
            "listings/src/small/s1_first.rs:1: anchor `answer` is shown on no page",
            "src/small.md:3: unknown directive `tusk`",
            "src/small.md:5: this listing should compile, run and return, but it does not compile",
            "src/small.md:6: `listings/src/small/s1_first.rs` has no anchor `anser`",
            "src/small.md:15: `no_run` without a reason",
            "src/small.md:25: this listing must fail with E0505, but rustc gives E0382",
            "src/small.md:33: nothing is captured in `listings/captured/small/sings.txt`",
            "src/small.md:33: this should show what `small_sings` prints, and there is no such example",
            "src/small.md:37: `src/small.md` has no heading `#exercise`",
        ],
        "{problems}"
    );
}

#[test]
fn a_changed_output_shows_the_difference_and_bless_accepts_it() {
    let book = SmallBook::new();
    book.edit("listings/examples/small_says.rs", "42", "43");
    assert_eq!(
        book.problems(),
        "error: src/small.md:34: the output differs from `listings/captured/small/says.txt`\n    --- captured\n    +++ \
         now\n    @@ -1 +1 @@\n    -42\n    +43\n  help: if the new text is right: `cargo course bless small`"
    );
    let options = verify::Options {
        bless: true,
        ..Default::default()
    };
    let blessed = verify::verify(book.root(), &options).unwrap().blessed;
    assert_eq!(blessed.len(), 1);
    assert!(blessed[0].1.contains("-42\n+43"));
    assert_eq!(book.problems(), "");
}

#[test]
fn a_listing_that_fails_for_a_missing_crate_is_not_an_expected_failure() {
    let book = SmallBook::new();
    book.edit(
        "src/small.md",
        "let text = String::new();",
        "use no_such_crate::x; let text = String::new();",
    );
    let problems = book.problems();
    assert!(
        problems.contains("must fail with E0382, but rustc gives E0382 and E0432"),
        "{problems}"
    );
}

#[test]
fn a_listing_that_must_fail_but_compiles_is_a_problem() {
    let book = SmallBook::new();
    book.edit("src/small.md", "println!(\"{text}\");", "");
    let problems = book.problems();
    assert!(
        problems.contains("src/small.md:26: this listing must fail with E0382, but it compiles"),
        "{problems}"
    );
}

#[test]
fn a_listing_that_panics_names_its_line_and_its_message() {
    let book = SmallBook::new();
    book.edit(
        "src/small.md",
        "assert_eq!(answer(), 42);\n```\n\n<!--",
        "assert_eq!(answer(), 41, \"off\");\n```\n\n<!--",
    );
    let problems = book.problems();
    assert!(
        problems.starts_with("error: src/small.md:10: this listing should compile, run and return"),
        "{problems}"
    );
    assert!(problems.contains("off"), "{problems}");
}

#[test]
fn a_wrong_key_in_task_toml_names_its_line() {
    let book = SmallBook::new();
    book.edit(
        "listings/src/small/task.toml",
        "minutes = 10",
        "minuts = 10",
    );
    let problems = book.problems();
    assert!(
        problems.contains("listings/src/small/task.toml:3: unknown key `minuts`"),
        "{problems}"
    );
}

#[test]
fn evidence_is_shown_until_something_changes() {
    let book = SmallBook::new();
    let seal = |book: &SmallBook| {
        let folder =
            reader::build::build(book.root(), reader::site::Site::default(), false).unwrap();
        std::fs::read_to_string(folder.join("small.html")).unwrap()
    };
    book.verify();
    assert!(seal(&book).contains("<strong>Verified</strong>"));
    book.edit("listings/src/small/s2_second.rs", "6 * 7", "7 * 6");
    assert!(seal(&book).contains("<strong>Not verified</strong>"));
}

#[test]
fn unchanged_listings_are_not_compiled_again_and_changed_ones_are() {
    let book = SmallBook::new();
    assert_eq!(book.problems(), "");
    // The library itself is what the listing uses: when it changes, what passed before says nothing.
    book.edit("listings/src/small/s1_first.rs", "    42", "    41");
    let problems = book.problems();
    assert!(
        problems.contains("src/small.md:10: this listing should compile, run and return"),
        "{problems}"
    );
}

#[test]
fn every_page_of_this_book_shows_its_evidence() {
    let root = course_tests::root();
    let project = book::project::Project::load(root).unwrap();
    let bare: Vec<_> = project
        .pages
        .iter()
        .filter(|page| {
            page.directives
                .iter()
                .filter(|it| it.name == "seal")
                .count()
                != 1
        })
        .map(|page| &page.file)
        .collect();
    assert!(
        project.pages.len() > 30 && bare.is_empty(),
        "no seal on {bare:?}"
    );
}
