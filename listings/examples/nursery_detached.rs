//! A flush of 50 ms in a child that is cancelled after 10: detached, and shielded.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use listings::{
    nursery::{Options, nursery_with, s1_detached::without_cancel, shield},
    scope::Root,
    virtual_time::bubble,
};
use tokio::time::{Duration, sleep};

async fn flush(flushed: Arc<AtomicBool>) {
    sleep(Duration::from_millis(50)).await;
    // Relaxed: one thread runs all of this.
    flushed.store(true, Relaxed);
}

async fn cancelled_meanwhile(shielded: bool) {
    let (root, flushed) = (Root::new(), Arc::new(AtomicBool::new(false)));
    let (begin, work) = (bubble::now(), flush(Arc::clone(&flushed)));
    let options = Options::<()>::default().deadline(Duration::from_millis(10));
    let _ = nursery_with(options, &root, async |n| {
        let child = async move {
            if shielded {
                let _ = shield(Duration::from_millis(100), work).await;
            } else {
                let _ = without_cancel(work).await;
            }
            Ok(())
        };
        let _ = n.spawn("child", child).await;
        Ok(())
    })
    .await;
    let how = if shielded { "shielded" } else { "detached" };
    let took = (bubble::now() - begin).as_millis();
    println!(
        "{how}: the nursery returns after {took} ms, flushed: {}",
        flushed.load(Relaxed)
    );
    sleep(Duration::from_millis(100)).await; // or what is detached would be a leak of the bubble
}

fn main() -> Result<(), bubble::BubbleError> {
    bubble::run(async {
        cancelled_meanwhile(false).await;
        cancelled_meanwhile(true).await;
    })
}
