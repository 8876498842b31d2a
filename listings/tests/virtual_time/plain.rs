//! What tokio's paused clock does on its own: the facts the bubble is built on, and those it cannot change.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::yield_now,
    time::{Instant, advance, sleep, timeout},
};

use crate::ms;

fn paused() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
}

#[test]
fn timers_tick_once_a_millisecond() {
    paused().block_on(async {
        for (asked, took) in [
            (0, 0),
            (1, 1_000_000),
            (1_000_001, 2_000_000),
            (99_999_999, 100_000_000),
        ] {
            let start = Instant::now();
            sleep(Duration::from_nanos(asked)).await;
            assert_eq!(
                start.elapsed(),
                Duration::from_nanos(took),
                "sleep of {asked} ns"
            );
        }
    });
}

#[test]
fn std_clock_keeps_real_time() {
    paused().block_on(async {
        let (real, start) = (std::time::Instant::now(), Instant::now());
        sleep(Duration::from_secs(1_000_000)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(1_000_000));
        // Eleven virtual days.
        assert!(real.elapsed() < start.elapsed());
    });
}

#[test]
fn yielding_is_no_substitute_for_waiting() {
    paused().block_on(async {
        let hops = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&hops);
        tokio::spawn(async move {
            for _ in 0..10 {
                counter.fetch_add(1, Relaxed);
                yield_now().await;
            }
        });
        yield_now().await;
        assert!(hops.load(Relaxed) < 10);
    });
}

#[test]
fn advancing_jumps_over_sleeps() {
    async fn ticks(step: impl AsyncFnOnce()) -> usize {
        let ticks = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ticks);
        tokio::spawn(async move {
            loop {
                sleep(ms(10)).await;
                counter.fetch_add(1, Relaxed);
            }
        });
        yield_now().await;
        step().await;
        for _ in 0..10 {
            yield_now().await;
        }
        ticks.load(Relaxed)
    }
    assert_eq!(paused().block_on(ticks(async || advance(ms(50)).await)), 1);
    assert_eq!(paused().block_on(ticks(async || sleep(ms(50)).await)), 5);
}

#[test]
fn foreign_thread_is_not_waited_for() {
    let (go, told) = mpsc::channel();
    let (answer, answered) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        told.recv().unwrap();
        answer.send("done").ok();
    });
    let outcome = paused().block_on(async { timeout(Duration::from_secs(10), answered).await });
    assert!(
        outcome.is_err(),
        "ten seconds passed before the thread could answer"
    );
    go.send(()).unwrap();
    thread.join().unwrap();
}

#[cfg(unix)]
#[test]
fn silent_socket_does_not_stop_the_clock() {
    use tokio::{io::AsyncReadExt, net::UnixStream};

    paused().block_on(async {
        let (mut here, _there) = UnixStream::pair().unwrap();
        let start = Instant::now();
        assert!(
            timeout(Duration::from_secs(5), here.read_u8())
                .await
                .is_err()
        );
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    });
}

#[test]
fn panic_of_a_task_goes_unnoticed() {
    let outcome = paused().block_on(async {
        tokio::spawn(async { panic!("nobody hears this") });
        sleep(ms(1)).await;
        "all is well"
    });
    assert_eq!(outcome, "all is well");
}
