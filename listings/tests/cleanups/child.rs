//! Runs one ignored test of this program in a process of its own.

use std::{
    env,
    process::{Command, Output},
};

/// Runs `test`, which is marked `#[ignore]`, and waits. `variables` are added to its environment.
pub fn run(test: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(env::current_exe().expect("a running program has a file"))
        .args([
            test,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("RUST_BACKTRACE", "0")
        .envs(variables.iter().copied())
        .output()
        .expect("this program can be started again")
}

/// [`run`], for a test that must pass.
pub fn passes(test: &str) {
    let output = run(test, &[]);
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{test} ended with {}:\n{said}{complained}",
        output.status
    );
    assert!(
        said.contains("1 passed"),
        "there is no ignored test {test}:\n{said}"
    );
}
