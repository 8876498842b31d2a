//! Our nursery and Python's Trio, in the same scenarios.

use std::{env, process::Command};

#[path = "../../examples/shared/nursery_scenarios.rs"]
mod scenarios;

const RECORDED: &str = include_str!("trio/recorded.txt");

#[test]
fn trio_and_ours_differ_in_two_scenarios() {
    let theirs = scenarios::recorded(RECORDED);
    let ours = scenarios::all();
    assert_eq!(theirs.len(), ours.len());
    let differ: Vec<_> = theirs
        .iter()
        .zip(&ours)
        .filter(|(theirs, ours)| {
            assert_eq!(theirs.0, ours.0, "not the same scenario");
            theirs.1 != ours.1
        })
        .map(|(_, ours)| ours.0)
        .collect();
    assert_eq!(differ, ["start_fails", "spawn_when_cancelled"]);
}

#[test]
#[ignore = "needs a Python with trio, named in PYTHON: .ci/run brings one where it can"]
fn trio_does_what_is_recorded() {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = "tests/nursery/trio/scenarios.py";
    let output = Command::new(python)
        .arg(script)
        .output()
        .expect("python can be started");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let without_version = |text: &str| {
        text.split_once('\n')
            .map(|(_, rest)| rest.replace('\r', ""))
    };
    assert_eq!(without_version(&printed), without_version(RECORDED));
}
