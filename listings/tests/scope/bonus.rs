//! Limits, and names in spans.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use listings::{
    scope::{Options, Root, Scope, ScopeError, Stopped, scope_with},
    virtual_time::bubble::{self, BubbleError},
};
use tokio::time::{sleep, timeout};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::{Alive, ms, nap, run};

type Outcome = Result<(), ScopeError<Stopped>>;

fn limit(limit: usize) -> Options {
    Options::default().limit(limit)
}

#[test]
fn limit_is_kept_and_used() {
    run(async {
        let (running, most) = (Alive::default(), Arc::new(AtomicUsize::new(0)));
        let outcome: Outcome = scope_with(limit(3), &Root::new(), async |s| {
            for _ in 0..10 {
                let (running, most) = (running.clone(), Arc::clone(&most));
                let child = async move {
                    let _guard = running.guard();
                    most.fetch_max(running.count(), Relaxed);
                    sleep(ms(10)).await;
                    Ok(())
                };
                drop(s.spawn("child", child).await?);
            }
            Ok(())
        })
        .await;
        assert_eq!(
            (outcome, most.load(Relaxed), bubble::now()),
            (Ok(()), 3, ms(40))
        );
    });
}

#[test]
fn waiting_spawn_has_not_started() {
    run(async {
        let outcome: Outcome = scope_with(limit(1), &Root::new(), async |s| {
            drop(s.spawn("first", nap(10)).await?);
            let second = async {
                assert_eq!(bubble::now(), ms(10));
                Ok(())
            };
            drop(s.spawn("second", second).await?);
            assert_eq!(
                bubble::now(),
                ms(10),
                "spawn returned before there was a place"
            );
            Ok(())
        })
        .await;
        assert_eq!(outcome, Ok(()));
    });
}

#[test]
fn waiting_spawn_is_refused_at_the_cancellation() {
    run(async {
        let root = Root::new();
        let (send, receive) = tokio::sync::oneshot::channel::<Scope<Stopped>>();
        let outsider = bubble::spawn(async move {
            let refused = receive
                .await
                .unwrap()
                .spawn("second", async { Ok(()) })
                .await;
            (refused.err(), bubble::now())
        });
        let outcome: Outcome = scope_with(limit(1), &root, async |s| {
            let slow = s.spawn_cooperative("slow", |token| async move {
                token.cancelled().await;
                nap(50).await
            });
            drop(slow.await?);
            let _ = send.send(s.clone());
            sleep(ms(10)).await;
            s.cancel();
            Ok(())
        })
        .await;
        assert_eq!((outcome, bubble::now()), (Ok(()), ms(60)));
        assert_eq!(outsider.await.unwrap(), (Some(Stopped::Cancelled), ms(10)));
    });
}

#[test]
fn dropped_spawn_holds_no_place() {
    run(async {
        let outcome: Outcome = scope_with(limit(1), &Root::new(), async |s| {
            drop(s.spawn("first", nap(100)).await?);
            let impatient = timeout(ms(10), s.spawn("second", async { Ok(()) })).await;
            assert!(impatient.is_err(), "there was a place");
            drop(s.spawn("third", async { Ok(()) }).await?);
            Ok(())
        })
        .await;
        assert_eq!((outcome, bubble::now()), (Ok(()), ms(100)));
    });
}

#[test]
fn child_that_spawns_within_its_own_limit_deadlocks() {
    let outcome = bubble::run(async {
        let outcome: Outcome = scope_with(limit(1), &Root::new(), async |s| {
            let inner = s.clone();
            let child = async move { inner.spawn("grandchild", async { Ok(()) }).await.map(drop) };
            drop(s.spawn("child", child).await?);
            Ok(())
        })
        .await;
        outcome
    });
    assert!(
        matches!(outcome, Err(BubbleError::Deadlock { .. })),
        "{outcome:?}"
    );
}

#[test]
#[should_panic(expected = "a limit of zero starts nothing")]
fn limit_of_zero_panics() {
    let _ = limit(0);
}

// --- spans ---

/// Writes down which spans were made, with their parents, and which were entered.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<(Vec<String>, Vec<u64>)>>);

#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("listings")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut name = Name::default();
        span.record(&mut name);
        let (made, _) = &mut *self.0.lock().unwrap();
        let parent = span.parent().map_or(0, Id::into_u64);
        made.push(format!("{}{} in {parent}", span.metadata().name(), name.0));
        Id::from_u64(made.len() as u64)
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().1.push(span.into_u64());
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn spans_have_names_and_parents() {
    let spans = Spans::default();
    let _default = tracing::subscriber::set_default(spans.clone());
    run(async {
        let outcome: Outcome =
            scope_with(Options::default().name("fetch"), &Root::new(), async |s| {
                s.spawn("a", async { Ok(()) }).await?.await
            })
            .await;
        assert_eq!(outcome, Ok(()));
    });
    let (made, entered) = &*spans.0.lock().unwrap();
    assert_eq!(
        made,
        &["scope name=\"fetch\" in 0", "child name=\"a\" in 1"]
    );
    assert!(entered.contains(&1) && entered.contains(&2), "{entered:?}");
}
