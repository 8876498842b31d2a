//! Until when: deadlines, a grace period; and a child that says when it has started.

use std::future::pending;

use listings::{
    nursery::{NurseryError, Options, nursery_with},
    scope::{Root, Stopped},
    virtual_time::bubble,
};
use tokio::time::sleep;

use crate::{Alive, ms, nap, run};

pub fn cut<T>(outcome: Result<T, NurseryError<u32>>) -> (bool, Vec<&'static str>) {
    match outcome {
        Err(NurseryError::Deadline { cut }) => (true, cut),
        Err(NurseryError::Cancelled { cut }) => (false, cut),
        _ => panic!("it was not cut short"),
    }
}

#[test]
fn deadline_counts_from_the_opening_whatever_happens() {
    run(async {
        let alive = Alive::default();
        let options = Options::default().deadline(ms(20));
        let root = Root::new();
        let outcome = nursery_with(options, &root, async |n| {
            for _ in 0..4 {
                let _ = n.spawn("c", alive.child(1000, Ok(()))).await;
                nap::<u32>(6).await?;
            }
            Ok(())
        });
        assert_eq!(cut(outcome.await), (true, vec!["c", "c", "c", "c", "body"]));
        assert_eq!((alive.count(), bubble::now()), (0, ms(20)));
    });
}

#[test]
fn shorter_deadline_around_comes_first() {
    run(async {
        let outer = Options::default().deadline(ms(10));
        let root = Root::new();
        let outcome = nursery_with(outer, &root, async |n| {
            let inner = Options::<u32>::default().deadline(ms(1000));
            let inner = nursery_with(inner, n, async |_| pending::<Result<(), u32>>().await).await;
            assert_eq!(
                cut(inner),
                (false, vec!["body"]),
                "it was dropped, or thought the deadline its own"
            );
            nap::<u32>(1).await
        });
        assert_eq!(cut(outcome.await), (true, vec!["body"]));
        assert_eq!(bubble::now(), ms(10));
    });
}

#[test]
fn grace_bounds_a_cleanup() {
    run(async {
        for (grace, ends, all) in [(None, 110, true), (Some(30), 40, false)] {
            let begin = bubble::now();
            let mut options = Options::default().deadline(ms(10));
            if let Some(grace) = grace {
                options = options.grace(ms(grace));
            }
            let alive = Alive::default();
            let root = Root::new();
            let outcome = nursery_with(options, &root, async |n| {
                let guard = alive.guard();
                let polite = n.spawn_cooperative("polite", |token| async move {
                    let _guard = guard;
                    token.cancelled().await;
                    token.cancelled().await; // level-triggered: told again
                    nap::<u32>(100).await
                });
                let _ = polite.await;
                Ok(())
            });
            assert_eq!(outcome.await.is_ok(), all);
            assert_eq!((alive.count(), bubble::now() - begin), (0, ms(ends)));
        }
    });
}

#[test]
fn start_returns_when_the_child_has_started() {
    run(async {
        let root = Root::new();
        let outcome = nursery_with(Options::default(), &root, async |n| {
            let port = n.start("server", |started| async move {
                sleep(ms(30)).await;
                let _ = started.ready(8080);
                nap::<u32>(30).await
            });
            assert_eq!((port.await, bubble::now()), (Ok(8080), ms(30)));
            let never = n.start::<(), _>("never", |_| nap::<u32>(1)).await;
            assert_eq!(never, Err(Stopped::NoValue));
            Ok(())
        });
        assert!(outcome.await.is_ok());
        assert_eq!(bubble::now(), ms(60));
    });
}
