//! This program on the scale.

use std::{env, process::Command};

use listings::generator_memory::serve;
#[cfg(target_os = "linux")]
use listings::generator_memory::{Job, Kind, Weight, weigh};

/// Starts this program as something to be weighed.
pub fn command() -> Command {
    let mut command = Command::new(env::current_exe().expect("a running program has a file"));
    command.args([
        "child::holds_what_it_is_told",
        "--exact",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env("RUST_BACKTRACE", "0");
    command
}

/// Weighs so many units of a kind.
#[cfg(target_os = "linux")]
pub fn weight(kind: Kind, units: usize) -> Weight {
    weigh(command(), Job { kind, units }).unwrap_or_else(|error| panic!("{kind} {units}: {error}"))
}

#[test]
#[ignore = "waits for orders on stdin: the other tests start it"]
fn holds_what_it_is_told() {
    serve(|| super::HEAP.held()).expect("the scale talks to it");
}
