//! Listings that must panic: each other way to end is distinguished.

use crate::small_book::SmallBook;

const PANIC: &str = "panic!(\"as it should\");";
const AT: &str = "error: src/small.md:21: this listing";
const FIX: &str = "\n  help: fix the listing, or state the words that are right";

/// The diagnostics when this replaces the listing that panics; process ids are replaced.
fn told(listing: &str) -> String {
    let book = SmallBook::new();
    book.edit("src/small.md", PANIC, listing);
    let told = book.problems();
    match told.split_once("thread 'main' (") {
        Some((before, after)) => {
            format!("{before}thread 'main'{}", after.split_once(')').unwrap().1)
        }
        None => told,
    }
}

#[test]
fn should_panic_without_words_is_a_problem() {
    let book = SmallBook::new();
    book.edit("src/small.md", "<!-- should_panic: as it should -->\n", "");
    assert_eq!(
        book.problems(),
        "error: src/small.md:20: `should_panic` without the words of the panic\n  help: write `<!-- should_panic: \
         words of the message -->` on the line above"
    );
}

#[test]
fn a_listing_that_returns_did_not_panic() {
    assert_eq!(
        told("eprintln!(\"as it should\");"),
        format!("{AT} must panic with `as it should`, but it returns\n    as it should{FIX}")
    );
}

#[test]
fn a_panic_with_another_message_is_not_the_stated_one() {
    assert_eq!(
        told(
            "eprintln!(\"as it should\");\nlet none: Option<u32> = None;\nnone.expect(\"no tea\");"
        ),
        format!(
            "{AT} panics, but does not say `as it should`\n    as it should\n    \n    thread 'main' panicked at \
             listing.rs:4:6:\n    no tea\n    note: run with `RUST_BACKTRACE=1` environment variable to display a \
             backtrace{FIX}"
        )
    );
}

#[test]
fn a_listing_that_does_not_compile_did_not_panic() {
    let told = told("use no_such_crate::x;\npanic!(\"as it should\");");
    assert!(
        told.starts_with(&format!("{AT} must panic, but it does not compile\n")),
        "{told}"
    );
    assert!(told.contains("error[E0432]: unresolved import"), "{told}");
    assert!(
        told.ends_with("`compile_fail` is for what must not compile"),
        "{told}"
    );
}

#[test]
fn a_main_that_returns_an_error_did_not_panic() {
    assert_eq!(
        told("fn main() -> Result<(), &'static str> {\n    Err(\"as it should\")\n}"),
        format!(
            "{AT} must panic with `as it should`, but it ends with code 1 and does not panic\n    Error: \"as it \
             should\"{FIX}"
        )
    );
}

#[cfg(unix)]
#[test]
fn an_abort_is_not_a_panic() {
    let told = told("eprintln!(\"as it should\");\nstd::process::abort();");
    assert_eq!(
        told,
        format!(
            "{AT} must panic with `as it should`, but it is ended by signal: 6 (SIGABRT)\n    as it should{FIX}"
        )
    );
}

#[test]
fn an_overflow_panics_as_in_rustdoc() {
    let book = SmallBook::new();
    book.edit(
        "src/small.md",
        PANIC,
        "let one = std::hint::black_box(1_u8);\nprintln!(\"{}\", one + 255);",
    )
    .edit(
        "src/small.md",
        "should_panic: as it should",
        "should_panic: attempt to add with overflow",
    );
    assert_eq!(book.problems(), "");
}

/// A deadlock is a panic with words: whoever finds it says so in an error that the listing unwraps.
#[test]
fn a_reported_deadlock_is_a_panic_with_its_words() {
    let book = SmallBook::new();
    let deadlock = "use std::sync::mpsc::{TryRecvError, channel};\n\
        let (_answer, question) = channel::<u32>();\n\
        // Nobody is left who could send: what a bubble finds out, here by hand.\n\
        let asked = question.try_recv().map_err(|error| (error == TryRecvError::Empty).then_some(\"deadlock: nothing has moved\"));\n\
        asked.unwrap();";
    book.edit("src/small.md", PANIC, deadlock).edit(
        "src/small.md",
        "should_panic: as it should",
        "should_panic: deadlock: nothing has moved",
    );
    assert_eq!(book.problems(), "");
    // The same listing once somebody answers: no deadlock, so no panic.
    book.edit(
        "src/small.md",
        "let asked",
        "_answer.send(42).unwrap();\nlet asked",
    );
    let told = book.problems();
    let expected =
        format!("{AT} must panic with `deadlock: nothing has moved`, but it returns{FIX}");
    assert_eq!(told, expected);
}

#[test]
fn a_listing_that_panicked_before_is_not_compiled_again_until_its_words_change() {
    let book = SmallBook::new();
    let folder = book.path("target/course/panics");
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(book.problems(), "");
    assert!(!folder.exists());
    book.edit(
        "src/small.md",
        "should_panic: as it should",
        "should_panic: should",
    );
    assert_eq!(book.problems(), "");
    assert!(folder.exists());
}

/// What an author writes for "the model checker catches it, after so many executions": an example whose output is
/// compared, and which fails when nothing is caught. Here the checker is a loop over all schedules.
const MODEL: &str = r#"fn run(schedule: &[usize]) -> u32 {
    let (mut count, mut seen, mut steps) = (0, [0; 2], [0; 2]);
    for &thread in schedule {
        if steps[thread] == 0 {
            seen[thread] = count;
        } else {
            count = seen[thread] + 1;
        }
        steps[thread] += 1;
    }
    count
}

fn main() {
    let schedules = [[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0]];
    match schedules.iter().position(|schedule| run(schedule) != 2) {
        Some(at) => println!("caught after {} executions: {:?} loses an update", at + 1, schedules[at]),
        None => panic!("not caught in {} executions", schedules.len()),
    }
}
"#;

fn model_book() -> SmallBook {
    let book = SmallBook::new();
    book.write("listings/examples/small_model.rs", MODEL);
    book.edit(
        "src/small.md",
        "{{#output says}}",
        "{{#output says}}\n\n{{#output model}}",
    );
    book.write(
        "listings/captured/small/model.txt",
        "caught after 2 executions: [0, 1, 0, 1] loses an update\n",
    );
    book
}

#[test]
fn what_a_model_checker_catches_is_compared_with_its_number_of_executions() {
    let book = model_book();
    assert_eq!(book.problems(), "");
    book.edit(
        "listings/examples/small_model.rs",
        "[0, 0, 1, 1], [0, 1, 0, 1]",
        "[0, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1]",
    );
    let told = book.problems();
    assert!(
        told.contains("-caught after 2 executions: [0, 1, 0, 1]")
            && told.contains("+caught after 3 executions: [0, 1, 0, 1]"),
        "{told}"
    );
}

#[test]
fn a_model_that_catches_nothing_cannot_be_blessed() {
    let book = model_book();
    book.edit(
        "listings/examples/small_model.rs",
        "count = seen[thread] + 1",
        "count += 1",
    );
    let options = verify::Options {
        bless: true,
        ..Default::default()
    };
    let report = verify::verify(book.root(), &options).unwrap();
    assert_eq!(report.blessed, []);
    let [problem] = report.problems.as_slice() else {
        panic!("{:?}", report.problems)
    };
    assert_eq!(problem.place(), "src/small.md:36");
    assert!(
        problem
            .what
            .starts_with("example `small_model` should end well, but ended with exit status: 101"),
        "{}",
        problem.what
    );
    assert!(
        problem.detail.contains("not caught in 6 executions"),
        "{}",
        problem.detail
    );
}
