//! The earlier stages: each passes what it should, and fails where the page says.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use listings::virtual_time::{bubble, s1_by_hand, s2_policy, s3_retry, s4_wait};
use tokio::time::{Instant, sleep};

use crate::{Script, ms};

#[test]
fn loop_by_hand_passes_the_first_test() {
    let script = Script::failing(2);
    let (outcome, elapsed) =
        bubble::run(async { (s1_by_hand::retry(script.op()).await, bubble::now()) }).unwrap();
    assert_eq!(
        (outcome, script.attempts(), elapsed),
        (Ok("done"), 3, ms(300))
    );
}

#[test]
fn loop_by_hand_sleeps_after_its_last_attempt() {
    let script = Script::always_failing();
    let (outcome, elapsed) =
        bubble::run(async { (s1_by_hand::retry(script.op()).await, bubble::now()) }).unwrap();
    assert_eq!((outcome, script.attempts(), elapsed), (Err(5), 5, ms(3100)));
}

#[test]
fn loop_by_hand_and_the_final_one_differ_on_the_last_error_alone() {
    for failures in 0..=6 {
        let (by_hand, finished) = (Script::failing(failures), Script::failing(failures));
        let token = tokio_util::sync::CancellationToken::new();
        let first = bubble::run(async {
            let _ = s1_by_hand::retry(by_hand.op()).await;
            bubble::now()
        });
        let last = bubble::run(async {
            let _ = s3_retry::retry_with_backoff(&token, finished.op()).await;
            bubble::now()
        });
        assert_eq!(by_hand.times(), finished.times());
        assert_eq!(
            first.unwrap() == last.unwrap(),
            failures < 5,
            "{failures} failures"
        );
    }
}

#[test]
fn policy_of_stage_2_has_the_pauses_of_stage_3() {
    for trailing_sleep in [false, true] {
        let early = s2_policy::RetryPolicy {
            trailing_sleep,
            ..Default::default()
        };
        let late = s3_retry::RetryPolicy {
            trailing_sleep,
            ..Default::default()
        };
        assert!(early.backoff().eq(late.backoff()));
        assert_eq!(early.backoff().len(), if trailing_sleep { 5 } else { 4 });
    }
}

#[test]
fn small_wait_stops_the_test_between_attempts() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&attempts);
    s4_wait::run(async move {
        let start = Instant::now();
        tokio::spawn(s1_by_hand::retry(move || {
            counter.fetch_add(1, Relaxed);
            async { Err::<(), ()>(()) }
        }));
        s4_wait::wait().await;
        assert_eq!((attempts.load(Relaxed), start.elapsed()), (1, ms(0)));
        sleep(ms(100)).await;
        s4_wait::wait().await;
        assert_eq!((attempts.load(Relaxed), start.elapsed()), (2, ms(100)));
    })
    .unwrap();
}

#[cfg(unix)]
#[test]
fn small_wait_sees_one_socket_but_not_a_chain() {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::UnixStream,
    };

    s4_wait::run(async {
        let (mut first, mut one) = UnixStream::pair().unwrap();
        let (mut two, mut three) = UnixStream::pair().unwrap();
        let relay = tokio::spawn(async move {
            let byte = one.read_u8().await.unwrap();
            two.write_u8(byte).await.unwrap();
            two
        });
        let end = tokio::spawn(async move { three.read_u8().await.unwrap() });
        s4_wait::wait().await;
        first.write_u8(7).await.unwrap();
        s4_wait::wait().await;
        assert!(
            relay.is_finished(),
            "the second round sees what the first has woken"
        );
        assert!(!end.is_finished(), "the next link needs a third");
    })
    .unwrap();
}
