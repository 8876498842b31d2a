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
use serde::Serialize;
use verify::Report;
use verify::conclusions::List;
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
    Verify(Verifying),
    /// Accept changed outputs, showing the difference
    #[command(bin_name = "cargo course bless", after_long_help = report::HELP)]
    Bless(Checking),
    /// List what the conclusions on the pages depend on, the tightest condition first
    #[command(bin_name = "cargo course conclusions", after_long_help = MARGINS)]
    Conclusions(Checking),
}

/// The words of `cargo course conclusions --help` on what it lists.
const MARGINS: &str = "\
A line for each condition, `<!-- holds: CONDITION -->`: a margin, the place, and the comparison in it that is the first to
break. The margin says how far the worse end of an interval could move before that: by 4.2 %, or by a factor of 3.1; with a
minus, how far the comparison is broken.

With --json, standard output is one JSON document: format, command, exit, error and problems as `cargo course verify --help`
says, and conclusions: [{file, line, condition, holds, tightest, margin}], where the margin is a factor.";

#[derive(Args, Default)]
struct Checking {
    /// Names of the pages, such as `coroutines` or `proposals/weak`; none for the whole book
    pages: Vec<String>,
    /// Print one JSON document instead of text (see --help)
    #[arg(long)]
    json: bool,
}

#[derive(Args, Default)]
struct Verifying {
    #[command(flatten)]
    checking: Checking,
    /// Run everything again, also what cannot have changed since it last held
    #[arg(long)]
    all: bool,
    /// Fail on measurements that are missing or older than their code, instead of warning
    #[arg(long)]
    release: bool,
    /// Only ask an installed toolchain, such as `beta`, which of the unstable features on the pages it has stable
    #[arg(long, value_name = "NAME", conflicts_with_all = ["release", "json"])]
    toolchain: Option<String>,
}

impl Verifying {
    fn only(checking: Checking) -> Self {
        Self {
            checking,
            ..Self::default()
        }
    }
}

/// A request.
struct Request {
    /// `verify`, `bless` or `conclusions`.
    name: &'static str,
    folder: PathBuf,
    asks: Verifying,
}

impl Request {
    fn new(cli: Cli) -> Self {
        let (name, asks) = match cli.command {
            Some(Command::Verify(asks)) => ("verify", asks),
            Some(Command::Bless(checking)) => ("bless", Verifying::only(checking)),
            Some(Command::Conclusions(checking)) => ("conclusions", Verifying::only(checking)),
            None => {
                let json = cli.json;
                let pages = Vec::new();
                ("verify", Verifying::only(Checking { pages, json }))
            }
        };
        Self {
            name,
            folder: cli.folder.unwrap_or_else(|| ".".into()),
            asks,
        }
    }
}

fn main() -> ExitCode {
    let request = Request::new(Cli::parse());
    let (name, json) = (request.name, request.asks.checking.json);
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
    let Verifying {
        checking: Checking { pages, json },
        all,
        release,
        toolchain,
    } = request.asks;
    let options = verify::Options {
        pages,
        bless: request.name == "bless",
        all,
        release,
        strict: std::env::var_os("CI").is_some(),
        ..verify::Options::default()
    };
    if request.name == "conclusions" {
        let list = List::read(&Project::load(&root)?, &options)?;
        return list_conclusions(&list, json);
    }
    if let Some(toolchain) = &toolchain {
        return ask(&root, &options, toolchain);
    }
    let start = Instant::now();
    // Gone, and its bar with it, before anything else is printed.
    let report = verify::verify_with_progress(Path::new(&root), &options, &Progress::on_stderr())?;
    let seconds = start.elapsed().as_secs_f64();
    if json {
        print_json(&Document::new(request.name, &report, seconds))?;
    } else {
        print_text(&report, seconds);
    }
    Ok(report.exit())
}

fn list_conclusions(list: &List, json: bool) -> Result<Exit> {
    if json {
        print_json(list)?;
    } else {
        for problem in &list.problems {
            anstream::eprintln!("{problem}");
        }
        anstream::println!("{list}");
    }
    Ok(list.exit())
}

/// Asks a toolchain what of the unstable it has stable.
fn ask(root: &Path, options: &verify::Options, toolchain: &str) -> Result<Exit> {
    let found = verify::unstable::check(root, options, toolchain)?;
    for problem in &found.problems {
        anstream::eprintln!("{problem}");
    }
    let (unstable, stable) = (found.unstable, found.problems.len());
    anstream::println!("{}: {unstable} unstable, {stable} no longer", found.rustc);
    Ok(if stable == 0 {
        Exit::Well
    } else {
        Exit::Problems
    })
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

fn print_json(document: &impl Serialize) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, document)?;
    writeln!(stdout)?;
    Ok(())
}
