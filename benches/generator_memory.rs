//! What one unit of `listings::generator_memory` takes, and of its Go counterparts, in bytes.
//!
//! criterion measures time. This weighs, in fresh processes, and writes what came out where criterion would, in its form,
//! with `"quantity": "memory"`. Linux only; elsewhere it says so and measures nothing.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

mod kept;

use listings::generator_memory::{Counting, Each, Job, Kind, Snapshot, serve, weigh};

#[global_allocator]
static HEAP: Counting = Counting::new();

/// What this program is started with to be weighed.
const WEIGHED: &str = "weighed";

const SIZES: [usize; 2] = [1000, 10_000];
const GO: [&str; 4] = ["pull-idle", "pull", "goroutine-chan", "goroutine-sync"];

type Failure = Box<dyn std::error::Error>;

/// What was weighed, by id: bytes for all units, and how many units.
type Samples = BTreeMap<String, (u64, Vec<f64>)>;

fn main() -> ExitCode {
    if env::args().nth(1).as_deref() == Some(WEIGHED) {
        serve(|| HEAP.held()).expect("the scale talks to it");
        return ExitCode::SUCCESS;
    }
    if let Err(why) = Snapshot::of(std::process::id()) {
        println!("nothing is weighed: {why}");
        return ExitCode::SUCCESS;
    }
    let rounds = if env::args().any(|argument| argument == "--quick") {
        2
    } else {
        7
    };
    match measure(rounds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(rounds: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let go = build_probe(folder.path());
    let this = env::current_exe()?;
    let mut samples = Samples::new();
    // A round weighs everything once, so that a disturbance does not meet one kind only.
    for _ in 0..rounds {
        for units in SIZES {
            for kind in Kind::LADDER {
                let mut command = Command::new(&this);
                command.arg(WEIGHED);
                let each = weigh(command, Job { kind, units })?.each();
                keep(&mut samples, "", &kind.to_string(), units, each);
            }
            for (probe, kind) in go.iter().flat_map(|probe| GO.map(|kind| (probe, kind))) {
                let each = weigh(
                    Command::new(probe),
                    Job {
                        kind: Kind::Other(kind),
                        units,
                    },
                )?
                .each();
                keep(&mut samples, "go/", kind, units, each);
            }
        }
    }
    for (id, (units, samples)) in &samples {
        let (mean, half) = kept::mean(samples);
        // What comes to less than a byte for each unit is not there.
        if mean < *units as f64 {
            continue;
        }
        println!(
            "{id}: {:.1} B each, ± {:.1}",
            mean / *units as f64,
            half / *units as f64
        );
        kept::keep(id, "memory", Some(*units), samples)?;
    }
    Ok(())
}

/// The Go program, where there is a Go.
fn build_probe(folder: &Path) -> Option<PathBuf> {
    let probe = folder.join("probe");
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("go");
    let status = Command::new("go")
        .args(["build", "-o"])
        .arg(&probe)
        .arg("./generator_memory/probe")
        .current_dir(module)
        .status();
    match status {
        Ok(status) if status.success() => Some(probe),
        _ => {
            eprintln!("no go found that builds the probe: Go is not weighed");
            None
        }
    }
}

fn keep(samples: &mut Samples, language: &str, kind: &str, units: usize, each: Each) {
    let mut add = |group: &str, suffix: &str, each: f64| {
        let id = format!("{language}generator-memory/{group}/{kind}{suffix}");
        samples
            .entry(id)
            .or_insert((units as u64, Vec::new()))
            .1
            .push(each * units as f64);
    };
    add("linear", &format!("/{units}"), each.resident);
    if units != SIZES[1] {
        return;
    }
    add("resident", "", each.resident);
    add("heap", "", each.heap);
    add("address-space", "", each.address_space);
    add("page-tables", "", each.page_tables);
    add("kernel-stacks", "", each.kernel_stacks);
    add(
        "everything",
        "",
        each.resident + each.page_tables + each.kernel_stacks.max(0.0),
    );
    if !language.is_empty() {
        // Go's probe tells the bytes of its stacks in place of the number of blocks.
        add("stacks", "", each.blocks);
    }
}
