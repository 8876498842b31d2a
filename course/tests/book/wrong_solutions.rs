//! Every chapter's tests reject every wrong solution the chapter names.

use book::evidence::TestReport;
use book::project::Project;
use exercise::mutants::{self, Verdict};
use toolchain::cargo::Artifacts;

use crate::assign::marked_book;
use crate::small_book::SmallBook;
use crate::{ARTIFACTS, this_book};

mod are_rejected_in {
    each_chapter!(super::wrong_solutions_are_rejected);
}

fn wrong_solutions_are_rejected(slug: &str) {
    let verdicts = mutants::check(&this_book(), &ARTIFACTS, slug, |_| ()).unwrap();
    let problems = verdicts
        .iter()
        .filter_map(|verdict| verdict.problem.as_ref());
    let problems: Vec<String> = problems.map(ToString::to_string).collect();
    assert!(!verdicts.is_empty(), "{slug} has no wrong solution");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn tried(project: &Project) -> Vec<Verdict> {
    let artifacts = Artifacts::build(&project.root).unwrap();
    mutants::check(project, &artifacts, "small", |_| ()).unwrap()
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
    assert_eq!(TestReport::Mutants.load(&project, "small"), None);
    let verdicts = tried(&project);
    assert_eq!(verdicts[0].failed, ["core::answer_is_42"]);
    assert_eq!(TestReport::Mutants.load(&project, "small"), Some(1));
    book.edit("listings/tests/small/core.rs", "42()", "42_()");
    assert_eq!(
        TestReport::Mutants.load(&Project::load(book.root()).unwrap(), "small"),
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

/// A book with a wrong solution in each of several ways.
fn book_of_mistakes() -> SmallBook {
    let book = SmallBook::new();
    book.edit(
        "listings/src/small/s1_first.rs",
        "pub fn answer() -> u32 {\n    42\n}",
        "const fn six() -> u32 {\n    6\n}\n\npub fn answer() -> u32 {\n    six() * 7\n}",
    );
    let file = book.path("listings/src/small/task.toml");
    let task = std::fs::read_to_string(&file).unwrap();
    let (before, _) = task.split_once("[[mutant]]").unwrap();
    let mistakes = [
        ("adds", "six() * 7", "six() + 7"),
        ("too-many", "    six() * 7", "    let more = 43;\n    more"),
        ("five", "    6", "    5"),
        (
            "other-type",
            "answer() -> u32 {\n",
            "answer() -> u64 {\n    let six = || u64::from(six());\n",
        ),
    ];
    let told = mistakes.map(|(name, find, replace)| {
        format!(
            "[[mutant]]\nname = \"{name}\"\nstory = \"Made up.\"\nfile = \"s1_first.rs\"\nfind = {find:?}\nreplace = {replace:?}\n\
             caught_by = [\"core::answer_is_42\"]\n\n"
        )
    });
    book.write(
        "listings/src/small/task.toml",
        &format!("{before}{}", told.concat()),
    );
    book
}

#[test]
fn wrong_solutions_get_the_same_verdict_together_and_alone() {
    let book = book_of_mistakes();
    let said = |verdicts: &[Verdict]| -> Vec<(String, Option<String>)> {
        let said = verdicts.iter().map(|verdict| {
            let problem = verdict.problem.as_ref().map(|problem| problem.what.clone());
            (verdict.mutant.clone(), problem)
        });
        said.collect()
    };
    let survives = "mutant `other-type` survives `core::answer_is_42`".to_owned();
    let expected = [
        ("adds", None),
        ("too-many", None),
        ("five", None),
        ("other-type", Some(survives)),
    ];
    let expected = expected.map(|(name, problem)| (name.to_owned(), problem));
    let first = tried(&Project::load(book.root()).unwrap());
    assert_eq!(said(&first), expected);
    // What was rejected is remembered, and what survived is tried again.
    let second = tried(&Project::load(book.root()).unwrap());
    assert_eq!(said(&second), expected);
    let again = second.iter().map(|verdict| verdict.took.is_some());
    assert_eq!(again.collect::<Vec<_>>(), [false, false, false, true]);
}

#[test]
fn wrong_solution_that_does_not_compile_spoils_no_other() {
    let book = book_of_mistakes();
    book.edit(
        "listings/src/small/task.toml",
        "let more = 43",
        "let more = \\\"43\\\"",
    );
    let verdicts = tried(&Project::load(book.root()).unwrap());
    assert_eq!(verdicts[0].failed, ["core::answer_is_42"]);
    let problem = verdicts[1].problem.as_ref().unwrap();
    assert_eq!(problem.what, "mutant `too-many` does not compile");
    assert!(verdicts[2].problem.is_none());
}

#[test]
fn command_prints_a_line_for_each_wrong_solution_and_exits_with_1_if_one_survives() {
    let book = book_of_mistakes();
    let run = |chapter: &str| {
        let output = course_tests::course()
            .args(["mutants", chapter])
            .current_dir(book.root())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        (output.status.code(), said)
    };
    let (code, [stdout, stderr]) = run("small");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert_eq!(stdout.lines().count(), 4, "{stdout}");
    assert!(
        stdout
            .lines()
            .all(|line| line.starts_with("small ") && line.ends_with(" s)")),
        "{stdout}"
    );
    assert!(stdout.contains(" adds: rejected by 1 test ("), "{stdout}");
    assert!(stdout.contains("small 4/4 "), "{stdout}");
    assert!(
        stderr.contains("mutant `other-type` survives `core::answer_is_42`"),
        "{stderr}"
    );
    assert!(stderr.contains("listings/src/small/task.toml:"), "{stderr}");
    let (code, [_, stderr]) = run("smal");
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("there is no chapter `smal`: there is only small"),
        "{stderr}"
    );
    book.edit(
        "listings/src/small/task.toml",
        "u64::from(six())",
        "u64::from(six()) - 1",
    );
    let (code, [stdout, _]) = run("small");
    assert_eq!(code, Some(0), "{stdout}");
    assert_eq!(stdout.matches(" (as before)").count(), 3, "{stdout}");
}
