//! Properties of the policy, for policies nobody thought of.

use std::time::Duration;

use listings::virtual_time::{
    RetryError, RetryPolicy,
    bubble::{self, Bubble},
};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use crate::{Script, ms};

fn policies() -> impl Strategy<Value = RetryPolicy> {
    (
        0..5_000_u64,
        0..5_u32,
        0..20_000_u64,
        0..12_u32,
        any::<bool>(),
    )
        .prop_map(
            |(base, factor, cap, max_attempts, trailing_sleep)| RetryPolicy {
                base: ms(base),
                factor,
                cap: ms(cap),
                max_attempts,
                trailing_sleep,
                ..RetryPolicy::default()
            },
        )
}

proptest! {
    #[test]
    fn pauses_follow_the_formula(policy in policies()) {
        for (i, delay) in policy.backoff().enumerate() {
            let exact = policy.base.as_millis() * u128::from(policy.factor).pow(u32::try_from(i).unwrap());
            prop_assert_eq!(delay.as_millis(), exact.min(policy.cap.as_millis()), "pause {}", i);
        }
    }

    #[test]
    fn pauses_are_one_fewer_than_attempts_or_as_many(policy in policies()) {
        let attempts = policy.max_attempts.max(1) as usize;
        let pauses = policy.backoff();
        prop_assert_eq!(pauses.len(), if policy.trailing_sleep { attempts } else { attempts - 1 });
        prop_assert_eq!(pauses.len(), pauses.count());
    }

    #[test]
    fn pauses_neither_overflow_nor_exceed_the_cap(
        base in any::<Duration>(), factor in any::<u32>(), cap in any::<Duration>(), seed in any::<Option<u64>>(),
    ) {
        let policy = RetryPolicy { base, factor, cap, max_attempts: 1000, jitter_seed: seed, ..RetryPolicy::default() };
        prop_assert!(policy.backoff().all(|delay| delay <= cap));
    }

    #[test]
    fn jitter_draws_from_the_upper_half(policy in policies(), seed in any::<u64>()) {
        let jittered = RetryPolicy { jitter_seed: Some(seed), ..policy.clone() };
        for (full, drawn) in policy.backoff().zip(jittered.backoff()) {
            prop_assert!(full / 2 <= drawn && drawn <= full, "{drawn:?} of {full:?}");
        }
    }

    #[test]
    fn jitter_repeats_with_its_seed(seed in any::<u64>()) {
        let jittered = |seed| {
            let policy = RetryPolicy { jitter_seed: Some(seed), ..RetryPolicy::default() };
            policy.backoff().collect::<Vec<_>>()
        };
        prop_assert_eq!(jittered(seed), jittered(seed));
        prop_assert_ne!(jittered(seed), jittered(seed.wrapping_add(1)));
    }

    #[test]
    fn retry_takes_the_sum_of_its_pauses(policy in policies(), failures in 0..14_usize) {
        let script = Script::failing(failures);
        let (outcome, elapsed) = Bubble::default().polls_per_instant(1000).run(async {
            (policy.retry(&CancellationToken::new(), script.op()).await, bubble::now())
        })
        .unwrap();
        let attempts = policy.max_attempts.max(1) as usize;
        if failures < attempts {
            prop_assert_eq!(outcome, Ok("done"));
            prop_assert_eq!(script.attempts(), failures + 1);
            prop_assert_eq!(elapsed, policy.backoff().take(failures).sum());
        } else {
            let tried = u32::try_from(attempts).unwrap();
            prop_assert_eq!(outcome, Err(RetryError::Exhausted { attempts: tried, last: attempts }));
            prop_assert_eq!(elapsed, policy.backoff().sum());
        }
    }
}
