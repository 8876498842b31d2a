//! `cargo course cost`.

use std::process::ExitCode;

use anyhow::Result;
use book::diagnostic::{Exit, exit_code, refuse};
use book::project::Project;
use clap::{Parser, Subcommand};
use toolchain::cost;

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show what a cold build compiles, and what is compiled twice
    Cost {
        /// Programs of the tool
        #[arg(value_name = "PROGRAM", default_value = "course-reader")]
        programs: Vec<String>,
        /// Compare with course/budget.toml
        #[arg(long, conflicts_with_all = ["programs", "measure"])]
        check: bool,
        /// Build in an empty folder, target/cost, and show what took how long
        #[arg(long)]
        measure: bool,
    },
}

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    let Command::Cost {
        programs,
        check,
        measure,
    } = command;
    let root = Project::find_root(&std::env::current_dir()?)?;
    if check {
        let (problems, said) = cost::check(&root)?;
        refuse(problems)?;
        println!("{said}");
    } else if measure {
        for program in &programs {
            println!("{}", cost::measure(&root, program)?);
        }
    } else {
        anstream::print!("{}", cost::Counts::of(&root, &programs));
    }
    Ok(Exit::Well)
}
