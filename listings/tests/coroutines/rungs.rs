//! Every rung of the ladder behind one trait, playing the same scripted producer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use listings::coroutines::{
    Pull, blocking_task, from_stream, generator, ready_made, s2_iterator, s3_generator,
    s4_stackful, s5_threads, s6_tasks, stackful, strict, threaded, threaded_crossbeam,
};

/// A sequence of any rung.
pub type AnyPull = Box<dyn Pull<Item = u64>>;

/// What a producer has done so far, seen from outside.
#[derive(Clone, Default)]
pub struct Log(Arc<Counts>);

#[derive(Default)]
struct Counts {
    started: AtomicUsize,
    produced: AtomicUsize,
    cleaned_up: AtomicUsize,
}

impl Log {
    // Relaxed throughout: where a producer has a thread of its own, what orders its counts before the consumer's look at
    // them is the channel or the join, and the tests ask for nothing more.
    pub fn started(&self) -> usize {
        self.0.started.load(Ordering::Relaxed)
    }

    pub fn produced(&self) -> usize {
        self.0.produced.load(Ordering::Relaxed)
    }

    pub fn cleaned_up(&self) -> usize {
        self.0.cleaned_up.load(Ordering::Relaxed)
    }
}

/// What a producer is to do: hand out `values`, and panic instead of value number `panics_at` (or of the end, when that
/// is one past the last).
#[derive(Clone, Default)]
pub struct Script {
    pub values: Vec<u64>,
    pub panics_at: Option<usize>,
    pub log: Log,
}

impl Script {
    pub fn of(values: impl IntoIterator<Item = u64>) -> Self {
        Self {
            values: values.into_iter().collect(),
            ..Self::default()
        }
    }

    pub fn panicking_at(self, index: usize) -> Self {
        Self {
            panics_at: Some(index),
            ..self
        }
    }

    /// The script as it is performed: the loop body of every producer.
    fn perform(self) -> Performance {
        Performance {
            script: self,
            index: 0,
            cleanup: None,
        }
    }
}

/// The payload a script panics with.
pub const SCRIPTED_PANIC: &str = "as scripted";

struct Performance {
    script: Script,
    index: usize,
    /// What the producer owns while it runs.
    cleanup: Option<Cleanup>,
}

struct Cleanup(Log);

impl Drop for Cleanup {
    fn drop(&mut self) {
        self.0.0.cleaned_up.fetch_add(1, Ordering::Relaxed);
    }
}

impl Iterator for Performance {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let log = &self.script.log;
        self.cleanup.get_or_insert_with(|| {
            log.0.started.fetch_add(1, Ordering::Relaxed);
            Cleanup(log.clone())
        });
        if self.script.panics_at == Some(self.index) {
            std::panic::panic_any(SCRIPTED_PANIC);
        }
        let value = *self.script.values.get(self.index)?;
        self.index += 1;
        log.0.produced.fetch_add(1, Ordering::Relaxed);
        Some(value)
    }
}

/// One way of standing behind `Pull`.
pub trait Rung {
    /// How many steps the producer may be ahead of the consumer.
    const AHEAD: usize;

    /// The scripted producer on this rung.
    fn pull(script: Script) -> AnyPull;

    /// The chapter's Fibonacci sequence on this rung.
    fn fibonacci() -> AnyPull;
}

/// A rung as a value: name, scripted producer, Fibonacci sequence.
pub type Row = (&'static str, fn(Script) -> AnyPull, fn() -> AnyPull);

/// The rungs as values, for tests that compare them.
pub const ALL: [Row; 14] = [
    row::<ByHand>("by hand"),
    row::<FromFn>("from_fn"),
    row::<Async>("generator"),
    row::<Genawaiter>("genawaiter"),
    row::<AsyncStream>("async-stream"),
    row::<OwnStack>("stackful"),
    row::<Thread<0>>("thread, rendezvous"),
    row::<Thread<1>>("thread, bound 1"),
    row::<Thread<64>>("thread, bound 64"),
    row::<Crossbeam<0>>("crossbeam, rendezvous"),
    row::<Crossbeam<1>>("crossbeam, bound 1"),
    row::<Crossbeam<64>>("crossbeam, bound 64"),
    row::<TokioTask<1>>("task, bound 1"),
    row::<TokioTask<64>>("task, bound 64"),
];

/// The rungs of the core exercise, which come first.
pub fn core_rungs() -> &'static [Row] {
    &ALL[..3]
}

