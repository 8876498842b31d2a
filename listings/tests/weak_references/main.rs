//! Tests of the chapter *Build a weak reference*.
//!
//! `ladder` holds every rung to what the page says it answers, and `models` runs loom; the other modules are the groups
//! of the exercise. `core`, `bonus` and `retention` are those that come to `unsafe` code, and run under Miri too.

mod bonus;
mod core;
mod ladder;
mod models;
mod properties;
mod retention;
mod stretch;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use listings::weak_references::meter::Meter;

#[global_allocator]
static METER: Meter = Meter;

/// Counts how often it was dropped.
struct Mortal(Arc<AtomicUsize>);

impl Mortal {
    fn new() -> (Self, Deaths) {
        let deaths = Arc::default();
        (Self(Arc::clone(&deaths)), Deaths(deaths))
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        // Relaxed: whoever asks has joined the thread that dropped.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Deaths(Arc<AtomicUsize>);

impl Deaths {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed) // Relaxed: as above
    }
}
