//! The same sequence from every rung of the ladder.

use listings::coroutines::{
    Pull, ready_made, s2_iterator, s3_generator, s4_stackful, s5_threads, s6_tasks,
    threaded_crossbeam,
};

fn main() -> std::io::Result<()> {
    let rungs: [(&str, Box<dyn Pull<Item = u64>>); 9] = [
        ("state machine by hand", Box::new(s2_iterator::sequence())),
        ("from_fn", Box::new(s2_iterator::sequence_from_fn())),
        ("async block", Box::new(s3_generator::sequence())),
        ("genawaiter", Box::new(ready_made::sequence_genawaiter())),
        (
            "async-stream",
            Box::new(ready_made::sequence_async_stream()),
        ),
        ("stackful", Box::new(s4_stackful::sequence())),
        ("thread, std channel", Box::new(s5_threads::sequence(0))),
        (
            "thread, crossbeam channel",
            Box::new(threaded_crossbeam(0, |emit| {
                s2_iterator::sequence().for_each(emit)
            })),
        ),
        ("tokio task", Box::new(s6_tasks::sequence(1)?)),
    ];
    println!("{:<26} {:>5}  {:>20}", "rung", "terms", "last term");
    for (name, rung) in rungs {
        let terms: Vec<u64> = rung.collect();
        println!(
            "{name:<26} {:>5}  {:>20}",
            terms.len(),
            terms.last().copied().unwrap_or_default()
        );
    }
    Ok(())
}
