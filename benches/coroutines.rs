//! What a step costs on every rung of `listings::coroutines`, what work makes of the difference, and what a sequence
//! costs to set up and to stop.
//!
//! The chapter's Fibonacci sequence ends after 94 terms, too soon for 1000 steps. Measured is its endless sister, which
//! wraps: the same state, the same two additions and moves, without the check.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{
    Bencher, BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group,
    criterion_main, measurement::WallTime,
};
use listings::coroutines::{from_stream, generator, stackful, task, threaded, threaded_crossbeam};

/// The state of the endless sequence, a step at a time. Every rung below runs this and nothing else.
#[derive(Clone)]
struct Endless {
    a: u64,
    b: u64,
    rounds: u32,
}

impl Endless {
    const fn new(rounds: u32) -> Self {
        Self { a: 0, b: 1, rounds }
    }

    fn step(&mut self) -> u64 {
        self.b = burn(self.b, self.rounds);
        let current = self.a;
        (self.a, self.b) = (self.b, self.a.wrapping_add(self.b));
        current
    }

    fn push(mut self, emit: &mut dyn FnMut(u64)) {
        loop {
            emit(self.step());
        }
    }

    fn by_hand(self) -> impl Iterator<Item = u64> {
        self
    }

    fn in_a_closure(mut self) -> impl Iterator<Item = u64> {
        std::iter::from_fn(move || Some(self.step()))
    }

    fn generator(mut self) -> impl Iterator<Item = u64> {
        generator(|y| async move {
            loop {
                y.yield_(self.step()).await;
            }
        })
    }

    fn genawaiter(mut self) -> impl Iterator<Item = u64> {
        genawaiter::rc::Gen::new(|co| async move {
            loop {
                co.yield_(self.step()).await;
            }
        })
        .into_iter()
    }

    fn async_stream(mut self) -> impl Iterator<Item = u64> {
        from_stream(async_stream::stream! {
            loop {
                yield self.step();
            }
        })
    }

    fn stackful(self) -> impl Iterator<Item = u64> {
        stackful(|emit| self.push(emit))
    }

    fn threaded(self, bound: usize) -> impl Iterator<Item = u64> {
        threaded(bound, |emit| self.push(emit))
    }

    fn threaded_crossbeam(self, bound: usize) -> impl Iterator<Item = u64> {
        threaded_crossbeam(bound, |emit| self.push(emit))
    }
}

impl Iterator for Endless {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        Some(self.step())
    }
}

/// Work that cannot be done faster than one multiplication and one addition after the other.
#[inline(never)]
fn burn(mut x: u64, rounds: u32) -> u64 {
    for _ in 0..rounds {
        x = x
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
    }
    x
}

