//! What virtual time costs in real time: a whole bubble with a retry in it, and one `wait()`.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use listings::virtual_time::{
    bubble::{self, BubbleError},
    retry_with_backoff, s4_wait,
};
use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;

/// Two failures take 300 ms of virtual time, five 1500 ms.
const RUNS: [(&str, u32, Duration); 2] = [
    ("third-attempt", 2, Duration::from_millis(300)),
    ("five-failures", 5, Duration::from_millis(1500)),
];

/// Retries an operation that fails so many times, and says how long that took by the runtime's clock.
async fn retry(failures: u32) -> Duration {
    let start = tokio::time::Instant::now();
    let mut attempts = 0;
    let op = || {
        attempts += 1;
        std::future::ready(if attempts > failures {
            Ok(attempts)
        } else {
            Err(attempts)
        })
    };
    let _ = black_box(retry_with_backoff(&CancellationToken::new(), op).await);
    start.elapsed()
}

/// From nothing to nothing: build the runtime, retry, check for leaks, tear down.
fn retries(c: &mut Criterion) {
    let mut group = c.benchmark_group("virtual-time/retry");
    for (name, failures, took) in RUNS {
        group.bench_function(BenchmarkId::new("bubble", name), |b| {
            b.iter(|| assert_eq!(bubble::run(retry(failures)).ok(), Some(took)));
        });
        group.bench_function(BenchmarkId::new("paused-runtime", name), |b| {
            b.iter(|| {
                let runtime = Builder::new_current_thread()
                    .enable_all()
                    .start_paused(true)
                    .build();
                assert_eq!(
                    runtime
                        .map(|runtime| runtime.block_on(retry(failures)))
                        .ok(),
                    Some(took)
                );
            });
        });
        // The loop alone, on a runtime that is there already.
        group.bench_function(BenchmarkId::new("reused-runtime", name), |b| {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build();
            let runtime = runtime.expect("a runtime can be built");
            b.iter(|| assert_eq!(runtime.block_on(retry(failures)), took));
        });
    }
    group.finish();
}

/// What virtual time saves: one millisecond of the 300 that the shorter run would take without it.
fn yardstick(c: &mut Criterion) {
    c.benchmark_group("virtual-time/yardstick").bench_function(
        BenchmarkId::new("std-sleep", "1-ms"),
        |b| {
            b.iter(|| std::thread::sleep(Duration::from_millis(1)));
        },
    );
}

/// One `wait()` where everything else is blocked already.
fn waits(c: &mut Criterion) {
    let mut group = c.benchmark_group("virtual-time/wait");
    group.bench_function(BenchmarkId::new("two-rounds", "0-tasks"), |b| {
        b.iter_custom(|n| {
            s4_wait::run(async {
                let start = Instant::now();
                for _ in 0..n {
                    s4_wait::wait().await;
                }
                start.elapsed()
            })
            .expect("a runtime can be built")
        });
    });
    for (name, blocked) in [("0-tasks", 0), ("100-tasks", 100)] {
        group.bench_function(BenchmarkId::new("bubble", name), |b| {
            b.iter_custom(|n| {
                // A sample may need more polls at one instant than a test should.
                let bubble = bubble::Bubble::default().polls_per_instant(u64::MAX);
                bubble
                    .run(timed_waits(blocked, n))
                    .expect("nothing goes wrong")
            });
        });
    }
    group.finish();
}

async fn timed_waits(blocked: usize, n: u64) -> Duration {
    let tasks: Vec<_> = (0..blocked)
        .map(|_| bubble::spawn(std::future::pending::<()>()))
        .collect();
    bubble::wait().await;
    // The real clock: `tokio::time::Instant` stands still here.
    let start = Instant::now();
    for _ in 0..n {
        bubble::wait().await;
    }
    let elapsed = start.elapsed();
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    elapsed
}

/// From nothing to a report that two tasks wait for each other.
fn deadlocks(c: &mut Criterion) {
    c.benchmark_group("virtual-time/deadlock")
        .bench_function("bubble", |b| {
            b.iter(|| {
                let outcome = bubble::run(async {
                    let (left, right) = (
                        tokio::sync::oneshot::channel::<()>(),
                        tokio::sync::oneshot::channel::<()>(),
                    );
                    let one = bubble::spawn(async move { (right.1.await.is_ok(), left.0) });
                    let two = bubble::spawn(async move { (left.1.await.is_ok(), right.0) });
                    let _ = tokio::join!(one, two);
                });
                assert!(matches!(outcome, Err(BubbleError::Deadlock { .. })));
            });
        });
}

criterion_group! { name = benches; config = benches::criterion(); targets = retries, yardstick, waits, deadlocks }
criterion_main!(benches);
