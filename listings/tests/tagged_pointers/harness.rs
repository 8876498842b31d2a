//! The harness is held to its word on a clock that stands still unless something is done.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use listings::tagged_pointers::contention::{BATCH, Clock, Round, Worker, contend};

const WINDOW: Duration = Duration::from_nanos(1000);

/// Its time passes when somebody says so.
#[derive(Default)]
struct Told(AtomicU64);

impl Told {
    fn pass(&self, nanoseconds: u64) {
        self.0.fetch_add(nanoseconds, SeqCst);
    }
}

impl Clock for Told {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(SeqCst))
    }
}

/// Workers whose every attempt takes one nanosecond and whose preparation takes a thousand; every fourth attempt succeeds.
fn round(workers: usize) -> (Round, u64) {
    let (clock, calls) = (Told::default(), AtomicU64::new(0));
    let round = contend(&clock, workers, WINDOW, |_| {
        clock.pass(1000);
        let mut mine = 0;
        let (clock, calls) = (&clock, &calls);
        move || {
            mine += 1;
            calls.fetch_add(1, SeqCst);
            clock.pass(1);
            mine % 4 == 0
        }
    });
    let calls = calls.into_inner();
    (round, calls)
}

fn worker(successes: u64, begin: u64, end: u64) -> Worker {
    let [begin, end] = [begin, end].map(Duration::from_nanos);
    Worker {
        attempts: 2 * successes,
        successes,
        begin,
        end,
    }
}

#[test]
fn attempts_are_those_that_were_made() {
    for workers in [1, 2, 5] {
        let (round, calls) = round(workers);
        assert_eq!(round.workers.len(), workers);
        assert_eq!(round.attempts(), calls);
    }
}

#[test]
fn successes_are_those_that_succeeded() {
    let (round, calls) = round(2);
    assert_eq!(BATCH % 4, 0, "so that every worker's share is exact");
    assert_eq!(round.successes(), calls / 4);
    assert!((round.success_rate() - 0.25).abs() < 1e-9);
}

#[test]
fn time_is_that_of_the_attempts_and_not_of_the_preparation() {
    for workers in [1, 2, 5] {
        let (round, calls) = round(workers);
        assert_eq!(
            round.elapsed(),
            Duration::from_nanos(calls),
            "one nanosecond for each"
        );
    }
}

#[test]
fn round_lasts_for_its_window() {
    for workers in [1, 2, 5] {
        let (round, _) = round(workers);
        let late = Duration::from_nanos(BATCH * workers as u64);
        assert!(
            (WINDOW..=WINDOW + late).contains(&round.elapsed()),
            "{round:?}"
        );
    }
}

#[test]
fn workers_begin_when_all_are_prepared() {
    const WORKERS: usize = 3;
    let (clock, prepared) = (Told::default(), AtomicUsize::new(0));
    contend(&clock, WORKERS, WINDOW, |number| {
        // The last to prepare lets the others run ahead, if they would.
        (0..number * 100).for_each(|_| std::thread::yield_now());
        prepared.fetch_add(1, SeqCst);
        || {
            clock.pass(1);
            assert_eq!(prepared.load(SeqCst), WORKERS);
            true
        }
    });
}

#[test]
fn elapsed_is_from_the_first_begin_to_the_last_end() {
    let round = Round {
        workers: vec![worker(10, 5, 25), worker(30, 0, 20), worker(20, 10, 40)],
    };
    assert_eq!(round.elapsed(), Duration::from_nanos(40));
    assert!((round.ns_per_success() - 40.0 / 60.0).abs() < 1e-9);
}

#[test]
fn fairness_is_the_least_share_by_an_equal_one() {
    let of = |successes: [u64; 2]| {
        Round {
            workers: successes.map(|successes| worker(successes, 0, 1)).to_vec(),
        }
        .fairness()
    };
    assert!((of([50, 50]) - 1.0).abs() < 1e-9);
    assert!((of([25, 75]) - 0.5).abs() < 1e-9);
    assert!(of([0, 100]).abs() < 1e-9);
}
