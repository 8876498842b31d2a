//! Runs the Go baselines and reads what `go test` prints.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::number::Quantity;
use crate::record::Measurement;
use book::project::module;

/// The folder of the Go module, from the book's root.
const FOLDER: &str = "benches/go";

/// The Go that would run the baselines, as `go1.27.3`; none when there is no Go.
///
/// Asked inside the module, because its `go.mod` may choose the toolchain.
#[must_use]
pub fn version(root: &Path) -> Option<String> {
    let output = Command::new("go")
        .args(["env", "GOVERSION"])
        .current_dir(folder(root))
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !version.is_empty()).then_some(version)
}

/// The folder to ask Go in: the book's Go module, or its root if it has none.
#[must_use]
pub fn folder(root: &Path) -> PathBuf {
    let folder = root.join(FOLDER);
    if folder.is_dir() {
        folder
    } else {
        root.to_owned()
    }
}

/// Runs a chapter's Go tests: each test and subtest that ran, and whether it passed. A skipped test shows nothing.
///
/// # Errors
///
/// When the package does not build. A test that fails is a result.
pub fn test(root: &Path, slug: &str) -> Result<BTreeMap<String, bool>> {
    eprintln!("{slug}: go test ./{}", module(slug));
    let results = run_tests(root, slug, ".")?;
    for (name, _) in results.iter().filter(|(_, passed)| !**passed) {
        eprintln!("warning: {slug}: Go test {name} failed, and is recorded as failed");
    }
    Ok(results)
}

/// Runs some of a chapter's Go tests, by name. One that does not exist, or is skipped, is not among the results.
///
/// # Errors
///
/// As [`test`].
pub fn test_named(
    root: &Path,
    slug: &str,
    tests: &BTreeSet<String>,
) -> Result<BTreeMap<String, bool>> {
    let names: Vec<&str> = tests.iter().map(String::as_str).collect();
    let mut results = run_tests(root, slug, &format!("^({})$", names.join("|")))?;
    results.retain(|test, _| tests.contains(test));
    Ok(results)
}

fn run_tests(root: &Path, slug: &str, pattern: &str) -> Result<BTreeMap<String, bool>> {
    // `-count=1` runs the tests again, where Go would repeat what it remembers.
    let output = Command::new("go")
        .args(["test", "-json", "-count=1", "-run", pattern])
        .arg(format!("./{}", module(slug)))
        .current_dir(root.join(FOLDER))
        .stderr(Stdio::inherit())
        .output()
        .context("go cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let results = parse_tests(&text);
    if !output.status.success() && results.values().all(|passed| *passed) {
        bail!(
            "{slug}: go test failed before any test did:\n{}",
            output_of(&text)
        );
    }
    Ok(results)
}

/// One line of `go test -json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    test: Option<String>,
    output: Option<String>,
}

fn events(text: &str) -> impl Iterator<Item = Event> {
    // Lines that are not events come from the tool around the tests; they carry no result.
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
}

fn parse_tests(text: &str) -> BTreeMap<String, bool> {
    let results = events(text).filter_map(|event| match event.action.as_str() {
        "pass" => Some((event.test?, true)),
        "fail" => Some((event.test?, false)),
        _ => None,
    });
    results.collect()
}

fn output_of(text: &str) -> String {
    events(text).filter_map(|event| event.output).collect()
}

