//! `cargo course serve` and `build`, and mdBook's preprocessor.

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use book::problem::{Exit, exit_code};
use book::project::Project;
use clap::{Parser, Subcommand};
use reader::build;
use reader::site::Site;
use reader::{preprocess, serve};

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the book and serve it on this machine, rebuilt on every change
    Serve {
        /// The address to listen on; with 0.0.0.0 or ::, other machines can read the book too
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
        host: IpAddr,
        /// The port; 0 picks a free one
        #[arg(long, default_value_t = 3000)]
        port: u16,
        /// Open it in the browser
        #[arg(long)]
        open: bool,
    },
    /// Build the site into book/, that for a class into book-class/, or the book as one file into target/
    #[command(after_long_help = build::HELP)]
    Build(build::Options),
    /// Speak mdBook's preprocessor protocol (called through book.toml)
    Preprocess {
        #[command(subcommand)]
        question: Option<Question>,
    },
}

#[derive(Subcommand)]
enum Question {
    /// Whether a renderer is supported: every one is
    Supports {
        /// The renderer's name
        renderer: String,
    },
}

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    if let Command::Preprocess { question } = command {
        if question.is_none() {
            preprocess::preprocess()?;
        }
        return Ok(Exit::Well);
    }
    let root = Project::find_root(&std::env::current_dir()?)?;
    match command {
        Command::Serve { host, port, open } => {
            serve::serve(&root, serve::Options { host, port, open }, |root| {
                build::build(root, Site::default(), true)
            })?;
        }
        Command::Build(_) => {
            let start = Instant::now();
            let folder = build::build(&root, Site::default(), false)?;
            build::report(start, &folder.join("index.html"));
        }
        Command::Preprocess { .. } => unreachable!("answered above, without a book"),
    }
    Ok(Exit::Well)
}
