//! What tests of scopes need: time, who is alive, panics that print nothing. The chapter on nurseries uses them, too.

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
pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Takes so long, and succeeds.
pub async fn nap<E>(millis: u64) -> Result<(), E> {
    sleep(ms(millis)).await;
    Ok(())
}

/// Runs a test under virtual time; whatever hangs or leaks is an error.
pub fn run<T>(body: impl Future<Output = T>) -> T {
    bubble::run(body).unwrap()
}

/// Counts the guards that are alive.
#[derive(Clone, Default)]
pub struct Alive(Arc<AtomicUsize>);

pub struct Guard(Arc<AtomicUsize>);

impl Alive {
    pub fn guard(&self) -> Guard {
        self.0.fetch_add(1, Relaxed);
        Guard(Arc::clone(&self.0))
    }

    pub fn count(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// A child that takes so long.
    pub fn child<E>(
        &self,
        millis: u64,
        outcome: Result<(), E>,
    ) -> impl Future<Output = Result<(), E>> + use<E> {
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
pub struct Thrown(pub u32);

pub fn throw(number: u32) -> ! {
    std::panic::resume_unwind(Box::new(Thrown(number)))
}

/// Awaits a future that must panic, and returns what it has thrown.
pub async fn thrown<T>(future: impl Future<Output = T>) -> Thrown {
    use futures::FutureExt;
    let payload = std::panic::AssertUnwindSafe(future)
        .catch_unwind()
        .await
        .err()
        .expect("it must panic");
    *payload.downcast().expect("a payload of ours")
}
