//! How long something takes while others do it too.

use std::{
    sync::{Barrier, OnceLock},
    thread,
    time::{Duration, Instant},
};

/// What tells the time: the system's clock, or a test's.
pub trait Clock: Sync {
    /// The time since a moment of the clock's own choice.
    fn now(&self) -> Duration;
}

/// The system's monotonic clock, since it was made.
#[derive(Debug)]
pub struct Monotonic(Instant);

impl Default for Monotonic {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Monotonic {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

// ANCHOR: round
/// What one worker did, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worker {
    /// How often it tried.
    pub attempts: u64,
    /// How often it succeeded.
    pub successes: u64,
    /// When it began, by its own look at the clock.
    pub begin: Duration,
    /// When it ended, likewise.
    pub end: Duration,
}

/// What all of them did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The workers, by number.
    pub workers: Vec<Worker>,
}

impl Round {
    /// From when the first began to when the last ended. Never from outside: a thread that waits for others looks at the
    /// clock when it is woken, and that may be when all is over.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let begin = self
            .workers
            .iter()
            .map(|worker| worker.begin)
            .min()
            .unwrap_or_default();
        let end = self
            .workers
            .iter()
            .map(|worker| worker.end)
            .max()
            .unwrap_or_default();
        end - begin
    }

    /// How often all of them tried.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.workers.iter().map(|worker| worker.attempts).sum()
    }

    /// How often all of them succeeded.
    #[must_use]
    pub fn successes(&self) -> u64 {
        self.workers.iter().map(|worker| worker.successes).sum()
    }

    /// Successes by attempts, from 0 to 1. At 1, nobody ever got in anybody's way.
    #[must_use]
    pub fn success_rate(&self) -> f64 {
        self.successes() as f64 / self.attempts() as f64
    }

    /// The successes of the worker that had fewest, by what would have been its equal share: 1 if all had as many, 0 if
    /// one had none.
    #[must_use]
    pub fn fairness(&self) -> f64 {
        let least = self
            .workers
            .iter()
            .map(|worker| worker.successes)
            .min()
            .unwrap_or_default();
        least as f64 * self.workers.len() as f64 / self.successes() as f64
    }

    /// Nanoseconds a success took: the time of all together for what all together achieved.
    #[must_use]
    pub fn ns_per_success(&self) -> f64 {
        self.elapsed().as_nanos() as f64 / self.successes() as f64
    }
}
// ANCHOR_END: round

/// How often a worker tries between two looks at the clock.
pub const BATCH: u64 = 64;

// ANCHOR: contend
/// Lets so many workers try something over and over until the window is over, beginning together.
///
/// `prepare` is called once on each worker's thread, with its number, and is not measured. What it returns is one attempt,
/// and says whether it succeeded.
///
/// # Panics
///
/// If a worker does.
pub fn contend<W: FnMut() -> bool>(
    clock: &impl Clock,
    workers: usize,
    window: Duration,
    prepare: impl Fn(usize) -> W + Sync,
) -> Round {
    let together = Barrier::new(workers);
    let first = OnceLock::new();
    let run = |number| {
        let mut attempt = prepare(number);
        together.wait();
        let begin = clock.now();
        // One window for all: who comes late has less of it, which fairness shows.
        let deadline = *first.get_or_init(|| begin) + window;
        let (mut attempts, mut successes) = (0, 0);
        let mut end = begin;
        while end < deadline {
            for _ in 0..BATCH {
                attempts += 1;
                successes += u64::from(attempt());
            }
            end = clock.now();
        }
        Worker {
            attempts,
            successes,
            begin,
            end,
        }
    };
    let run = &run;
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|number| scope.spawn(move || run(number)))
            .collect();
        let workers = running
            .into_iter()
            .map(|worker| worker.join().expect("no worker panics"))
            .collect();
        Round { workers }
    })
}
// ANCHOR_END: contend
