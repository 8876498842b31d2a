//! The original, word for word: a thousand of each, and what the heap says.

use listings::{
    coroutines::{sequence, stackful, task},
    generator_memory::{Counting, s1_translation::report},
};

#[global_allocator]
static HEAP: Counting = Counting::new();

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    // Each is asked for its first number, so that it has begun.
    report("stackful coroutine", 1000, &HEAP, || {
        let mut fibonacci = stackful(|emit| sequence().for_each(emit));
        fibonacci.next();
        fibonacci
    });
    report("task and channel", 1000, &HEAP, || {
        runtime.block_on(async {
            let mut fibonacci = task(1, |y| async move {
                for number in sequence() {
                    y.yield_(number).await;
                }
            });
            fibonacci.next().await;
            fibonacci
        })
    });
}
