//! The contract of `Pull`, stated once. `contract!(Rung)` makes each sentence a test of that rung, in the
//! module where it stands.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::rungs::{Rung, Script, expect_scripted_panic};

/// F(93), the greatest Fibonacci number in a `u64`.
pub const LAST: u64 = 12_200_160_415_121_876_738;

pub fn fibonacci_starts_at_zero<R: Rung>() {
    let first: Vec<u64> = R::fibonacci().take(10).collect();
    assert_eq!(first, [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]);
}

pub fn fibonacci_ends_after_94_terms<R: Rung>() {
    let terms: Vec<u64> = R::fibonacci().take(200).collect();
    assert_eq!(terms.len(), 94);
    assert_eq!(terms[93], LAST);
    assert!(terms[2..].is_sorted_by(|a, b| a < b), "a term has wrapped");
}

pub fn end_is_final<R: Rung>() {
    let mut pull = R::pull(Script::of([7, 8]));
    assert_eq!((pull.next(), pull.next()), (Some(7), Some(8)));
    assert_eq!([pull.next(), pull.next(), pull.next()], [None; 3]);
    let mut fibonacci = R::fibonacci();
    assert_eq!(fibonacci.by_ref().take(200).count(), 94);
    assert_eq!([fibonacci.next(), fibonacci.next()], [None; 2]);
}

pub fn producer_starts_with_the_first_next<R: Rung>() {
    let script = Script::of([7, 8]);
    let log = script.log.clone();
    let mut pull = R::pull(script);
    assert_eq!(log.started(), 0);
    assert_eq!(pull.next(), Some(7));
    assert_eq!(log.started(), 1);
}

pub fn producer_never_started_never_runs<R: Rung>() {
    let script = Script::of([7, 8]);
    let log = script.log.clone();
    drop(R::pull(script));
    assert_eq!((log.started(), log.produced(), log.cleaned_up()), (0, 0, 0));
}

pub fn producer_runs_no_further_ahead_than_its_bound<R: Rung>() {
    let script = Script::of(0..1000);
    let log = script.log.clone();
    let mut pull = R::pull(script);
    for received in 1..=100 {
        pull.next();
        let produced = log.produced();
        assert!(
            (received..=received + R::AHEAD).contains(&produced),
            "{produced} produced, {received} received"
        );
    }
}

pub fn stop_halfway_runs_the_cleanup<R: Rung>() {
    let script = Script::of(0..1000);
    let log = script.log.clone();
    let mut pull = R::pull(script);
    pull.next();
    assert_eq!(log.cleaned_up(), 0);
    listings::coroutines::Pull::stop(pull);
    assert_eq!(
        log.cleaned_up(),
        1,
        "`stop` has returned and the producer's destructors have not run"
    );
    assert!(
        log.produced() <= 1 + R::AHEAD,
        "the producer went on after `stop`"
    );
}

pub fn end_runs_the_cleanup_once<R: Rung>() {
    let script = Script::of([7]);
    let log = script.log.clone();
    let mut pull = R::pull(script);
    assert_eq!((pull.next(), pull.next()), (Some(7), None));
    assert_eq!(
        log.cleaned_up(),
        1,
        "the end of the sequence is the end of the producer"
    );
    drop(pull);
    assert_eq!(log.cleaned_up(), 1);
}

pub fn panic_reaches_the_consumer<R: Rung>() {
    let mut pull = R::pull(Script::of([7, 8, 9]).panicking_at(2));
    assert_eq!((pull.next(), pull.next()), (Some(7), Some(8)));
    expect_scripted_panic(|| pull.next());
}

pub fn panic_ends_the_sequence<R: Rung>() {
    let script = Script::of([7, 8]).panicking_at(1);
    let log = script.log.clone();
    let mut pull = R::pull(script);
    assert_eq!(pull.next(), Some(7));
    expect_scripted_panic(|| pull.next());
    assert_eq!([pull.next(), pull.next()], [None; 2]);
    drop(pull);
    assert_eq!(log.cleaned_up(), 1);
}

pub fn panicking_consumer_runs_the_cleanup<R: Rung>() {
    let script = Script::of(0..1000);
    let log = script.log.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut pull = R::pull(script);
        pull.next();
        resume_unwind(Box::new("the consumer's own")); // `pull` is dropped by the unwinding
    }));
    assert!(outcome.is_err());
    assert_eq!(log.cleaned_up(), 1);
}

/// One module of tests for one rung.
macro_rules! contract {
    ($rung:ty) => {
        $crate::suite::contract! { @tests $rung:
            fibonacci_starts_at_zero
            fibonacci_ends_after_94_terms
            end_is_final
            producer_starts_with_the_first_next
            producer_never_started_never_runs
            producer_runs_no_further_ahead_than_its_bound
            stop_halfway_runs_the_cleanup
            end_runs_the_cleanup_once
            panic_reaches_the_consumer
            panic_ends_the_sequence
            panicking_consumer_runs_the_cleanup
        }
    };
    (@tests $rung:ty: $($test:ident)*) => {
        $(
            #[test]
            fn $test() {
                $crate::suite::$test::<$rung>();
            }
        )*
    };
}
pub(crate) use contract;
