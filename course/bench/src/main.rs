//! `cargo course bench`.

use std::process::ExitCode;

use anyhow::Result;
use book::diagnostic::{Exit, exit_code};
use book::project::Project;
use clap::{Parser, Subcommand};

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the benchmarks, and the Go baselines where a Go is found
    Bench {
        /// Slugs of the chapters; none for all
        chapters: Vec<String>,
        /// Write the results to benches/results/
        #[arg(long)]
        record: bool,
        /// The name of the record's file, instead of one made from the CPU
        #[arg(long, requires = "record")]
        machine: Option<String>,
        /// See that they run, measuring little
        #[arg(long, conflicts_with = "record")]
        quick: bool,
    },
}

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    let Command::Bench {
        chapters,
        record,
        machine,
        quick,
    } = command;
    let root = Project::find_root(&std::env::current_dir()?)?;
    bench::run(&root, &chapters, record, machine.as_deref(), quick)?;
    Ok(Exit::Well)
}
