//! Shields, and the three endings.

use std::{future::pending, pin::pin};

use futures::poll;
use listings::{
    nursery::{Expired, Options, nursery, nursery_with, shield},
    scope::Root,
    virtual_time::bubble,
};
use tokio::time::{sleep, timeout};

use crate::{Alive, Thrown, bonus::cut, ms, nap, run, throw, thrown};

#[test]
fn shielded_child_is_not_cut_and_is_waited_for() {
    run(async {
        let options = Options::default().deadline(ms(10));
        let root = Root::new();
        let outcome = nursery_with(options, &root, async |n| {
            let child = async {
                shield(ms(1000), sleep(ms(50))).await.unwrap();
                assert_eq!(bubble::now(), ms(50));
                nap::<u32>(1).await
            };
            let _ = n.spawn("child", child).await;
            Ok(())
        });
        assert_eq!(
            cut(outcome.await),
            (true, vec!["child"]),
            "cut short at the next await"
        );
        assert_eq!(bubble::now(), ms(50));
    });
}

#[test]
fn shield_has_a_limit_of_its_own() {
    run(async {
        assert_eq!(shield(ms(5), pending::<()>()).await, Err(Expired));
        assert_eq!(bubble::now(), ms(5));
    });
}

#[test]
fn nursery_in_a_shield_is_not_told() {
    run(async {
        let options = Options::<u32>::default().deadline(ms(10));
        let root = Root::new();
        let outcome = nursery_with(options, &root, async |n| {
            shield(
                ms(1000),
                nursery::<_, u32, _>(n, async |inner| {
                    let _ = inner.spawn("flush", nap(50)).await;
                    Ok(())
                }),
            )
            .await
            .unwrap()
            .unwrap();
            Ok(())
        });
        assert!(outcome.await.is_ok(), "nobody was cut short");
        assert_eq!(bubble::now(), ms(50));
    });
}

#[test]
fn dropped_nursery_cancels_at_once_and_its_root_joins() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        let work = nursery::<(), u32, _>(&root, async |n| {
            let guard = alive.guard();
            let child = async move {
                let _guard = guard;
                let _ = shield(ms(1000), sleep(ms(50))).await;
                Err(4)
            };
            let _ = n.spawn::<(), _>("child", child).await;
            pending().await
        });
        assert!(timeout(ms(10), work).await.is_err());
        assert_eq!(alive.count(), 1);
        let orphans = root.wait().await;
        assert_eq!(
            (alive.count(), orphans.len(), bubble::now()),
            (0, 1, ms(50))
        );
    });
}

#[test]
fn completed_nursery_has_nobody_alive() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        for ending in 0..3 {
            let work = nursery::<(), u32, _>(&root, async |n| {
                let guard = alive.guard();
                let polite = n.spawn_cooperative("polite", |token| async move {
                    let _guard = guard;
                    let _ = timeout(ms(20), token.cancelled()).await;
                    nap(7).await
                });
                let _ = polite.await;
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

#[test]
fn leaked_nursery_is_not_cancelled() {
    run(async {
        let (root, alive) = (Root::new(), Alive::default());
        let mut work = Box::pin(async {
            nursery::<(), u32, _>(&root, async |n| {
                let _ = n.spawn("child", alive.child(1000, Ok(()))).await;
                pending().await
            })
            .await
        });
        assert!(poll!(work.as_mut()).is_pending());
        std::mem::forget(work);
        sleep(ms(10)).await;
        assert_eq!(alive.count(), 1, "something has cancelled it");
        root.cancel(); // an ancestor still can
        let mut wait = pin!(root.wait());
        assert!((&mut wait).await.is_empty());
        assert_eq!((alive.count(), bubble::now()), (0, ms(10)));
    });
}
