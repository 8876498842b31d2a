//! `cargo course cost`.

use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use book::diagnostic::{Exit, exit_code, refuse};
use book::project::Project;
use lexopt::prelude::*;
use toolchain::cost;

const HELP: &str = "\
Show what a cold build compiles, and what is compiled twice

Usage: cargo course cost [OPTIONS] [PROGRAM]...

Arguments:
  [PROGRAM]...  Programs of the tool [default: course-reader]

Options:
      --check    Compare with course/budget.toml
      --measure  Build in an empty folder, target/cost, and show what took how long
  -h, --help     Print help
";

fn main() -> ExitCode {
    exit_code(run(lexopt::Parser::from_env()))
}

fn run(mut arguments: lexopt::Parser) -> Result<Exit> {
    let (mut programs, mut check, mut measure) = (Vec::new(), false, false);
    // The command's own name.
    arguments.next()?;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("check") => check = true,
            Long("measure") => measure = true,
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(Exit::Well);
            }
            Value(program) => programs.push(program.string()?),
            other => return Err(other.unexpected()).context("see `cargo course cost --help`"),
        }
    }
    let root = Project::find_root(&std::env::current_dir()?)?;
    if check {
        ensure!(
            programs.is_empty() && !measure,
            "--check compares everything that course/budget.toml has: leave out the rest"
        );
        let (problems, summary) = cost::check(&root)?;
        refuse(problems)?;
        println!("{summary}");
        return Ok(Exit::Well);
    }
    if programs.is_empty() {
        programs.push("course-reader".to_owned());
    }
    if measure {
        for program in &programs {
            println!("{}", cost::measure(&root, program)?);
        }
    } else {
        anstream::print!("{}", cost::Counts::count(&root, &programs));
    }
    Ok(Exit::Well)
}
