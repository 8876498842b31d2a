//! The loop retries, pauses, and doubles its pauses.

use listings::virtual_time::{RetryError, RetryPolicy, bubble, retry_with_backoff};
use tokio_util::sync::CancellationToken;

use crate::{Script, ms};

#[test]
fn third_attempt_succeeds_after_300_ms() {
    let script = Script::failing(2);
    let elapsed = bubble::run(async {
        let outcome = retry_with_backoff(&CancellationToken::new(), script.op()).await;
        assert_eq!(outcome, Ok("done"));
        bubble::now()
    });
    assert_eq!(script.attempts(), 3);
    assert_eq!(elapsed.unwrap(), ms(300));
}

#[test]
fn first_success_costs_no_time() {
    let script = Script::failing(0);
    let elapsed = bubble::run(async {
        assert_eq!(
            retry_with_backoff(&CancellationToken::new(), script.op()).await,
            Ok("done")
        );
        bubble::now()
    });
    assert_eq!((elapsed.unwrap(), script.attempts()), (ms(0), 1));
}

#[test]
fn attempts_come_at_doubling_intervals() {
    let script = Script::always_failing();
    let outcome = bubble::run(retry_with_backoff(&CancellationToken::new(), script.op())).unwrap();
    assert!(outcome.is_err());
    assert_eq!(script.times(), [0, 100, 300, 700, 1500].map(ms));
}

#[test]
fn fifth_attempt_may_still_succeed() {
    let script = Script::failing(4);
    let outcome = bubble::run(retry_with_backoff(&CancellationToken::new(), script.op())).unwrap();
    assert_eq!(outcome, Ok("done"));
    assert_eq!(script.attempts(), 5);
}

#[test]
fn default_policy_pauses_between_five_attempts() {
    let delays: Vec<_> = RetryPolicy::default().backoff().collect();
    assert_eq!(delays, [100, 200, 400, 800].map(ms));
}

#[test]
fn retry_can_be_spawned() {
    let script = Script::failing(1);
    let op = script.op();
    let outcome = bubble::run(async {
        bubble::spawn(async move { retry_with_backoff(&CancellationToken::new(), op).await })
            .await
            .unwrap()
    });
    assert_eq!(outcome.unwrap(), Ok("done"));
}

#[test]
fn retry_can_be_spawned_by_generic_code() {
    // What the future of `op` must be, can be said: it has a name.
    fn in_background<F, Fut, T, E>(op: F) -> tokio::task::JoinHandle<Result<T, RetryError<E>>>
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send,
        T: Send + 'static,
        E: Send + 'static,
    {
        bubble::spawn(async move { retry_with_backoff(&CancellationToken::new(), op).await })
    }

    let script = Script::failing(1);
    let op = script.op();
    let outcome = bubble::run(async { in_background(op).await.unwrap() });
    assert_eq!(outcome.unwrap(), Ok("done"));
}

#[test]
fn retry_can_be_spawned_with_an_operation_that_borrows() {
    let outcome = bubble::run(async {
        let urls = ["https://a.example", "https://b.example"].map(String::from);
        bubble::spawn(async move {
            let mut next = urls.iter().cycle();
            let op = || {
                let url = next.next();
                async move {
                    url.filter(|url| url.contains("b.example"))
                        .map(String::len)
                        .ok_or("refused")
                }
            };
            retry_with_backoff(&CancellationToken::new(), op).await
        })
        .await
        .unwrap()
    });
    assert_eq!(outcome.unwrap(), Ok(17));
}
