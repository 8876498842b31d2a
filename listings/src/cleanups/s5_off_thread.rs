//! Stage 5: cleanups on a thread of their own, as Go runs them.

use std::{
    collections::VecDeque,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use super::s4_cleanup::{Cleanup, Tracked};

// ANCHOR: cleaner
/// A thread that runs cleanups, one after the other, so that letting go of an object does not wait for them.
///
/// Dropping it runs what is queued and joins the thread. A cleanup that comes later runs where it comes from: late, in
/// the wrong place, but not never.
pub struct Cleaner {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<usize>>,
}

type Job = Box<dyn FnOnce() + Send>;

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    jobs: VecDeque<Job>,
    open: bool,
}

impl Cleaner {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system refuses one.
    pub fn start() -> io::Result<Self> {
        // ANCHOR: solution_start
        let state = State {
            jobs: VecDeque::new(),
            open: true,
        };
        let queue = Arc::new(Queue {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let work = Arc::clone(&queue);
        let thread = thread::Builder::new()
            .name("cleaner".to_owned())
            .spawn(move || work.run())?;
        Ok(Self {
            queue,
            thread: Some(thread),
        })
        // ANCHOR_END: solution_start
    }

    /// [`Tracked::add_cleanup`], with `cleanup` run by this thread.
    ///
    /// Stopping works until the object is dropped. After that the cleanup is queued, and [`Cleanup::stop`] returns
    /// `false`, as Go documents it of its own.
    pub fn add_cleanup<T>(
        &self,
        object: &Tracked<T>,
        cleanup: impl FnOnce() + Send + 'static,
    ) -> Cleanup {
        // ANCHOR: solution_cleaner_add_cleanup
        let queue = Arc::clone(&self.queue);
        Tracked::add_cleanup(object, move || queue.push(Box::new(cleanup)))
        // ANCHOR_END: solution_cleaner_add_cleanup
    }

    /// Runs what is queued, ends the thread, and returns how many cleanups panicked.
    pub fn finish(mut self) -> usize {
        self.join()
    }

    fn join(&mut self) -> usize {
        // ANCHOR: solution_join
        self.queue.lock().open = false;
        self.queue.changed.notify_one();
        // The thread catches every panic of a cleanup, so its own end is not one.
        self.thread
            .take()
            .map_or(0, |thread| thread.join().unwrap_or(0))
        // ANCHOR_END: solution_join
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) {
        // ANCHOR: solution_push
        let mut state = self.lock();
        if state.open {
            state.jobs.push_back(job);
            self.changed.notify_one();
        } else {
            drop(state);
            job(); // the thread has left, or is about to
        }
        // ANCHOR_END: solution_push
    }

    /// Runs jobs until the queue is closed and empty; how many panicked.
    fn run(&self) -> usize {
        // ANCHOR: solution_run
        let mut panicked = 0;
        loop {
            let waiting = |state: &mut State| state.open && state.jobs.is_empty();
            let mut state = self
                .changed
                .wait_while(self.lock(), waiting)
                .unwrap_or_else(PoisonError::into_inner);
            let Some(job) = state.jobs.pop_front() else {
                return panicked;
            };
            drop(state);
            panicked += usize::from(catch_unwind(AssertUnwindSafe(job)).is_err());
        }
        // ANCHOR_END: solution_run
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        // ANCHOR: solution_cleaner_drop
        self.join();
        // ANCHOR_END: solution_cleaner_drop
    }
}
// ANCHOR_END: cleaner

impl fmt::Debug for Cleaner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cleaner")
            .field("queued", &self.queue.lock().jobs.len())
            .finish_non_exhaustive()
    }
}
