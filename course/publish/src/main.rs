//! `cargo course build` of what takes more than the site: EPUB, PDF, and cards.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use book::problem::{Exit, exit_code};
use book::project::Project;
use clap::{Parser, Subcommand};
use publish::{Form, card};
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
    /// Build the site into book/, that for a class into book-class/, or the book as one file into target/
    #[command(after_long_help = build::HELP)]
    Build(build::Options),
}

fn main() -> ExitCode {
    let Command::Build(options) = Cli::parse().command;
    exit_code(run(&options))
}

fn run(options: &build::Options) -> Result<Exit> {
    let root = Project::find_root(&std::env::current_dir()?)?;
    let mut forms = Vec::new();
    forms.extend(options.epub.then_some(Form::Epub));
    forms.extend(options.pdf.then_some(Form::Pdf));
    for form in &forms {
        let start = Instant::now();
        build::report(start, &publish::build(&root, *form)?);
    }
    if forms.is_empty() {
        let start = Instant::now();
        let site = Site {
            cards: Some(card::draw),
        };
        let folder = build::build(&root, site, false)?;
        build::report(start, &folder.join("index.html"));
    }
    Ok(Exit::Well)
}
