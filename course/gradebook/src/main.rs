//! The commands of instructors after a deadline: `export` and `report`.

use std::process::ExitCode;

use anyhow::Result;
use book::problem::{Exit, exit_code};
use book::project::Project;
use clap::{Parser, Subcommand};
use gradebook::{export, report as grade_report, similarity};
use progress::Progress;

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Hand results on to Gradescope, Canvas, Moodle and others
    #[command(after_long_help = export::HELP)]
    Export(export::Options),
    /// Write a report a student, and one of the class
    #[command(after_long_help = grade_report::HELP)]
    Report(grade_report::Options),
}

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    let root = || Project::find_root(&std::env::current_dir()?);
    match command {
        Command::Export(options) => {
            if let Some(similarity) = &options.similarity {
                let (said, notes) = similarity::lay_out(&root()?, &options, similarity)?;
                notes
                    .iter()
                    .for_each(|note| anstream::eprintln!("note: {note}"));
                anstream::println!("{said}");
                return Ok(Exit::Well);
            }
            let exported = export::export(&options)?;
            exported
                .notes
                .iter()
                .for_each(|note| anstream::eprintln!("note: {note}"));
            anstream::println!("{}", exported.said);
            Ok(if exported.ungraded == 0 {
                Exit::Well
            } else {
                Exit::Fault
            })
        }
        Command::Report(options) => {
            let reported = grade_report::report(&root()?, &options, &Progress::on_stderr())?;
            reported
                .notes
                .iter()
                .for_each(|note| anstream::eprintln!("note: {note}"));
            anstream::println!("{}", reported.said);
            Ok(if reported.ungraded == 0 {
                Exit::Well
            } else {
                Exit::Fault
            })
        }
    }
}
