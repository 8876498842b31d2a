//! Cleanups on shared objects.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, Weak, mpsc},
    thread,
};

use listings::cleanups::{Cleanup, Tracked};

use crate::child;

/// What happened, in order.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn note(&self, what: &'static str) -> impl FnOnce() + Send + 'static {
        let log = self.clone();
        move || log.0.lock().unwrap().push(what)
    }

    fn seen(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

struct Value(Log);

impl Drop for Value {
    fn drop(&mut self) {
        self.0.note("value dropped")();
    }
}

#[test]
fn cleanup_runs_when_the_last_owner_lets_go() {
    let log = Log::default();
    let object = Arc::new(Tracked::new("value"));
    let other = Arc::clone(&object);
    Tracked::add_cleanup(&object, log.note("cleanup"));
    drop(object);
    assert!(log.seen().is_empty());
    thread::spawn(move || drop(other)).join().unwrap();
    assert_eq!(log.seen(), ["cleanup"]);
}

#[test]
fn cleanup_runs_after_the_value_is_dropped() {
    let log = Log::default();
    let object = Tracked::new(Value(log.clone()));
    Tracked::add_cleanup(&object, log.note("cleanup"));
    drop(object);
    assert_eq!(log.seen(), ["value dropped", "cleanup"]);
}

#[test]
fn cleanups_run_the_last_added_first() {
    let log = Log::default();
    let object = Tracked::new(());
    for what in ["a", "b", "c"] {
        Tracked::add_cleanup(&object, log.note(what));
    }
    drop(object);
    assert_eq!(log.seen(), ["c", "b", "a"]);
}

#[test]
fn cleanup_runs_while_a_panic_unwinds() {
    let log = Log::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let object = Tracked::new(());
        Tracked::add_cleanup(&object, log.note("cleanup"));
        resume_unwind(Box::new("somewhere else"));
    }));
    assert!(outcome.is_err());
    assert_eq!(log.seen(), ["cleanup"]);
}

#[test]
fn stopped_cleanup_does_not_run_and_others_do() {
    let log = Log::default();
    let object = Tracked::new(());
    let [_, b, _] = ["a", "b", "c"].map(|what| Tracked::add_cleanup(&object, log.note(what)));
    assert!(b.stop());
    drop(object);
    assert_eq!(log.seen(), ["c", "a"]);
}

#[test]
fn stop_is_won_once() {
    let object = Tracked::new(());
    let cleanup = Tracked::add_cleanup(&object, || ());
    let copy = cleanup.clone();
    assert_eq!(
        [cleanup.stop(), cleanup.stop(), copy.stop()],
        [true, false, false]
    );
}

#[test]
fn stop_after_the_cleanup_comes_too_late() {
    let log = Log::default();
    let object = Tracked::new(());
    let cleanup = Tracked::add_cleanup(&object, log.note("cleanup"));
    drop(object);
    assert!(!cleanup.stop());
    assert_eq!(log.seen(), ["cleanup"]);
}

#[test]
fn stop_drops_what_the_cleanup_owns() {
    let owned = Arc::new(());
    let object = Tracked::new(());
    let theirs = Arc::clone(&owned);
    let cleanup = Tracked::add_cleanup(&object, move || drop(theirs));
    assert!(cleanup.stop());
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn dropped_handle_stops_nothing() {
    let log = Log::default();
    let object = Tracked::new(());
    drop(Tracked::add_cleanup(&object, log.note("cleanup")));
    drop(object);
    assert_eq!(log.seen(), ["cleanup"]);
}

#[test]
fn cleanup_may_stop_one_that_has_not_started() {
    let log = Log::default();
    let object = Tracked::new(());
    let first = Tracked::add_cleanup(&object, log.note("first"));
    let (sender, won) = mpsc::channel();
    Tracked::add_cleanup(&object, move || sender.send(first.stop()).unwrap());
    drop(object);
    assert_eq!(won.try_recv(), Ok(true));
    assert!(log.seen().is_empty());
}

#[test]
fn cleanup_that_stops_itself_comes_too_late() {
    let object = Tracked::new(());
    let own: Arc<Mutex<Option<Cleanup>>> = Arc::default();
    let (sender, won) = mpsc::channel();
    let inside = Arc::clone(&own);
    let cleanup = Tracked::add_cleanup(&object, move || {
        sender
            .send(inside.lock().unwrap().take().unwrap().stop())
            .unwrap();
    });
    *own.lock().unwrap() = Some(cleanup);
    drop(object);
    assert_eq!(won.try_recv(), Ok(false));
}

#[test]
fn cleanup_cannot_resurrect_its_object() {
    let (sender, upgraded) = mpsc::channel();
    let object = Arc::new(Tracked::new("value"));
    let weak = Arc::downgrade(&object);
    Tracked::add_cleanup(&object, move || {
        sender.send(weak.upgrade().is_some()).unwrap()
    });
    drop(object);
    assert_eq!(upgraded.try_recv(), Ok(false));
}

/// What no compiler finds, in Go or in Rust. The handle is the way out.
#[test]
fn cleanup_that_owns_its_object_never_runs() {
    let log = Log::default();
    let object = Arc::new(Tracked::new("value"));
    let (itself, note) = (Arc::clone(&object), log.note("cleanup"));
    let cleanup = Tracked::add_cleanup(&object, move || {
        drop(itself);
        note();
    });
    let weak: Weak<_> = Arc::downgrade(&object);
    drop(object);
    assert!(log.seen().is_empty());
    assert_eq!(weak.strong_count(), 1, "kept alive by its own cleanup");
    assert!(cleanup.stop());
    assert_eq!(weak.strong_count(), 0);
}

#[test]
fn panic_of_a_cleanup_keeps_none_from_running_and_comes_out() {
    let log = Log::default();
    let object = Tracked::new(());
    Tracked::add_cleanup(&object, log.note("a"));
    Tracked::add_cleanup(&object, || resume_unwind(Box::new("b")));
    Tracked::add_cleanup(&object, log.note("c"));
    let payload = catch_unwind(AssertUnwindSafe(|| drop(object))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"b"));
    assert_eq!(log.seen(), ["c", "a"]);
}

#[test]
fn panic_of_a_cleanup_during_another_panic_does_not_abort() {
    child::passes(
        "bonus::in_its_own_process::panic_of_a_cleanup_during_another_panic_does_not_abort",
    );
}

#[test]
fn tracked_is_as_shareable_as_its_value() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Tracked<u8>>();
    check::<Cleanup>();
}

mod in_its_own_process {
    use super::*;

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn panic_of_a_cleanup_during_another_panic_does_not_abort() {
        let log = Log::default();
        let payload = catch_unwind(AssertUnwindSafe(|| {
            let object = Tracked::new(());
            Tracked::add_cleanup(&object, log.note("a"));
            Tracked::add_cleanup(&object, || resume_unwind(Box::new("of the cleanup")));
            resume_unwind(Box::new("the first"));
        }))
        .unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"the first"));
        assert_eq!(log.seen(), ["a"]);
    }
}
