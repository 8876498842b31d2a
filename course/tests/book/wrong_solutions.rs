//! Every chapter's tests reject every wrong solution the chapter names.

use book::evidence::Told;
use book::project::Project;
use exercise::mutants::{self, Verdict};
use progress::Progress;
use toolchain::cargo::Artifacts;

use crate::assign::marked_book;
use crate::small_book::SmallBook;

#[test]
fn every_mutant_of_this_book_is_rejected_by_the_tests_it_names() {
    let root = course_tests::root();
    let project = Project::load(root).unwrap();
    let artifacts = Artifacts::build(root).unwrap();
    let mut problems = Vec::new();
    for slug in project.tasks.keys() {
        for verdict in mutants::check(&project, &artifacts, slug, &Progress::lines()).unwrap() {
            println!(
                "{slug}: {} fails {}",
                verdict.mutant,
                verdict.failed.join(", ")
            );
            problems.extend(verdict.problem.map(|problem| problem.to_string()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn tried(project: &Project) -> Vec<Verdict> {
    let artifacts = Artifacts::build(&project.root).unwrap();
    mutants::check(project, &artifacts, "small", &Progress::lines()).unwrap()
}

#[test]
fn a_mutant_that_survives_is_a_problem() {
    let book = SmallBook::new();
    book.edit(
        "listings/src/small/task.toml",
        "replace = \"    41\"",
        "replace = \"    41 + 1\"",
    );
    let project = Project::load(book.root()).unwrap();
    let verdicts = tried(&project);
    let problem = verdicts[0].problem.as_ref().unwrap();
    assert_eq!(
        problem.what,
        "mutant `off-by-one` survives `core::answer_is_42`"
    );
}

#[test]
fn a_mutant_that_is_rejected_counts_as_evidence_until_something_changes() {
    let book = SmallBook::new();
    let project = Project::load(book.root()).unwrap();
    assert_eq!(Told::Mutants.of(&project, "small"), None);
    let verdicts = tried(&project);
    assert_eq!(verdicts[0].failed, ["core::answer_is_42"]);
    assert_eq!(Told::Mutants.of(&project, "small"), Some(1));
    book.edit("listings/tests/small/core.rs", "42()", "42_()");
    assert_eq!(
        Told::Mutants.of(&Project::load(book.root()).unwrap(), "small"),
        None
    );
}

#[test]
fn group_that_is_lost_unstated_is_a_problem_unless_threads_race_in_the_test() {
    let book = marked_book();
    let task = "listings/src/small/task.toml";
    let problem = || {
        tried(&Project::load(book.root()).unwrap())[0]
            .problem
            .as_ref()
            .map(|it| it.what.clone())
    };
    let lost = Some(
        "mutant `off-by-one` also loses group `secret`: `secret::answer_is_even` fails".to_owned(),
    );
    assert_eq!(problem(), lost);
    book.edit(
        task,
        "\n[solution]",
        "races = [\"secret::answer_is_even\"]\n\n[solution]",
    );
    assert_eq!(problem(), None);
    // What was found while it raced counts no longer.
    book.edit(task, "races = [\"secret::answer_is_even\"]\n", "");
    assert_eq!(problem(), lost);
    book.edit(
        task,
        "\n[solution]",
        "races = [\"secret::no_such_test\"]\n\n[solution]",
    );
    assert_eq!(
        problem(),
        Some("mutant `off-by-one`: there is no test `secret::no_such_test`".to_owned())
    );
}
