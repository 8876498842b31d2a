//! Three more ways for a test to go wrong, and what the bubble says.

use listings::virtual_time::bubble;
use tokio::{
    task::yield_now,
    time::{Duration, Instant, sleep},
};

fn main() {
    // The reports are the output; the panic's own message goes to standard error.
    let spinning = bubble::run(async {
        let until = Instant::now() + Duration::from_millis(100);
        while Instant::now() < until {
            yield_now().await;
        }
    });
    let leaking = bubble::run(async {
        bubble::spawn(sleep(Duration::from_secs(1)));
    });
    let panicking = bubble::run(async {
        let task = bubble::spawn(async { panic!("the cup is empty") });
        let _ = task.await;
    });
    for outcome in [spinning, leaking, panicking] {
        match outcome {
            Ok(()) => println!("ok"),
            Err(report) => println!("{report}"),
        }
    }
}
