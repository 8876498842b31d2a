//! The cost of a cold build: what cargo would compile, counted without compiling, or measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use book::diagnostic::Diagnostic;
use serde::Deserialize;

use crate::cargo::{cargo, selection};
use graph::{Again, Graph, compiled_again};
use timings::{UnitTiming, critical_path};

mod documents;
mod graph;
mod timings;

/// The file that says what a cold build may cost.
const BUDGET: &str = "course/budget.toml";

/// The budget of cold builds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    /// Crates that may be compiled with two sets of features or settings, over all builds.
    compiled_again: usize,
    /// Crates that may be compiled for a program.
    crates: BTreeMap<String, usize>,
}

/// A command of cargo that compiles, and who starts it.
#[derive(Debug, Clone)]
pub struct Build {
    /// The file that names it.
    file: PathBuf,
    /// Its line; 0 if it is the tool that starts it.
    line: usize,
    arguments: Vec<String>,
}

impl Build {
    /// A build that the tool itself starts. Its features are decided in the workspace's manifest.
    fn of_tool(arguments: &[&str]) -> Self {
        Self {
            file: "Cargo.toml".into(),
            line: 0,
            arguments: arguments.iter().map(|&it| it.to_owned()).collect(),
        }
    }

    /// The builds that should share what they compile: optimised ones and others have nothing in common.
    ///
    /// Benches are a family of their own. They are compiled by themselves on purpose, so that no feature that the tool
    /// needs of a crate changes what is measured.
    fn family(&self) -> &'static str {
        if self.arguments[0] == "bench" {
            "bench"
        } else if self.arguments.iter().any(|it| it == "--release") {
            "release"
        } else {
            "dev"
        }
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cargo {}", self.arguments.join(" "))
    }
}

/// Counts of what the builds of this workspace would compile.
#[derive(Debug)]
pub struct Counts {
    builds: Vec<(Build, Graph)>,
    /// For each build.
    again: Vec<Vec<Again>>,
    /// Builds that are named and that cargo cannot do.
    impossible: Vec<Diagnostic>,
}

impl Counts {
    /// Asks cargo about each program, and about every build that the tool, a script or a document starts.
    #[must_use]
    pub fn count(root: &Path, programs: &[impl AsRef<str>]) -> Self {
        let own = programs
            .iter()
            .map(|it| Build::of_tool(&["build", "--bin", it.as_ref()]))
            .chain([
                Build::of_tool(&["build", "--bin", "course*"]),
                listings(root),
            ])
            .chain([Build::of_tool(&[
                "bench",
                "--package",
                "benches",
                "--benches",
            ])]);
        let mut known = BTreeSet::new();
        let mut builds = Vec::new();
        let mut impossible = Vec::new();
        for build in own.chain(documents::builds(root)) {
            if !known.insert(build.arguments.clone()) {
                continue;
            }
            match Graph::load(root, &build) {
                Ok(graph) => builds.push((build, graph)),
                Err(error) => impossible.push(
                    Diagnostic::new(
                        &build.file,
                        build.line,
                        format!("cargo cannot do `{build}`"),
                    )
                    .detail(format!("{error:#}"))
                    .help("name targets that exist"),
                ),
            }
        }
        Self {
            again: compiled_again(&builds),
            builds,
            impossible,
        }
    }

    /// Excesses over the budget, and the builds that cargo cannot do.
    fn exceeding(&self, budget: &Budget) -> Vec<Diagnostic> {
        let mut problems = self.impossible.clone();
        for (program, &allowed) in &budget.crates {
            let build = Build::of_tool(&["build", "--bin", program]).arguments;
            let found = self.builds.iter().find(|(it, _)| it.arguments == build);
            let crates = found.map_or(0, |(_, graph)| graph.crates());
            if crates > allowed {
                problems.push(
                    Diagnostic::new(
                        BUDGET,
                        0,
                        format!("{program} compiles {crates} crates; the budget is {allowed}"),
                    )
                    .help("do without a dependency: `cargo tree --invert NAME` says who needs it"),
                );
            }
        }
        if self.again.iter().flatten().count() > budget.compiled_again {
            problems.extend(self.compiled_again());
        }
        problems
    }

