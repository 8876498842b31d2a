//! The commands of instructors before a deadline: `assign`, `schedule`, `rehearse`, and the class edition.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use book::diagnostic::{Exit, exit_code};
use book::project::Project;
use clap::{Parser, Subcommand};
use classroom::{assign, edition, rehearse, schedule};
use reader::build;
use reader::site::Site;

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lay out chapters as an assignment: starters, handout, rubric, and apart from them the solutions
    #[command(after_long_help = assign::HELP)]
    Assign(assign::AssignOptions),
    /// Print chapters as a timetable, for people or for a calendar
    #[command(after_long_help = schedule::HELP)]
    Schedule(schedule::ScheduleOptions),
    /// Make up a class of twenty, to try grading with
    #[command(after_long_help = rehearse::HELP)]
    Rehearse {
        /// The chapter's slug
        chapter: String,
        /// The folder to make, which does not exist yet
        #[arg(long)]
        out: PathBuf,
    },
    /// Build an edition of the site
    #[command(override_help = build::HELP)]
    Build {
        #[arg(long, value_enum)]
        edition: Edition,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Edition {
    Full,
    Class,
}

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    let root = Project::find_root(&std::env::current_dir()?)?;
    match command {
        Command::Assign(options) => anstream::println!("{}", assign::assign(&root, &options)?),
        Command::Schedule(options) => {
            anstream::print!("{}", schedule::schedule(&Project::load(&root)?, &options)?);
        }
        Command::Rehearse { chapter, out } => {
            anstream::println!("{}", rehearse::rehearse(&root, &chapter, &out)?);
        }
        Command::Build { edition } => {
            let start = Instant::now();
            let folder = match edition {
                Edition::Full => build::build(&root, Site::default(), false)?,
                Edition::Class => edition::build(&root)?,
            };
            build::report(start, &folder.join("index.html"));
        }
    }
    Ok(Exit::Well)
}
