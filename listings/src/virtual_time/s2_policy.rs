//! Stage 2: the delays alone. No clock, no task, no float: a policy that a test can compare with `==`.

use std::{iter::FusedIterator, time::Duration};

// ANCHOR: policy
/// How often to try, and how long to pause between attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first pause.
    pub base: Duration,
    /// What each pause is multiplied by to get the next.
    pub factor: u32,
    /// No pause is longer than this.
    pub cap: Duration,
    /// How often the operation is called at most. Zero counts as one.
    pub max_attempts: u32,
    /// Whether to pause once more after the last failure, before it is reported.
    pub trailing_sleep: bool,
}

impl Default for RetryPolicy {
    /// Five attempts; 100 ms, doubled up to 30 s; no pause after the last failure.
    fn default() -> Self {
        Self {
            base: Duration::from_millis(100),
            factor: 2,
            cap: Duration::from_secs(30),
            max_attempts: 5,
            trailing_sleep: false,
        }
    }
}
// ANCHOR_END: policy

impl RetryPolicy {
    /// The pauses of one run, in order: one fewer than attempts, or as many with [`trailing_sleep`].
    ///
    /// [`trailing_sleep`]: Self::trailing_sleep
    #[must_use]
    pub fn backoff(&self) -> Backoff {
        let attempts = self.max_attempts.max(1);
        Backoff {
            next: self.base.min(self.cap),
            factor: self.factor,
            cap: self.cap,
            left: if self.trailing_sleep {
                attempts
            } else {
                attempts - 1
            },
        }
    }
}

// ANCHOR: backoff
/// The pauses of one run; made by [`RetryPolicy::backoff`].
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
    factor: u32,
    cap: Duration,
    left: u32,
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let delay = self.next;
        self.next = delay.saturating_mul(self.factor).min(self.cap);
        Some(delay)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Backoff {}
impl FusedIterator for Backoff {}
// ANCHOR_END: backoff
