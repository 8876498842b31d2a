//! What an exchange costs, and a ticket taken from a stack and given back, with 1, 2 and 16 threads.
//!
//! Each sample is a round of `listings::tagged_pointers::contention`: for a fixed time, timed by the workers themselves.
//! criterion is told what so many successes would have taken, since it asks for a number of them. The same rounds say how
//! often an attempt succeeded and how evenly the workers shared, which is kept beside criterion's results.

use std::{cell::RefCell, hint::black_box, sync::Mutex, time::Duration};

mod kept;

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
    measurement::WallTime,
};
use crossbeam::queue::ArrayQueue;
use listings::tagged_pointers::{
    Bare, EpochStack, Indexed, Locked, Seen, Stack, TaggedPointer, Ticket, Tickets, Wide,
    contention::{Monotonic, Round, contend},
};

const THREADS: [usize; 3] = [1, 2, 16];

/// Long enough for sixteen threads to take turns on two processors.
const WINDOW: Duration = Duration::from_millis(30);

/// How many samples criterion takes.
const SAMPLES: usize = 20;

/// What a round tells beside its time, and the group it is kept in.
type Share = (&'static str, fn(&Round) -> f64);

const OF_EXCHANGES: &[Share] = &[
    ("exchange-success", Round::success_rate),
    ("exchange-fairness", Round::fairness),
];
/// A stack tries until it succeeds.
const OF_STACKS: &[Share] = &[("stack-fairness", Round::fairness)];

/// Measures the time of all workers together for each success. `prepare` is given the number of a worker.
fn at_each<W: FnMut() -> bool>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    threads: &[usize],
    shares: &[Share],
    prepare: impl Fn(usize) -> W + Sync,
) {
    let clock = Monotonic::default();
    for &threads in threads {
        let rounds = RefCell::new(Vec::new());
        group.bench_function(BenchmarkId::new(name, threads), |b| {
            b.iter_custom(|successes| {
                let round = contend(&clock, threads, WINDOW, &prepare);
                let time =
                    Duration::from_secs_f64(round.ns_per_success() * 1e-9 * successes as f64);
                rounds.borrow_mut().push(round);
                time
            });
        });
        let rounds = rounds.into_inner();
        // The last of them are the samples. There are fewer where the benchmark is filtered out, or only tried.
        let Some(warm_up) = rounds.len().checked_sub(SAMPLES) else {
            continue;
        };
        for (kept_in, share) in shares {
            let samples: Vec<f64> = rounds[warm_up..].iter().map(share).collect();
            let id = format!("tagged-pointers/{kept_in}/{name}/{threads}");
            kept::keep(&id, "share", None, &samples).expect("results can be written");
        }
    }
}

/// As [`Locked`], with the lock of `parking_lot`.
struct Parked(parking_lot::Mutex<Seen<u64>>);

// SAFETY: as for `Locked`, the pointer is handed on and never followed.
unsafe impl Send for Parked {}
// SAFETY: as above; it is read and written under the lock.
unsafe impl Sync for Parked {}

impl TaggedPointer<u64> for Parked {
    fn new(_home: &[u64]) -> Self {
        Self(parking_lot::Mutex::new((std::ptr::null_mut(), 0)))
    }

    fn load(&self) -> Seen<u64> {
        *self.0.lock()
    }

    fn cas(&self, seen: Seen<u64>, new: *mut u64) -> bool {
        let mut state = self.0.lock();
        let same = *state == seen;
        if same {
            *state = (new, seen.1.wrapping_add(1));
        }
        same
    }
}

fn exchange_of<H: TaggedPointer<u64>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    let home = [0, 1];
    let cell = H::new(&home);
    at_each(group, name, &THREADS, OF_EXCHANGES, |worker| {
        let (cell, new) = (&cell, (&raw const home[worker % 2]).cast_mut());
        move || cell.cas(black_box(cell.load()), new)
    });
}

fn stack_of<S: Tickets>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, threads: &[usize]) {
    let stack = S::full(64);
    at_each(group, name, threads, OF_STACKS, |_| {
        || {
            stack
                .take()
                .map(|ticket| stack.give(black_box(ticket)))
                .is_some()
        }
    });
}

fn settings<'c>(c: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = c.benchmark_group(name);
    // Each sample is a round, however many successes criterion asks for.
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(SAMPLES)
        .warm_up_time(Duration::from_millis(100));
    group
}

/// A load, and an exchange of what it saw.
fn exchange(c: &mut Criterion) {
    let mut group = settings(c, "tagged-pointers/exchange");
    exchange_of::<Bare<_>>(&mut group, "bare");
    exchange_of::<Locked<_>>(&mut group, "mutex");
    exchange_of::<Parked>(&mut group, "parking-lot");
    exchange_of::<Wide<_>>(&mut group, "wide");
    exchange_of::<Indexed<_>>(&mut group, "indexed");
    group.finish();
}

/// A ticket is taken and given back.
fn stack(c: &mut Criterion) {
    let mut group = settings(c, "tagged-pointers/stack");
    // With more threads it would be wrong, and what is wrong has no speed.
    stack_of::<Stack<Bare<_>>>(&mut group, "bare", &THREADS[..1]);
    stack_of::<Stack<Locked<_>>>(&mut group, "mutex", &THREADS);
    stack_of::<Stack<Wide<_>>>(&mut group, "wide", &THREADS);
    stack_of::<Stack<Indexed<_>>>(&mut group, "indexed", &THREADS);
    stack_of::<EpochStack<Ticket>>(&mut group, "epoch", &THREADS);
    stack_of::<Mutex<Vec<Ticket>>>(&mut group, "mutex-vec", &THREADS);
    stack_of::<parking_lot::Mutex<Vec<Ticket>>>(&mut group, "parking-lot-vec", &THREADS);
    stack_of::<ArrayQueue<Ticket>>(&mut group, "array-queue", &THREADS);
    group.finish();
}

criterion_group! { name = benches; config = benches::criterion(); targets = exchange, stack }
criterion_main!(benches);
