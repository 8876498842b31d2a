//! What a failure and a panic mean is the caller's choice.

use std::sync::{Arc, Mutex};

use listings::{
    nursery::{Failure, NurseryError, Options, PanicPolicy, Policy, nursery_with},
    scope::{Failed, Root, Stopped},
    virtual_time::bubble,
};

use crate::{Alive, Thrown, ms, nap, run, throw, thrown};

type Errors = Vec<(&'static str, u32)>;

/// The failures, as (who, error or what the panic carries).
fn failures<T>(outcome: Result<T, NurseryError<u32>>) -> Errors {
    match outcome {
        Err(NurseryError::Failed { first, suppressed }) => std::iter::once(&first)
            .chain(&suppressed)
            .map(told)
            .collect(),
        _ => Vec::new(),
    }
}

fn told(failed: &Failed<Failure<u32>>) -> (&'static str, u32) {
    let number = failed
        .error
        .error()
        .copied()
        .or_else(|| failed.error.panic().map(|it: &Thrown| it.0));
    (failed.task, number.unwrap())
}

/// Two children fail, after 10 and 20 ms, and a third takes 30.
async fn three(options: Options<u32>, alive: &Alive) -> Result<(), NurseryError<u32>> {
    let root = Root::new();
    nursery_with(options, &root, async |n| {
        let _ = n.spawn("a", alive.child(10, Err(1))).await;
        let _ = n.spawn("b", alive.child(20, Err(2))).await;
        let _ = n.spawn("c", alive.child(30, Ok(()))).await;
        Ok(())
    })
    .await
}

#[test]
fn fail_fast_cancels_the_siblings() {
    run(async {
        let alive = Alive::default();
        assert_eq!(
            failures(three(Options::default(), &alive).await),
            [("a", 1)]
        );
        assert_eq!((alive.count(), bubble::now()), (0, ms(10)));
    });
}

#[test]
fn collect_cancels_nobody_and_returns_all() {
    run(async {
        let alive = Alive::default();
        let options = Options::default().policy(Policy::Collect);
        assert_eq!(failures(three(options, &alive).await), [("a", 1), ("b", 2)]);
        assert_eq!((alive.count(), bubble::now()), (0, ms(30)));
    });
}

#[test]
fn supervise_tells_its_handler_at_once_and_succeeds() {
    run(async {
        let (alive, heard) = (Alive::default(), Arc::new(Mutex::new(Vec::new())));
        let log = Arc::clone(&heard);
        let policy = Policy::supervise(move |failed| {
            log.lock().unwrap().push((told(&failed), bubble::now()))
        });
        assert!(
            three(Options::default().policy(policy), &alive)
                .await
                .is_ok()
        );
        assert_eq!(
            *heard.lock().unwrap(),
            [(("a", 1), ms(10)), (("b", 2), ms(20))]
        );
        assert_eq!((alive.count(), bubble::now()), (0, ms(30)));
    });
}

#[test]
fn failure_of_the_body_ends_every_nursery() {
    run(async {
        let policies: [Policy<u32>; 3] = [
            Policy::FailFast,
            Policy::Collect,
            Policy::supervise(|_| panic!("a child has failed")),
        ];
        for policy in policies {
            let (alive, begin) = (Alive::default(), bubble::now());
            let options = Options::default().policy(policy);
            let root = Root::new();
            let outcome = nursery_with(options, &root, async |n| {
                let _ = n.spawn("slow", alive.child(1000, Ok(()))).await;
                nap::<u32>(5).await?;
                Err::<(), _>(3)
            });
            assert_eq!(failures(outcome.await), [("body", 3)]);
            assert_eq!((alive.count(), bubble::now() - begin), (0, ms(5)));
        }
    });
}

/// A child panics after 10 ms; another takes 30.
async fn panicking(options: Options<u32>, alive: &Alive) -> Result<(), NurseryError<u32>> {
    let root = Root::new();
    nursery_with(options, &root, async |n| {
        let guard = alive.guard();
        let bad = async move {
            let _guard = guard;
            nap::<u32>(10).await?;
            throw(7)
        };
        let _ = n.spawn::<(), _>("bad", bad).await;
        let _ = n.spawn("c", alive.child(30, Ok(()))).await;
        Ok(())
    })
    .await
}

#[test]
fn panic_is_raised_when_all_have_ended() {
    run(async {
        let alive = Alive::default();
        let options = Options::default().policy(Policy::Collect);
        assert_eq!(thrown(panicking(options, &alive)).await, Thrown(7));
        assert_eq!((alive.count(), bubble::now()), (0, ms(10)));
    });
}

#[test]
fn panic_can_be_a_failure_like_others() {
    run(async {
        let alive = Alive::default();
        let options = Options::default()
            .policy(Policy::Collect)
            .panics(PanicPolicy::Fail);
        assert_eq!(failures(panicking(options, &alive).await), [("bad", 7)]);
        assert_eq!((alive.count(), bubble::now()), (0, ms(30)));
    });
}

#[test]
fn late_spawn_is_refused() {
    run(async {
        let root = Root::new();
        let outcome = nursery_with(Options::<u32>::default(), &root, async |n| Ok(n.clone()));
        let escaped = outcome.await.unwrap();
        assert_eq!(
            escaped.spawn("late", nap(1)).await.err(),
            Some(Stopped::Closed)
        );
    });
}

#[test]
fn panic_can_end_the_process_at_once() {
    const HELPER: &str = "NURSERY_ABORTS";
    if std::env::var_os(HELPER).is_some() {
        run(async {
            let options = Options::default().panics(PanicPolicy::Abort);
            let _ = panicking(options, &Alive::default()).await;
            std::process::exit(0)
        });
    }
    let this = std::env::current_exe().unwrap();
    let ran = std::process::Command::new(this)
        .args(["--exact", "core::panic_can_end_the_process_at_once"])
        .env(HELPER, "1")
        .output()
        .unwrap();
    assert!(
        !ran.status.success() && ran.status.code() != Some(101),
        "{ran:?}"
    );
}
