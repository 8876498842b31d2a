//! Two tasks wait for each other: once on tokio's paused clock alone, once in a bubble.

use std::{sync::mpsc, thread, time::Duration};

use listings::virtual_time::bubble;
use tokio::{runtime::Builder, sync::oneshot};

fn main() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build();
        runtime.expect("a runtime can be built").block_on(async {
            let (left, right) = (oneshot::channel::<()>(), oneshot::channel::<()>());
            let one = tokio::spawn(async move { (right.1.await.is_ok(), left.0) });
            let two = tokio::spawn(async move { (left.1.await.is_ok(), right.0) });
            let _ = tokio::join!(one, two);
        });
        done.send(()).ok();
    });
    // However long we waited, it would not end; half a second is for you.
    match is_done.recv_timeout(Duration::from_millis(500)) {
        Ok(()) => println!("paused clock: done"),
        Err(_) => println!("paused clock: no answer, and none will come"),
    }

    // ANCHOR: bubble
    let outcome = bubble::run(async {
        let (left, right) = (oneshot::channel::<()>(), oneshot::channel::<()>());
        let one = bubble::spawn(async move { (right.1.await.is_ok(), left.0) });
        let two = bubble::spawn(async move { (left.1.await.is_ok(), right.0) });
        let _ = tokio::join!(one, two);
    });
    // ANCHOR_END: bubble
    match outcome {
        Ok(()) => println!("bubble: done"),
        Err(report) => println!("bubble: {report}"),
    }
}