/// Runs a chapter's Go benchmarks ten times over; by id.
///
/// # Errors
///
/// When they fail, or print what is not understood.
pub fn bench(root: &Path, slug: &str, quick: bool) -> Result<BTreeMap<String, Measurement>> {
    let package = format!("./{}", module(slug));
    // Given, so that the `-2` behind each name is known and not guessed.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (count, time) = if quick { ("3", "50ms") } else { ("10", "1s") };
    eprintln!("{slug}: go test -bench {package}");
    let mut child = Command::new("go")
        .args([
            "test",
            "-run",
            "^$",
            "-bench",
            ".",
            "-benchmem",
            "-count",
            count,
            "-benchtime",
            time,
        ])
        .args(["-cpu", &threads.to_string(), "-timeout", "30m", &package])
        .current_dir(root.join(FOLDER))
        .stdout(Stdio::piped())
        .spawn()
        .context("go cannot be started")?;
    let mut text = String::new();
    let stdout = child
        .stdout
        .take()
        .context("go's output is not connected")?;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    let status = child.wait()?;
    ensure!(
        status.success(),
        "{slug}: the Go baselines failed ({status})"
    );
    parse_bench(&text, slug, threads)
}

/// The runs of one benchmark.
#[derive(Default)]
struct Runs {
    ns: Vec<f64>,
    elements: Option<f64>,
    bytes: Option<f64>,
    allocs: Option<f64>,
}

/// Reads the lines of `go test -bench`.
///
/// ```text
/// BenchmarkStep/pull-2   712   84528 ns/op   1000 elements/op   208 B/op   6 allocs/op
/// ```
///
/// is `go/<slug>/step/pull`. The estimate is the mean of the runs; its interval is Student's t at 95 %, which assumes
/// that the means of the runs scatter normally. With one run the interval is the estimate alone.
fn parse_bench(text: &str, slug: &str, threads: usize) -> Result<BTreeMap<String, Measurement>> {
    let mut benchmarks: BTreeMap<String, Runs> = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("Benchmark")) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        // `go test -v` also prints the bare name.
        let Some(_iterations) = words.next().and_then(|word| word.parse::<u64>().ok()) else {
            continue;
        };
        let runs = benchmarks.entry(id(name, slug, threads)).or_default();
        while let (Some(value), Some(unit)) = (words.next(), words.next()) {
            let value: f64 = value
                .parse()
                .with_context(|| format!("not a number of {unit} in `{line}`"))?;
            match unit {
                "ns/op" => runs.ns.push(value),
                "elements/op" => runs.elements = Some(value),
                "B/op" => runs.bytes = Some(value),
                "allocs/op" => runs.allocs = Some(value),
                _ => {}
            }
        }
    }
    benchmarks
        .into_iter()
        .map(|(id, runs)| Ok((id.clone(), runs.measurement(&id)?)))
        .collect()
}

impl Runs {
    fn measurement(&self, id: &str) -> Result<Measurement> {
        ensure!(!self.ns.is_empty(), "{id} printed no ns/op");
        let (ns, half) = mean_and_half_width(&self.ns);
        ensure!(ns > 0.0, "{id} took no time, so it measured nothing");
        let count = |value: f64| value.round() as u64;
        Ok(Measurement {
            quantity: Quantity::Time,
            value: ns,
            low: (ns - half).max(0.0),
            high: ns + half,
            confidence: 0.95,
            samples: self.ns.len() as u64,
            elements: self.elements.map(count).filter(|&elements| elements > 0),
            bytes: self.bytes.map(count),
            allocs: self.allocs.map(count),
        })
    }
}

/// The mean, and half the width of its 95 % interval by Student's t.
fn mean_and_half_width(values: &[f64]) -> (f64, f64) {
    /// The 97.5 % quantile of Student's t for 1, 2, … degrees of freedom; beyond, the normal's is close.
    const T: [f64; 20] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
        2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    ];
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return (mean, 0.0);
    }
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    let t = T.get(values.len() - 2).copied().unwrap_or(1.960);
    (mean, t * (variance / n).sqrt())
}

/// `BenchmarkCreateStop/pull-2` is `go/<slug>/create-stop/pull`.
fn id(name: &str, slug: &str, threads: usize) -> String {
    let name = name.strip_prefix("Benchmark").unwrap_or(name);
    // Go leaves the suffix out for one thread.
    let suffix = format!("-{threads}");
    let name = if threads == 1 {
        name
    } else {
        name.strip_suffix(&suffix).unwrap_or(name)
    };
    match name.split_once('/') {
        Some((group, rest)) => format!("go/{slug}/{}/{rest}", kebab(group)),
        None => format!("go/{slug}/{}", kebab(name)),
    }
}

