//! What a weak reference costs: to follow, to make, to find through a registry, and when two threads follow the same
//! one.
//!
//! The object is as large as that of Go's side, 128 bytes.

use std::{
    hint::black_box,
    sync::{Arc, Barrier, Weak},
    thread,
    time::{Duration, Instant},
};

use criterion::{
    BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use listings::weak_references::{
    Interner, SideTable, Strong, s1_strong_registry, s2_by_address, s3_generations,
};

type Object = [u64; 16];

const OBJECT: Object = [0; 16];

/// A reference is followed, and what was found is dropped.
fn upgrade(c: &mut Criterion) {
    let mut group = c.benchmark_group("weak-references/upgrade");
    let (own, std) = (Strong::new(OBJECT), Arc::new(OBJECT));
    let (own_weak, std_weak) = (own.downgrade(), Arc::downgrade(&std));
    group.bench_function("counted", |b| b.iter(|| black_box(&own_weak).upgrade()));
    group.bench_function("std", |b| b.iter(|| black_box(&std_weak).upgrade()));
    drop((own, std));
    group.bench_function("counted-dead", |b| {
        b.iter(|| black_box(&own_weak).upgrade())
    });
    group.bench_function("std-dead", |b| b.iter(|| black_box(&std_weak).upgrade()));
    group.finish();
}

/// A reference is made, and dropped.
fn downgrade(c: &mut Criterion) {
    let mut group = c.benchmark_group("weak-references/downgrade");
    let (own, std) = (Strong::new(OBJECT), Arc::new(OBJECT));
    group.bench_function("counted", |b| b.iter(|| black_box(&own).downgrade()));
    group.bench_function("std", |b| b.iter(|| Arc::downgrade(black_box(&std))));
    group.bench_function("counted-clone", |b| b.iter(|| black_box(&own).clone()));
    group.bench_function("std-clone", |b| b.iter(|| Arc::clone(black_box(&std))));
    group.finish();
}

/// An object with its first reference, from nothing to nothing.
fn make(c: &mut Criterion) {
    let mut group = c.benchmark_group("weak-references/make");
    group.bench_function("counted", |b| {
        b.iter(|| {
            let strong = Strong::new(black_box(OBJECT));
            black_box(strong.downgrade())
        });
    });
    group.bench_function("std", |b| {
        b.iter(|| {
            let strong = Arc::new(black_box(OBJECT));
            black_box(Arc::downgrade(&strong))
        });
    });
    let registry: s3_generations::Registry<Object> = s3_generations::Registry::default();
    group.bench_function("generations", |b| {
        b.iter(|| registry.insert(black_box(OBJECT)).downgrade())
    });
    group.finish();
}

/// An object is found in a registry of a thousand, and what was found is dropped.
fn lookup(c: &mut Criterion) {
    const OBJECTS: usize = 1000;
    let mut group = c.benchmark_group("weak-references/lookup");

    let strong: Vec<_> = (0..OBJECTS)
        .map(|_| s1_strong_registry::new(OBJECT))
        .collect();
    let weak: Vec<_> = strong.iter().map(s1_strong_registry::make).collect();
    group.bench_function("strong-registry", |b| {
        b.iter(|| black_box(weak[OBJECTS / 2]).get().is_some())
    });

    let registry = s2_by_address::Registry::default();
    let owners: Vec<_> = (0..OBJECTS).map(|_| registry.insert(OBJECT)).collect();
    let weak = owners[OBJECTS / 2].downgrade();
    group.bench_function("by-address", |b| {
        b.iter(|| registry.get(black_box(weak)).is_some())
    });

    let registry: s3_generations::Registry<Object> = s3_generations::Registry::default();
    let owners: Vec<_> = (0..OBJECTS).map(|_| registry.insert(OBJECT)).collect();
    let weak = owners[OBJECTS / 2].downgrade();
    group.bench_function("generations", |b| {
        b.iter(|| registry.get(black_box(weak)).is_some())
    });

    let objects: Vec<_> = (0..OBJECTS).map(|_| Arc::new(OBJECT)).collect();
    let mut table = SideTable::default();
    for (number, object) in objects.iter().enumerate() {
        table.insert(object, number);
    }
    group.bench_function("side-table", |b| {
        b.iter(|| table.get(black_box(&objects[OBJECTS / 2])).copied())
    });
    group.finish();
}

/// Two threads do the same thing at the same time. Reported is the time of both together for what they did together.
fn on_two_threads<R>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    work: impl Fn() -> R + Send + Sync,
) {
    group.bench_function(name, |b| {
        b.iter_custom(|iterations| {
            let start = Barrier::new(2);
            let run = || {
                start.wait();
                let begin = Instant::now();
                for _ in 0..iterations {
                    black_box(work());
                }
                begin.elapsed()
            };
            let (one, other) = thread::scope(|scope| {
                let other = scope.spawn(run);
                (run(), other.join().expect("no work panics"))
            });
            one.max(other) / 2
        });
    });
}

fn contended(c: &mut Criterion) {
    let mut group = c.benchmark_group("weak-references/contended");
    group
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    let own = Strong::new(OBJECT);
    let weak = own.downgrade();
    on_two_threads(&mut group, "counted", || weak.upgrade());
    let std = Arc::new(OBJECT);
    let weak: Weak<Object> = Arc::downgrade(&std);
    on_two_threads(&mut group, "std", || weak.upgrade());
    let registry: s3_generations::Registry<Object> = s3_generations::Registry::default();
    let owner = registry.insert(OBJECT);
    let weak = owner.downgrade();
    on_two_threads(&mut group, "generations", || registry.get(weak));
    group.finish();
}

/// A value that somebody holds is interned again.
fn intern(c: &mut Criterion) {
    const VALUE: &str = "a value that somebody holds";
    let mut group = c.benchmark_group("weak-references/intern");
    let interner = Interner::new();
    let _held = interner.intern(VALUE);
    group.bench_function("interner", |b| b.iter(|| interner.intern(black_box(VALUE))));
    group.finish();
}

criterion_group! {
    name = benches;
    config = benches::criterion();
    targets = upgrade, downgrade, make, lookup, contended, intern
}
criterion_main!(benches);
