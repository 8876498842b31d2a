//! The three endings, and the tree.

use std::{future::pending, pin::pin, sync::mpsc, task::Poll};

use futures::poll;
use listings::{
    scope::{Root, ScopeError, Stopped, What, scope},
    virtual_time::bubble,
};
use tokio::time::{sleep, timeout};

use crate::{Alive, Thrown, ms, nap, run, throw, thrown};

type Outcome = Result<(), ScopeError<u32>>;

// --- polled to completion ---

#[test]
fn completed_scope_has_nobody_alive() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        for ending in 0..3 {
            let work = scope::<(), u32, _>(&root, async |s| {
                for millis in [5, 20] {
                    let guard = alive.guard();
                    let polite = s.spawn_cooperative("polite", |token| async move {
                        let _guard = guard;
                        let _ = timeout(ms(millis), token.cancelled()).await;
                        nap(7).await
                    });
                    let _ = polite.await;
                }
                sleep(ms(10)).await;
                match ending {
                    0 => Ok(()),
                    1 => Err(1),
                    _ => throw(1),
                }
            });
            match ending {
                2 => assert_eq!(thrown(work).await, Thrown(1)),
                _ => assert_eq!(work.await.is_ok(), ending == 0),
            }
            assert_eq!(alive.count(), 0, "ending {ending}");
        }
    });
}

// --- dropped ---

#[test]
fn dropped_scope_cancels_at_once_and_its_root_joins() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        let work = scope::<(), u32, _>(&root, async |s| {
            let guard = alive.guard();
            let polite = s.spawn_cooperative("polite", |token| async move {
                let _guard = guard;
                token.cancelled().await;
                assert_eq!(bubble::now(), ms(10), "told too late");
                nap(50).await
            });
            let _ = polite.await;
            let _ = s.spawn("plain", alive.child(1000, Ok(()))).await;
            pending().await
        });
        assert!(timeout(ms(10), work).await.is_err());
        // The dropper has not waited.
        assert_eq!((alive.count(), bubble::now()), (2, ms(10)));
        bubble::wait().await;
        assert_eq!(
            (alive.count(), bubble::now()),
            (1, ms(10)),
            "not cancelled at once"
        );
        assert!(root.wait().await.is_empty());
        assert_eq!((alive.count(), bubble::now()), (0, ms(60)));
    });
}

#[test]
fn dropped_scope_with_a_blocked_child_is_joined_by_its_root() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (root, alive) = (Root::new(), Alive::default());
        let (go, told) = mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel();
        {
            let work = scope::<(), u32, _>(&root, async |s| {
                let guard = alive.guard();
                let child = async move {
                    let _guard = guard;
                    let _ = begin.send(());
                    let _ = told.recv(); // a synchronous section: nothing can cut it short
                    Ok(())
                };
                let _ = s.spawn("blocked", child).await;
                pending().await
            });
            let mut work = pin!(work);
            tokio::select! { _ = &mut work => unreachable!(), begun = begun => begun.unwrap() }
        }
        assert_eq!(alive.count(), 1, "the child ended by itself");
        let mut wait = pin!(root.wait());
        assert!(poll!(&mut wait).is_pending(), "the root has not waited");
        go.send(()).unwrap();
        assert!(wait.await.is_empty());
        assert_eq!(alive.count(), 0);
    });
}

#[test]
fn dropped_scope_leaves_its_failures_to_the_root() {
    run(async {
        let root = Root::new();
        let work = scope::<(), u32, _>(&root, async |s| {
            for (name, panics) in [("err", false), ("panic", true)] {
                let polite = s.spawn_cooperative::<(), _>(name, move |token| async move {
                    token.cancelled().await;
                    sleep(ms(5)).await;
                    if panics { throw(2) } else { Err(1) }
                });
                let _ = polite.await;
            }
            sleep(ms(1)).await;
            Err(3) // first, and nobody is told: the scope is dropped while it waits for the others
        });
        assert!(timeout(ms(3), work).await.is_err());
        let orphans = root.wait().await;
        let tasks: Vec<_> = orphans.iter().map(|it| (it.scope, it.task)).collect();
        assert_eq!(
            tasks,
            [("scope", "body"), ("scope", "err"), ("scope", "panic")]
        );
        assert_eq!(orphans[1].what.downcast_ref(), Some(&1_u32));
        assert!(matches!(&orphans[2].what, What::Panic(payload) if payload.is::<Thrown>()));
    });
}

#[test]
fn dropped_scope_is_joined_by_the_scope_around_it() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        let outcome: Outcome = scope(&root, async |s| {
            let (outer, alive) = (s.clone(), alive.clone());
            let nested = async move {
                let inner: Outcome = scope(&outer, async |s| {
                    let guard = alive.guard();
                    let polite = s.spawn_cooperative("polite", |token| async move {
                        let _guard = guard;
                        token.cancelled().await;
                        nap(50).await
                    });
                    let _ = polite.await;
                    pending().await
                })
                .await;
                inner.map_err(|_| 9)
            };
            let _ = s.spawn("nested", nested).await;
            sleep(ms(10)).await;
            Err(1) // cuts `nested` short, which drops the scope in it
        })
        .await;
        assert!(matches!(&outcome, Err(ScopeError::Failed { first, .. }) if first.error == 1));
        assert_eq!((alive.count(), bubble::now()), (0, ms(60)));
    });
}

// --- leaked ---

#[test]
fn leaked_scope_is_not_cancelled() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        let mut work = Box::pin(scope::<(), u32, _>(&root, async |s| {
            let guard = alive.guard();
            let child = async move {
                let _guard = guard;
                pending().await
            };
            let _ = s.spawn::<(), _>("child", child).await;
            pending().await
        }));
        assert_eq!(poll!(&mut work), Poll::Pending);
        std::mem::forget(work);
        sleep(ms(1000)).await;
        assert_eq!(alive.count(), 1, "somebody has cancelled it");
        assert!(
            timeout(ms(1000), root.wait()).await.is_err(),
            "the root knows it"
        );
        root.cancel();
        assert!(root.wait().await.is_empty());
        assert_eq!(alive.count(), 0);
    });
}

// --- the root ---

#[test]
fn root_without_children_waits_for_nothing() {
    run(async {
        let root = Root::new();
        assert!(root.wait().await.is_empty());
        let value = scope(&root, async |s| {
            s.spawn("a", async { Ok::<_, Stopped>(1) }).await?.await
        })
        .await;
        assert_eq!(value, Ok(1));
        assert!(root.wait().await.is_empty());
    });
}

#[test]
fn runtime_that_shuts_down_counts_as_cut_short() {
    let alive = Alive::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let root = Root::new();
    let mut work = Box::pin(scope::<(), u32, _>(&root, async |s| {
        let guard = alive.guard();
        let child = async move {
            let _guard = guard;
            pending().await
        };
        let _ = s.spawn::<(), _>("child", child).await;
        Ok(())
    }));
    runtime.block_on(async { assert_eq!(poll!(&mut work), Poll::Pending) });
    drop(runtime);
    assert_eq!(alive.count(), 0);
    let outcome = futures::executor::block_on(work);
    assert_eq!(outcome, Err(ScopeError::Cancelled { cut: vec!["child"] }));
}
