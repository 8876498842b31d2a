//! Every interleaving of a stop with the last owner's letting go, by loom.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use listings::cleanups::model::{
    s3_flag::guard,
    s4_cleanup::{Cleanup, Tracked},
};
use loom::{sync::Arc, thread};

/// How often something happened. Of std, not of loom: it is not part of the model.
#[derive(Clone, Default)]
struct Count(std::sync::Arc<AtomicUsize>);

impl Count {
    fn up(&self) {
        // Relaxed: read after the threads are joined.
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[test]
fn stop_and_drop_have_one_winner() {
    loom::model(|| {
        let ran = Count::default();
        let object = Tracked::new(());
        let count = ran.clone();
        let cleanup = Tracked::add_cleanup(&object, move || count.up());
        let other = thread::spawn(move || cleanup.stop());
        drop(object);
        let stopped = other.join().unwrap();
        assert_eq!(usize::from(stopped) + ran.get(), 1);
    });
}

#[test]
fn two_stops_and_a_drop_have_one_winner() {
    loom::model(|| {
        let ran = Count::default();
        let object = Tracked::new(());
        let count = ran.clone();
        let cleanup = Tracked::add_cleanup(&object, move || count.up());
        let copy = cleanup.clone();
        let first = thread::spawn(move || cleanup.stop());
        let second = thread::spawn(move || copy.stop());
        drop(object);
        let stopped = usize::from(first.join().unwrap()) + usize::from(second.join().unwrap());
        assert_eq!(stopped + ran.get(), 1);
    });
}

#[test]
fn last_of_two_owners_runs_every_cleanup_once() {
    loom::model(|| {
        let ran = Count::default();
        let object = Arc::new(Tracked::new(()));
        for _ in 0..2 {
            let count = ran.clone();
            Tracked::add_cleanup(&object, move || count.up());
        }
        let other = Arc::clone(&object);
        let owner = thread::spawn(move || drop(other));
        drop(object);
        owner.join().unwrap();
        assert_eq!(ran.get(), 2);
    });
}

#[test]
fn adding_races_with_stopping_another_one() {
    loom::model(|| {
        let ran = Count::default();
        let object = Arc::new(Tracked::new(()));
        let cleanup = Tracked::add_cleanup(&object, || ());
        let (other, count) = (Arc::clone(&object), ran.clone());
        let adder = thread::spawn(move || {
            Tracked::add_cleanup(&other, move || count.up());
        });
        assert!(cleanup.stop());
        adder.join().unwrap();
        drop(object);
        assert_eq!(ran.get(), 1);
    });
}

/// What a stopped cleanup owned is dropped when the list is no longer locked. Under the lock, loom reports a deadlock.
#[test]
fn destructor_in_a_stopped_cleanup_may_stop_another() {
    struct StopsOnDrop(Cleanup, Count);
    impl Drop for StopsOnDrop {
        fn drop(&mut self) {
            if self.0.stop() {
                self.1.up();
            }
        }
    }
    loom::model(|| {
        let stopped = Count::default();
        let object = Tracked::new(());
        let held = StopsOnDrop(Tracked::add_cleanup(&object, || ()), stopped.clone());
        let outer = Tracked::add_cleanup(&object, move || drop(held));
        assert!(outer.stop());
        assert_eq!(stopped.get(), 1);
    });
}

#[test]
#[should_panic(expected = "stopped, and ran")]
fn flag_is_caught() {
    loom::model(|| {
        let ran = Count::default();
        let count = ran.clone();
        let (guard, stop) = guard(move || count.up());
        let other = thread::spawn(move || stop.stop());
        drop(guard);
        assert!(
            !(other.join().unwrap() && ran.get() == 1),
            "stopped, and ran"
        );
    });
}
