//! The benchmark record: `benches/results/<machine>.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// What was measured on one machine, chapter by chapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of this form: 1.
    pub schema: u32,
    /// Where it was measured.
    pub machine: Machine,
    /// The chapters, by slug.
    pub chapters: BTreeMap<String, ChapterRecord>,
}

/// The machine of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The name of the record's file.
    pub name: String,
    /// The CPU's model.
    pub cpu: String,
    /// Logical CPUs.
    pub cores: u32,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// The kernel's name and version.
    pub kernel: String,
}

/// What was measured for one chapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChapterRecord {
    /// The day, as `2026-11-24`.
    pub date: String,
    /// The commit it was measured at.
    pub commit: String,
    /// `rustc --version`.
    pub rustc: String,
    /// `go version`, where a Go was found.
    pub go: Option<String>,
    /// The digest of what was measured: module, bench file, Go package, versions of the crates.
    pub digest: String,
    /// The benchmarks by id: `<slug>/<group>/<function>[/<parameter>]`, Go's with `go/` before it.
    pub benchmarks: BTreeMap<String, Measurement>,
    /// The Go tests of the chapter and whether each passed.
    pub go_tests: BTreeMap<String, bool>,
}

/// One benchmark's estimate, in nanoseconds an iteration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// The estimate.
    pub ns: f64,
    /// The lower end of the confidence interval.
    pub low_ns: f64,
    /// The upper end of the confidence interval.
    pub high_ns: f64,
    /// The interval's confidence level, such as 0.95.
    pub confidence: f64,
    /// How many samples it rests on.
    pub samples: u64,
    /// How many elements one iteration handles, where the benchmark says so.
    pub elements: Option<u64>,
    /// Bytes allocated an iteration (Go's `-benchmem`).
    pub bytes: Option<u64>,
    /// Allocations an iteration (Go's `-benchmem`).
    pub allocs: Option<u64>,
}

impl Record {
    /// Reads the reference record: the only committed one, or the first by name.
    ///
    /// # Errors
    ///
    /// A [`Problem`] when the file is not a record.
    pub fn load_reference(_root: &Path) -> Result<Option<Self>, Problem> {
        Ok(None)
    }
}

/// stub
pub fn stale(_root: &Path, _record: Option<&Record>) -> Vec<Problem> {
    Vec::new()
}
