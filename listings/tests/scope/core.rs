//! A scope waits for its children, whatever happens, and says what happened.

use std::{future::pending, panic::AssertUnwindSafe, sync::Arc, sync::Mutex};

use futures::FutureExt;
use listings::{
    scope::{Failed, Root, Scope, ScopeError, Stopped, scope},
    virtual_time::bubble,
};
use tokio::time::sleep;

use crate::{Alive, Thrown, ms, run, throw, thrown};

type Outcome = Result<(), ScopeError<u32>>;

fn failed<T>(
    task: &'static str,
    error: u32,
    suppressed: &[(&'static str, u32)],
) -> Result<T, ScopeError<u32>> {
    let suppressed = suppressed
        .iter()
        .map(|&(task, error)| Failed { task, error })
        .collect();
    Err(ScopeError::Failed {
        first: Failed { task, error },
        suppressed,
    })
}

// --- it waits ---

#[test]
fn scope_returns_the_value_of_its_body() {
    let sum = run(async {
        scope(&Root::new(), async |s| {
            let a = s.spawn("a", async { Ok(20) }).await?;
            let b = s.spawn("b", async { Ok(22) }).await?;
            Ok::<_, Stopped>(a.await? + b.await?)
        })
        .await
    });
    assert_eq!(sum, Ok(42));
}

#[test]
fn scope_without_children_is_its_body() {
    let outcome: Result<_, ScopeError<u32>> =
        run(async { scope(&Root::new(), async |_| Ok(7)).await });
    assert_eq!(outcome, Ok(7));
}

#[test]
fn body_may_borrow() {
    let mut log = vec![1];
    let outcome: Outcome = run(async {
        scope(&Root::new(), async |_| {
            sleep(ms(1)).await;
            log.push(2);
            Ok(())
        })
        .await
    });
    assert_eq!((outcome, log), (Ok(()), vec![1, 2]));
}

#[test]
fn children_end_before_the_scope_returns() {
    run(async {
        let alive = Alive::default();
        let outcome: Outcome = scope(&Root::new(), async |s| {
            for millis in [10, 50, 30] {
                let _ = s.spawn("child", alive.child(millis, Ok(()))).await;
            }
            Ok(())
        })
        .await;
        assert_eq!((outcome, alive.count(), bubble::now()), (Ok(()), 0, ms(50)));
    });
}

#[test]
fn child_may_spawn_after_the_body_has_returned() {
    run(async {
        let alive = Alive::default();
        let outcome: Outcome = scope(&Root::new(), async |s| {
            let (inner, alive) = (s.clone(), alive.clone());
            let parent = async move {
                sleep(ms(10)).await;
                inner
                    .spawn("grandchild", alive.child(10, Err(3)))
                    .await
                    .map(drop)
                    .map_err(|_| 4)
            };
            let _ = s.spawn("child", parent).await;
            Ok(())
        })
        .await;
        assert_eq!(outcome, failed("grandchild", 3, &[]));
        assert_eq!((alive.count(), bubble::now()), (0, ms(20)));
    });
}

#[test]
fn scope_future_can_be_spawned() {
    let outcome = run(async {
        let root = Root::new();
        let task = bubble::spawn(async move {
            scope(&root, async |s| {
                let outer = s.clone();
                let nested = async move {
                    scope(&outer, async |s| s.spawn("b", async { Ok(1) }).await?.await)
                        .await
                        .map_err(|_| Stopped::NoValue)
                };
                s.spawn("a", nested).await?.await
            })
            .await
        });
        task.await.unwrap()
    });
    assert_eq!(outcome, Ok(1));
}

// --- errors ---

#[test]
fn first_error_cancels_the_siblings() {
    run(async {
        let alive = Alive::default();
        let outcome = scope(&Root::new(), async |s| {
            let _ = s.spawn("slow", alive.child(1000, Ok(()))).await;
            let _ = s.spawn("bad", alive.child(10, Err(7))).await;
            Ok(())
        })
        .await;
        assert_eq!(outcome, failed("bad", 7, &[]));
        assert_eq!((alive.count(), bubble::now()), (0, ms(10)));
    });
}

#[test]
fn first_error_waits_for_the_cleanup_of_the_siblings() {
    run(async {
        let alive = Alive::default();
        let outcome = scope(&Root::new(), async |s| {
            let guard = alive.guard();
            let polite = s.spawn_cooperative("polite", async |token| {
                let _guard = guard;
                token.cancelled().await;
                sleep(ms(50)).await;
                Ok(())
            });
            let _ = polite.await;
            let _ = s.spawn("bad", alive.child(10, Err(7))).await;
            Ok(())
        })
        .await;
        assert_eq!(outcome, failed("bad", 7, &[]));
        assert_eq!((alive.count(), bubble::now()), (0, ms(60)));
    });
}

#[test]
fn later_errors_are_kept_in_order() {
    run(async {
        let outcome: Outcome = scope(&Root::new(), async |s| {
            for (name, cleanup, error) in [("b", 20, 2), ("c", 30, 3)] {
                let polite = s.spawn_cooperative(name, |token| async move {
                    token.cancelled().await;
                    sleep(ms(cleanup)).await;
                    Err::<(), _>(error)
                });
                let _ = polite.await;
            }
            sleep(ms(10)).await;
            Err(1)
        })
        .await;
        assert_eq!(outcome, failed("body", 1, &[("b", 2), ("c", 3)]));
        assert_eq!(outcome.unwrap_err().to_string(), "body: 1 (and 2 more)");
    });
}

#[test]
fn child_error_cuts_the_body_short() {
    run(async {
        let alive = Alive::default();
        let outcome: Outcome = scope(&Root::new(), async |s| {
            let _guard = alive.guard();
            let _ = s.spawn("bad", alive.child(10, Err(7))).await;
            pending().await
        })
        .await;
        assert_eq!(outcome, failed("bad", 7, &[]));
        assert_eq!((alive.count(), bubble::now()), (0, ms(10)));
    });
}

// --- panics ---

#[test]
fn panic_of_the_body_waits_for_the_children() {
    run(async {
        let alive = Alive::default();
        let root = Root::new();
        let panic = thrown(scope::<(), u32, _>(&root, async |s| {
            let guard = alive.guard();
            let polite = s.spawn_cooperative("polite", |token| async move {
                let _guard = guard;
                token.cancelled().await;
                sleep(ms(50)).await;
                Ok(())
            });
            let _ = polite.await;
            sleep(ms(10)).await;
            throw(1)
        }));
        assert_eq!(
            (panic.await, alive.count(), bubble::now()),
            (Thrown(1), 0, ms(60))
        );
    });
}

#[test]
fn panic_of_a_child_is_raised_after_all_have_ended() {
    run(async {
        let alive = Alive::default();
        let root = Root::new();
        let panic = thrown(scope::<(), u32, _>(&root, async |s| {
            let _ = s.spawn("slow", alive.child(1000, Ok(()))).await;
            let guard = alive.guard();
            let bad = async move {
                let _guard = guard;
                sleep(ms(10)).await;
                throw(2)
            };
            let _ = s.spawn::<(), _>("bad", bad).await;
            pending().await
        }));
        assert_eq!(
            (panic.await, alive.count(), bubble::now()),
            (Thrown(2), 0, ms(10))
        );
    });
}

#[test]
fn panic_pushes_the_errors_aside_to_the_root() {
    run(async {
        let root = Root::new();
        let panic = thrown(scope::<(), u32, _>(&root, async |s| {
            for (name, cleanup) in [("b", 20), ("c", 30)] {
                let polite = s.spawn_cooperative(name, |token| async move {
                    token.cancelled().await;
                    sleep(ms(cleanup)).await;
                    throw(cleanup as u32)
                });
                let _ = polite
                    .await
                    .map(|child: listings::scope::Child<()>| drop(child));
            }
            sleep(ms(1)).await;
            Err(1)
        }));
        assert_eq!(panic.await, Thrown(20));
        let orphans = root.wait().await;
        let found: Vec<_> = orphans
            .iter()
            .map(|it| {
                (
                    it.task,
                    it.what.downcast_ref::<Thrown>().copied(),
                    it.what.downcast_ref::<u32>().copied(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [("c", Some(Thrown(30)), None), ("body", None, Some(1))]
        );
        assert!(root.wait().await.is_empty(), "told twice");
    });
}

#[test]
fn panic_of_a_destructor_is_a_panic_of_its_child() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            throw(3);
        }
    }

    run(async {
        let alive = Alive::default();
        let root = Root::new();
        let panic = thrown(scope::<(), u32, _>(&root, async |s| {
            let guard = alive.guard();
            let child = async move {
                let _guard = guard;
                let _bad = Bad;
                pending().await
            };
            let _ = s.spawn::<(), _>("child", child).await;
            sleep(ms(10)).await;
            Err(1)
        }));
        assert_eq!((panic.await, alive.count()), (Thrown(3), 0));
    });
}

// --- cancellation ---

#[test]
fn cancelled_root_cuts_everything_short() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        let work = scope::<(), u32, _>(&root, async |s| {
            let _ = s.spawn("a", alive.child(1000, Ok(()))).await;
            let _ = s.spawn("b", alive.child(5, Ok(()))).await;
            pending().await
        });
        let cancel = async {
            sleep(ms(10)).await;
            root.cancel();
        };
        let (outcome, ()) = tokio::join!(work, cancel);
        assert_eq!(
            outcome,
            Err(ScopeError::Cancelled {
                cut: vec!["body", "a"]
            })
        );
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "cancelled; cut short: body, a"
        );
        assert_eq!((alive.count(), bubble::now()), (0, ms(10)));
    });
}

