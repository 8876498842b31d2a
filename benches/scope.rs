//! What a child costs in a scope, and in what one could use instead: from opening the scope to its return, with children
//! that do nothing.

use std::{hint::black_box, time::Duration};

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group,
    criterion_main, measurement::WallTime,
};
use futures::{StreamExt, stream::FuturesUnordered};
use listings::scope::{Options, Root, ScopeError, Stopped, local_scope, scope, scope_with};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};
use tokio_util::task::TaskTracker;

const COUNTS: [usize; 3] = [1, 100, 10_000];

async fn in_scope(root: &Root, options: Options, n: usize) -> Result<(), ScopeError<Stopped>> {
    scope_with(options, root, async |s| {
        for _ in 0..n {
            drop(s.spawn("child", nothing()).await?);
        }
        Ok(())
    })
    .await
}

async fn in_join_set(n: usize) -> Result<(), Stopped> {
    let mut children = JoinSet::new();
    for _ in 0..n {
        children.spawn(nothing());
    }
    while let Some(joined) = children.join_next().await {
        joined.map_err(|_| Stopped::NoValue)??;
    }
    Ok(())
}

async fn in_tracker(n: usize) {
    let tracker = TaskTracker::new();
    for _ in 0..n {
        tracker.spawn(nothing());
    }
    tracker.close();
    tracker.wait().await;
}

async fn in_futures_unordered(n: usize) {
    let mut children = FuturesUnordered::new();
    for _ in 0..n {
        children.push(nothing());
    }
    while children.next().await.is_some() {}
}

async fn in_local_scope(n: usize) -> Result<(), Stopped> {
    local_scope(async |s| {
        for _ in 0..n {
            s.spawn(nothing());
        }
        Ok(())
    })
    .await
}

fn in_thread_scope(n: usize) {
    std::thread::scope(|s| {
        for _ in 0..n {
            s.spawn(|| black_box(()));
        }
    });
}

/// What every child does.
async fn nothing() -> Result<(), Stopped> {
    black_box(());
    Ok(())
}

/// Measures one way for one number of children.
fn measure<F: Future>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    name: &str,
    n: usize,
    mut run: impl FnMut() -> F,
) {
    group.throughput(Throughput::Elements(n.max(1) as u64));
    group.bench_function(BenchmarkId::new(name, n), |b| {
        b.iter(|| runtime.block_on(run()))
    });
}

fn tasks(group: &mut BenchmarkGroup<'_, WallTime>, runtime: &Runtime) {
    let root = Root::new();
    for n in COUNTS {
        measure(group, runtime, "scope", n, || {
            in_scope(&root, Options::default(), n)
        });
        measure(group, runtime, "join-set", n, || in_join_set(n));
        measure(group, runtime, "task-tracker", n, || in_tracker(n));
    }
}

/// On one thread, where the cost of a child is not mixed with that of moving it to another.
fn child(c: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime can be built");
    let root = Root::new();
    let mut group = c.benchmark_group("scope/child");
    tasks(&mut group, &runtime);
    for n in COUNTS {
        measure(&mut group, &runtime, "scope-limited", n, || {
            in_scope(&root, Options::default().limit(100), n)
        });
        measure(&mut group, &runtime, "futures-unordered", n, || {
            in_futures_unordered(n)
        });
        measure(&mut group, &runtime, "local-scope", n, || in_local_scope(n));
    }
    // A scheduler's noise is not cured by more samples; and 10 000 threads are more than a process may have.
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(15)
        .measurement_time(Duration::from_secs(1));
    for n in [1, 100] {
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("thread-scope", n), |b| {
            b.iter(|| in_thread_scope(n))
        });
    }
    group.finish();
}

/// On two threads: the children may run while others are being spawned.
fn parallel(c: &mut Criterion) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime can be built");
    let mut group = c.benchmark_group("scope/parallel");
    tasks(&mut group, &runtime);
    group.finish();
}

/// A scope without children: what opening and closing it costs.
fn empty(c: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime can be built");
    let root = Root::new();
    let mut group = c.benchmark_group("scope/empty");
    group.bench_function("scope", |b| {
        b.iter(|| runtime.block_on(scope(&root, async |_| nothing().await)));
    });
    group.bench_function("join-set", |b| b.iter(|| runtime.block_on(in_join_set(0))));
    group.finish();
}

criterion_group! { name = benches; config = benches::criterion(); targets = child, parallel, empty }
criterion_main!(benches);
