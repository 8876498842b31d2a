//! How long it takes to check the listings of this book, in five ways.
//!
//! ```console
//! cargo run --example compare_checkers             # three runs of each way, medians as a table
//! cargo run --example compare_checkers -- --runs 1
//! cargo run --example compare_checkers -- --record # also benches/checkers/<machine>.json
//! ```
//!
//! Everything is built before the clock starts: what is timed is the checking. A way that finds the book wrong is timed
//! all the same, and says what it found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use course::cargo::{Artifacts, cargo};
use course::checkers::{Comparison, Found, Way};
use course::checks::failures::program;
use course::checks::fences::{Expect, expectation};
use course::measured::Compared as _;
use course::project::Project;
use course::record::Machine;
use course::verify::{Options, verify};
use course::{evidence, includes};
use regex::Regex;

/// Times five ways of checking the book's listings.
#[derive(Parser)]
struct Cli {
    /// How often each way is run; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Write the result to benches/checkers/<machine>.json
    #[arg(long)]
    record: bool,
    /// The name of the file, instead of one made from the CPU
    #[arg(long, requires = "record")]
    machine: Option<String>,
}

/// A listing as a program of its own.
struct Listing {
    code: String,
    expect: Expect,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let root = Project::find_root(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let machine = Machine::this(cli.machine.as_deref())?;
    let project = Project::load(&root)?;
    ensure!(
        project.problems.is_empty(),
        "the book cannot be read: `cargo course verify` says why"
    );
    let artifacts = Artifacts::build(&root)?;
    let listings = listings(&project)?;
    let pages = pages(&project)?;
    let target = artifacts
        .dependency_dir
        .parent()
        .context("deps/ lies in a folder")?
        .to_owned();
    build_skeptic(&root)?;

    let cache = project.scratch().join("cache");
    let ways = vec![
        time(
            "`cargo course verify`, nothing cached",
            cli.runs,
            || forget(&cache),
            || ours(&root),
        )?,
        time(
            "`cargo course verify`, unchanged",
            cli.runs,
            || Ok(()),
            || ours(&root),
        )?,
        time(
            "`mdbook test -L target/debug/deps`",
            cli.runs,
            || Ok(()),
            || mdbook_test(&pages, &artifacts.dependency_dir),
        )?,
        time(
            "skeptic, nothing cached",
            cli.runs,
            || forget(&target.join(".skeptic-bin")),
            || skeptic(&root),
        )?,
        time("skeptic, unchanged", cli.runs, || Ok(()), || skeptic(&root))?,
        time(
            "one `rustc` a listing",
            cli.runs,
            || Ok(()),
            || rustc_each(&listings, &artifacts),
        )?,
    ];
    let comparison = Comparison {
        machine,
        date: evidence::today(),
        rustc: artifacts.rustc.clone(),
        pages: project.pages.len(),
        listings: listings.len(),
        ways,
    };
    print!("{}", comparison.table());
    if cli.record {
        eprintln!("wrote {}", comparison.write(&root)?.display());
    }
    Ok(())
}

/// Runs one way several times, each after the same preparation, which is not timed.
fn time(
    name: &str,
    runs: u32,
    prepare: impl Fn() -> Result<()>,
    run: impl Fn() -> Result<Found>,
) -> Result<Way> {
    let mut seconds = Vec::new();
    let mut found = Found::default();
    for number in 1..=runs {
        prepare()?;
        let start = Instant::now();
        found = run().with_context(|| name.to_owned())?;
        seconds.push(start.elapsed().as_secs_f64());
        eprintln!("{name}, run {number}: {:.2} s", seconds[seconds.len() - 1]);
    }
    Ok(Way {
        name: name.to_owned(),
        seconds,
        found,
    })
}

/// Removes a cache.
fn forget(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(())
}

/// The book's tool: all it checks, listings among it.
fn ours(root: &Path) -> Result<Found> {
    let report = verify(root, &Options::default())?;
    Ok(Found {
        passed: report.total().listings(),
        failed: report.problems.len(),
        ..Found::default()
    })
}

/// The pages as mdBook's own preprocessors hand them to rustdoc: includes expanded, other directives plain text.
fn pages(project: &Project) -> Result<Vec<String>> {
    let texts: Vec<_> = project
        .pages
        .iter()
        .map(|page| (page, page.text.as_str()))
        .collect();
    includes::expand(&project.root, &texts)
}

/// What `mdbook test -L` does: one rustdoc a page, one after another, with a folder of libraries to search.
fn mdbook_test(pages: &[String], libraries: &Path) -> Result<Found> {
    let folder = tempfile::tempdir()?;
    let mut found = Found::default();
    for text in pages {
        fs::write(folder.path().join("page.md"), text)?;
        let output = Command::new("rustdoc")
            .current_dir(folder.path())
            .args(["page.md", "--test", "-L"])
            .arg(libraries)
            .args(["--edition", "2024"])
            .env("TMPDIR", folder.path())
            .env("RUST_BACKTRACE", "0")
            .output()
            .context("rustdoc cannot be started")?;
        found.add(&tests_in(&String::from_utf8_lossy(&output.stdout)));
    }
    Ok(found)
}

fn build_skeptic(root: &Path) -> Result<()> {
    eprintln!("building the skeptic path");
    let built = cargo(root)
        .args([
            "test",
            "--quiet",
            "--package",
            "skeptic-path",
            "--test",
            "book",
            "--no-run",
        ])
        .status()
        .context("cargo cannot be started")?;
    ensure!(built.success(), "the skeptic path does not build");
    Ok(())
}

/// skeptic's tests, README.md among them.
fn skeptic(root: &Path) -> Result<Found> {
    let output = cargo(root)
        .args(["test", "--package", "skeptic-path", "--test", "book"])
        .stderr(Stdio::piped())
        .env("RUST_BACKTRACE", "0")
        .output()
        .context("cargo cannot be started")?;
    let found = tests_in(&String::from_utf8_lossy(&output.stdout));
    ensure!(
        found.passed + found.failed > 0,
        "skeptic ran nothing: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(found)
}

/// The outcome of libtest or rustdoc, from what it printed.
fn tests_in(stdout: &str) -> Found {
    static RESULT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^test result: .*?(\d+) passed; (\d+) failed").expect("a valid pattern")
    });
    static ERROR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^error\[(E\d{4})\]").expect("a valid pattern"));
    let mut found = Found::default();
    for result in RESULT.captures_iter(stdout) {
        found.passed += result[1].parse::<usize>().unwrap_or_default();
        found.failed += result[2].parse::<usize>().unwrap_or_default();
    }
    for error in ERROR.captures_iter(stdout) {
        *found.errors.entry(error[1].to_owned()).or_default() += 1;
    }
    found
}

