//! `cargo course …`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use course::grade::{export, report as grade_report, similarity};
use course::learner;
use course::progress::Progress;
use course::project::Project;
use course::report::{self, Document, Exit};
use course::site::Form;
use course::{assign, bench, book, edition, mutants, new, rehearse, schedule, serve, verify};

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
    /// Build the static site into book/, the one for a class into book-class/, or the book as one file into target/
    #[command(after_long_help = BUILD_HELP)]
    Build {
        /// The book as EPUB, instead of the site
        #[arg(long)]
        epub: bool,
        /// The book as PDF, instead of the site; needs a Chromium
        #[arg(long)]
        pdf: bool,
        /// Leave out what learners write, answers, and notes for instructors, and check that none is left
        #[arg(long, value_enum, default_value_t = Edition::Full, conflicts_with_all = ["epub", "pdf"])]
        edition: Edition,
    },
    /// Check everything the pages claim
    #[command(after_long_help = report::HELP)]
    Verify(Checking),
    /// Accept changed outputs, showing the difference
    #[command(after_long_help = report::HELP)]
    Bless(Checking),
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
    /// Show how far you have come, in all chapters
    #[command(after_long_help = PROGRESS_HELP)]
    Progress {
        /// Print what is kept, as JSON
        #[arg(long)]
        json: bool,
        /// Forget a chapter: what passed, and which hints were taken
        #[arg(long, value_name = "CHAPTER", conflicts_with = "json")]
        reset: Option<String>,
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
    /// Try the wrong solutions of chapters: tests must reject each
    #[command(after_long_help = mutants::HELP)]
    Mutants {
        /// Slugs of the chapters; none for all
        chapters: Vec<String>,
    },
    /// Lay out a new chapter: page, module, tests, bench, task.toml
    New {
        /// The chapter's slug, such as `weak-references`
        slug: String,
    },
    /// Lay out chapters as an assignment: starters, handout, rubric, and apart from them the solutions
    #[command(after_long_help = assign::HELP)]
    Assign(assign::Options),
    /// Print chapters as a timetable, for people or for a calendar
    #[command(after_long_help = schedule::HELP)]
    Schedule(schedule::Options),
    /// Grade submissions of a chapter's exercise, each in a sandbox
    #[command(after_long_help = GRADE_HELP)]
    Grade(Grading),
    /// Put the results of several runs of `grade` together, in any order
    Merge {
        /// Folders that `grade --out` or `merge --into` has written
        #[arg(required = true)]
        from: Vec<PathBuf>,
        /// Where they go
        #[arg(long)]
        into: PathBuf,
    },
    /// Hand results on to Gradescope, Canvas, Moodle and others
    #[command(after_long_help = export::HELP)]
    Export(export::Options),
    /// Make up a class of twenty, to try grading with
    #[command(after_long_help = rehearse::HELP)]
    Rehearse {
        /// The chapter's slug
        chapter: String,
        /// Where it goes: a folder that does not exist yet
        #[arg(long)]
        out: PathBuf,
    },
    /// Write a report a student, and one of the class
    #[command(after_long_help = grade_report::HELP)]
    Report(grade_report::Options),
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
    /// What tests draw their cases with: a failing one says it
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print one JSON document instead of text (see --help)
    #[arg(long, conflicts_with = "watch")]
    json: bool,
}

