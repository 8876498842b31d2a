//! Chapter *Test a retry loop in virtual time*: a retry loop with exponential backoff, and the bubble it is tested in.
//!
//! | stage | holds |
//! |---|---|
//! | [`s1_by_hand`] | the loop one writes first, with a fault that its first test cannot see |
//! | [`s2_policy`] | the delays alone, as an iterator of integers |
//! | [`s3_retry`] | the loop on top of them: jitter, deadline, cancellation; the file a learner writes |
//! | [`s4_wait`] | `wait()` in forty lines: run until everything is blocked, without moving the clock |
//! | [`s5_bubble`] | the same as a tool: reports a deadlock, a livelock, a leaked task, a panicked task |

pub mod s1_by_hand;
pub mod s2_policy;
pub mod s3_retry;
pub mod s4_wait;
pub mod s5_bubble;

pub use s3_retry::{Backoff, RetryError, RetryPolicy, retry_with_backoff};
pub use s5_bubble as bubble;
