//! Puts the ladder on the scale: `cargo run --release --example generator_memory_weigh -- 10000`.
//!
//! With the names of kinds after the number it weighs only these: `… -- 10000 task stackful-256k`.

use std::{env, error::Error, process::Command};

use listings::generator_memory::{Counting, Job, Kind, serve, weigh_all};

#[global_allocator]
static HEAP: Counting = Counting::new();

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "weighed") {
        return Ok(serve(|| HEAP.held())?);
    }
    let units = arguments.first().map_or(Ok(1000), |units| units.parse())?;
    let kinds: Vec<Kind> = match arguments.get(1..) {
        Some([_, ..]) => arguments[1..]
            .iter()
            .map(|kind| kind.parse())
            .collect::<Result<_, _>>()?,
        _ => Kind::LADDER.to_vec(),
    };
    let jobs: Vec<Job> = kinds.into_iter().map(|kind| Job { kind, units }).collect();
    let this = env::current_exe()?;
    let weights = weigh_all(
        || {
            let mut command = Command::new(&this);
            command.arg("weighed");
            command
        },
        &jobs,
    )?;
    println!("{units} units, bytes for each:\n");
    println!(
        "{:<14}{:>8}{:>10}{:>15}{:>13}{:>10}",
        "", "heap", "resident", "address space", "page tables", "mappings"
    );
    for weight in weights {
        let each = weight.each();
        println!(
            "{:<14}{:>8.0}{:>10.0}{:>15.0}{:>13.0}{:>10.0}",
            weight.job.kind.to_string(),
            each.heap,
            each.resident,
            each.address_space,
            each.page_tables,
            each.mappings
        );
    }
    Ok(())
}
