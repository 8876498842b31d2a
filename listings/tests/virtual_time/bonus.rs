//! What happens when every attempt fails, and where the policy ends.

use listings::virtual_time::{RetryError, RetryPolicy, bubble, retry_with_backoff};
use tokio_util::sync::CancellationToken;

use crate::{Script, ms};

#[test]
fn always_failing_returns_the_last_error() {
    let script = Script::always_failing();
    let outcome = bubble::run(retry_with_backoff(&CancellationToken::new(), script.op())).unwrap();
    assert_eq!(
        outcome,
        Err(RetryError::Exhausted {
            attempts: 5,
            last: 5
        })
    );
}

#[test]
fn always_failing_sleeps_four_times() {
    let script = Script::always_failing();
    let elapsed = bubble::run(async {
        let _ = retry_with_backoff(&CancellationToken::new(), script.op()).await;
        bubble::now()
    });
    assert_eq!(script.attempts(), 5);
    assert_eq!(elapsed.unwrap(), ms(100 + 200 + 400 + 800));
}

#[test]
fn always_failing_is_done_with_its_last_attempt() {
    let script = Script::always_failing();
    let op = script.op();
    bubble::run(async {
        let retry =
            bubble::spawn(async move { retry_with_backoff(&CancellationToken::new(), op).await });
        while script.attempts() < 5 {
            tokio::time::sleep(ms(100)).await;
            bubble::wait().await;
        }
        assert!(
            retry.is_finished(),
            "five attempts are made at {:?}, but it goes on",
            bubble::now()
        );
    })
    .unwrap();
}

#[test]
fn trailing_sleep_sleeps_five_times() {
    let policy = RetryPolicy {
        trailing_sleep: true,
        ..RetryPolicy::default()
    };
    let script = Script::always_failing();
    let (outcome, elapsed) = bubble::run(async {
        (
            policy.retry(&CancellationToken::new(), script.op()).await,
            bubble::now(),
        )
    })
    .unwrap();
    assert_eq!(
        outcome,
        Err(RetryError::Exhausted {
            attempts: 5,
            last: 5
        })
    );
    assert_eq!(elapsed, ms(100 + 200 + 400 + 800 + 1600));
}

#[test]
fn trailing_sleep_does_not_delay_a_success() {
    let policy = RetryPolicy {
        trailing_sleep: true,
        ..RetryPolicy::default()
    };
    let script = Script::failing(2);
    let elapsed = bubble::run(async {
        assert_eq!(
            policy.retry(&CancellationToken::new(), script.op()).await,
            Ok("done")
        );
        bubble::now()
    });
    assert_eq!(elapsed.unwrap(), ms(300));
}

#[test]
fn five_retries_are_six_attempts_and_take_3100_ms() {
    let policy = RetryPolicy {
        max_attempts: 1 + 5,
        ..RetryPolicy::default()
    };
    let script = Script::always_failing();
    let (outcome, elapsed) = bubble::run(async {
        (
            policy.retry(&CancellationToken::new(), script.op()).await,
            bubble::now(),
        )
    })
    .unwrap();
    assert_eq!(
        outcome,
        Err(RetryError::Exhausted {
            attempts: 6,
            last: 6
        })
    );
    assert_eq!(elapsed, ms(3100));
}

#[test]
fn cap_bounds_every_pause() {
    let policy = RetryPolicy {
        cap: ms(300),
        max_attempts: 6,
        ..RetryPolicy::default()
    };
    let delays: Vec<_> = policy.backoff().collect();
    assert_eq!(delays, [100, 200, 300, 300, 300].map(ms));
}

#[test]
fn deadline_leaves_out_the_pause_that_does_not_fit() {
    let policy = RetryPolicy {
        deadline: Some(ms(1000)),
        ..RetryPolicy::default()
    };
    let script = Script::always_failing();
    let (outcome, elapsed) = bubble::run(async {
        (
            policy.retry(&CancellationToken::new(), script.op()).await,
            bubble::now(),
        )
    })
    .unwrap();
    // 100 + 200 + 400 fit in a second; 800 more do not, and waiting for the rest of the second would help nobody.
    assert_eq!(
        outcome,
        Err(RetryError::Exhausted {
            attempts: 4,
            last: 4
        })
    );
    assert_eq!(elapsed, ms(700));
}

#[test]
fn deadline_counts_the_attempts_too() {
    let policy = RetryPolicy {
        deadline: Some(ms(1000)),
        ..RetryPolicy::default()
    };
    let elapsed = bubble::run(async {
        let slow = || async {
            tokio::time::sleep(ms(400)).await;
            Err::<(), _>("slow")
        };
        let outcome = policy.retry(&CancellationToken::new(), slow).await;
        assert_eq!(
            outcome,
            Err(RetryError::Exhausted {
                attempts: 2,
                last: "slow"
            })
        );
        bubble::now()
    });
    // 400 + 100 + 400 = 900; the next pause would end at 1100.
    assert_eq!(elapsed.unwrap(), ms(900));
}

#[test]
fn error_says_what_happened() {
    let error = RetryError::Exhausted {
        attempts: 5,
        last: std::io::Error::other("refused"),
    };
    assert_eq!(error.to_string(), "gave up after 5 attempts: refused");
    let source = std::error::Error::source(&error).expect("the last error is the source");
    assert_eq!(source.to_string(), "refused");
}
