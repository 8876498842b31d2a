//! A producer panics. What does its consumer get to know?

use std::panic;

use listings::coroutines::{s1_channel, threaded};

fn main() {
    let terms: Vec<u64> = s1_channel::sequence().take(95).collect();
    println!(
        "stage 1: {} terms, the last is {}; no error",
        terms.len(),
        terms[terms.len() - 1]
    );

    let mut pull = threaded(0, |emit| {
        let (mut a, mut b) = (0_u64, 1_u64);
        loop {
            emit(a);
            (a, b) = (b, a + b); // the same mistake
        }
    });
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| pull.by_ref().take(95).count()));
    match outcome {
        Ok(count) => println!("stage 5: {count} terms"),
        Err(payload) => println!("stage 5: panicked, {:?}", message(&*payload)),
    }
    println!("stage 5, asked again: {:?}", pull.next());
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "with something else than text",
    }
}
