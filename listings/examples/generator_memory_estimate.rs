//! What ten thousand will cost, before there is one.

use std::mem::size_of;

use listings::{
    coroutines::Fibonacci,
    generator_memory::{Parts, Stack},
};

fn main() {
    let state = size_of::<Fibonacci>() as u64;
    let stack = |reserved| Stack {
        reserved,
        touched: 1000,
    };
    let rows = [
        (
            "iterator in place",
            Parts {
                inline: state,
                ..Parts::default()
            },
        ),
        (
            "iterator in a box",
            Parts {
                inline: 16,
                blocks: vec![state],
                ..Parts::default()
            },
        ),
        (
            "stack of 64 KiB",
            Parts {
                inline: 48,
                stacks: vec![stack(64 << 10)],
                ..Parts::default()
            },
        ),
        (
            "stack of 1 MiB",
            Parts {
                inline: 48,
                stacks: vec![stack(1 << 20)],
                ..Parts::default()
            },
        ),
        // Its stack, and a small one for the handler of stack overflows.
        (
            "thread of 2 MiB",
            Parts {
                stacks: vec![stack(2 << 20), stack(8 << 10)],
                threads: 1,
                ..Parts::default()
            },
        ),
    ];
    println!(
        "{:<20}{:>12}{:>14}{:>14}{:>10}",
        "10 000 of", "resident", "address space", "kernel", "mappings"
    );
    for (name, parts) in rows {
        let cost = parts.cost();
        let mb = |bytes: u64| format!("{:.1} MB", bytes as f64 * 10_000.0 / 1e6);
        println!(
            "{name:<20}{:>12}{:>14}{:>14}{:>10}",
            mb(cost.resident),
            mb(cost.address_space),
            mb(cost.kernel),
            10_000 * cost.mappings
        );
    }
}
