//! Who allocated what so many units hold: a profile for DHAT's viewer, and what is largest in it.
//!
//! `cargo run --release --example generator_memory_profile -- task-channel 1000 profile.json`

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fs,
    path::PathBuf,
};

use listings::generator_memory::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The profile that is beside the page.
const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../src/generator-memory/task-channel.dhat.json"
);

#[global_allocator]
static HEAP: dhat::Alloc = dhat::Alloc;

/// The part of DHAT's format that is read here. The rest is kept as it is.
#[derive(Serialize, Deserialize)]
struct Profile {
    cmd: String,
    pps: Vec<Point>,
    ftbl: Vec<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// A place in the program that allocates.
#[derive(Serialize, Deserialize)]
struct Point {
    /// Bytes at the end, when the units were held.
    eb: u64,
    /// Blocks at the end.
    ebk: u64,
    /// The frames, the innermost first, by their place in the table.
    fs: Vec<usize>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let kind: Kind = arguments
        .first()
        .map_or("task-channel", String::as_str)
        .parse()?;
    let units: usize = arguments.get(1).map_or(Ok(1000), |units| units.parse())?;
    let scratch = tempfile::tempdir()?;
    let file = arguments
        .get(2)
        .map_or_else(|| scratch.path().join("profile.json"), PathBuf::from);

    drop(kind.hold(1)?); // the runtime and the like belong to no unit
    let profiler = dhat::Profiler::builder()
        .file_name(&file)
        .trim_backtraces(Some(24))
        .build();
    let held = kind.hold(units)?;
    let total = dhat::HeapStats::get().curr_bytes as u64;
    drop(profiler); // writes the file
    drop(held);

    let mut profile: Profile = serde_json::from_str(&fs::read_to_string(&file)?)?;
    // Addresses and folders are this machine's, and change with each run.
    profile.cmd = format!("{units} of {kind}");
    profile.rest.insert("pid".to_owned(), 0.into());
    profile
        .ftbl
        .iter_mut()
        .for_each(|frame| *frame = name(frame));
    fs::write(&file, serde_json::to_string(&profile)?)?;

    // A unit is not more than one place allocates for all of them.
    profile.pps.retain(|point| point.eb >= units as u64);
    profile.pps.sort_by_key(|point| std::cmp::Reverse(point.eb));
    let each = |bytes: u64| bytes as f64 / units as f64;
    println!(
        "{units} of {kind}: {:.0} bytes of the heap for each\n",
        each(total)
    );
    println!("{:>6}  {:>6}  allocated in", "bytes", "blocks");
    for point in profile.pps.iter().take(5) {
        let frames: Vec<&str> = point
            .fs
            .iter()
            .map(|&frame| profile.ftbl[frame].as_str())
            .collect();
        let place = frames
            .iter()
            .find(|frame| is_a_place(frame))
            .or(frames.last());
        println!(
            "{:>6.0}  {:>6.1}  {}",
            each(point.eb),
            each(point.ebk),
            place.unwrap_or(&"?")
        );
    }
    if let Ok(kept) = fs::read_to_string(PAGE)
        && (kind, units) == (Kind::TaskChannel, 1000)
    {
        let same = serde_json::from_str::<Profile>(&kept)?.held(units) == profile.held(units);
        println!(
            "\nThe profile that the page offers says {}.",
            if same { "the same" } else { "something else" }
        );
    }
    Ok(())
}

impl Profile {
    /// What is held at the end, by its bytes, blocks and frames. Lifetimes differ from run to run.
    fn held(&self, units: usize) -> BTreeSet<(u64, u64, Vec<&str>)> {
        let names = |point: &Point| {
            point
                .fs
                .iter()
                .map(|&frame| self.ftbl[frame].as_str())
                .collect()
        };
        let held = self.pps.iter().filter(|point| point.eb >= units as u64);
        held.map(|point| (point.eb, point.ebk, names(point)))
            .collect()
    }
}

/// `0x55…: tokio::task::spawn (src/task.rs:1:1)` without its address and place.
fn name(frame: &str) -> String {
    let name = frame.split_once(": ").map_or(frame, |(_, name)| name);
    name.split(" (").next().unwrap_or(name).to_owned()
}

/// Whether a frame is a function with its path, and not one of the allocator or the standard library.
fn is_a_place(frame: &str) -> bool {
    let path = frame
        .trim_start_matches('<')
        .split('<')
        .next()
        .unwrap_or_default();
    let root = path.split_once("::").map(|(root, _)| root);
    root.is_some_and(|root| !["alloc", "core", "std", "__rustc", "dhat"].contains(&root))
}
