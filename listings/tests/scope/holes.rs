//! What the first two stages let through: each of these is a child that outlives its scope.

use std::future::pending;

use listings::scope::{s1_translation, s2_drained};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use crate::{Alive, Thrown, ms, run, throw, thrown};

#[test]
fn translation_returns_at_the_first_error_with_a_child_alive() {
    run(async {
        let alive = Alive::default();
        let outcome = s1_translation::run(async |children| {
            children.spawn(alive.child(1000, Ok(())));
            children.spawn(alive.child(10, Err(7)));
        })
        .await;
        assert_eq!((outcome, alive.count()), (Err(7), 1));
    });
}

#[test]
fn translation_loses_the_errors_after_the_first() {
    run(async {
        let outcome = s1_translation::run(async |children| {
            children.spawn(async { Err(1) });
            children.spawn(async { Err(2) });
        })
        .await;
        assert_eq!(outcome, Err(1));
    });
}

#[test]
fn translation_does_not_wait_when_its_body_panics() {
    run(async {
        let alive = Alive::default();
        let panic = thrown(s1_translation::run::<()>(async |children| {
            children.spawn(alive.child(1000, Ok(())));
            throw(1)
        }));
        assert_eq!((panic.await, alive.count()), (Thrown(1), 1));
    });
}

#[test]
fn translation_does_not_tell_its_body_of_an_error() {
    run(async {
        let stuck = s1_translation::run(async |children| {
            children.spawn(async { Err(7) });
            pending().await
        });
        assert!(timeout(ms(60_000), stuck).await.is_err());
    });
}

#[test]
fn drained_waits_after_an_error_and_after_a_panic() {
    run(async {
        let alive = Alive::default();
        let polite = |token: &tokio_util::sync::CancellationToken| {
            let (token, guard) = (token.clone(), alive.guard());
            async move {
                let _guard = guard;
                token.cancelled().await;
                sleep(ms(50)).await;
                Ok(())
            }
        };
        let outcome = s2_drained::run(async |children, token| {
            children.spawn(polite(token));
            children.spawn(alive.child(10, Err(7)));
        })
        .await;
        assert_eq!((outcome, alive.count()), (Err(7), 0));
        let panic = thrown(s2_drained::run::<u32>(async |children, token| {
            children.spawn(polite(token));
            throw(1)
        }));
        assert_eq!((panic.await, alive.count()), (Thrown(1), 0));
    });
}

#[test]
fn drained_does_not_tell_its_body_of_an_error() {
    run(async {
        let stuck = s2_drained::run(async |children, _| {
            children.spawn(async { Err(7) });
            pending().await
        });
        assert!(timeout(ms(60_000), stuck).await.is_err());
    });
}

#[test]
fn drained_leaves_children_alive_when_it_is_dropped() {
    run(async {
        let alive = Alive::default();
        let work = s2_drained::run::<()>(async |children, _| {
            children.spawn(alive.child(1000, Ok(())));
            yield_now().await;
        });
        assert!(timeout(ms(10), work).await.is_err());
        assert_eq!(alive.count(), 1);
    });
}
