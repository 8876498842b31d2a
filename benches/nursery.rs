//! What a child costs in a nursery, in the scope below it, and in a bare `JoinSet`: from opening to return, with children
//! that do nothing.

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use listings::{
    nursery::{NurseryError, Options, Policy, nursery_with, shield},
    scope::{Root, ScopeError, Stopped, scope},
};
use tokio::{runtime::Builder, task::JoinSet};

async fn in_nursery(
    root: &Root,
    options: Options<Stopped>,
    n: usize,
) -> Result<(), NurseryError<Stopped>> {
    nursery_with(options, root, async |nursery| {
        for _ in 0..n {
            drop(nursery.spawn("child", nothing()).await?);
        }
        Ok(())
    })
    .await
}

async fn in_scope(root: &Root, n: usize) -> Result<(), ScopeError<Stopped>> {
    scope(root, async |s| {
        for _ in 0..n {
            drop(s.spawn("child", nothing()).await?);
        }
        Ok(())
    })
    .await
}

async fn in_join_set(n: usize) {
    let mut children = JoinSet::new();
    for _ in 0..n {
        children.spawn(nothing());
    }
    while children.join_next().await.is_some() {}
}

/// What every child does.
async fn nothing() -> Result<(), Stopped> {
    black_box(());
    Ok(())
}

fn child(c: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime can be built");
    let root = Root::new();
    let mut group = c.benchmark_group("nursery/child");
    for n in [1, 100, 10_000] {
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("nursery", n), |b| {
            b.iter(|| runtime.block_on(in_nursery(&root, Options::default(), n)));
        });
        group.bench_function(BenchmarkId::new("supervised", n), |b| {
            let options = || {
                Options::default()
                    .policy(Policy::supervise(drop))
                    .deadline(Duration::from_secs(60))
            };
            b.iter(|| runtime.block_on(in_nursery(&root, options(), n)));
        });
        group.bench_function(BenchmarkId::new("scope", n), |b| {
            b.iter(|| runtime.block_on(in_scope(&root, n)));
        });
        group.bench_function(BenchmarkId::new("join-set", n), |b| {
            b.iter(|| runtime.block_on(in_join_set(n)))
        });
    }
    group.finish();
}

/// A shield around nothing, in the body of a nursery.
fn shielding(c: &mut Criterion) {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime can be built");
    c.bench_function("nursery/shield/shield", |b| {
        b.iter(|| runtime.block_on(shield(Duration::from_secs(60), nothing())));
    });
}

criterion_group! { name = benches; config = benches::criterion(); targets = child, shielding }
criterion_main!(benches);
