//! `cargo course grade` and `merge`, and what `grade` runs in its sandboxes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use book::diagnostic::{Exit, exit_code};
use book::project::Project;
use clap::{Args, Parser, Subcommand};
use progress::Progress;

/// The tool of Future Proposals in Rust.
#[derive(Parser)]
#[command(name = "cargo course", bin_name = "cargo course")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Grade submissions of a chapter's exercise, each in a sandbox
    #[command(after_long_help = GRADE_HELP)]
    Grade(GradeArguments),
    /// Put the results of several runs of `grade` together, in any order
    Merge {
        /// Folders that `grade --out` or `merge --into` has written
        #[arg(required = true)]
        from: Vec<PathBuf>,
        /// The folder for them
        #[arg(long)]
        into: PathBuf,
    },
    /// Become a stranger's program, in the sandbox of a grader (called by `grade`)
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Inside {
        /// The job, from the grader
        orders: String,
        /// Its environment
        variables: Vec<String>,
    },
    /// Try to get out of the sandbox of a grader (called by `grade`)
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Probe {
        /// Things that must not be reached
        bait: String,
    },
}

#[derive(Args)]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "grading needs Linux")
)]
struct GradeArguments {
    /// A folder with one folder or zip a student, called as the student is
    submissions: PathBuf,
    /// The chapter's slug
    #[arg(long)]
    task: String,
    /// The folder for results
    #[arg(long)]
    out: PathBuf,
    /// The number graded at the same time; 0 for as many as there are processors
    #[arg(long, default_value_t = 0)]
    jobs: usize,
    /// Leave alone what has this very grade: the same files, task and compiler
    #[arg(long)]
    resume: bool,
    /// Grade one part of the class, such as 2/4
    #[arg(long)]
    shard: Option<grader::store::Shard>,
    /// A pattern of the platform's names: a regular expression with the group `student`, and any of `name`, `email`,
    /// `submitted`, `late`, and `file` for files that come by themselves
    #[arg(long)]
    name: Option<grader::naming::NamePattern>,
    /// The sandbox; auto takes the best that holds
    #[arg(long, value_enum, default_value_t = SandboxChoice::Auto)]
    sandbox: SandboxChoice,
    /// Grade without a sandbox: only code that you trust as your own
    #[arg(long, conflicts_with = "sandbox")]
    no_sandbox: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SandboxChoice {
    Auto,
    Full,
    Reduced,
}

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
        Command::Inside { orders, variables } => return sandbox::inside::main(orders, variables),
        Command::Probe { bait } => return sandbox::probes::main(bait),
        _ => {}
    }
    exit_code(run(command))
}

fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Merge { from, into } => {
            let merged = grader::store::merge(&from, &into)?;
            anstream::println!("{} results in {}", merged.len(), into.display());
            Ok(Exit::Well)
        }
        Command::Grade(arguments) => {
            grade(&Project::find_root(&std::env::current_dir()?)?, &arguments)
        }
        #[cfg(target_os = "linux")]
        Command::Inside { .. } | Command::Probe { .. } => {
            unreachable!("answered above, without a book")
        }
    }
}

#[cfg(target_os = "linux")]
fn grade(root: &Path, arguments: &GradeArguments) -> Result<Exit> {
    use grader::run::{self, GradeOptions};
    use sandbox::Level;
    let asked = match (arguments.no_sandbox, arguments.sandbox) {
        (true, _) => Some(Level::None),
        (false, SandboxChoice::Auto) => None,
        (false, SandboxChoice::Full) => Some(Level::Full),
        (false, SandboxChoice::Reduced) => Some(Level::Reduced),
    };
    let prepare = |progress: &Progress| {
        progress.phase("prepare", || {
            let grader = run::prepare(root, &arguments.task, asked)?;
            Ok((grader, "the solution gets full marks".to_owned()))
        })
    };
    // Gone, and its bar with it, before anything else is printed.
    let grader = prepare(&Progress::on_stderr())?;
    anstream::eprintln!("sandbox: {}", grader.level().name());
    if let Some((test, usage)) = grader.slowest_test() {
        let (seconds, most) = (usage.cpu.as_secs_f64(), grader.limits().cpu);
        anstream::eprintln!(
            "of the solution's tests, {test} takes the most time: {seconds:.2} of {most} s"
        );
    }
    let options = GradeOptions {
        submissions: arguments.submissions.clone(),
        out: arguments.out.clone(),
        jobs: arguments.jobs,
        resume: arguments.resume,
        shard: arguments.shard,
        naming: arguments.name.clone(),
    };
    for stray in run::Submissions::list(&options.submissions, options.naming.as_ref())?.strays {
        anstream::eprintln!(
            "not looked at: {stray} is neither a folder nor a zip, or is not called as --name says"
        );
    }
    let stop = stop_on_ctrl_c();
    let grade = |progress: &Progress| {
        progress.phase("grade", || {
            let run = run::grade(&grader, &options, progress, &stop)?;
            let message = format!("{} graded, {} left as they were", run.finished, run.skipped);
            Ok((run, message))
        })
    };
    let run = grade(&Progress::on_stderr())?;
    anstream::println!("{}", run.summary());
    if run.remaining > 0 {
        anstream::eprintln!(
            "stopped before {} more: the same command with --resume goes on",
            run.remaining
        );
    }
    Ok(if run.ungraded() + run.remaining == 0 {
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
    // Without a handler the process just ends, which is as well.
    let _ = ctrlc::set_handler(move || {
        if set.swap(true, std::sync::atomic::Ordering::Relaxed) {
            std::process::exit(130);
        }
        anstream::eprintln!("\nstopping, once what is being graded is done; Ctrl-C again ends now");
    });
    stop
}

#[cfg(not(target_os = "linux"))]
fn grade(_: &Path, _: &GradeArguments) -> Result<Exit> {
    anyhow::bail!(
        "grading needs Linux, whose kernel the sandbox is made of: use a virtual machine, or WSL 2 on Windows"
    )
}
