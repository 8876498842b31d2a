//! When does `Drop` run? Each case in a process of its own; the record in the file says.

use std::{env, fs, os::unix::process::ExitStatusExt};

use listings::cleanups::{Db, Ending};

use crate::child;

const SIGABRT: i32 = 6;

/// The exit code or the signal of a process with this ending, and whether the record was written.
fn end(ending: Ending) -> (Option<i32>, Option<i32>, bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let variables = [
        ("ENDING", format!("{ending:?}")),
        ("DB", path.display().to_string()),
    ];
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let status = child::run("endings::in_its_own_process::ending", &variables).status;
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        ["", "the last record\n"].contains(&written.as_str()),
        "{written}"
    );
    (status.code(), status.signal(), !written.is_empty())
}

#[test]
fn drop_runs_at_the_end_of_a_scope() {
    assert_eq!(end(Ending::Scope), (Some(0), None, true));
}

#[test]
fn drop_runs_while_a_panic_unwinds() {
    assert_eq!(end(Ending::Unwind), (Some(101), None, true));
}

#[test]
fn drop_does_not_run_for_what_is_forgotten_or_leaked() {
    assert_eq!(end(Ending::Forget), (Some(0), None, false));
    assert_eq!(end(Ending::Leak), (Some(0), None, false));
}

#[test]
fn drop_does_not_run_in_a_cycle() {
    assert_eq!(end(Ending::Cycle), (Some(0), None, false));
}

#[test]
fn drop_does_not_run_for_statics_and_other_threads_when_main_returns() {
    assert_eq!(end(Ending::Static), (Some(0), None, false));
    assert_eq!(end(Ending::Detached), (Some(0), None, false));
}

#[test]
fn drop_does_not_run_on_exit_or_abort() {
    assert_eq!(end(Ending::Exit), (Some(0), None, false));
    assert_eq!(end(Ending::Abort), (None, Some(SIGABRT), false));
}

#[test]
fn second_panic_aborts_and_drops_nothing_more() {
    assert_eq!(end(Ending::SecondPanic), (None, Some(SIGABRT), false));
}

#[test]
fn every_ending_has_its_name() {
    for ending in Ending::ALL {
        assert_eq!(Ending::named(&format!("{ending:?}")), Some(ending));
    }
    assert_eq!(Ending::named("Happy"), None);
}

mod in_its_own_process {
    use super::*;

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn ending() {
        let variable = |name| env::var(name).expect("set by the test that starts this one");
        let ending = Ending::named(&variable("ENDING")).expect("an ending");
        ending.happen(Db::open(variable("DB")).unwrap());
    }
}
