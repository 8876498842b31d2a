//! How often an exchange succeeds, and how evenly, with 1, 2 and 16 threads.

use std::{hint::black_box, time::Duration};

use listings::tagged_pointers::{
    Bare, Indexed, Locked, TaggedPointer, Wide,
    contention::{Monotonic, Round, contend},
};

fn exchange<H: TaggedPointer<u64>>(threads: usize) -> Round {
    let home = [0, 1];
    let cell = H::new(&home);
    contend(&Monotonic::default(), threads, Duration::from_millis(200), |number| {
        let (cell, new) = (&cell, (&raw const home[number % 2]).cast_mut());
        move || cell.cas(black_box(cell.load()), new)
    })
}

fn row<H: TaggedPointer<u64>>(name: &str) {
    for threads in [1, 2, 16] {
        let round = exchange::<H>(threads);
        println!(
            "{name:<8} {threads:>7} {:>10.0} M/s {:>9.0} % {:>9.2}",
            round.attempts() as f64 / round.elapsed().as_secs_f64() / 1e6,
            round.success_rate() * 100.0,
            round.fairness()
        );
    }
}

fn main() {
    println!("{:<8} {:>7} {:>14} {:>11} {:>9}", "", "threads", "attempts", "succeed", "fairness");
    row::<Bare<_>>("Bare");
    row::<Locked<_>>("Locked");
    row::<Wide<_>>("Wide");
    row::<Indexed<_>>("Indexed");
}
