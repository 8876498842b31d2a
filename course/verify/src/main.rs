//! `course-verify`: checks a book. `cargo course verify` and `bless` are the same for parts of this one.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use book::diagnostic::{Exit, Unwell, exit_code};
use book::project::Project;
use clap::{Args, Parser, Subcommand};
use progress::Progress;
use verify::Report;
use verify::report::{self, Document};

/// Checks an mdBook: listings, expected failures, includes, links, headings.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true, after_long_help = format!("{SETTINGS}\n\n{}", report::HELP))]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// The book's folder, or one in it; the one it is run in if left out
    folder: Option<PathBuf>,
    /// Print one JSON document instead of text (see --help)
    #[arg(long)]
    json: bool,
}

/// The words of `course-verify --help` on what a book may say.
const SETTINGS: &str = "\
A book needs nothing but its book.toml. That may have settings, here with what holds without them:

  [preprocessor.course-verify]
  renderers = []            # required, so that mdBook runs nothing
  listings = \"listings\"     # the folder of the crate that listings use, with its direct dependencies, if there is one
  features = []             # features of that crate
  languages = []            # all languages of code blocks besides Rust; any if empty
  reasons = \"warning\"       # `ignore` and `no_run` have a reason: <!-- no_run: waits for ever --> on the line above
  words = \"off\"             # so have `compile_fail` and `should_panic`, with words of the message
  style = \"warning\"         # titles, levels of headings, alternative texts, languages of blocks, unused anchors, …

A rule is \"error\", \"warning\" or \"off\". The edition of listings is that of [rust], or else that of the crate.";

#[derive(Subcommand)]
enum Command {
    /// Check everything the pages claim
    #[command(bin_name = "cargo course verify", after_long_help = report::HELP)]
    Verify(Checking),
    /// Accept changed outputs, showing the difference
    #[command(bin_name = "cargo course bless", after_long_help = report::HELP)]
    Bless(Checking),
}

#[derive(Args)]
struct Checking {
    /// Names of the pages, such as `coroutines` or `proposals/weak`; none for the whole book
    pages: Vec<String>,
    /// Print one JSON document instead of text (see --help)
    #[arg(long)]
    json: bool,
}

/// A request.
struct Request {
    /// `verify` or `bless`.
    name: &'static str,
    folder: PathBuf,
    pages: Vec<String>,
    json: bool,
}

impl Request {
    fn new(cli: Cli) -> Self {
        let here = PathBuf::from(".");
        let (name, checking) = match cli.command {
            Some(Command::Verify(checking)) => ("verify", checking),
            Some(Command::Bless(checking)) => ("bless", checking),
            None => {
                return Self {
                    name: "verify",
                    folder: cli.folder.unwrap_or(here),
                    pages: Vec::new(),
                    json: cli.json,
                };
            }
        };
        Self {
            name,
            folder: here,
            pages: checking.pages,
            json: checking.json,
        }
    }
}

fn main() -> ExitCode {
    let request = Request::new(Cli::parse());
    let (name, json) = (request.name, request.json);
    let ended = run(request);
    // A program that reads our output gets a document whatever happens.
    if json
        && let Err(error) = &ended
        && !error.is::<Unwell>()
    {
        let _ = print_json(&Document::of_fault(name, error));
    }
    exit_code(ended)
}

fn run(request: Request) -> Result<Exit> {
    let root = Project::find_root(&std::path::absolute(&request.folder)?)?;
    let options = verify::Options {
        pages: request.pages,
        bless: request.name == "bless",
        ..verify::Options::default()
    };
    let start = Instant::now();
    // Gone, and its bar with it, before anything else is printed.
    let report = verify::verify_with_progress(Path::new(&root), &options, &Progress::on_stderr())?;
    let seconds = start.elapsed().as_secs_f64();
    if request.json {
        print_json(&Document::new(request.name, &report, seconds))?;
    } else {
        print_text(&report, seconds);
    }
    Ok(report.exit())
}

fn print_text(report: &Report, seconds: f64) {
    for (file, difference) in &report.blessed {
        anstream::println!("accepted {}\n{difference}", file.display());
    }
    for problem in report.warnings.iter().chain(&report.problems) {
        anstream::eprintln!("{problem}");
    }
    anstream::println!("{}", report.summary());
    let phases: Vec<_> = report
        .phases
        .iter()
        .map(|phase| format!("{} {:.1}", phase.name, phase.seconds))
        .collect();
    let found = report.found();
    anstream::println!("{found} in {seconds:.1} s ({})", phases.join(", "));
}

fn print_json(document: &Document<'_>) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, document)?;
    writeln!(stdout)?;
    Ok(())
}