const fn row<R: Rung>(name: &'static str) -> Row {
    (name, R::pull, R::fibonacci)
}

pub struct ByHand;

impl Rung for ByHand {
    const AHEAD: usize = 0;

    fn pull(script: Script) -> AnyPull {
        Box::new(strict(script.perform()))
    }

    fn fibonacci() -> AnyPull {
        Box::new(s2_iterator::sequence())
    }
}

pub struct FromFn;

impl Rung for FromFn {
    const AHEAD: usize = 0;

    fn pull(script: Script) -> AnyPull {
        let mut performance = script.perform();
        Box::new(strict(std::iter::from_fn(move || performance.next())))
    }

    fn fibonacci() -> AnyPull {
        Box::new(s2_iterator::sequence_from_fn())
    }
}

pub struct Async;

impl Rung for Async {
    const AHEAD: usize = 0;

    fn pull(script: Script) -> AnyPull {
        Box::new(generator(|y| async move {
            for value in script.perform() {
                y.yield_(value).await;
            }
        }))
    }

    fn fibonacci() -> AnyPull {
        Box::new(s3_generator::sequence())
    }
}

pub struct Genawaiter;

impl Rung for Genawaiter {
    const AHEAD: usize = 0;

    fn pull(script: Script) -> AnyPull {
        let generator = genawaiter::rc::Gen::new(|co| async move {
            for value in script.perform() {
                co.yield_(value).await;
            }
        });
        Box::new(strict(generator.into_iter()))
    }

    fn fibonacci() -> AnyPull {
        Box::new(ready_made::sequence_genawaiter())
    }
}

pub struct AsyncStream;

impl Rung for AsyncStream {
    const AHEAD: usize = 0;

    fn pull(script: Script) -> AnyPull {
        Box::new(from_stream(async_stream::stream! {
            for value in script.perform() {
                yield value;
            }
        }))
    }

    fn fibonacci() -> AnyPull {
        Box::new(ready_made::sequence_async_stream())
    }
}

pub struct OwnStack;

impl Rung for OwnStack {
    const AHEAD: usize = 0;

    fn pull(script: Script) -> AnyPull {
        Box::new(stackful(|emit| script.perform().for_each(emit)))
    }

    fn fibonacci() -> AnyPull {
        Box::new(s4_stackful::sequence())
    }
}

pub struct Thread<const BOUND: usize>;

impl<const BOUND: usize> Rung for Thread<BOUND> {
    /// The channel's content, and the value that waits to enter it.
    const AHEAD: usize = BOUND + 1;

    fn pull(script: Script) -> AnyPull {
        Box::new(threaded(BOUND, |emit| script.perform().for_each(emit)))
    }

    fn fibonacci() -> AnyPull {
        Box::new(s5_threads::sequence(BOUND))
    }
}

pub struct Crossbeam<const BOUND: usize>;

impl<const BOUND: usize> Rung for Crossbeam<BOUND> {
    const AHEAD: usize = BOUND + 1;

    fn pull(script: Script) -> AnyPull {
        Box::new(threaded_crossbeam(BOUND, |emit| {
            script.perform().for_each(emit)
        }))
    }

    fn fibonacci() -> AnyPull {
        Box::new(threaded_crossbeam(BOUND, |emit| {
            s2_iterator::sequence().for_each(emit)
        }))
    }
}

pub struct TokioTask<const BOUND: usize>;

impl<const BOUND: usize> Rung for TokioTask<BOUND> {
    const AHEAD: usize = BOUND + 1;

    fn pull(script: Script) -> AnyPull {
        let pull = blocking_task(BOUND, |y| async move {
            for value in script.perform() {
                y.yield_(value).await;
            }
        });
        Box::new(pull.expect("a runtime can be built"))
    }

    fn fibonacci() -> AnyPull {
        Box::new(s6_tasks::sequence(BOUND).expect("a runtime can be built"))
    }
}

/// Runs `f`, which must panic as scripted.
pub fn expect_scripted_panic<T>(f: impl FnOnce() -> T) {
    let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)) else {
        panic!("the producer's panic was swallowed");
    };
    assert_eq!(
        payload.downcast_ref::<&str>(),
        Some(&SCRIPTED_PANIC),
        "another panic than the scripted one"
    );
}
