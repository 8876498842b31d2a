//! How long it takes to grade a class, with `cargo course grade` and with `cargo test`.
//!
//! ```console
//! cargo run --example compare_graders              # three hundred submissions, three with cargo
//! cargo run --example compare_graders -- --class 60
//! cargo run --example compare_graders -- --record  # also benches/graders/<machine>.json
//! ```
//!
//! A third of the class hands in the solution, a sixth what it was given, the rest wrong solutions, in turn. Everybody
//! writes a comment, so that no two submissions are the same bytes; nobody hands in what spins until it is stopped. What
//! is timed is the grading of all of them, without what is done once for a task; cargo finds its libraries unpacked, and
//! nothing built.

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("grading needs Linux");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;
    use std::process::Stdio;
    use std::sync::atomic::AtomicBool;
    use std::time::Instant;

    use anyhow::{Context, Result, ensure};
    use clap::Parser;
    use course::cargo::{Artifacts, cargo};
    use course::evidence;
    use course::exercise::{Exercise, Tree, write};
    use course::grade::judge::Grader;
    use course::grade::kit;
    use course::grade::run::{Options, grade};
    use course::grade::sandbox::{Level, Limits, Sandbox};
    use course::graders::{Comparison, Way};
    use course::measured::Compared as _;
    use course::progress::Progress;
    use course::project::{Project, module};
    use course::record::Machine;

    /// Times two ways of grading a class.
    #[derive(Parser)]
    struct Cli {
        /// The chapter's slug
        #[arg(long, default_value = "virtual-time")]
        chapter: String,
        /// How many submissions there are
        #[arg(long, default_value_t = 300)]
        class: usize,
        /// How many of them cargo tests
        #[arg(long, default_value_t = 3)]
        cargo: usize,
        /// A wrong solution that nobody hands in: this one uses up what tests may have, which says nothing of the grader
        #[arg(long, default_value = "spins")]
        without: String,
        /// Write the result to benches/graders/<machine>.json
        #[arg(long)]
        record: bool,
        /// The name of the file, instead of one made from the CPU
        #[arg(long, requires = "record")]
        machine: Option<String>,
    }

    pub fn main() -> Result<()> {
        let cli = Cli::parse();
        let root = Project::find_root(Path::new(env!("CARGO_MANIFEST_DIR")))?;
        let machine = Machine::this(cli.machine.as_deref())?;
        let load = fs::read_to_string("/proc/loadavg")?;
        let load = load.split(' ').next().context("a load")?.parse()?;
        let project = Project::load(&root)?;
        let exercise = Exercise::of(&project, &cli.chapter)?;
        let class = class(&exercise, cli.class, &cli.without)?;
        let folder = tempfile::tempdir()?;
        for (student, files) in &class {
            write(files, &folder.path().join("class").join(student))?;
        }
        build_course(&root)?;
        let artifacts = Artifacts::build(&root)?;
        let target = artifacts
            .dependency_dir
            .parent()
            .context("deps/ lies in a folder")?;
        let sandbox = Sandbox::find(&target.join("course"), Some(Level::Full))?;
        let kit = kit::of_chapter(&project, &cli.chapter)?;
        let grader = Grader::new(kit, sandbox, Some(&artifacts), Limits::TEST)?;

        let options = Options {
            submissions: folder.path().join("class"),
            out: folder.path().join("out"),
            ..Options::default()
        };
        let start = Instant::now();
        let run = grade(
            &grader,
            &options,
            &Progress::on_stderr(),
            &AtomicBool::new(false),
        )?;
        let seconds = start.elapsed().as_secs_f64();
        ensure!(
            run.ungraded() == 0,
            "some have no verdict: {}",
            run.summary()
        );
        let mut ways = vec![Way {
            name: "`cargo course grade`".to_owned(),
            submissions: run.graded,
            seconds,
        }];

        let some: Vec<_> = class
            .iter()
            .step_by((class.len() / cli.cargo.max(1)).max(1))
            .take(cli.cargo)
            .collect();
        for (name, target) in [
            ("`cargo test`, a folder each", None),
            ("`cargo test`, one `target/` for all", Some("shared")),
        ] {
            let projects = folder.path().join("projects");
            for (student, files) in &some {
                let mut tree = exercise.owned();
                tree.extend(
                    files
                        .iter()
                        .map(|(path, text)| (path.clone(), text.clone())),
                );
                write(&tree, &projects.join(student))?;
            }
            let start = Instant::now();
            for (student, _) in &some {
                let target = folder
                    .path()
                    .join(target.unwrap_or(student.as_str()))
                    .join("target");
                let well = cargo_test(&projects.join(student), &target)?;
                // The first handed in the solution: where that fails, cargo has not done its work.
                ensure!(
                    well || *student != some[0].0,
                    "cargo test fails for the solution"
                );
            }
            let seconds = start.elapsed().as_secs_f64();
            ways.push(Way {
                name: name.to_owned(),
                submissions: some.len(),
                seconds,
            });
            fs::remove_dir_all(&projects)?;
        }
        let mut statuses = BTreeMap::new();
        run.results
            .values()
            .for_each(|it| *statuses.entry(it.status.word().to_owned()).or_default() += 1);
        let comparison = Comparison {
            machine,
            load,
            date: evidence::today(),
            rustc: artifacts.rustc.clone(),
            chapter: cli.chapter,
            statuses,
            ways,
        };
        print!("{}", comparison.table());
        if cli.record {
            eprintln!("wrote {}", comparison.write(&root)?.display());
        }
        Ok(())
    }

    /// The program that shuts the doors of the reduced sandbox behind itself.
    fn build_course(root: &Path) -> Result<()> {
        let built = cargo(root)
            .args(["build", "--quiet", "--bin", "course"])
            .status();
        ensure!(
            built.context("cargo cannot be started")?.success(),
            "course does not build"
        );
        Ok(())
    }

    /// What each student hands in.
    fn class(exercise: &Exercise, count: usize, without: &str) -> Result<BTreeMap<String, Tree>> {
        let theirs = |tree: &Tree| -> Tree {
            exercise
                .allowed()
                .iter()
                .map(|path| (path.clone(), tree[path].clone()))
                .collect()
        };
        let mut wrong = Vec::new();
        for mutant in exercise
            .task
            .mutants
            .iter()
            .filter(|mutant| mutant.name != without)
        {
            let path = format!("src/{}/{}", module(&exercise.slug), mutant.file);
            let mut files = theirs(exercise.solution());
            let Some(text) = files
                .get(&path)
                .map(|text| String::from_utf8_lossy(text).into_owned())
            else {
                continue;
            };
            files.insert(
                path,
                text.replace(&mutant.find, &mutant.replace).into_bytes(),
            );
            wrong.push(files);
        }
        ensure!(
            !wrong.is_empty(),
            "{} has no wrong solutions",
            exercise.slug
        );
        let mut wrong = wrong.into_iter().cycle();
        let mut class = BTreeMap::new();
        for number in 0..count {
            let mut files = match number % 6 {
                0 | 2 => theirs(exercise.solution()),
                4 => theirs(exercise.starter()),
                _ => wrong.next().context("it goes round")?,
            };
            for text in files.values_mut() {
                text.extend(format!("// Written by student {number}.\n").bytes());
            }
            class.insert(format!("student-{number:03}"), files);
        }
        Ok(class)
    }

    /// What a grader that trusts everybody would do: builds and runs all tests.
    fn cargo_test(project: &Path, target: &Path) -> Result<bool> {
        let status = cargo(project)
            .args(["test", "--quiet", "--offline", "--no-fail-fast"])
            .env("CARGO_TARGET_DIR", target)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("cargo cannot be started")?;
        Ok(status.success())
    }
}
