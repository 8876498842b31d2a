//! loom goes through every order of steps of stage 4's cleanups.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use listings::cleanups::model::s4_cleanup::Tracked;
use loom::thread;

fn main() {
    println!("a stop, and the last owner: {} executions", executions(1));
    println!(
        "two stops, and the last owner: {} executions",
        executions(2)
    );
}

/// How many executions `stops` threads that stop a cleanup have, beside one that lets go of its object. In each of them
/// there is one winner.
fn executions(stops: usize) -> usize {
    let executions = Arc::new(AtomicUsize::new(0)); // of std, not of loom
    let total = Arc::clone(&executions);
    loom::model(move || {
        executions.fetch_add(1, Relaxed);
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let object = Tracked::new(());
        let cleanup = Tracked::add_cleanup(&object, move || {
            count.fetch_add(1, Relaxed);
        });
        let others: Vec<_> = (0..stops)
            .map(|_| {
                let cleanup = cleanup.clone();
                thread::spawn(move || cleanup.stop())
            })
            .collect();
        drop(object);
        let stopped = others
            .into_iter()
            .map(|other| other.join().unwrap())
            .filter(|won| *won)
            .count();
        assert_eq!(stopped + ran.load(Relaxed), 1, "there is one winner");
    });
    total.load(Relaxed)
}
