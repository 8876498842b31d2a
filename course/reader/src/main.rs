//! `cargo course serve` and `build`, and mdBook's preprocessor.

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use book::diagnostic::{Exit, exit_code};
use book::project::Project;
use lexopt::prelude::*;
use reader::site::Site;
use reader::{build, preprocess, serve};

const SERVE: &str = "\
Build the book and serve it on this machine, rebuilt on every change

Usage: cargo course serve [OPTIONS]

Options:
      --host <ADDR>  The address to listen on; with 0.0.0.0 or ::, other machines can read the book too [default: 127.0.0.1]
      --port <PORT>  The port; 0 picks a free one [default: 3000]
      --open         Open it in the browser
  -h, --help         Print help
";

const PREPROCESS: &str = "\
Speak mdBook's preprocessor protocol (called through book.toml)

Usage: cargo course preprocess [supports RENDERER]
";

/// A command with its arguments.
enum Command {
    Serve(serve::Options),
    Build,
    Preprocess,
    /// Something to print: a help text, or nothing.
    Print(&'static str),
}

fn main() -> ExitCode {
    exit_code(parse(lexopt::Parser::from_env()).and_then(run))
}

fn parse(mut arguments: lexopt::Parser) -> Result<Command> {
    let Some(Value(command)) = arguments.next()? else {
        bail!("name a command: serve, build or preprocess");
    };
    match command.to_string_lossy().as_ref() {
        "serve" => serve_options(arguments),
        "build" => match arguments.next()? {
            None => Ok(Command::Build),
            Some(Short('h') | Long("help")) => Ok(Command::Print(build::HELP)),
            Some(other) => Err(other.unexpected()).context("see `cargo course build --help`"),
        },
        "preprocess" => match arguments.next()? {
            None => Ok(Command::Preprocess),
            // Every renderer is supported.
            Some(Value(word)) if word == "supports" => Ok(Command::Print("")),
            _ => Ok(Command::Print(PREPROCESS)),
        },
        other => bail!("there is no command `{other}` here"),
    }
}

fn serve_options(mut arguments: lexopt::Parser) -> Result<Command> {
    let mut options = serve::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("host") => options.host = host(&arguments.value()?.string()?)?,
            Long("port") => {
                let port = arguments.value()?.string()?;
                let what = || format!("`{port}` is no port: write a number from 0 to 65535");
                options.port = port.parse().with_context(what)?;
            }
            Long("open") => options.open = true,
            Short('h') | Long("help") => return Ok(Command::Print(SERVE)),
            other => return Err(other.unexpected()).context("see `cargo course serve --help`"),
        }
    }
    Ok(Command::Serve(options))
}

fn host(text: &str) -> Result<IpAddr> {
    if text == "localhost" {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let what = || format!("`{text}` is no IP address: write one such as 127.0.0.1, 0.0.0.0 or ::");
    text.parse().with_context(what)
}

fn run(command: Command) -> Result<Exit> {
    let root = || Project::find_root(&std::env::current_dir()?);
    match command {
        Command::Serve(options) => serve::serve(&root()?, options, |root| {
            build::build(root, Site::default(), true)
        })?,
        Command::Build => {
            let start = Instant::now();
            let folder = build::build(&root()?, Site::default(), false)?;
            build::report(start, &folder.join("index.html"));
        }
        Command::Preprocess => preprocess::preprocess()?,
        Command::Print(text) => print!("{text}"),
    }
    Ok(Exit::Well)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command> {
        parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn serve_listens_on_loopback_unless_told_otherwise() {
        let options = |arguments: &[&str]| match parsed(arguments).unwrap() {
            Command::Serve(options) => options,
            _ => panic!("{arguments:?} should serve"),
        };
        assert_eq!(options(&["serve"]), serve::Options::default());
        assert!(options(&["serve"]).host.is_loopback());
        let all = options(&["serve", "--host", "0.0.0.0", "--port=8080", "--open"]);
        assert_eq!(
            (all.host, all.port, all.open),
            ([0, 0, 0, 0].into(), 8080, true)
        );
        assert!(
            options(&["serve", "--host", "localhost"])
                .host
                .is_loopback()
        );
    }

    #[test]
    fn arguments_that_mean_nothing_are_refused() {
        for wrong in [
            &["serve", "--port", "x"][..],
            &["serve", "--prot", "1"],
            &["serve", "--host", "here"],
            &["serve", "now"],
            &["build", "--fast"],
            &["deploy"],
            &[],
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn help_and_support_are_printed() {
        for (asked, said) in [
            (&["serve", "--help"][..], "--host <ADDR>"),
            (&["build", "-h"], "--epub"),
            (&["preprocess", "supports", "html"], ""),
        ] {
            match parsed(asked).unwrap() {
                Command::Print(text) => assert!(text.contains(said), "{asked:?}: {text}"),
                _ => panic!("{asked:?} should print"),
            }
        }
    }
}