    /// The builds that compile crates which another one has compiled otherwise.
    fn compiled_again(&self) -> impl Iterator<Item = Diagnostic> {
        let builds = self.builds.iter().map(|(build, _)| build);
        let some = builds.zip(&self.again).filter(|(_, it)| !it.is_empty());
        some.map(|(build, again)| {
            let lines = again
                .iter()
                .map(|it| format!("{}: {}, beside `{}`\n", it.package, it.differs, it.beside));
            Diagnostic::new(
                &build.file,
                build.line,
                format!("`{build}` compiles crates once more: {}", again.len()),
            )
            .detail(lines.collect::<String>())
            .help(
                "select targets instead of packages, as in `cargo test --test NAME`; settings are in the profiles of Cargo.toml",
            )
        })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>6} {:>6}", "crates", "units")?;
        for (build, graph) in &self.builds {
            let mut name = build.to_string();
            if let Some((cut, _)) = name.char_indices().nth(80) {
                name.replace_range(cut.., "…");
            }
            writeln!(f, "{:>6} {:>6}  {name}", graph.crates(), graph.units())?;
        }
        let again = self.again.iter().flatten().count();
        let pairs = self.builds.iter().zip(&self.again);
        let within: usize = pairs
            .map(|((build, _), again)| {
                let build = build.to_string();
                again.iter().filter(|it| it.beside == build).count()
            })
            .sum();
        writeln!(
            f,
            "\n{again} crates are compiled once more for another build, or in it: {within} of them because a macro or \
             build script needs them, too"
        )?;
        for problem in self.compiled_again().chain(self.impossible.clone()) {
            writeln!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// The build of the listings for a page.
fn listings(root: &Path) -> Build {
    let mut build = Build::of_tool(&["build"]);
    build.arguments.extend(selection(root));
    build
}

/// Compares what the builds would compile with the budget. Returns what exceeds it, and a line that says the figures.
///
/// # Errors
///
/// When the budget cannot be read.
pub fn check(root: &Path) -> Result<(Vec<Diagnostic>, String)> {
    let text = std::fs::read_to_string(root.join(BUDGET));
    let text = text.with_context(|| format!("{BUDGET} cannot be read"))?;
    let budget: Budget = toml::from_str(&text).with_context(|| BUDGET.to_owned())?;
    let programs: Vec<_> = budget.crates.keys().collect();
    let counts = Counts::count(root, &programs);
    let mut said = String::new();
    for ((_, graph), (program, allowed)) in counts.builds.iter().zip(&budget.crates) {
        write!(said, "{program}: {} of {allowed} crates; ", graph.crates())?;
    }
    let again = counts.again.iter().flatten().count();
    let builds = counts.builds.len();
    write!(
        said,
        "compiled once more: {again} crates, in {builds} builds"
    )?;
    Ok((counts.exceeding(&budget), said))
}

/// Builds a program in an empty folder, and says what that took.
///
/// # Errors
///
/// When it does not compile, or cargo's timings cannot be read.
pub fn measure(root: &Path, program: &str) -> Result<String> {
    let folder = root.join("target/cost");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("target/cost cannot be emptied")?;
    }
    let (before, start) = (cpu_of_children(), Instant::now());
    let status = cargo(root)
        .args(["build", "--timings", "--bin", program, "--target-dir"])
        .arg(&folder)
        .status()
        .context("cargo cannot be started")?;
    let wall = start.elapsed();
    ensure!(status.success(), "{program} does not compile");
    let cpu = cpu_of_children().zip(before).map(|(now, then)| now - then);
    let report = folder.join("cargo-timings/cargo-timing.html");
    let report = std::fs::read_to_string(&report).context("cargo's timings cannot be read")?;
    let graph = Graph::load(root, &Build::of_tool(&["build", "--bin", program]))?;
    Ok(table(
        program,
        graph.crates(),
        wall,
        cpu,
        timings::parse(&report)?,
    ))
}

fn table(
    program: &str,
    crates: usize,
    wall: Duration,
    cpu: Option<Duration>,
    mut units: Vec<UnitTiming>,
) -> String {
    let line = |seconds: f64, name: &str| format!("{seconds:>8.1} s  {name}\n");
    let mut text = format!("{program}, compiled in an empty folder\n{crates:>8}    crates\n");
    text += &line(wall.as_secs_f64(), "on the clock");
    if let Some(cpu) = cpu {
        text += &line(cpu.as_secs_f64(), "of all cores, user and system");
    }
    let path = critical_path(&units);
    let total = path.iter().map(|(_, seconds)| seconds).sum();
    let path: String = path
        .iter()
        .map(|(unit, seconds)| line(*seconds, &unit.name()))
        .collect();
    units.sort_by(|a, b| b.duration.total_cmp(&a.duration));
    text += "\nThe twenty dearest units\n";
    for unit in units.iter().take(20) {
        text += &line(unit.duration, &unit.name());
    }
    text += "\nThe critical path: each waited for the one above, on any number of cores\n";
    text + &path + &line(total, "in all")
}

/// The CPU time of all processes that this one has started and waited for, and theirs.
#[cfg(target_os = "linux")]
fn cpu_of_children() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // A name in parentheses may have spaces. Behind it, `cutime` and `cstime` are the fourteenth and fifteenth.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: u64 = ticks.filter_map(|it| it.parse::<u64>().ok()).sum();
    // Linux counts hundredths of a second here, whatever its own clock does.
    Some(Duration::from_millis(ticks * 10))
}

