//! The commands of learners, `start`, `check` and `progress`, and of those who write chapters, `new`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use book::diagnostic::{Exit, exit_code};
use book::project::Project;
use clap::{Args, Parser, Subcommand};
use exercise::{learner, mutants, new};

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lay out a chapter's exercise as a project of its own
    #[command(after_long_help = START_HELP)]
    Start {
        /// The chapter's slug
        chapter: String,
        /// The folder, which must not exist; without it, the chapter's slug
        folder: Option<PathBuf>,
    },
    /// Check what you have written for a chapter's exercise
    #[command(after_long_help = learner::report::HELP)]
    Check(Learning),
    /// Show how far you have come
    #[command(after_long_help = PROGRESS_HELP)]
    Progress {
        /// Slugs of the chapters; none for all
        #[arg(conflicts_with_all = ["json", "reset"])]
        chapters: Vec<String>,
        /// Print what is kept, as JSON
        #[arg(long)]
        json: bool,
        /// Forget a chapter: what passed, and which hints were taken
        #[arg(long, value_name = "CHAPTER", conflicts_with = "json")]
        reset: Option<String>,
    },
    /// Try the wrong solutions of chapters: tests must reject each
    #[command(after_long_help = mutants::HELP)]
    Mutants {
        /// Slugs of the chapters; none for all
        chapters: Vec<String>,
    },
    /// Lay out a new chapter: page, module, tests, task.toml, and where they are listed
    New {
        /// The chapter's slug, such as `weak-references`
        slug: String,
        /// Add a bench, too
        #[arg(long)]
        bench: bool,
    },
}

#[derive(Args)]
struct Learning {
    /// The chapter's slug
    chapter: String,
    /// The exercise's folder; for `proposals` also the Markdown file
    #[arg(value_name = "DIR")]
    path: Option<PathBuf>,
    /// Give the next hint, for the part of the first test that fails
    #[arg(long)]
    hint: bool,
    /// Check again whenever you save
    #[arg(long)]
    watch: bool,
    /// Seed with which tests draw their cases: a failing one prints it
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print one JSON document instead of text (see --help)
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

const PROGRESS_HELP: &str = "\
It is kept in the user's data folder (on Linux $XDG_DATA_HOME or ~/.local/share, in future-proposals-in-rust/), or in the
folder that COURSE_DATA names. No update of the book comes to it.";

const START_HELP: &str = "\
The folder is an ordinary cargo project: `cargo test` is all it needs. It has the public tests, a README, and hints.
Nothing is overwritten: the folder must not exist.";

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    let root = || Project::find_root(&std::env::current_dir()?);
    match command {
        // The folder of an exercise may be anywhere.
        Command::Check(Learning {
            chapter,
            path,
            hint,
            watch,
            seed,
            json,
        }) => {
            let options = learner::Options {
                chapter,
                path,
                hint,
                seed,
            };
            if watch {
                learner::command::watch(&options)
            } else {
                learner::command::check(&options, json)
            }
        }
        Command::Progress {
            chapters,
            json,
            reset,
        } => learner::command::progress(&chapters, json, reset.as_deref()),
        Command::Start { chapter, folder } => learner::command::start(&root()?, &chapter, folder),
        Command::Mutants { chapters } => mutants::command(&root()?, &chapters),
        Command::New { slug, bench } => {
            new::chapter(&root()?, &slug, bench)?;
            Ok(Exit::Well)
        }
    }
}
