//! loom looks for an order of steps in which the guard of stage 3 is stopped and runs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use listings::cleanups::model::s3_flag::guard;

static EXECUTIONS: AtomicUsize = AtomicUsize::new(0); // of std, not of loom

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        let executions = EXECUTIONS.load(Relaxed);
        println!(
            "caught after {executions} executions: {}",
            panic.payload_as_str().unwrap_or("a panic")
        );
        std::process::exit(0);
    }));
    // ANCHOR: model
    loom::model(|| {
        EXECUTIONS.fetch_add(1, Relaxed);
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let (guard, stop) = guard(move || {
            count.fetch_add(1, Relaxed);
        });
        let other = loom::thread::spawn(move || stop.stop());
        drop(guard);
        let stopped = other.join().unwrap();
        assert!(!(stopped && ran.load(Relaxed) == 1), "stopped, and ran");
    });
    // ANCHOR_END: model
    eprintln!("not caught in {} executions", EXECUTIONS.load(Relaxed));
    std::process::exit(1);
}
