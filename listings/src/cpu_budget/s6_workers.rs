//! Stage 6: from a budget to a pool. A person who sets `MY_GOMAXPROCS` knows better.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    num::NonZeroUsize,
};

use thiserror::Error;

use listings::cpu_budget::{CpuBudget, Rounding};

/// The variable that overrides detection.
pub const VARIABLE: &str = "MY_GOMAXPROCS";

// ANCHOR: workers
/// `MY_GOMAXPROCS` is set to something else than a number of workers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{VARIABLE} must be a positive integer, and is {found:?}")]
pub struct OverrideError {
    /// What it is set to.
    pub found: OsString,
}

/// The variable's value, if it is set; else the budget's, rounded up.
///
/// A value that is set wins over quota *and* affinity. `detect` is called only when it is needed.
///
/// # Errors
///
/// When the value is no positive integer. It is never ignored: whoever sets it means it.
pub fn workers(
    value: Option<&OsStr>,
    detect: impl FnOnce() -> CpuBudget,
) -> Result<NonZeroUsize, OverrideError> {
    // ANCHOR: solution_workers
    let Some(value) = value else {
        return Ok(detect().procs(Rounding::Ceil, 1));
    };
    let digits = value
        .to_str()
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| OverrideError {
        found: value.to_owned(),
    })
    // ANCHOR_END: solution_workers
}

/// How many workers this process should start.
///
/// # Errors
///
/// When `MY_GOMAXPROCS` is set, and to something else than a positive integer.
pub fn worker_threads() -> Result<NonZeroUsize, OverrideError> {
    workers(env::var_os(VARIABLE).as_deref(), CpuBudget::detect)
}
// ANCHOR_END: workers

// ANCHOR: pools
/// A tokio runtime with this many workers, whatever `TOKIO_WORKER_THREADS` says.
///
/// # Errors
///
/// When the system refuses it an event queue.
pub fn tokio_runtime(workers: NonZeroUsize) -> io::Result<tokio::runtime::Runtime> {
    // ANCHOR: solution_tokio_runtime
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.get())
        .enable_all()
        .build()
    // ANCHOR_END: solution_tokio_runtime
}

/// A rayon pool with this many threads, whatever `RAYON_NUM_THREADS` says.
///
/// # Errors
///
/// When a thread cannot be started.
pub fn rayon_pool(workers: NonZeroUsize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    // ANCHOR: solution_rayon_pool
    rayon::ThreadPoolBuilder::new()
        .num_threads(workers.get())
        .build()
    // ANCHOR_END: solution_rayon_pool
}
// ANCHOR_END: pools
