//! How many attempts have been made, at four instants.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use listings::virtual_time::{bubble, retry_with_backoff};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

fn main() -> Result<(), bubble::BubbleError> {
    // ANCHOR: main
    bubble::run(async {
        let attempts = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&attempts);
        let retry = bubble::spawn(async move {
            let op = || {
                counter.fetch_add(1, Relaxed); // A count, on one thread: nothing to pair with.
                std::future::ready(Err::<(), ()>(()))
            };
            retry_with_backoff(&CancellationToken::new(), op).await
        });

        println!("spawned:          {} attempts", attempts.load(Relaxed));
        bubble::wait().await;
        println!(
            "all blocked:      {} attempt,  {:?}",
            attempts.load(Relaxed),
            bubble::now()
        );
        sleep(Duration::from_millis(99)).await;
        bubble::wait().await;
        println!(
            "99 ms later:      {} attempt,  {:?}",
            attempts.load(Relaxed),
            bubble::now()
        );
        sleep(Duration::from_millis(1)).await;
        bubble::wait().await;
        println!(
            "1 ms after that:  {} attempts, {:?}",
            attempts.load(Relaxed),
            bubble::now()
        );

        retry.abort();
    })
    // ANCHOR_END: main
}
