//! The commands of instructors after a deadline: `export` and `report`.

use std::process::ExitCode;

use anyhow::Result;
use book::diagnostic::{Exit, exit_code};
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
    Export(export::ExportOptions),
    /// Write a report a student, and one of the class
    #[command(after_long_help = grade_report::HELP)]
    Report(grade_report::ReportOptions),
}

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    let root = || Project::find_root(&std::env::current_dir()?);
    let summary = match command {
        Command::Export(options) => match &options.similarity {
            Some(out) => similarity::lay_out(&root()?, &options, out)?,
            None => export::export(&options)?,
        },
        Command::Report(options) => {
            grade_report::report(&root()?, &options, &Progress::on_stderr())?
        }
    };
    for note in summary.notes {
        anstream::eprintln!("note: {note}");
    }
    anstream::println!("{}", summary.message);
    Ok(match summary.ungraded {
        0 => Exit::Well,
        _ => Exit::Fault,
    })
}