/// `CreateStop` is `create-stop`, `CPUBudget` is `cpu-budget`.
fn kebab(camel: &str) -> String {
    let letters: Vec<char> = camel.chars().collect();
    let mut out = String::new();
    for (i, &letter) in letters.iter().enumerate() {
        if letter == '_' {
            out.push('-');
            continue;
        }
        let after_lower =
            i > 0 && (letters[i - 1].is_lowercase() || letters[i - 1].is_ascii_digit());
        let before_lower = i > 0
            && letters[i - 1].is_uppercase()
            && letters.get(i + 1).is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && (after_lower || before_lower) {
            out.push('-');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Output of go1.27.3.
    const BENCH: &str = include_str!("../tests/fixtures/go/bench.txt");
    const TESTS: &str = include_str!("../tests/fixtures/go/test.json");

    #[test]
    fn benchmarks_carry_id_mean_interval_elements_and_memory() {
        let found = parse_bench(BENCH, "coroutines", 2).unwrap();
        let ids: Vec<_> = found.keys().map(String::as_str).collect();
        assert_eq!(
            ids,
            [
                "go/coroutines/many/slice/10",
                "go/coroutines/many/slice/100",
                "go/coroutines/many/slice/1000",
                "go/coroutines/step/pull"
            ]
        );
        let pull = &found["go/coroutines/step/pull"];
        assert!((pull.value - (86070.0 + 84041.0 + 84528.0) / 3.0).abs() < 1e-6);
        assert_eq!((pull.samples, pull.elements), (3, Some(1000)));
        assert_eq!((pull.bytes, pull.allocs), (Some(208), Some(6)));
        assert!(pull.low < 84041.0 && 86070.0 < pull.high);
    }

    #[test]
    fn interval_is_students_t() {
        // t(4) = 2.776, standard deviation sqrt(2.5): half-width 2.776 * sqrt(2.5 / 5).
        let (mean, half) = mean_and_half_width(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(mean, 3.0);
        assert!((half - 1.963).abs() < 1e-3, "{half}");
    }

    #[test]
    fn tests_are_recorded_with_subtests_and_without_skipped_ones() {
        let found: Vec<_> = parse_tests(TESTS).into_iter().collect();
        assert_eq!(
            found,
            [
                ("TestPullStops".to_owned(), true),
                ("TestPullStops/twice".to_owned(), true)
            ]
        );
        let failed = TESTS.replace(r#""Action":"pass""#, r#""Action":"fail""#);
        assert!(parse_tests(&failed).values().all(|passed| !passed));
    }

    #[test]
    fn names_lose_the_thread_suffix_and_nothing_else() {
        assert_eq!(
            id("BenchmarkStep/pull-2", "coroutines", 2),
            "go/coroutines/step/pull"
        );
        assert_eq!(
            id("BenchmarkStep/depth-4-2", "coroutines", 2),
            "go/coroutines/step/depth-4"
        );
        assert_eq!(
            id("BenchmarkStep/depth-2", "coroutines", 1),
            "go/coroutines/step/depth-2"
        );
    }

    #[test]
    fn groups_become_kebab_case() {
        for (camel, expected) in [
            ("Step", "step"),
            ("CreateStop", "create-stop"),
            ("CPUBudget", "cpu-budget"),
            ("Stop2Go", "stop2-go"),
        ] {
            assert_eq!(kebab(camel), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_output_is_read_without_panic(text in "(Benchmark[A-Za-z/-]{0,9} [0-9a-z ./-]{0,30}\n|.{0,40}\n){0,9}") {
            let _ = parse_bench(&text, "slug", 2);
            let _ = parse_tests(&text);
        }
    }
}
