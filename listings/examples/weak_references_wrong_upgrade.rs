//! An upgrade in two steps, in every interleaving until one goes wrong.

use std::{panic, process};

use loom::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

// ANCHOR: wrong
/// What every reference to an object shares.
struct Shared {
    strong: AtomicUsize,
    /// Stands for the object: the destructor has run.
    dead: AtomicBool,
}

/// Two steps, each of them atomic.
fn upgrade(shared: &Shared) -> bool {
    if shared.strong.load(Ordering::Acquire) == 0 {
        return false;
    }
    shared.strong.fetch_add(1, Ordering::Acquire);
    true
}

fn drop_strong(shared: &Shared) {
    if shared.strong.fetch_sub(1, Ordering::AcqRel) == 1 {
        shared.dead.store(true, Ordering::Release);
    }
}

fn model() {
    let shared = Arc::new(Shared {
        strong: AtomicUsize::new(1),
        dead: AtomicBool::new(false),
    });
    let last_owner = Arc::clone(&shared);
    let owner = thread::spawn(move || drop_strong(&last_owner));
    if upgrade(&shared) {
        assert!(
            !shared.dead.load(Ordering::Acquire),
            "a dead object was found"
        );
    }
    owner.join().unwrap();
}
// ANCHOR_END: wrong

static EXECUTIONS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0); // of std, not of loom

fn main() {
    panic::set_hook(Box::new(|panic| {
        let executions = EXECUTIONS.load(Ordering::Relaxed);
        println!(
            "caught after {executions} executions: {}",
            panic.payload_as_str().unwrap_or("a panic")
        );
        process::exit(0);
    }));
    loom::model(|| {
        EXECUTIONS.fetch_add(1, Ordering::Relaxed);
        model();
    });
    eprintln!(
        "not caught in {} executions",
        EXECUTIONS.load(Ordering::Relaxed)
    );
    process::exit(1);
}
