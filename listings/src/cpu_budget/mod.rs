//! Chapter *Size a pool to its container*: how many workers a program should start, when the kernel gives it less than the
//! machine.
//!
//! | stage | holds |
//! |---|---|
//! | [`s1_one_file`] | the port of the original: one file, a division, a clamp; wrong in most containers |
//! | [`s2_ratio`] | a limit as a ratio: parsed, compared and rounded without a float |
//! | [`s3_locate`] | which cgroup the process is in, and under which directories the kernel shows it |
//! | [`s4_budget`] | the tightest limit of all ancestors, and why: [`CpuBudget`] |
//! | [`s5_detect`] | the same for this process, on Linux: [`CpuBudget::detect`] |
//! | [`s6_workers`] | `MY_GOMAXPROCS` wins; the number is given to tokio and to rayon |
//!
//! Stages 1 to 4 and 6 are pure functions over text. They compile, and are tested, on every system.

pub mod s1_one_file;
pub mod s2_ratio;
pub mod s3_locate;
pub mod s4_budget;
pub mod s5_detect;
pub mod s6_workers;

pub use s2_ratio::{Malformed, Ratio, Rounding};
pub use s3_locate::{Membership, Version};
pub use s4_budget::{CpuBudget, File, Found, Level, Reason};
pub use s6_workers::{OverrideError, rayon_pool, tokio_runtime, worker_threads, workers};

impl CpuBudget {
    /// The budget of the calling thread, as it is now. Nothing is remembered: ask again, and files are read again.
    ///
    /// Other systems than Linux have an affinity and no quota. Never panics.
    ///
    /// ```
    /// use listings::cpu_budget::{CpuBudget, Rounding};
    ///
    /// let budget = CpuBudget::detect();
    /// assert!(budget.procs(Rounding::Ceil, 1) <= budget.affinity);
    /// println!("{budget}");
    /// ```
    #[must_use]
    pub fn detect() -> Self {
        s5_detect::detect()
    }
}
