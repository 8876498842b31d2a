//! What it costs to open and close a file with and without a cleanup, and what attaching a cleanup costs by itself.

use std::{hint::black_box, time::Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use listings::cleanups::{Cleaner, Tracked};

/// What every cleanup here does.
fn note(n: u64) {
    black_box(n);
}

#[cfg(unix)]
fn open(c: &mut Criterion) {
    use std::fs::File;

    use listings::cleanups::{Db, SharedDb};

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("db");
    let append = || {
        File::options()
            .append(true)
            .create(true)
            .open(&path)
            .expect("it can be opened")
    };
    let db = || Db::open(&path).expect("it can be opened");
    let shared = || SharedDb::open(&path).expect("it can be opened");

    let mut group = c.benchmark_group("cleanups/open");
    group.bench_function("file", |b| b.iter(|| drop(append())));
    group.bench_function("db-dropped", |b| b.iter(|| drop(db())));
    group.bench_function("db-closed", |b| {
        b.iter(|| db().close().expect("it can be closed"))
    });
    group.bench_function("db-guarded", |b| {
        b.iter(|| {
            let db = scopeguard::guard(db(), drop);
            scopeguard::ScopeGuard::into_inner(db)
                .close()
                .expect("it can be closed");
        });
    });
    group.bench_function("shared-dropped", |b| b.iter(|| drop(shared())));
    group.bench_function("shared-closed", |b| {
        b.iter(|| shared().close().expect("it can be closed"))
    });
    group.finish();
}

#[cfg(not(unix))]
fn open(_: &mut Criterion) {
    eprintln!("cleanups/open is skipped: descriptors are Unix's");
}

/// An object of 40 bytes on the heap, something to do when it goes, and its end.
fn attach(c: &mut Criterion) {
    struct Noting([u64; 5]);
    impl Drop for Noting {
        fn drop(&mut self) {
            note(self.0[0]);
        }
    }

    let mut group = c.benchmark_group("cleanups/attach");
    group.bench_function("nothing", |b| {
        b.iter(|| drop(black_box(Box::new([0_u64; 5]))))
    });
    group.bench_function("drop", |b| {
        b.iter(|| drop(black_box(Box::new(Noting([0; 5])))))
    });
    group.bench_function("scopeguard", |b| {
        b.iter(|| {
            drop(black_box(Box::new(scopeguard::guard(
                [0_u64; 5],
                |object| note(object[0]),
            ))))
        });
    });
    group.bench_function("scopeguard-stopped", |b| {
        b.iter(|| {
            let guard = black_box(scopeguard::guard(Box::new([0_u64; 5]), |object| {
                note(object[0])
            }));
            drop(black_box(scopeguard::ScopeGuard::into_inner(guard)));
        });
    });
    group.bench_function("tracked", |b| {
        b.iter(|| drop(black_box(Tracked::new([0_u64; 5]))))
    });
    group.bench_function("cleanup", |b| {
        b.iter(|| {
            let object = black_box(Tracked::new([0_u64; 5]));
            let n = black_box(1);
            drop(Tracked::add_cleanup(&object, move || note(n)));
        });
    });
    group.bench_function("cleanup-stopped", |b| {
        b.iter(|| {
            let object = black_box(Tracked::new([0_u64; 5]));
            let n = black_box(1);
            Tracked::add_cleanup(&object, move || note(n)).stop()
        });
    });
    // Until the thread has run them all: otherwise its queue would grow, and only the queueing be measured.
    group.bench_function("cleanup-off-thread", |b| {
        b.iter_custom(|times| {
            let cleaner = Cleaner::start().expect("a thread can be started");
            let begin = Instant::now();
            for _ in 0..times {
                let object = black_box(Tracked::new([0_u64; 5]));
                let n = black_box(1);
                drop(cleaner.add_cleanup(&object, move || note(n)));
            }
            cleaner.finish();
            begin.elapsed()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = benches::criterion();
    targets = open, attach
}
criterion_main!(benches);
