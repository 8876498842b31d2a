//! Seals are sums of the checks that were done: a check that is left out leaves its page without one.

use std::path::{Path, PathBuf};

use book::evidence::Evidence;
use book::ledger::Kind;
use book::project::Project;
use verify::{Options, verify};

use crate::broken;
use crate::small_book::SmallBook;

/// A book whose pages ask for checks of every kind.
fn book() -> SmallBook {
    let book = broken::book();
    let more = "<!-- figures: 300 ms: chosen -->\n\nIt waits 300 ms, or [5 µs](https://example.org). `Vec::push` adds.\n\n\
                <!-- holds: answer/found / answer/guessed < 0.5 -->\nFinding is cheaper.\n\n";
    book.edit("src/small.md", "See [below]", &format!("{more}See [below]"));
    book.edit(
        "src/other.md",
        "## More\n",
        "## More\n\nNothing is asked for here.\n",
    );
    book.bless();
    book
}

/// True if a page has a seal.
fn is_sealed(book: &SmallBook, page: &str) -> bool {
    let project = Project::load(book.root()).unwrap();
    Evidence::load(&project, project.named(page).unwrap()).is_some()
}

#[test]
fn check_that_is_left_out_of_any_kind_leaves_its_page_without_a_seal() {
    let book = book();
    assert!(is_sealed(&book, "small"));
    let covered = Kind::ALL.into_iter().filter(|kind| {
        // These stand in for another kind, which is in the list.
        !matches!(
            kind,
            Kind::AllowedFigure | Kind::AllowedName | Kind::VaryingOutput
        )
    });
    for kind in covered {
        let options = Options {
            without: vec![kind],
            ..Options::default()
        };
        let report = verify(book.root(), &options).unwrap();
        assert!(!is_sealed(&book, "small"), "{kind:?}");
        assert!(is_sealed(&book, "other"), "{kind:?}");
        let unsealed: Vec<&PathBuf> = report.unsealed.iter().map(|it| &it.page).collect();
        assert_eq!(unsealed, [Path::new("src/small.md")], "{kind:?}");
        let missing = &report.unsealed[0].missing;
        // A message that a listing fails with is shown as an output.
        let follows = |other| (kind, other) == (Kind::FailsToCompile, Kind::Output);
        let is_it = |other| kind == other || follows(other);
        assert!(missing.iter().any(|(other, _)| *other == kind), "{kind:?}");
        assert!(
            missing.iter().all(|(other, _)| is_it(*other)),
            "{kind:?}: {missing:?}"
        );
        assert!(
            report.problems[0].what.contains("were not done"),
            "{:?}",
            report.problems
        );
        assert_eq!(book.problems(), "");
        assert!(is_sealed(&book, "small"), "{kind:?}");
    }
}

#[test]
fn skipped_check_is_counted_and_in_ci_an_error() {
    let book = book();
    book.edit("listings/src/small/s2_second.rs", "6 * 7", "6 * \"7\"");
    let found = |strict| {
        let options = Options {
            strict,
            ..Options::default()
        };
        let report = verify(book.root(), &options).unwrap();
        let skipped = |it: &&book::diagnostic::Diagnostic| it.what.contains("checks were skipped");
        let reported = report.problems.iter().filter(skipped).count();
        (report.total().skipped > 0, reported)
    };
    assert_eq!(found(false), (true, 0));
    assert_eq!(found(true), (true, 1));
}

#[test]
fn problem_unseals_the_pages_that_depend_on_its_file_and_no_others() {
    let book = book();
    book.edit("src/other.md", "Nothing", "[Nothing](nowhere.md)");
    assert!(book.problems().contains("nowhere.md"));
    assert!(is_sealed(&book, "small") && !is_sealed(&book, "other"));
}

#[test]
fn change_of_a_listing_unseals_the_pages_that_are_built_on_it_and_no_others() {
    let book = book();
    book.edit(
        "listings/src/small/s1_first.rs",
        "pub fn",
        "// Why.\npub fn",
    );
    assert!(!is_sealed(&book, "small") && is_sealed(&book, "other"));
}
