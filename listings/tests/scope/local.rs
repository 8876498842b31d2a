//! The scope whose children borrow.

use std::{cell::Cell, future::pending, pin::pin};

use futures::poll;
use listings::{scope::local_scope, virtual_time::bubble};
use tokio::time::{sleep, timeout};

use crate::{Alive, Thrown, ms, run, throw, thrown};

#[test]
fn local_children_borrow() {
    let (words, total) = (vec!["now", "here"], Cell::new(0));
    let outcome: Result<_, ()> = run(async {
        local_scope(async |s| {
            for word in &words {
                s.spawn(async {
                    sleep(ms(10)).await;
                    total.set(total.get() + word.len());
                    Ok(())
                });
            }
            Ok("done")
        })
        .await
    });
    assert_eq!((outcome, total.get()), (Ok("done"), 7));
}

#[test]
fn local_children_run_concurrently() {
    run(async {
        let alive = Alive::default();
        let outcome: Result<_, ()> = local_scope(async |s| {
            for millis in [10, 50, 30] {
                s.spawn(alive.child(millis, Ok(())));
            }
            sleep(ms(20)).await;
            s.spawn(alive.child(50, Ok(())));
            Ok(())
        })
        .await;
        assert_eq!((outcome, alive.count(), bubble::now()), (Ok(()), 0, ms(70)));
    });
}

#[test]
fn local_error_drops_the_others() {
    run(async {
        let alive = Alive::default();
        let outcome = local_scope(async |s| {
            s.spawn(alive.child(1000, Ok(())));
            s.spawn(alive.child(10, Err(7)));
            let _guard = alive.guard();
            pending::<Result<(), _>>().await
        })
        .await;
        assert_eq!((outcome, alive.count(), bubble::now()), (Err(7), 0, ms(10)));
    });
}

#[test]
fn local_panic_drops_the_others() {
    run(async {
        let alive = Alive::default();
        let panic = thrown(local_scope::<(), ()>(async |s| {
            s.spawn(alive.child(1000, Ok(())));
            s.spawn(async { throw(1) });
            pending().await
        }));
        assert_eq!((panic.await, alive.count()), (Thrown(1), 0));
    });
}

#[test]
fn local_drop_drops_the_children_before_it_returns() {
    run(async {
        let alive = Alive::default();
        let work = local_scope::<(), ()>(async |s| {
            s.spawn(alive.child(1000, Ok(())));
            pending().await
        });
        assert!(timeout(ms(10), work).await.is_err());
        assert_eq!((alive.count(), bubble::now()), (0, ms(10)));
    });
}

#[test]
fn local_leak_stands_still() {
    run(async {
        let steps = Cell::new(0);
        let steps: &'static Cell<u32> = Box::leak(Box::new(steps));
        let mut work = Box::pin(local_scope::<(), ()>(async |s| {
            s.spawn(async {
                loop {
                    steps.set(steps.get() + 1);
                    sleep(ms(1)).await;
                }
            });
            pending().await
        }));
        assert!(poll!(&mut work).is_pending());
        std::mem::forget(work);
        sleep(ms(1000)).await;
        assert_eq!(steps.get(), 1);
    });
}

#[test]
fn local_child_may_wait_for_another() {
    run(async {
        let (send, receive) = tokio::sync::oneshot::channel();
        let outcome = local_scope(async |s| {
            s.spawn(async { receive.await.map(|n| assert_eq!(n, 7)).map_err(|_| ()) });
            s.spawn(async { send.send(7).map_err(|_| ()) });
            Ok(())
        });
        let mut outcome = pin!(outcome);
        assert_eq!(outcome.as_mut().await, Ok(()));
    });
}
