//! `cargo course COMMAND`: brings the program that has the command up to date, and becomes it.
//!
//! Standard library only, so that it is there at once: what a command does not need is not compiled for it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// A command: its name, the program that has it, and its line in `--help`.
type Row = (&'static str, &'static str, &'static str);

const COMMANDS: &[Row] = &[
    (
        "serve",
        "reader",
        "Build the book and serve it on this machine, rebuilt on every change",
    ),
    (
        "build",
        "reader",
        "Build the site into book/, or the book as EPUB or PDF",
    ),
    (
        "start",
        "exercise",
        "Lay out a chapter's exercise as a project of its own",
    ),
    (
        "check",
        "exercise",
        "Check what you have written for a chapter's exercise",
    ),
    ("progress", "exercise", "Show how far you have come"),
    ("verify", "verify", "Check everything the pages claim"),
    (
        "bless",
        "verify",
        "Accept changed outputs, showing the difference",
    ),
    (
        "conclusions",
        "verify",
        "List what the conclusions on the pages depend on, the tightest first",
    ),
    (
        "mutants",
        "exercise",
        "Try a chapter's wrong solutions, which its tests must reject",
    ),
    (
        "bench",
        "bench",
        "Run the benchmarks, and the Go baselines where a Go is found",
    ),
    (
        "new",
        "exercise",
        "Lay out a new chapter: page, module, tests, task.toml, and where they are listed",
    ),
    (
        "assign",
        "classroom",
        "Lay out chapters as an assignment: starters, handout, rubric, solutions",
    ),
    (
        "schedule",
        "classroom",
        "Print chapters as a timetable, for people or for a calendar",
    ),
    (
        "rehearse",
        "classroom",
        "Make up a class of twenty, to try grading with",
    ),
    (
        "grade",
        "grader",
        "Grade submissions of a chapter's exercise, each in a sandbox",
    ),
    (
        "merge",
        "grader",
        "Put the results of several runs of `grade` together",
    ),
    (
        "export",
        "gradebook",
        "Hand results on to Gradescope, Canvas, Moodle and others",
    ),
    (
        "report",
        "gradebook",
        "Write a report a student, and one of the class",
    ),
    (
        "cost",
        "cost",
        "Show what a cold build of the tool compiles, and what is compiled twice",
    ),
];

/// Commands that other programs call.
const HIDDEN: &[(&str, &str)] = &[("preprocess", "reader"), ("diagrams", "publish")];

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let first = arguments.first().map(|it| it.to_string_lossy());
    let Some(command) = first.as_deref() else {
        eprint!("{}", help());
        return ExitCode::from(2);
    };
    if matches!(command, "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(program) = program(command, &arguments) else {
        eprintln!("error: there is no command `{command}`: `cargo course --help` lists them");
        return ExitCode::from(2);
    };
    match run(&format!("course-{program}"), &arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The program that has a command. Building EPUB, PDF or cards, or an edition for a class, takes
/// more than the site does.
fn program(command: &str, arguments: &[OsString]) -> Option<&'static str> {
    if command == "build" {
        let has = |flag: &str| {
            arguments.iter().any(|it| {
                let it = it.to_string_lossy();
                it == flag
                    || it
                        .strip_prefix(flag)
                        .is_some_and(|rest| rest.starts_with('='))
            })
        };
        if has("--edition") {
            return Some("classroom");
        }
        if has("--epub") || has("--pdf") || has_address() {
            return Some("publish");
        }
    }
    let listed = COMMANDS.iter().map(|&(name, program, _)| (name, program));
    let mut all = listed.chain(HIDDEN.iter().copied());
    all.find(|(name, _)| *name == command)
        .map(|(_, program)| program)
}

/// True if the site will have an address, and so cards.
fn has_address() -> bool {
    let set = |line: &str| line.trim_start().starts_with("site-url") && line.contains("\"http");
    env::var("MDBOOK_OUTPUT__HTML__SITE_URL").is_ok_and(|it| it.starts_with("http"))
        || env::current_dir().is_ok_and(|here| {
            let mut books = here.ancestors().map(|folder| folder.join("book.toml"));
            let book = books.find_map(|file| std::fs::read_to_string(file).ok());
            book.is_some_and(|text| text.lines().any(set))
        })
}

fn help() -> String {
    let mut text =
        "The tool of Future Proposals in Rust: serves, checks and measures the book.\n\n\
                    Usage: cargo course <COMMAND>\n\nCommands:\n"
            .to_owned();
    for (name, _, about) in COMMANDS {
        text += &format!("  {name:<11} {about}\n");
    }
    text + "\n`cargo course COMMAND --help` says more. The first use of a command compiles what it needs.\n"
}

/// Becomes a program, built first where cargo has started us.
fn run(program: &str, arguments: &[OsString]) -> Result<ExitCode, String> {
    let own = env::current_exe()
        .map_err(|error| format!("this program does not find itself: {error}"))?;
    let mut command =
        Command::new(own.with_file_name(format!("{program}{}", env::consts::EXE_SUFFIX)));
    command.args(arguments);
    if let Some(workspace) = workspace() {
        build(&workspace, program)?;
        command.env("COURSE_WORKSPACE", workspace);
    }
    become_it(command, program)
}

/// The folder of the workspace, which cargo passes to what it runs.
fn workspace() -> Option<PathBuf> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    package.ancestors().nth(2).map(Path::to_owned)
}

/// Builds a program. Cargo shows its progress if there is something to compile, and says nothing otherwise.
fn build(workspace: &Path, program: &str) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(workspace)
        .args(["build", "--bin", program])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{program} does not compile"))
}

#[cfg(unix)]
fn become_it(mut command: Command, program: &str) -> Result<ExitCode, String> {
    use std::os::unix::process::CommandExt as _;
    Err(format!("{program} cannot be started: {}", command.exec()))
}

#[cfg(not(unix))]
fn become_it(mut command: Command, program: &str) -> Result<ExitCode, String> {
    let status = command
        .status()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    Ok(ExitCode::from(status.code().map_or(2, |code| code as u8)))
}