#[test]
fn cancelling_from_inside_is_no_error() {
    run(async {
        let alive = Alive::default();
        let outcome: Result<_, ScopeError<u32>> = scope(&Root::new(), async |s| {
            let _ = s.spawn("slower", alive.child(1000, Ok(()))).await;
            let found = s.spawn("fast", async { Ok(7) }).await;
            let found = found.map_err(|_| 1_u32)?.await.map_err(|_| 2_u32)?;
            s.cancel();
            Ok(found)
        })
        .await;
        assert_eq!((outcome, alive.count(), bubble::now()), (Ok(7), 0, ms(0)));
    });
}

#[test]
fn cancelled_before_it_begins_nothing_begins() {
    run(async {
        let outcome: Outcome = scope(&Root::new(), async |s| {
            let never = |_| async { panic!("it began") };
            let _ = s.spawn_cooperative::<(), _>("never", never).await;
            let _ = s.spawn::<(), _>("never", never(s.token().clone())).await;
            Err(1)
        })
        .await;
        assert_eq!(outcome, failed("body", 1, &[]));
    });
}

// --- the close ---

#[test]
fn late_spawn_is_refused() {
    run(async {
        let (escaped, alive) = (Mutex::new(None), Alive::default());
        let outcome: Outcome = scope(&Root::new(), async |s: &Scope<u32>| {
            *escaped.lock().unwrap() = Some(s.clone());
            Ok(())
        })
        .await;
        assert_eq!(outcome, Ok(()));
        let escaped = escaped.into_inner().unwrap().unwrap();
        let guard = alive.guard();
        let late = async move {
            let _guard = guard;
            panic!("it began")
        };
        assert_eq!(
            escaped.spawn::<(), _>("late", late).await.err(),
            Some(Stopped::Closed)
        );
        assert_eq!(alive.count(), 0, "the future was kept");
        let nested = scope(&escaped, async |s| {
            s.spawn("late", async { Ok(()) }).await.map(drop)
        })
        .await;
        assert_eq!(nested.unwrap_err().to_string(), "body: the scope is closed");
    });
}

