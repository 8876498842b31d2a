//! Stage 4: cleanups for objects that are shared, several an object, each of which can be stopped.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::PoisonError,
    thread,
};

use super::sync::{Arc, Mutex};

// ANCHOR: list
type Job = Box<dyn FnOnce() + Send>;

/// The cleanups of one object that have neither run nor been stopped, by the order in which they were added.
struct List {
    jobs: Mutex<Jobs>,
}

struct Jobs {
    pending: BTreeMap<u64, Job>,
    added: u64,
}

impl List {
    /// Looks at the jobs. They are never called or dropped under the lock: both run code that is not ours.
    fn with<R>(&self, look: impl FnOnce(&mut Jobs) -> R) -> R {
        look(&mut self.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
// ANCHOR_END: list

// ANCHOR: tracked
/// A value with cleanups, made to be shared: `Arc<Tracked<T>>`.
///
/// When it is dropped, the value goes first. Then the cleanups that have not been stopped run, the last added first, on
/// the thread that lets go. If one panics the others run all the same, and the panic goes on after them.
pub struct Tracked<T> {
    // Dropped in this order.
    value: T,
    cleanups: Cleanups,
}

struct Cleanups(Arc<List>);

/// What [`Tracked::add_cleanup`] returns: a way to stop that cleanup. Dropping it does nothing.
#[derive(Clone)]
pub struct Cleanup {
    list: Arc<List>,
    number: u64,
}

impl<T> Tracked<T> {
    /// A value without cleanups.
    pub fn new(value: T) -> Self {
        let jobs = Jobs {
            pending: BTreeMap::new(),
            added: 0,
        };
        Self {
            value,
            cleanups: Cleanups(Arc::new(List {
                jobs: Mutex::new(jobs),
            })),
        }
    }

    /// Has `cleanup` called when the object has been dropped.
    ///
    /// It is handed nothing, and cannot borrow the object. If it owns an `Arc` of the object, the object keeps itself
    /// alive and neither is ever dropped; give it a `Weak`, which by then leads nowhere.
    pub fn add_cleanup(object: &Self, cleanup: impl FnOnce() + Send + 'static) -> Cleanup {
        // ANCHOR: solution_add_cleanup
        let list = Arc::clone(&object.cleanups.0);
        let number = list.with(|jobs| {
            jobs.added += 1;
            jobs.pending.insert(jobs.added, Box::new(cleanup));
            jobs.added
        });
        Cleanup { list, number }
        // ANCHOR_END: solution_add_cleanup
    }
}

impl Cleanup {
    /// Stops the cleanup. Returns whether this call was in time.
    ///
    /// `true`: it has not run, never will, and what it owned has been dropped. `false`: it has run, or is running, or
    /// was stopped before. Exactly one of these wins: a call of `stop` by anyone, or the cleanup itself.
    pub fn stop(&self) -> bool {
        // ANCHOR: solution_stop
        // Taken out under the lock, dropped after it.
        self.list
            .with(|jobs| jobs.pending.remove(&self.number))
            .is_some()
        // ANCHOR_END: solution_stop
    }
}

impl Drop for Cleanups {
    fn drop(&mut self) {
        // ANCHOR: solution_cleanups_drop
        let mut panicked = None;
        // One at a time: until a cleanup has started, another one may still stop it.
        while let Some((_, job)) = self.0.with(|jobs| jobs.pending.pop_last()) {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(job)) {
                panicked.get_or_insert(payload);
            }
        }
        if let Some(payload) = panicked
            && !thread::panicking()
        {
            resume_unwind(payload); // while another panic unwinds, this would abort
        }
        // ANCHOR_END: solution_cleanups_drop
    }
}
// ANCHOR_END: tracked

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Tracked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked")
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Cleanup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleanup")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