#[derive(Args)]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "grading needs Linux")
)]
struct Grading {
    /// A folder with one folder or zip a student, called as the student is
    submissions: PathBuf,
    /// The chapter's slug
    #[arg(long)]
    task: String,
    /// Where results go
    #[arg(long)]
    out: PathBuf,
    /// How many at a time; 0 for as many as there are processors
    #[arg(long, default_value_t = 0)]
    jobs: usize,
    /// Leave alone what has this very grade: the same files, task and compiler
    #[arg(long)]
    resume: bool,
    /// Grade one part of the class, such as 2/4
    #[arg(long)]
    shard: Option<course::grade::store::Shard>,
    /// How the platform calls submissions: a regular expression with the group `student`, and any of `name`, `email`,
    /// `submitted`, `late`, and `file` for files that come by themselves
    #[arg(long)]
    name: Option<course::grade::naming::Naming>,
    /// The sandbox; auto takes the best that holds
    #[arg(long, value_enum, default_value_t = Sandboxing::Auto)]
    sandbox: Sandboxing,
    /// Grade without a sandbox: only code that you trust as your own
    #[arg(long, conflicts_with = "sandbox")]
    no_sandbox: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Sandboxing {
    Auto,
    Full,
    Reduced,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Edition {
    /// Everything, in book/
    Full,
    /// Without solutions, in book-class/
    Class,
}

#[derive(Subcommand)]
enum Question {
    /// Whether a renderer is supported: every one is
    Supports {
        /// The renderer's name
        renderer: String,
    },
}

const PROGRESS_HELP: &str = "\
It is kept in the user's data folder (on Linux $XDG_DATA_HOME or ~/.local/share, in future-proposals-in-rust/), or in the
folder that COURSE_DATA names. No update of the book comes to it.";

const BUILD_HELP: &str = "\
Exit code:
  0  it is built
  1  the book has problems, which are told
  2  the tool could not do its work: for the PDF, there is no Chromium. CHROMIUM names one that is not in PATH.";

const START_HELP: &str = "\
The folder is an ordinary cargo project: `cargo test` is all it needs. It has the public tests, a README, and hints.
What stands there is never overwritten: the folder must not exist.";

const GRADE_HELP: &str = "\
Only the files that the task names are taken from a submission. They are compiled and tested in a sandbox: bubblewrap
(full), landlock (reduced), or none, if you say so. What hostile code would try is tried first, and decides.

Ctrl-C stops it once what is being graded is done; whatever ends it, the same command with --resume goes on. Started by
root, it gives each sandbox a user of its own, between 61184 and 65519, whom nobody else is.

OUT/results/*.json  a result a student: status, points, groups, tests; the same bytes on every run
OUT/logs/*.txt      what the compiler and the tests said; for instructors only
OUT/summary.csv     a line a student; ungraded ones have no score

Exit code:
  0  every submission has a verdict, whatever it is
  2  one has none, or nothing could be graded: a fault of the machine or of use, and nobody's zero";

fn main() -> ExitCode {
    let command = Cli::parse().command;
    // In a sandbox there is nothing but the orders.
    #[cfg(target_os = "linux")]
    match &command {
        Command::Inside { orders, variables } => {
            return course::grade::sandbox::inside::main(orders, variables);
        }
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
    if let Command::Check(Learning {
        chapter,
        path,
        hint,
        watch,
        seed,
        json,
    }) = command
    {
        let options = learner::Options {
            chapter,
            path,
            hint,
            seed,
        };
        return if watch {
            learner::command::watch(&options)
        } else {
            learner::command::check(&options, json)
        };
    }
    if let Command::Progress { json, reset } = command {
        return learner::command::progress(json, reset.as_deref());
    }
    if let Command::Merge { from, into } = command {
        let merged = course::grade::store::merge(&from, &into)?;
        anstream::println!("{} results in {}", merged.len(), into.display());
        return Ok(Exit::Well);
    }
    if let Command::Export(options) = command {
        if let Some(similarity) = &options.similarity {
            let root = Project::find_root(&std::env::current_dir()?)?;
            let (said, notes) = similarity::lay_out(&root, &options, similarity)?;
            notes
                .iter()
                .for_each(|note| anstream::eprintln!("note: {note}"));
            anstream::println!("{said}");
            return Ok(Exit::Well);
        }
        let exported = export::export(&options)?;
        exported
            .notes
            .iter()
            .for_each(|note| anstream::eprintln!("note: {note}"));
        anstream::println!("{}", exported.said);
        return Ok(if exported.ungraded == 0 {
            Exit::Well
        } else {
            Exit::Fault
        });
    }
    let root: PathBuf = Project::find_root(&std::env::current_dir()?)?;
    match command {
        Command::Serve { port, open } => {
            serve::serve(&root, serve::Options { port, open }, |root| {
                book::build(root, true)
            })?
        }
        Command::Build { epub, pdf, edition } => {
            let mut forms = Vec::new();
            forms.extend(epub.then_some(Form::Epub));
            forms.extend(pdf.then_some(Form::Pdf));
            let told = |start: Instant, file: &Path| {
                anstream::println!(
                    "built in {:.2} s: {}",
                    start.elapsed().as_secs_f64(),
                    file.display()
                );
            };
            for form in &forms {
                let start = Instant::now();
                told(start, &book::build_form(&root, *form)?);
            }
            if forms.is_empty() {
                let start = Instant::now();
                let folder = match edition {
                    Edition::Full => book::build(&root, false)?,
                    Edition::Class => edition::build(&root)?,
                };
                told(start, &folder.join("index.html"));
            }
        }
        Command::Verify(Checking { chapters, json }) => {
            return verify_or_bless(
                &root,
                "verify",
                verify::Options {
                    chapters,
                    bless: false,
                },
                json,
            );
        }
        Command::Bless(Checking { chapters, json }) => {
            return verify_or_bless(
                &root,
                "bless",
                verify::Options {
                    chapters,
                    bless: true,
                },
                json,
            );
        }
        Command::Bench {
            chapters,
            record,
            machine,
            quick,
        } => {
            bench::run(&root, &chapters, record, machine.as_deref(), quick)?;
        }
        Command::Mutants { chapters } => return mutants::command(&root, &chapters),
        Command::New { slug } => new::chapter(&root, &slug)?,
        Command::Start { chapter, folder } => {
            return learner::command::start(&root, &chapter, folder);
        }
        Command::Assign(options) => anstream::println!("{}", assign::assign(&root, &options)?),
        Command::Schedule(options) => {
            anstream::print!("{}", schedule::schedule(&Project::load(&root)?, &options)?);
        }
        Command::Grade(grading) => return grade(&root, &grading),
        Command::Rehearse { chapter, out } => {
            anstream::println!("{}", rehearse::rehearse(&root, &chapter, &out)?);
        }
        Command::Report(options) => {
            let reported = grade_report::report(&root, &options, &Progress::on_stderr())?;
            reported
                .notes
                .iter()
                .for_each(|note| anstream::eprintln!("note: {note}"));
            anstream::println!("{}", reported.said);
            return Ok(if reported.ungraded == 0 {
                Exit::Well
            } else {
                Exit::Fault
            });
        }
        Command::Export(_) | Command::Merge { .. } => {
            unreachable!("answered above, without a book")
        }
        Command::Check(_) | Command::Progress { .. } | Command::Preprocess { .. } => {
            unreachable!("answered above, without a book")
        }
        #[cfg(target_os = "linux")]
        Command::Inside { .. } | Command::Probe { .. } => {
            unreachable!("answered above, without a book")
        }
    }
    Ok(Exit::Well)
}

#[cfg(target_os = "linux")]
fn grade(root: &Path, grading: &Grading) -> Result<Exit> {
    use course::grade::run::{self, Options};
    use course::grade::sandbox::Level;
    let asked = match (grading.no_sandbox, grading.sandbox) {
        (true, _) => Some(Level::None),
        (false, Sandboxing::Auto) => None,
        (false, Sandboxing::Full) => Some(Level::Full),
        (false, Sandboxing::Reduced) => Some(Level::Reduced),
    };
    let prepare = |progress: &Progress| {
        progress.phase("prepare", || {
            let grader = run::prepare(root, &grading.task, asked)?;
            Ok((grader, "the solution gets full marks".to_owned()))
        })
    };
    // Gone, and its bar with it, before anything else is printed.
    let grader = prepare(&Progress::on_stderr())?;
    anstream::eprintln!("sandbox: {}", grader.level().word());
    if let Some((test, used)) = grader.most() {
        let (seconds, most) = (used.cpu.as_secs_f64(), grader.limits().cpu);
        anstream::eprintln!(
            "of the solution's tests, {test} takes the most time: {seconds:.2} of {most} s"
        );
    }
    let options = Options {
        submissions: grading.submissions.clone(),
        out: grading.out.clone(),
        jobs: grading.jobs,
        resume: grading.resume,
        shard: grading.shard,
        naming: grading.name.clone(),
    };
    for stray in run::submissions(&options.submissions, options.naming.as_ref())?.strays {
        anstream::eprintln!(
            "not looked at: {stray} is neither a folder nor a zip, or is not called as --name says"
        );
    }
    let stop = stop_on_ctrl_c();
    let grade = |progress: &Progress| {
        progress.phase("grade", || {
            let run = run::grade(&grader, &options, progress, &stop)?;
            let said = format!("{} graded, {} left as they were", run.graded, run.kept);
            Ok((run, said))
        })
    };
    let run = grade(&Progress::on_stderr())?;
    anstream::println!("{}", run.summary());
    if run.left > 0 {
        anstream::eprintln!(
            "stopped before {} more: the same command with --resume goes on",
            run.left
        );
    }
    Ok(if run.ungraded() + run.left == 0 {
        Exit::Well
    } else {
        Exit::Fault
    })
}

/// True once Ctrl-C was pressed. Pressed again, it ends the program; what runs in a sandbox ends with it.
#[cfg(target_os = "linux")]
fn stop_on_ctrl_c() -> std::sync::Arc<std::sync::atomic::AtomicBool> {
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let set = std::sync::Arc::clone(&stop);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
        else {
            return;
        };
        runtime.block_on(async {
            // Without a signal handler the process just ends, which is as well.
            if tokio::signal::ctrl_c().await.is_ok() {
                set.store(true, std::sync::atomic::Ordering::Relaxed);
                anstream::eprintln!(
                    "\nstopping, once what is being graded is done; Ctrl-C again ends now"
                );
                let _ = tokio::signal::ctrl_c().await;
                std::process::exit(130);
            }
        });
    });
    stop
}

#[cfg(not(target_os = "linux"))]
fn grade(_: &Path, _: &Grading) -> Result<Exit> {
    anyhow::bail!(
        "grading needs Linux, whose kernel the sandbox is made of: use a virtual machine, or WSL 2 on Windows"
    )
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