/// The CPU time of all processes that this one has started: std does not say it.
#[cfg(not(target_os = "linux"))]
fn cpu_of_children() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(again: Vec<Again>) -> Counts {
        let graph = r#"{ "units": [
            { "pkg_id": "x#a@1.0.0", "target": { "kind": ["lib"], "name": "a" }, "mode": "build", "profile": {}, "features": [] },
            { "pkg_id": "x#b@1.0.0", "target": { "kind": ["bin"], "name": "b" }, "mode": "build", "profile": {}, "features": [] }
        ] }"#;
        Counts {
            builds: vec![(
                Build::of_tool(&["build", "--bin", "b"]),
                serde_json::from_str(graph).unwrap(),
            )],
            again: vec![again],
            impossible: Vec::new(),
        }
    }

    fn budget(crates: usize, compiled_again: usize) -> Budget {
        Budget {
            compiled_again,
            crates: BTreeMap::from([("b".to_owned(), crates)]),
        }
    }

    #[test]
    fn budget_holds_up_to_its_figures() {
        assert_eq!(counts(Vec::new()).exceeding(&budget(2, 0)), []);
    }

    #[test]
    fn one_crate_too_many_exceeds_the_budget() {
        let problems = counts(Vec::new()).exceeding(&budget(1, 0));
        assert_eq!(problems[0].what, "b compiles 2 crates; the budget is 1");
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn crate_compiled_once_more_is_named_with_both_sets_of_features() {
        let again = || Again {
            package: "libc 0.2.1".to_owned(),
            differs: "features [] instead of [extra_traits]".to_owned(),
            beside: "cargo test".to_owned(),
        };
        let problems = counts(vec![again()]).exceeding(&budget(2, 0));
        assert_eq!(
            problems[0].to_string().lines().nth(1),
            Some("    libc 0.2.1: features [] instead of [extra_traits], beside `cargo test`")
        );
        assert_eq!(counts(vec![again()]).exceeding(&budget(2, 1)), []);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn cpu_of_children_grows_with_their_work() {
        let before = cpu_of_children().unwrap();
        let work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let status = std::process::Command::new("sh").args(["-c", work]).status();
        assert!(status.unwrap().success());
        assert!(cpu_of_children().unwrap() > before);
    }
}