/// The book's listings, includes expanded.
fn listings(project: &Project) -> Result<Vec<Listing>> {
    let mut wanted = Vec::new();
    for page in &project.pages {
        for fence in &page.fences {
            if let Ok(Some(expect)) = expectation(page, fence) {
                wanted.push((page, fence.body.as_str(), expect));
            }
        }
    }
    let texts: Vec<_> = wanted
        .iter()
        .map(|(page, body, _)| (*page, *body))
        .collect();
    let codes = includes::expand(&project.root, &texts)?;
    Ok(wanted
        .into_iter()
        .zip(codes)
        .map(|((_, _, expect), code)| Listing { code, expect })
        .collect())
}

/// Each listing a program, compiled and run on its own, as many at once as there are processors.
fn rustc_each(listings: &[Listing], artifacts: &Artifacts) -> Result<Found> {
    let folder = tempfile::tempdir()?;
    let next = AtomicUsize::new(0);
    let worker = || -> Result<Found> {
        let mut found = Found::default();
        loop {
            // Only a counter: nothing else is read because of its value.
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(listing) = listings.get(index) else {
                return Ok(found);
            };
            let well = compile_and_run(
                listing,
                &folder.path().join(format!("listing_{index}")),
                artifacts,
            )?;
            found.passed += usize::from(well);
            found.failed += usize::from(!well);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<Result<Found>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        running
            .into_iter()
            .map(|part| part.join().expect("no worker panics"))
            .collect()
    });
    let mut found = Found::default();
    for part in parts {
        found.add(&part?);
    }
    Ok(found)
}

/// Whether a listing does what it should.
fn compile_and_run(listing: &Listing, path: &Path, artifacts: &Artifacts) -> Result<bool> {
    let source: PathBuf = path.with_extension("rs");
    let executable = path.with_extension(std::env::consts::EXE_EXTENSION);
    fs::write(&source, program(&listing.code))?;
    let quiet = |command: &mut Command| {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    };
    let compiled = quiet(
        Command::new("rustc")
            .arg(&source)
            .arg("-o")
            .arg(&executable)
            .arg("-Aunused")
            .args(artifacts.compiler_arguments()),
    )
    .context("rustc cannot be started")?;
    Ok(match listing.expect {
        Expect::FailsToCompile { .. } => !compiled.success(),
        _ if !compiled.success() => false,
        Expect::Compiles => true,
        Expect::Panics { .. } => !quiet(&mut Command::new(&executable))?.success(),
        Expect::Runs => quiet(&mut Command::new(&executable))?.success(),
    })
}
