//! The override, and the pools.

use std::{cell::Cell, ffi::OsStr, num::NonZeroUsize};

use listings::cpu_budget::{CpuBudget, OverrideError, rayon_pool, tokio_runtime, workers};

use crate::Process;

/// 1.5 CPUs of 8.
fn budget() -> CpuBudget {
    Process::v2("/a")
        .file("/sys/fs/cgroup/a/cpu.max", "150000 100000\n")
        .budget()
}

fn with(value: &str) -> Result<usize, OverrideError> {
    workers(Some(OsStr::new(value)), budget).map(NonZeroUsize::get)
}

#[test]
fn variable_wins_over_the_quota() {
    assert_eq!(with("4"), Ok(4));
    assert_eq!(with("1"), Ok(1));
}

#[test]
fn variable_wins_over_the_affinity() {
    assert_eq!(with("64"), Ok(64));
}

#[test]
fn variable_that_is_not_set_leaves_the_budget() {
    assert_eq!(workers(None, budget).unwrap().get(), 2);
}

#[test]
fn variable_that_is_set_spares_the_detection() {
    let detected = Cell::new(false);
    let detect = || {
        detected.set(true);
        budget()
    };
    workers(Some(OsStr::new("4")), detect).unwrap();
    assert!(!detected.get());
}

#[test]
fn variable_with_anything_else_is_an_error_that_shows_it() {
    for value in [
        "",
        "0",
        "00",
        "-1",
        "+4",
        " 4",
        "4 ",
        "4.0",
        "1.5",
        "0x4",
        "four",
        "99999999999999999999999",
    ] {
        let error = with(value).unwrap_err();
        assert_eq!(error.found, *value);
        assert_eq!(
            error.to_string(),
            format!("MY_GOMAXPROCS must be a positive integer, and is {value:?}")
        );
    }
}

#[cfg(unix)]
#[test]
fn variable_that_is_not_text_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    assert!(workers(Some(OsStr::from_bytes(b"4\xff")), budget).is_err());
}

#[test]
fn pools_have_as_many_workers_as_they_are_given() {
    // Three numbers, of which at most one is what the libraries would choose on this machine.
    for count in [1, 2, 3] {
        let count = NonZeroUsize::new(count).unwrap();
        assert_eq!(
            tokio_runtime(count).unwrap().metrics().num_workers(),
            count.get()
        );
        assert_eq!(
            rayon_pool(count).unwrap().current_num_threads(),
            count.get()
        );
    }
}

#[test]
fn pools_are_sized_by_the_budget() {
    let workers = workers(None, budget).unwrap();
    assert_eq!(tokio_runtime(workers).unwrap().metrics().num_workers(), 2);
}
