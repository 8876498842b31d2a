//! `cargo course build` of what takes more than the site: EPUB, PDF, and cards.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use book::diagnostic::{Exit, exit_code};
use book::page::Page;
use book::project::Project;
use clap::{Parser, Subcommand};
use publish::{Form, card, diagrams};
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
    /// Build the site with cards, or the book as one file
    #[command(override_help = build::HELP)]
    Build {
        #[arg(long)]
        epub: bool,
        #[arg(long)]
        pdf: bool,
    },
    /// Draw the diagrams of pages again, and print as JSON what differs (called by `verify` and `bless`)
    #[command(hide = true)]
    Diagrams {
        /// Files, such as src/coroutines.md; none for all
        pages: Vec<PathBuf>,
        /// Write what differs
        #[arg(long)]
        bless: bool,
    },
}

fn main() -> ExitCode {
    exit_code(run(Cli::parse().command))
}

fn run(command: Command) -> Result<Exit> {
    let root = Project::find_root(&std::env::current_dir()?)?;
    match command {
        Command::Build { epub, pdf } => build_forms(&root, epub, pdf)?,
        Command::Diagrams { pages, bless } => {
            let project = Project::load(&root)?;
            let wanted = |page: &&Page| pages.is_empty() || pages.contains(&page.file);
            let pages: Vec<&Page> = project.pages.iter().filter(wanted).collect();
            let redrawn = diagrams::redraw(&project, &pages, bless);
            serde_json::to_writer(std::io::stdout().lock(), &redrawn)?;
        }
    }
    Ok(Exit::Well)
}

fn build_forms(root: &Path, epub: bool, pdf: bool) -> Result<()> {
    let mut forms = Vec::new();
    forms.extend(epub.then_some(Form::Epub));
    forms.extend(pdf.then_some(Form::Pdf));
    for form in &forms {
        let start = Instant::now();
        build::report(start, &publish::build(root, *form)?);
    }
    if forms.is_empty() {
        let start = Instant::now();
        let site = Site {
            cards: Some(card::draw),
        };
        let folder = build::build(root, site, false)?;
        build::report(start, &folder.join("index.html"));
    }
    Ok(())
}
