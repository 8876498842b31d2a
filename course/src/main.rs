//! `cargo course …`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use course::project::Project;
use course::{bench, book, new, serve, verify};

/// The tool of Future Proposals in Rust: serves, checks and measures the book.
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
        /// The port; 0 picks a free one
        #[arg(long, default_value_t = 3000)]
        port: u16,
        /// Open it in the browser
        #[arg(long)]
        open: bool,
    },
    /// Build the static site into book/
    Build,
    /// Check everything the pages claim
    Verify {
        /// Slugs of the chapters to check; none for the whole book
        chapters: Vec<String>,
    },
    /// Accept changed outputs, showing the difference
    Bless {
        /// Slugs of the chapters; none for the whole book
        chapters: Vec<String>,
    },
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
    /// Lay out a new chapter: page, module, tests, bench, task.toml
    New {
        /// The chapter's slug, such as `weak-references`
        slug: String,
    },
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
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if error.is::<book::Unwell>() => {
            anstream::eprintln!("{error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs a command: whether the book is well, or a fault of the tool or its use.
fn run(command: Command) -> Result<bool> {
    if let Command::Preprocess { question } = command {
        if question.is_none() {
            book::preprocess()?;
        }
        return Ok(true);
    }
    let root: PathBuf = Project::find_root(&std::env::current_dir()?)?;
    match command {
        Command::Serve { port, open } => {
            serve::serve(&root, serve::Options { port, open }, |root| book::build(root, true))?
        }
        Command::Build => {
            let start = std::time::Instant::now();
            let folder = book::build(&root, false)?;
            let seconds = start.elapsed().as_secs_f64();
            anstream::println!("built in {seconds:.2} s: {}", folder.join("index.html").display());
        }
        Command::Verify { chapters } => return check(&root, verify::Options { chapters, bless: false }),
        Command::Bless { chapters } => return check(&root, verify::Options { chapters, bless: true }),
        Command::Bench { chapters, record, machine, quick } => {
            bench::run(&root, &chapters, record, machine.as_deref(), quick)?;
        }
        Command::New { slug } => new::chapter(&root, &slug)?,
        Command::Preprocess { .. } => unreachable!("answered above, without a book"),
    }
    Ok(true)
}

fn check(root: &std::path::Path, options: verify::Options) -> Result<bool> {
    let start = std::time::Instant::now();
    let report = verify::verify(root, &options)?;
    for (file, difference) in &report.blessed {
        anstream::println!("accepted {}\n{difference}", file.display());
    }
    for problem in &report.problems {
        anstream::eprintln!("{problem}");
    }
    anstream::println!("{}", report.summary());
    let seconds = start.elapsed().as_secs_f64();
    match report.problems.len() {
        0 => anstream::println!("verified in {seconds:.1} s"),
        count => anstream::println!("{count} problems, found in {seconds:.1} s"),
    }
    Ok(report.problems.is_empty())
}
