//! The same runs through `backon`, a published retry crate.
//!
//! It counts retries where we count attempts, and computes with `f32`: its pauses may differ from ours in the seventh
//! digit, which tokio's timer then rounds up by a millisecond.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use listings::virtual_time::{
    RetryError, RetryPolicy,
    bubble::{self, Bubble},
};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use crate::{Script, ms};

fn theirs(policy: &RetryPolicy) -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(policy.base)
        .with_factor(policy.factor as f32)
        .with_max_delay(policy.cap)
        .with_max_times(policy.max_attempts as usize - 1)
}

proptest! {
    #[test]
    fn pauses_agree_with_backon(base in 1..5_000_u64, factor in 1..5_u32, over in 0..20_000_u64, attempts in 1..12_u32) {
        // backon does not apply the cap to its first pause, so ours is not below it.
        let policy = RetryPolicy {
            base: ms(base), factor, cap: ms(base + over), max_attempts: attempts, ..RetryPolicy::default()
        };
        let ours: Vec<_> = policy.backoff().collect();
        let theirs: Vec<_> = theirs(&policy).build().collect();
        prop_assert_eq!(ours.len(), theirs.len());
        for (our, their) in ours.iter().zip(&theirs) {
            let tolerance = *our / 100_000 + Duration::from_nanos(1);
            prop_assert!(our.abs_diff(*their) <= tolerance, "{our:?} against {their:?}");
        }
    }

    #[test]
    fn retry_agrees_with_backon(failures in 0..8_usize, attempts in 1..7_u32) {
        let policy = RetryPolicy { max_attempts: attempts, ..RetryPolicy::default() };
        let (mine, yours) = (Script::failing(failures), Script::failing(failures));
        let our = Bubble::default().polls_per_instant(1000).run(async {
            (policy.retry(&CancellationToken::new(), mine.op()).await, bubble::now())
        })
        .unwrap();
        let their = bubble::run(async { (yours.op().retry(theirs(&policy)).await, bubble::now()) }).unwrap();

        let last = our.0.map_err(|error| match error {
            RetryError::Exhausted { last, .. } | RetryError::Cancelled { last, .. } => last,
        });
        prop_assert_eq!(last, their.0);
        prop_assert_eq!(mine.attempts(), yours.attempts());
        let roundings = u64::from(attempts);
        prop_assert!(their.1.abs_diff(our.1) <= ms(roundings), "{:?} against {:?}", our.1, their.1);
    }
}

#[test]
fn max_times_of_backon_counts_retries() {
    let script = Script::always_failing();
    let policy = ExponentialBuilder::new()
        .with_min_delay(ms(100))
        .with_max_times(5);
    let (outcome, elapsed) =
        bubble::run(async { (script.op().retry(policy).await, bubble::now()) }).unwrap();
    assert_eq!((outcome, script.attempts()), (Err(6), 6));
    assert!((ms(3100)..=ms(3105)).contains(&elapsed), "{elapsed:?}");
}

#[test]
fn pauses_of_backon_are_not_exact() {
    let policy = ExponentialBuilder::new()
        .with_min_delay(ms(100))
        .with_max_times(2);
    let second = policy.build().nth(1).unwrap();
    assert_eq!(second, Duration::from_nanos(200_000_003));
}