#[test]
fn spawn_into_a_cancelled_scope_is_refused() {
    run(async {
        let outcome = scope(&Root::new(), async |s| {
            s.cancel();
            s.spawn("late", async { Ok(()) })
                .now_or_never()
                .unwrap()
                .map(drop)
        })
        .await;
        assert!(
            matches!(&outcome, Err(ScopeError::Failed { first, .. }) if first.error == Stopped::Cancelled)
        );
    });
}

// --- handles ---

#[test]
fn dropping_a_handle_takes_nothing_from_the_child() {
    run(async {
        let done = Arc::new(Mutex::new(false));
        let outcome: Outcome = scope(&Root::new(), async |s| {
            let done = Arc::clone(&done);
            let child = async move {
                sleep(ms(10)).await;
                *done.lock().unwrap() = true;
                Ok(())
            };
            drop(s.spawn("child", child).await);
            Ok(())
        })
        .await;
        assert_eq!((outcome, *done.lock().unwrap()), (Ok(()), true));
    });
}

#[test]
fn unwanted_value_is_dropped_before_the_scope_returns() {
    run(async {
        let alive = Alive::default();
        let outcome: Outcome = scope(&Root::new(), async |s| {
            let guard = alive.guard();
            drop(s.spawn("child", async { Ok(guard) }).await);
            Ok(())
        })
        .await;
        assert_eq!((outcome, alive.count()), (Ok(()), 0));
    });
}

#[test]
fn panic_of_an_unwanted_value_is_not_lost() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            throw(4);
        }
    }

    run(async {
        let root = Root::new();
        let panic = thrown(scope::<(), u32, _>(&root, async |s| {
            drop(s.spawn("child", async { Ok(Bad) }).await);
            Ok(())
        }));
        assert_eq!(panic.await, Thrown(4));
        let lost = AssertUnwindSafe(scope(&root, async |s| {
            let _ = s.spawn::<(), _>("bad", async { Err(1) }).await;
            Ok(Bad)
        }));
        let payload = lost.catch_unwind().await.err().unwrap();
        assert_eq!(payload.downcast_ref(), Some(&Thrown(4)));
        assert_eq!(root.wait().await[0].what.downcast_ref(), Some(&1));
    });
}
