//! `cargo course verify` and `bless`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use book::problem::{Exit, Unwell, exit_code};
use book::project::Project;
use clap::{Args, Parser, Subcommand};
use progress::Progress;
use verify::report::{self, Document};

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check everything the pages claim
    #[command(after_long_help = report::HELP)]
    Verify(Checking),
    /// Accept changed outputs, showing the difference
    #[command(after_long_help = report::HELP)]
    Bless(Checking),
}

#[derive(Args)]
struct Checking {
    /// Slugs of the chapters; none for the whole book
    chapters: Vec<String>,
    /// Print one JSON document instead of text (see --help)
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let (name, check) = match Cli::parse().command {
        Command::Verify(check) => ("verify", check),
        Command::Bless(check) => ("bless", check),
    };
    let json = check.json;
    let ended = run(name, check);
    // A program that reads our output gets a document whatever happens.
    if json
        && let Err(error) = &ended
        && !error.is::<Unwell>()
    {
        let _ = print_json(&Document::of_fault(name, error));
    }
    exit_code(ended)
}

fn run(command: &'static str, check: Checking) -> Result<Exit> {
    let root = Project::find_root(&std::env::current_dir()?)?;
    let options = verify::Options {
        chapters: check.chapters,
        bless: command == "bless",
    };
    verify_or_bless(&root, command, options, check.json)
}

fn verify_or_bless(
    root: &Path,
    command: &'static str,
    options: verify::Options,
    json: bool,
) -> Result<Exit> {
    let start = Instant::now();
    // Gone, and its bar with it, before anything else is printed.
    let report = verify::verify_telling(root, &options, &Progress::on_stderr())?;
    let seconds = start.elapsed().as_secs_f64();
    if json {
        print_json(&Document::of(command, &report, seconds))?;
        return Ok(report.exit());
    }
    for (file, difference) in &report.blessed {
        anstream::println!("accepted {}\n{difference}", file.display());
    }
    for problem in &report.problems {
        anstream::eprintln!("{problem}");
    }
    anstream::println!("{}", report.summary());
    let phases: Vec<_> = report
        .phases
        .iter()
        .map(|phase| format!("{} {:.1}", phase.name, phase.seconds))
        .collect();
    let found = match report.problems.len() {
        0 => "verified in".to_owned(),
        1 => "1 problem, found in".to_owned(),
        count => format!("{count} problems, found in"),
    };
    anstream::println!("{found} {seconds:.1} s ({})", phases.join(", "));
    Ok(report.exit())
}

fn print_json(document: &Document<'_>) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, document)?;
    writeln!(stdout)?;
    Ok(())
}
