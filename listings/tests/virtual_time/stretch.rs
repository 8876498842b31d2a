//! The retry sleeps, does not spin, and can be cancelled in its sleep.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use listings::virtual_time::{
    RetryError, RetryPolicy,
    bubble::{self, Bubble},
    retry_with_backoff,
};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{Script, ms};

#[test]
fn retry_sleeps_after_its_first_attempt() {
    let script = Script::failing(2);
    let op = script.op();
    bubble::run(async {
        let retry =
            bubble::spawn(async move { retry_with_backoff(&CancellationToken::new(), op).await });

        bubble::wait().await;
        assert_eq!((script.attempts(), bubble::now()), (1, ms(0)));

        sleep(ms(99)).await;
        bubble::wait().await;
        assert_eq!((script.attempts(), bubble::now()), (1, ms(99)));

        sleep(ms(1)).await;
        bubble::wait().await;
        assert_eq!((script.attempts(), bubble::now()), (2, ms(100)));

        assert_eq!(retry.await.unwrap(), Ok("done"));
    })
    .unwrap();
}

#[test]
fn retry_polls_only_when_something_happens() {
    let script = Script::always_failing();
    // A start, five attempts, four timers: far fewer than a hundred polls in all, let alone at one instant.
    let outcome = Bubble::default()
        .polls_per_instant(100)
        .run(retry_with_backoff(&CancellationToken::new(), script.op()))
        .unwrap();
    assert_eq!(
        outcome,
        Err(RetryError::Exhausted {
            attempts: 5,
            last: 5
        })
    );
}

#[test]
fn cancelling_ends_the_sleep_at_once() {
    let script = Script::always_failing();
    let token = CancellationToken::new();
    let (op, child) = (script.op(), token.child_token());
    bubble::run(async {
        let retry = bubble::spawn(async move { retry_with_backoff(&child, op).await });
        sleep(ms(150)).await;
        token.cancel();
        assert_eq!(
            retry.await.unwrap(),
            Err(RetryError::Cancelled {
                attempts: 2,
                last: 2
            })
        );
        assert_eq!(bubble::now(), ms(150));
    })
    .unwrap();
}

#[test]
fn cancelling_lets_the_attempt_finish() {
    let token = CancellationToken::new();
    bubble::run(async {
        let slow = || async {
            sleep(ms(50)).await;
            Ok::<_, ()>("done")
        };
        let cancel = async {
            sleep(ms(20)).await;
            token.cancel();
        };
        let (outcome, ()) = tokio::join!(retry_with_backoff(&token, slow), cancel);
        assert_eq!(outcome, Ok("done"));
        assert_eq!(bubble::now(), ms(50));
    })
    .unwrap();
}

#[test]
fn cancelled_token_still_allows_the_first_attempt() {
    let script = Script::always_failing();
    let token = CancellationToken::new();
    token.cancel();
    let (outcome, elapsed) =
        bubble::run(async { (retry_with_backoff(&token, script.op()).await, bubble::now()) })
            .unwrap();
    assert_eq!(
        outcome,
        Err(RetryError::Cancelled {
            attempts: 1,
            last: 1
        })
    );
    assert_eq!(elapsed, ms(0));
}

#[test]
fn cancelling_ends_the_trailing_sleep() {
    let policy = RetryPolicy {
        trailing_sleep: true,
        max_attempts: 1,
        ..RetryPolicy::default()
    };
    let token = CancellationToken::new();
    bubble::run(async {
        let script = Script::always_failing();
        let cancel = async {
            sleep(ms(20)).await;
            token.cancel();
        };
        let (outcome, ()) = tokio::join!(policy.retry(&token, script.op()), cancel);
        assert_eq!(
            outcome,
            Err(RetryError::Cancelled {
                attempts: 1,
                last: 1
            })
        );
        assert_eq!(bubble::now(), ms(20));
    })
    .unwrap();
}

#[test]
fn dropping_cuts_the_sleep() {
    let script = Script::always_failing();
    bubble::run(async {
        let outcome = timeout(
            ms(250),
            retry_with_backoff(&CancellationToken::new(), script.op()),
        )
        .await;
        assert!(outcome.is_err());
        assert_eq!((script.attempts(), bubble::now()), (2, ms(250)));
    })
    .unwrap();
}

#[test]
fn dropping_cuts_the_attempt_too() {
    let finished = AtomicBool::new(false);
    bubble::run(async {
        let slow = || async {
            sleep(ms(10_000)).await;
            // One thread runs all of this: no ordering is needed.
            finished.store(true, Relaxed);
            Ok::<_, ()>(())
        };
        let outcome = timeout(ms(250), retry_with_backoff(&CancellationToken::new(), slow)).await;
        assert!(outcome.is_err());
        sleep(ms(20_000)).await;
    })
    .unwrap();
    assert!(!finished.load(Relaxed));
}
