//! Three children that outlive the word-for-word translation of the original's `Run`.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use futures::FutureExt;
use listings::scope::s1_translation::run;
use tokio::time::{sleep, timeout};

/// Counts children that are alive: it is moved into the child, and dropped with it.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

async fn work(
    _alive: Alive,
    millis: u64,
    outcome: Result<(), &'static str>,
) -> Result<(), &'static str> {
    sleep(Duration::from_millis(millis)).await;
    outcome
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let alive = Arc::new(AtomicUsize::new(0));
    let now_alive = || alive.load(Relaxed);

    let outcome = run(async |children| {
        children.spawn(work(Alive::new(&alive), 1000, Ok(())));
        children.spawn(work(Alive::new(&alive), 10, Err("refused")));
    })
    .await;
    println!(
        "a child fails:   run returns {outcome:?}, alive: {}",
        now_alive()
    );
    sleep(Duration::from_millis(1)).await; // the abandoned child is gone by now

    let panicked = AssertUnwindSafe(run(async |children| {
        children.spawn(work(Alive::new(&alive), 1000, Ok(())));
        resume_unwind(Box::new("the body"));
    }))
    .catch_unwind()
    .await;
    println!(
        "the body panics: run returns {}, alive: {}",
        panicked.map_or("a panic", |_| "?"),
        now_alive()
    );
    sleep(Duration::from_millis(1)).await;

    let dropped = timeout(
        Duration::from_millis(10),
        run(async |children| {
            children.spawn(work(Alive::new(&alive), 1000, Ok(())));
        }),
    )
    .await;
    println!(
        "run is dropped:  {}, alive: {}",
        dropped.map_or("it returns nothing", |_| "?"),
        now_alive()
    );
}
