//! `cargo course …`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use course::progress::Progress;
use course::project::Project;
use course::report::{self, Document, Exit};
use course::{bench, book, check, new, serve, verify};

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
    #[command(after_long_help = report::HELP)]
    Verify(Checking),
    /// Accept changed outputs, showing the difference
    #[command(after_long_help = report::HELP)]
    Bless(Checking),
    /// Check what you have written for a chapter's exercise
    #[command(after_long_help = CHECK_HELP)]
    Check {
        /// The chapter's slug; `proposals` is the only one so far
        chapter: String,
        /// What you have written: for `proposals` a Markdown file
        path: Option<PathBuf>,
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
    /// Become a stranger's program, in the sandbox of a grader (called by `grade`)
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Inside {
        /// What to do, from the grader
        orders: String,
        /// Its environment
        variables: Vec<String>,
    },
    /// Try to get out of the sandbox of a grader (called by `grade`)
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Probe {
        /// What the grader can be caught with
        bait: String,
    },
    /// Speak mdBook's preprocessor protocol (called through book.toml)
    Preprocess {
        #[command(subcommand)]
        question: Option<Question>,
    },
}

#[derive(Args)]
struct Checking {
    /// Slugs of the chapters; none for the whole book
    chapters: Vec<String>,
    /// Print one JSON document instead of text (see --help)
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Question {
    /// Whether a renderer is supported: every one is
    Supports {
        /// The renderer's name
        renderer: String,
    },
}

const CHECK_HELP: &str = "\
Exit code:
  0  it has the form that is asked for
  1  it has not: each thing is told with its line, and what to do
  2  a fault of use (an unknown chapter, no such file): nothing is said about what you have written

Nothing of the file is run, and no link is followed.";

fn main() -> ExitCode {
    let command = Cli::parse().command;
    // In a sandbox there is nothing but the orders.
    #[cfg(target_os = "linux")]
    match &command {
        Command::Inside { orders, variables } => return course::grade::sandbox::inside::main(orders, variables),
        Command::Probe { bait } => return course::grade::sandbox::probes::main(bait),
        _ => {}
    }
    let json = match &command {
        Command::Verify(check) if check.json => Some("verify"),
        Command::Bless(check) if check.json => Some("bless"),
        _ => None,
    };
    let exit = run(command).unwrap_or_else(|error| {
        if error.is::<book::Unwell>() {
            anstream::eprintln!("{error}");
            return Exit::Problems;
        }
        // A program that reads our output gets a document whatever happens.
        if let Some(command) = json {
            let _ = print_json(&Document::of_fault(command, &error));
        }
        anstream::eprintln!("error: {error:#}");
        Exit::Fault
    });
    ExitCode::from(exit as u8)
}

fn run(command: Command) -> Result<Exit> {
    if let Command::Preprocess { question } = command {
        if question.is_none() {
            book::preprocess()?;
        }
        return Ok(Exit::Well);
    }
    // What a learner has written may lie anywhere.
    if let Command::Check { chapter, path } = command {
        let checked = check::check(&chapter, path.as_deref())?;
        for problem in &checked.problems {
            anstream::eprintln!("{problem}");
        }
        return Ok(match checked.problems.len() {
            0 => {
                anstream::println!("{}", checked.praise);
                Exit::Well
            }
            count => {
                anstream::eprintln!("{count} to mend");
                Exit::Problems
            }
        });
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
        Command::Verify(Checking { chapters, json }) => {
            return verify_or_bless(&root, "verify", verify::Options { chapters, bless: false }, json);
        }
        Command::Bless(Checking { chapters, json }) => {
            return verify_or_bless(&root, "bless", verify::Options { chapters, bless: true }, json);
        }
        Command::Bench { chapters, record, machine, quick } => {
            bench::run(&root, &chapters, record, machine.as_deref(), quick)?;
        }
        Command::New { slug } => new::chapter(&root, &slug)?,
        Command::Check { .. } | Command::Preprocess { .. } => unreachable!("answered above, without a book"),
        #[cfg(target_os = "linux")]
        Command::Inside { .. } | Command::Probe { .. } => unreachable!("answered above, without a book"),
    }
    Ok(Exit::Well)
}

fn verify_or_bless(root: &Path, command: &'static str, options: verify::Options, json: bool) -> Result<Exit> {
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
    let phases: Vec<_> =
        report.phases.iter().map(|phase| format!("{} {:.1}", phase.name, phase.seconds)).collect();
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
