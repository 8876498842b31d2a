//! Tests of the chapter *A scope nothing outlives*.
//!
//! `law` holds random programs, which `script` makes, plays and prints, against the law; `holes` shows what the first
//! attempts let through; the other modules are groups of the exercise.

mod bonus;
mod core;
mod holes;
mod law;
mod local;
mod script;
mod stretch;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use listings::virtual_time::bubble;
use tokio::time::sleep;

/// Milliseconds.
fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Takes so long, and succeeds.
async fn nap<E>(millis: u64) -> Result<(), E> {
    sleep(ms(millis)).await;
    Ok(())
}

/// Runs a test under virtual time; whatever hangs or leaks is an error.
fn run<T>(body: impl Future<Output = T>) -> T {
    bubble::run(body).unwrap()
}

/// Counts the guards that are alive.
#[derive(Clone, Default)]
struct Alive(Arc<AtomicUsize>);

struct Guard(Arc<AtomicUsize>);

impl Alive {
    fn guard(&self) -> Guard {
        self.0.fetch_add(1, Relaxed);
        Guard(Arc::clone(&self.0))
    }

    fn count(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// A child that takes so long.
    fn child<E>(&self, millis: u64, outcome: Result<(), E>) -> impl Future<Output = Result<(), E>> + use<E> {
        let guard = self.guard();
        async move {
            let _guard = guard;
            sleep(ms(millis)).await;
            outcome
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// What a panic of ours carries: not a message, so that no hook prints one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Thrown(u32);

fn throw(number: u32) -> ! {
    std::panic::resume_unwind(Box::new(Thrown(number)))
}

/// Awaits a future that must panic, and returns what it has thrown.
async fn thrown<T>(future: impl Future<Output = T>) -> Thrown {
    use futures::FutureExt;
    let payload = std::panic::AssertUnwindSafe(future).catch_unwind().await.err().expect("it must panic");
    *payload.downcast().expect("a payload of ours")
}
