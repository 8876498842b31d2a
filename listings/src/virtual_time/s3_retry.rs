//! Stage 3: the loop on top of the policy, with jitter, a deadline and cancellation.
//!
//! This is the file a learner writes.

use std::{iter::FusedIterator, time::Duration};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How often to try, and how long to pause between attempts.
///
/// ```
/// use listings::virtual_time::RetryPolicy;
/// use std::time::Duration;
///
/// let total = |policy: &RetryPolicy| policy.backoff().sum::<Duration>();
/// let between = RetryPolicy::default();
/// let trailing = RetryPolicy { trailing_sleep: true, ..RetryPolicy::default() };
/// assert_eq!(total(&between), Duration::from_millis(1500));
/// assert_eq!(total(&trailing), Duration::from_millis(3100));
/// ```
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
    /// With a seed, each pause is drawn from the upper half of its range, `delay / 2 ..= delay`; the same seed draws
    /// the same pauses.
    pub jitter_seed: Option<u64>,
    /// Counted from the first call: a pause that would end later is not begun. It does not interrupt an attempt.
    pub deadline: Option<Duration>,
}

impl Default for RetryPolicy {
    /// Five attempts; 100 ms, doubled up to 30 s; no pause after the last failure, no jitter, no deadline.
    fn default() -> Self {
        Self {
            base: Duration::from_millis(100),
            factor: 2,
            cap: Duration::from_secs(30),
            max_attempts: 5,
            trailing_sleep: false,
            jitter_seed: None,
            deadline: None,
        }
    }
}

// ANCHOR: error
/// Why a retry gave up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryError<E> {
    /// Every attempt failed, or the deadline left no room for another.
    #[error("gave up after {attempts} attempts: {last}")]
    Exhausted {
        /// How often the operation was called.
        attempts: u32,
        /// The error of the last attempt.
        #[source]
        last: E,
    },
    /// The token was cancelled while the retry slept, or would have slept.
    #[error("cancelled after {attempts} attempts: {last}")]
    Cancelled {
        /// How often the operation was called.
        attempts: u32,
        /// The error of the last attempt.
        #[source]
        last: E,
    },
}
// ANCHOR_END: error

// ANCHOR: retry
/// Calls `op` with the default [`RetryPolicy`] until it succeeds; see [`RetryPolicy::retry`].
///
/// # Errors
///
/// As [`RetryPolicy::retry`].
pub async fn retry_with_backoff<T, E, F, Fut>(
    token: &CancellationToken,
    op: F,
) -> Result<T, RetryError<E>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    // ANCHOR: solution_retry_with_backoff
    RetryPolicy::default().retry(token, op).await
    // ANCHOR_END: solution_retry_with_backoff
}

impl RetryPolicy {
    /// Calls `op` until it succeeds, the attempts or the deadline run out, or `token` is cancelled.
    ///
    /// # Errors
    ///
    /// [`RetryError::Exhausted`] with the last error; [`RetryError::Cancelled`] if the token is cancelled.
    ///
    /// # Cancellation
    ///
    /// The token ends a sleep, never an attempt: the first attempt always runs, and an attempt under way is finished.
    /// To cut an attempt short as well, drop the future (`tokio::time::timeout`, `select!`, `JoinHandle::abort`); then
    /// `op` must tolerate being dropped at any of its await points.
    pub async fn retry<T, E, F, Fut>(
        &self,
        token: &CancellationToken,
        mut op: F,
    ) -> Result<T, RetryError<E>>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        // ANCHOR: solution_retry
        let start = Instant::now();
        let mut delays = self.backoff();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let last = match op().await {
                Ok(value) => return Ok(value),
                Err(last) => last,
            };
            let Some(delay) = delays.next() else {
                return Err(RetryError::Exhausted { attempts, last });
            };
            if self
                .deadline
                .is_some_and(|deadline| start.elapsed().saturating_add(delay) > deadline)
            {
                return Err(RetryError::Exhausted { attempts, last });
            }
            tokio::select! {
                biased;
                () = token.cancelled() => return Err(RetryError::Cancelled { attempts, last }),
                () = sleep(delay) => {}
            }
            if attempts >= self.max_attempts {
                return Err(RetryError::Exhausted { attempts, last });
            }
        }
        // ANCHOR_END: solution_retry
    }
}
// ANCHOR_END: retry

impl RetryPolicy {
    /// The pauses of one run, in order: one fewer than attempts, or as many with [`trailing_sleep`].
    ///
    /// [`trailing_sleep`]: Self::trailing_sleep
    #[must_use]
    pub fn backoff(&self) -> Backoff {
        // ANCHOR: solution_backoff
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
            jitter: self.jitter_seed.map(SplitMix64),
        }
        // ANCHOR_END: solution_backoff
    }
}

/// The pauses of one run; made by [`RetryPolicy::backoff`].
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
    factor: u32,
    cap: Duration,
    left: u32,
    jitter: Option<SplitMix64>,
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        // ANCHOR: solution_next_delay
        self.left = self.left.checked_sub(1)?;
        let delay = self.next;
        self.next = delay.saturating_mul(self.factor).min(self.cap);
        Some(match &mut self.jitter {
            Some(random) => random.upper_half(delay),
            None => delay,
        })
        // ANCHOR_END: solution_next_delay
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // ANCHOR: solution_size_hint
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
        // ANCHOR_END: solution_size_hint
    }
}

impl ExactSizeIterator for Backoff {}
impl FusedIterator for Backoff {}

/// Steele, Lea and Flood's generator (OOPSLA 2014): eight bytes of state, and every seed is a good one.
#[derive(Debug, Clone)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A duration in `delay / 2 ..= delay`, to the nanosecond; delays beyond 584 years lose their excess.
    fn upper_half(&mut self, delay: Duration) -> Duration {
        // ANCHOR: solution_upper_half
        let nanos = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
        let spread = nanos / 2;
        // The high half of a 128-bit product maps a 64-bit draw onto `0..=spread` without a division.
        let drawn = (u128::from(self.next()) * (u128::from(spread) + 1)) >> 64;
        Duration::from_nanos(nanos - spread + u64::try_from(drawn).unwrap_or(spread))
        // ANCHOR_END: solution_upper_half
    }
}
