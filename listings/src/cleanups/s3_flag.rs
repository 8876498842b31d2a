//! Stage 3: a cleanup that can be stopped, with a race in it.

// ANCHOR: flag
use std::sync::PoisonError;

use super::sync::{Arc, Mutex};

/// Runs a function when it is dropped, unless its [`Stop`] came first; or **sometimes both**, which is wrong.
pub struct Guard {
    over: Arc<Mutex<bool>>,
    cleanup: Option<Box<dyn FnOnce() + Send>>,
}

/// Stops the cleanup of a [`Guard`].
pub struct Stop {
    over: Arc<Mutex<bool>>,
}

/// Makes a guard and what stops it.
pub fn guard(cleanup: impl FnOnce() + Send + 'static) -> (Guard, Stop) {
    let over = Arc::new(Mutex::new(false));
    (
        Guard {
            over: Arc::clone(&over),
            cleanup: Some(Box::new(cleanup)),
        },
        Stop { over },
    )
}

/// Ends it; whether it was not over yet. Each of the two steps holds the lock. Between them nobody does.
fn end(over: &Mutex<bool>) -> bool {
    let lock = || over.lock().unwrap_or_else(PoisonError::into_inner);
    if *lock() {
        return false;
    }
    *lock() = true;
    true
}

impl Stop {
    /// Stops the cleanup; whether it came in time.
    #[must_use]
    pub fn stop(&self) -> bool {
        end(&self.over)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if end(&self.over)
            && let Some(cleanup) = self.cleanup.take()
        {
            cleanup();
        }
    }
}
// ANCHOR_END: flag

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stop").finish_non_exhaustive()
    }
}
