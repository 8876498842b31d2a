//! The table of who sees what, from the record of the smoke script.
//!
//! Cgroups, containers and virtual machines cannot be made wherever this book is read. So the script keeps what the probe
//! printed there, and this prints what was kept. `recorded::budget_is_computed_again_from_the_same_files` checks our own
//! column against it.

use std::error::Error;

use serde_json::Value;

const RECORD: &str = include_str!("../tests/cpu_budget/smoke/record.jsonl");

fn main() -> Result<(), Box<dyn Error>> {
    let lines: Vec<Value> = RECORD
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let (about, cases) = lines.split_first().ok_or("nothing is recorded")?;
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or("?").to_owned();
    let go = &cases.last().ok_or("no case is recorded")?["go"];

    println!(
        "Recorded {} on {}.",
        text(about, "date"),
        text(about, "cpu")
    );
    println!("host:   Linux {}", text(about, "kernel"));
    println!("docker: {}, on that host", text(about, "docker"));
    println!(
        "vm:     Linux {}, 8 CPUs, in QEMU",
        text(about, "vm_kernel")
    );
    println!(
        "Rust {}, {}, automaxprocs {}",
        text(about, "rustc"),
        text(go, "version"),
        text(go, "automaxprocs_version")
    );

    let mut part = String::new();
    for case in cases {
        if part != text(case, "part") {
            part = text(case, "part");
            println!(
                "\n{:46}{:>5}{:>5}{:>10}{:>4}{:>14}",
                part.clone() + ":",
                "ours",
                "std",
                "num_cpus",
                "Go",
                "automaxprocs"
            );
        }
        // tokio and rayon start as many as std sees: one column for the three, as long as that is so.
        if case["tokio"] != case["std"] || case["rayon"] != case["std"] {
            return Err(format!("{}: tokio or rayon differs from std", text(case, "case")).into());
        }
        println!(
            "{:46}{:>5}{:>5}{:>10}{:>4}{:>14}",
            text(case, "case"),
            case["workers"].to_string(),
            case["std"].to_string(),
            case["num_cpus"].to_string(),
            case["go"]["gomaxprocs"].to_string(),
            case["go"]["automaxprocs"].to_string(),
        );
    }
    Ok(())
}
