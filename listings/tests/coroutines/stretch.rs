//! Threads and tasks: what it takes for a producer that runs by itself to keep the same contract.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use futures::FutureExt;
use listings::coroutines::{Task, task, threaded};

use crate::{
    rungs::{Crossbeam, Rung, Script, Thread, TokioTask},
    suite::contract,
};

mod thread_rendezvous {
    super::contract!(crate::rungs::Thread<0>);
}

mod thread_bound_1 {
    super::contract!(crate::rungs::Thread<1>);
}

mod thread_bound_64 {
    super::contract!(crate::rungs::Thread<64>);
}

mod crossbeam_rendezvous {
    super::contract!(crate::rungs::Crossbeam<0>);
}

mod crossbeam_bound_1 {
    super::contract!(crate::rungs::Crossbeam<1>);
}

mod crossbeam_bound_64 {
    super::contract!(crate::rungs::Crossbeam<64>);
}

mod task_bound_1 {
    super::contract!(crate::rungs::TokioTask<1>);
}

mod task_bound_64 {
    super::contract!(crate::rungs::TokioTask<64>);
}

#[test]
fn thread_is_joined_before_drop_returns() {
    /// A cleanup that takes long, unless the consumer's drop has returned: then the gate is open at once.
    struct SlowCleanup {
        gate: mpsc::Receiver<()>,
        waited_for: mpsc::Sender<bool>,
    }
    impl Drop for SlowCleanup {
        fn drop(&mut self) {
            let still_in_drop = self.gate.recv_timeout(Duration::from_millis(50)).is_err();
            let _ = self.waited_for.send(still_in_drop);
        }
    }
    let (open, gate) = mpsc::channel();
    let (waited_for, outcome) = mpsc::channel();
    let mut pull = threaded(0, move |emit| {
        let _cleanup = SlowCleanup { gate, waited_for };
        (0..1_000_000).for_each(emit);
    });
    assert_eq!(pull.next(), Some(0));
    drop(pull);
    let _ = open.send(());
    assert_eq!(
        outcome.recv(),
        Ok(true),
        "`drop` returned while the cleanup was under way"
    );
}

#[test]
fn panic_the_consumer_never_reached_is_not_raised_by_drop() {
    fn first_then_drop<R: Rung>() {
        let mut pull = R::pull(Script::of([7, 8]).panicking_at(1));
        assert_eq!(pull.next(), Some(7));
        drop(pull);
    }
    first_then_drop::<Thread<64>>();
    first_then_drop::<Crossbeam<64>>();
    first_then_drop::<TokioTask<64>>();
}

#[tokio::test]
async fn task_next_after_the_end_is_none() {
    let mut pull = task(1, |y| async move { y.yield_(1).await });
    assert_eq!(
        [pull.next().await, pull.next().await, pull.next().await],
        [Some(1), None, None]
    );
}

#[tokio::test]
async fn task_next_dropped_halfway_loses_nothing() {
    let mut pull = task(1, |y| async move {
        for n in 0..3 {
            tokio::task::yield_now().await;
            y.yield_(n).await;
        }
    });
    let mut values = Vec::new();
    loop {
        match pull.next().now_or_never() {
            Some(Some(value)) => values.push(value),
            Some(None) => break,
            None => tokio::task::yield_now().await, // asked too early: that `next` has been dropped
        }
    }
    assert_eq!(values, [0, 1, 2]);
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        // Relaxed: every test here reads the flag on the thread that runs the task.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A task that is suspended in its loop, and whether its destructors have run.
async fn suspended_task() -> (Task<i32>, Arc<AtomicBool>) {
    let cleaned_up = Arc::new(AtomicBool::new(false));
    let flag = SetOnDrop(Arc::clone(&cleaned_up));
    let mut pull = task(1, |y| async move {
        let _flag = flag;
        loop {
            y.yield_(1).await;
        }
    });
    pull.next().await;
    (pull, cleaned_up)
}

#[tokio::test]
async fn task_stop_waits_for_the_cleanup() {
    let (pull, cleaned_up) = suspended_task().await;
    pull.stop().await;
    assert!(cleaned_up.load(Ordering::Relaxed));
}

#[tokio::test]
async fn task_dropped_cleans_up_only_when_the_runtime_gets_to_it() {
    let (pull, cleaned_up) = suspended_task().await;
    drop(pull);
    assert!(
        !cleaned_up.load(Ordering::Relaxed),
        "on one thread nothing can have run since the drop"
    );
    tokio::task::yield_now().await;
    assert!(cleaned_up.load(Ordering::Relaxed));
}
