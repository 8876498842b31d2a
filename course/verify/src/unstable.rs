//! Listings of what is unstable, compiled by another toolchain: which have become stable there?
//!
//! On the book's own compiler they must fail with E0658. A beta compiler says six weeks earlier that a page is out of date.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use book::diagnostic::{Diagnostic, Diagnostics};
use book::fence::{Expect, Snippet, program};
use book::project::Project;
use toolchain::rustc::{Message, messages};

use crate::Options;
use crate::snippets::snippets;

/// The code of what is unstable.
const CODE: &str = "E0658";

/// The answer of a toolchain.
#[derive(Debug)]
pub struct Stability {
    /// The `rustc --version` of the toolchain.
    pub rustc: String,
    /// The number of listings that are unstable there, too.
    pub unstable: usize,
    /// The listings that are stable, and those about which the toolchain says nothing, sorted by place.
    pub problems: Vec<Diagnostic>,
}

/// Compiles the listings of the selected pages that must be unstable, with nothing but std.
///
/// # Errors
///
/// When the toolchain is not installed, a page is not there, or a listing cannot be written.
pub fn check(root: &Path, options: &Options, toolchain: &str) -> Result<Stability> {
    let rustc = version(toolchain)?;
    let project = Project::load(root)?;
    // What else is wrong with the listings is for a plain `verify` to say.
    let mut elsewhere = Diagnostics::default();
    let listings = snippets(&project, &options.select(&project)?, &mut elsewhere)?;
    let (mut unstable, mut problems) = (0, Diagnostics::default());
    for listing in listings.iter().filter(|it| must_be_unstable(it)) {
        let folder = project.scratch().join("unstable").join(toolchain);
        let output = compile(toolchain, &project, listing, &folder)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<_> = messages(&errors).filter(Message::is_error).collect();
        match problem(listing, &rustc, &errors) {
            Some(problem) => problems.push(problem),
            None => unstable += 1,
        }
    }
    Ok(Stability {
        rustc,
        unstable,
        problems: problems.sorted(),
    })
}

fn must_be_unstable(listing: &Snippet<'_>) -> bool {
    matches!(&listing.expect, Expect::FailsToCompile { codes, .. } if codes.iter().any(|code| code == CODE))
}

/// The problem with a listing that has these errors; `None` while it is unstable.
fn problem(listing: &Snippet<'_>, rustc: &str, errors: &[Message]) -> Option<Diagnostic> {
    let problem = |what| Diagnostic::new(&listing.page.file, listing.fence.line, what);
    if errors.iter().any(|error| error.code() == CODE) {
        return None;
    }
    if errors.is_empty() {
        let help = "say so on the page, with the release; when the book has that compiler, make it an ordinary listing";
        return Some(problem(format!("this has become stable: {rustc} compiles it")).help(help));
    }
    let rendered: Vec<_> = errors.iter().map(Message::rendered).collect();
    let what = format!("{rustc} does not say {CODE} of this, so it may have become stable");
    let help = "read its error: the feature may have another form now, or need more than std";
    Some(problem(what).detail(rendered.join("\n")).help(help))
}

fn compile(
    toolchain: &str,
    project: &Project,
    listing: &Snippet<'_>,
    folder: &Path,
) -> Result<Output> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("listing.rs"), program(&listing.code))?;
    let edition = listing.fence.edition();
    let edition = edition.or(project.settings.edition.as_deref());
    rustc(toolchain)
        .args(["listing.rs", "--crate-type=bin", "--emit=metadata"])
        .args(["--error-format=json", "-Aunused"])
        .arg(format!("--edition={}", edition.unwrap_or("2024")))
        .current_dir(folder)
        .output()
        .context("rustup cannot be started")
}

fn rustc(toolchain: &str) -> Command {
    let mut command = Command::new("rustup");
    // A wrapper or a flag of this run is for the book's own compiler.
    command
        .args(["run", toolchain, "rustc"])
        .env_remove("RUSTC_BOOTSTRAP");
    command
}

/// The version of a toolchain, which must be installed: nothing is downloaded without being asked.
fn version(toolchain: &str) -> Result<String> {
    let answer = rustc(toolchain).arg("--version").output();
    let answer = answer.context("rustup cannot be started, and only it has several toolchains")?;
    ensure!(
        answer.status.success(),
        "the toolchain `{toolchain}` is not installed: run `rustup toolchain install {toolchain} --profile minimal`\n{}",
        String::from_utf8_lossy(&answer.stderr)
            .lines()
            .next()
            .unwrap_or_default()
    );
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use book::page::Page;

    fn judged(errors: &str) -> Option<Diagnostic> {
        let page = Page::parse(Path::new("src/p.md"), "```rust\nx\n```");
        let listing = Snippet {
            page: &page,
            fence: &page.fences[0],
            code: String::new(),
            expect: Expect::Runs,
        };
        let errors: Vec<_> = messages(errors).filter(Message::is_error).collect();
        problem(&listing, "rustc 1.99.0-beta.1", &errors)
    }

    fn error(code: &str) -> String {
        serde_json::json!({"message": "x", "level": "error", "code": {"code": code}, "rendered": "why"})
            .to_string()
    }

    #[test]
    fn listing_is_unstable_while_its_code_is_among_the_errors() {
        assert_eq!(judged(&error("E0658")), None);
        assert_eq!(
            judged(&format!("{}\n{}", error("E0432"), error("E0658"))),
            None
        );
    }

    #[test]
    fn listing_that_compiles_has_become_stable() {
        let problem = judged("").unwrap();
        assert_eq!(problem.place(), "src/p.md:1");
        assert!(
            problem.what.contains("become stable: rustc 1.99.0-beta.1"),
            "{problem}"
        );
    }

    #[test]
    fn listing_with_other_errors_may_have_become_stable() {
        let problem = judged(&error("E0432")).unwrap();
        assert!(problem.what.contains("may have"), "{problem}");
        assert_eq!(problem.detail, "why");
    }

    #[test]
    fn toolchain_that_is_not_installed_is_named_with_the_command() {
        let error = version("1.0.0-nowhere").unwrap_err().to_string();
        assert!(error.contains("rustup"), "{error}");
    }
}