/// How many rounds of [`burn`] take about 10 µs: the best of several tries, for a machine that is shared.
fn rounds_per_10_us() -> u64 {
    const ROUNDS: u32 = 100_000;
    let best = (0..50)
        .map(|_| {
            let begin = Instant::now();
            black_box(burn(black_box(1), ROUNDS));
            begin.elapsed()
        })
        .min()
        .unwrap_or(Duration::from_nanos(1));
    u64::from(ROUNDS) * 10_000 / u64::try_from(best.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// A benchmark that asks an endless sequence for `steps` values an iteration; making it is not part of the time.
fn pull(steps: u64, mut values: impl Iterator<Item = u64>) -> impl FnMut(&mut Bencher) {
    move |b| {
        b.iter(|| {
            for _ in 0..steps {
                black_box(values.next());
            }
        });
    }
}

/// Few samples: a step of these takes microseconds, and their noise is the scheduler's, which more samples do not cure.
fn slow(group: &mut BenchmarkGroup<'_, WallTime>) {
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(15)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
}

fn step(c: &mut Criterion) {
    const STEPS: u64 = 1000;
    let endless = Endless::new(0);
    let mut group = c.benchmark_group("coroutines/step");
    group.throughput(Throughput::Elements(STEPS));
    group.bench_function("push", |b| {
        b.iter(|| {
            // The producer in charge, as in Go's range-over-func: no suspension at all.
            let mut left = STEPS;
            let mut state = black_box(endless.clone());
            let mut body = |value| {
                black_box(value);
                left -= 1;
                left > 0
            };
            let body: &mut dyn FnMut(u64) -> bool = &mut body;
            while body(state.step()) {}
        });
    });
    group.bench_function("iterator", pull(STEPS, endless.clone().by_hand()));
    group.bench_function("from-fn", pull(STEPS, endless.clone().in_a_closure()));
    let boxed: Box<dyn Iterator<Item = u64>> = black_box(Box::new(endless.clone().by_hand()));
    group.bench_function("iterator-dyn", pull(STEPS, boxed));
    group.bench_function("generator", pull(STEPS, endless.clone().generator()));
    group.bench_function("genawaiter", pull(STEPS, endless.clone().genawaiter()));
    group.bench_function("async-stream", pull(STEPS, endless.clone().async_stream()));
    group.bench_function("corosensei", pull(STEPS, endless.clone().stackful()));

    slow(&mut group);
    for bound in [1, 64] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime can be built");
        let mut state = endless.clone();
        let mut values = runtime.block_on(async {
            task(bound, |y| async move {
                loop {
                    y.yield_(state.step()).await;
                }
            })
        });
        group.bench_function(BenchmarkId::new("task", bound), |b| {
            // The runtime is entered once for 1000 steps: measured is the hand-over between tasks, not the entrance.
            b.iter(|| {
                runtime.block_on(async {
                    for _ in 0..STEPS {
                        black_box(values.next().await);
                    }
                });
            });
        });
    }
    for bound in [0, 1, 64] {
        group.bench_function(
            BenchmarkId::new("thread-std", bound),
            pull(STEPS, endless.clone().threaded(bound)),
        );
        group.bench_function(
            BenchmarkId::new("thread-crossbeam", bound),
            pull(STEPS, endless.clone().threaded_crossbeam(bound)),
        );
    }
    group.finish();
}

fn work(c: &mut Criterion) {
    const STEPS: u64 = 100;
    let mut group = c.benchmark_group("coroutines/work");
    group.throughput(Throughput::Elements(STEPS));
    slow(&mut group);
    // Calibrated once, so that the points of the sweep keep their distances whatever the machine is busy with.
    let rounds = rounds_per_10_us();
    for ns in [0, 100, 1000, 10_000] {
        let endless = Endless::new(u32::try_from(rounds * ns / 10_000).unwrap_or(u32::MAX));
        group.bench_function(
            BenchmarkId::new("iterator", ns),
            pull(STEPS, endless.clone().by_hand()),
        );
        group.bench_function(
            BenchmarkId::new("generator", ns),
            pull(STEPS, endless.clone().generator()),
        );
        group.bench_function(
            BenchmarkId::new("corosensei", ns),
            pull(STEPS, endless.clone().stackful()),
        );
        group.bench_function(
            BenchmarkId::new("thread-std", ns),
            pull(STEPS, endless.threaded(0)),
        );
    }
    group.finish();
}

/// From nothing to the first value and back to nothing, stopped half-way.
fn create(c: &mut Criterion) {
    let endless = Endless::new(0);
    let mut group = c.benchmark_group("coroutines/create");
    group
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1500));
    group.bench_function("iterator", |b| {
        b.iter(|| black_box(black_box(endless.clone()).by_hand()).next())
    });
    group.bench_function("generator", |b| {
        b.iter(|| black_box(endless.clone().generator()).next())
    });
    group.bench_function("async-stream", |b| {
        b.iter(|| black_box(endless.clone().async_stream()).next())
    });
    group.bench_function("genawaiter", |b| {
        b.iter(|| black_box(endless.clone().genawaiter()).next())
    });
    slow(&mut group);
    group.bench_function("corosensei", |b| {
        b.iter(|| black_box(endless.clone().stackful()).next())
    });
    group.bench_function("thread-std", |b| {
        b.iter(|| black_box(endless.clone().threaded(0)).next())
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = benches::criterion();
    targets = step, work, create
}
criterion_main!(benches);
