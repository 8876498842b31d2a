//! The benchmark record: `benches/results/<machine>.json`.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::digest::digest;
use crate::number::{Estimate, Quantity};
use book::diagnostic::{Diagnostic, Level, unreadable};
use book::nearest::nearest;
use book::project::{Project, module};
use book::task::line_of;

/// The folder of records, from the book's root.
const FOLDER: &str = "benches/results";

/// The version of the form that this tool writes and reads.
const SCHEMA: u32 = 1;

/// The plausible range of a benchmark's iteration, in nanoseconds: from a thousandth of one to
/// eleven days; or in bytes. Beyond, no number and no axis of a plot would make sense.
const POSSIBLE: RangeInclusive<f64> = 1e-3..=1e15;

/// The measurements of one machine, chapter by chapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of this form: 1.
    pub schema: u32,
    /// The machine.
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

impl Machine {
    /// One line for a caption: `Intel(R) Xeon(R) Processor, 2 cores, 8 GiB, Linux 6.1.0`.
    #[must_use]
    pub fn describe(&self) -> String {
        let cores = if self.cores == 1 {
            "1 core".to_owned()
        } else {
            format!("{} cores", self.cores)
        };
        let memory = match self.memory_mib {
            0 => String::new(),
            mib => format!(", {:.0}\u{a0}GiB", mib as f64 / 1024.0),
        };
        format!("{}, {cores}{memory}, {}", self.cpu, self.kernel)
    }
}

/// The measurements of one chapter.
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

/// One benchmark's estimate for an iteration: of its time, or of the memory that it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Measurement {
    /// The measured quantity.
    pub quantity: Quantity,
    /// The estimate, in nanoseconds or bytes.
    pub value: f64,
    /// The lower end of the confidence interval.
    pub low: f64,
    /// The upper end of the confidence interval.
    pub high: f64,
    /// The interval's confidence level, such as 0.95.
    pub confidence: f64,
    /// The number of samples.
    pub samples: u64,
    /// The number of elements one iteration handles, where the benchmark says so.
    pub elements: Option<u64>,
    /// Bytes allocated an iteration (Go's `-benchmem`).
    pub bytes: Option<u64>,
    /// Allocations an iteration (Go's `-benchmem`).
    pub allocs: Option<u64>,
}

/// A measurement in a file, where the keys name the unit: `ns` and its interval, or `held_bytes` or `share` and its.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ns: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low_ns: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high_ns: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_bytes: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low_held_bytes: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high_held_bytes: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low_share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high_share: Option<f64>,
    confidence: f64,
    samples: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    elements: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allocs: Option<u64>,
}

impl TryFrom<Written> for Measurement {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let time = (written.ns, written.low_ns, written.high_ns);
        let memory = (
            written.held_bytes,
            written.low_held_bytes,
            written.high_held_bytes,
        );
        let share = (written.share, written.low_share, written.high_share);
        const NONE: (Option<f64>, Option<f64>, Option<f64>) = (None, None, None);
        let (quantity, (Some(value), Some(low), Some(high))) = (match (time, memory, share) {
            (time, NONE, NONE) => (Quantity::Time, time),
            (NONE, memory, NONE) => (Quantity::Memory, memory),
            (NONE, NONE, share) => (Quantity::Share, share),
            _ => (Quantity::Time, NONE),
        }) else {
            return Err(
                "either `ns`, `low_ns` and `high_ns`, or the same with `held_bytes` or `share`",
            );
        };
        let Written {
            confidence,
            samples,
            elements,
            bytes,
            allocs,
            ..
        } = written;
        Ok(Self {
            quantity,
            value,
            low,
            high,
            confidence,
            samples,
            elements,
            bytes,
            allocs,
        })
    }
}

impl From<Measurement> for Written {
    fn from(measured: Measurement) -> Self {
        let Measurement {
            quantity,
            value,
            low,
            high,
            confidence,
            samples,
            elements,
            bytes,
            allocs,
        } = measured;
        let (value, low, high) = (Some(value), Some(low), Some(high));
        let rest = Self {
            confidence,
            samples,
            elements,
            bytes,
            allocs,
            ..Self::default()
        };
        match quantity {
            Quantity::Time => Self {
                ns: value,
                low_ns: low,
                high_ns: high,
                ..rest
            },
            Quantity::Memory => Self {
                held_bytes: value,
                low_held_bytes: low,
                high_held_bytes: high,
                ..rest
            },
            Quantity::Share => Self {
                share: value,
                low_share: low,
                high_share: high,
                ..rest
            },
        }
    }
}

impl Measurement {
    /// The estimate for one element, or for one iteration where the benchmark declares no elements.
    #[must_use]
    pub fn per_element(&self) -> Estimate {
        Estimate {
            value: self.value,
            low: self.low,
            high: self.high,
        }
        .per(self.divisor())
    }

    /// Bytes allocated for one element, or for one iteration.
    #[must_use]
    pub fn bytes_per_element(&self) -> Option<f64> {
        self.bytes.map(|bytes| bytes as f64 / self.divisor())
    }

    /// Allocations for one element, or for one iteration.
    #[must_use]
    pub fn allocs_per_element(&self) -> Option<f64> {
        self.allocs.map(|allocs| allocs as f64 / self.divisor())
    }

    fn divisor(&self) -> f64 {
        self.elements.unwrap_or(1) as f64
    }

    /// Rounds to six significant digits: more are noise, and make a record's diff unreadable.
    pub fn trim(&mut self) {
        for value in [&mut self.value, &mut self.low, &mut self.high] {
            *value = crate::number::significant(*value, 6);
        }
    }

    /// The estimate for one element, as prose has it: `24 ns`, `4.1 kB`.
    #[must_use]
    pub fn amount(&self) -> String {
        self.per_element().amount(self.quantity)
    }

    /// Its interval: `23.8 to 24.4 ns`.
    #[must_use]
    pub fn amount_interval(&self) -> String {
        self.per_element().amount_interval(self.quantity)
    }

    /// The source of the number, for a tooltip: `24.1 ns, 95 % interval 23.8 to 24.4 ns, 60 samples`.
    #[must_use]
    pub fn evidence(&self) -> String {
        format!(
            "{}, {:.0} % interval {}, {} samples",
            self.quantity.amount(self.per_element().value, 3),
            self.confidence * 100.0,
            self.amount_interval(),
            self.samples
        )
    }
}

impl Record {
    /// An empty record of a machine.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        Self {
            schema: SCHEMA,
            machine,
            chapters: BTreeMap::new(),
        }
    }

    /// The file of a machine's record, from the book's root.
    #[must_use]
    pub fn file(machine: &str) -> PathBuf {
        Path::new(FOLDER).join(format!("{machine}.json"))
    }

    /// Reads the reference record, which `record` in `book.toml` names. A book without records needs no name.
    ///
    /// # Errors
    ///
    /// A [`Diagnostic`] when no file has that name, when there are records and no name, or when the file is not a record.
    pub fn load_reference(project: &Project) -> Result<Option<Self>, Diagnostic> {
        let problem = |what: String, help: String| Err(missing(&project.root, what).help(help));
        let root = &project.root;
        let there = names(root)?;
        let there_are = match &there[..] {
            [] => String::new(),
            names => format!("; there are records of {}", names.join(", ")),
        };
        let Some(name) = &project.settings.record else {
            return if there.is_empty() {
                Ok(None)
            } else {
                let what = "the reference record is not named".to_owned();
                let help =
                    format!("write `record = \"NAME\"` under [preprocessor.course]{there_are}");
                problem(what, help)
            };
        };
        let file = Self::file(name);
        if let Some(record) = Self::load(root, &file)? {
            return Ok(Some(record));
        }
        let what = format!("the reference record, {}, does not exist", file.display());
        let help =
            format!("write it with `cargo course bench --record --machine {name}`{there_are}");
        problem(what, help)
    }

    /// Reads the records of other machines than the reference, by name, with the problems of those that are none.
    #[must_use]
    pub fn others(project: &Project) -> (Vec<Self>, Vec<Diagnostic>) {
        // A folder that cannot be read is reported with the reference.
        let names = names(&project.root).unwrap_or_default();
        let reference = project.settings.record.as_deref();
        let others = names
            .iter()
            .filter(|name| reference.is_some_and(|it| it != *name));
        let mut found = (Vec::new(), Vec::new());
        for name in others {
            match Self::load(&project.root, &Self::file(name)) {
                Ok(record) => found.0.extend(record),
                Err(problem) => found.1.push(problem),
            }
        }
        found
    }

    /// Tells if a book has a record or names one, so that [`Record::load_reference`] has one or a problem.
    #[must_use]
    pub fn is_expected(project: &Project) -> bool {
        project.settings.record.is_some()
            || names(&project.root).map_or(true, |names| !names.is_empty())
    }

    /// Reads one record, given its path from the book's root. A file that is not there is no record.
    ///
    /// # Errors
    ///
    /// A [`Diagnostic`] when the file is there and is not a record.
    pub fn load(root: &Path, file: &Path) -> Result<Option<Self>, Diagnostic> {
        match fs::read_to_string(root.join(file)) {
            Ok(text) => Self::parse(file, &text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Diagnostic::new(
                file,
                0,
                format!("the record cannot be read: {}", unreadable(&error)),
            )
            .help("restore the file from git")),
        }
    }

    /// Reads a record's text.
    ///
    /// # Errors
    ///
    /// A [`Diagnostic`] with the line, when the text is not a record or says what cannot have been measured.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Diagnostic> {
        const HELP: &str = "records are written by `cargo course bench --record`; restore the file from git and run that";
        let record: Self = serde_json::from_str(text).map_err(|error| {
            Diagnostic::new(
                file,
                error.line(),
                format!("not a benchmark record: {error}"),
            )
            .help(HELP)
        })?;
        record.plausible().map_err(|(word, what)| {
            // serde_json keeps no places of what it has read.
            let line = text
                .find(&format!("\"{word}\""))
                .map_or(0, |at| line_of(text, at));
            Diagnostic::new(file, line, what).help(HELP)
        })?;
        Ok(record)
    }

    /// An implausibility that serde cannot see: the word to look for in the text, and the message.
    fn plausible(&self) -> Result<(), (String, String)> {
        if self.schema != SCHEMA {
            let what = format!(
                "the record has form {}, this tool reads form {SCHEMA}",
                self.schema
            );
            return Err(("schema".to_owned(), what));
        }
        for (slug, chapter) in &self.chapters {
            for (id, found) in &chapter.benchmarks {
                let wrong = |what: &str| Err((id.clone(), format!("benchmark `{id}` {what}")));
                if chapter_of(id) != Some(slug) {
                    return wrong(&format!("does not belong to chapter `{slug}`"));
                }
                let range = if found.quantity == Quantity::Share {
                    0.0..=1.0
                } else {
                    POSSIBLE
                };
                let possible = [found.value, found.high]
                    .iter()
                    .all(|value| range.contains(value));
                if !possible || !(0.0..=found.high).contains(&found.low) {
                    return wrong(match found.quantity {
                        Quantity::Time => "has an estimate or interval that cannot be a duration",
                        Quantity::Memory => {
                            "has an estimate or interval that cannot be an amount of memory"
                        }
                        Quantity::Share => "has an estimate or interval that is not from 0 to 1",
                    });
                }
                let too_many = |count| match found.quantity {
                    Quantity::Share => true,
                    Quantity::Time | Quantity::Memory => {
                        count == 0 || found.value / (count as f64) < 1e-6
                    }
                };
                if found.elements.is_some_and(too_many) {
                    return wrong(match found.quantity {
                        Quantity::Time => "handles no elements, or more than its time allows",
                        Quantity::Memory => "handles no elements, or more than its memory allows",
                        Quantity::Share => "is a share, which is not one of each element",
                    });
                }
                if !(0.0..1.0).contains(&found.confidence) || found.samples == 0 {
                    return wrong("has no confidence below 1, or no samples");
                }
            }
        }
        Ok(())
    }

    /// Writes the record, whole or not at all.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn save(&self, root: &Path) -> Result<PathBuf> {
        let file = Self::file(&self.machine.name);
        let folder = root.join(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("{FOLDER} cannot be created"))?;
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let mut temporary = tempfile::NamedTempFile::new_in(&folder)?;
        temporary.write_all(text.as_bytes())?;
        temporary
            .persist(root.join(&file))
            .with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(file)
    }

    /// Finds a benchmark as a page names it: `step/pull`, `go/step/pull` relative to the chapter, or with the slug.
    ///
    /// # Errors
    ///
    /// The nearest ids there are.
    pub fn find(&self, slug: &str, id: &str) -> Result<(String, &Measurement), Vec<String>> {
        let candidates = match id.strip_prefix("go/") {
            Some(rest) => [format!("go/{slug}/{rest}"), id.to_owned()],
            None => [format!("{slug}/{id}"), id.to_owned()],
        };
        for candidate in candidates {
            let chapter = chapter_of(&candidate).and_then(|slug| self.chapters.get(slug));
            if let Some(found) = chapter.and_then(|chapter| chapter.benchmarks.get(&candidate)) {
                return Ok((candidate, found));
            }
        }
        Err(self.nearest(slug, id))
    }

    /// The three ids most like the one given, as this chapter would write them.
    fn nearest(&self, slug: &str, id: &str) -> Vec<String> {
        let all = self
            .chapters
            .values()
            .flat_map(|chapter| chapter.benchmarks.keys());
        let known: Vec<_> = all.map(|known| relative(slug, known)).collect();
        nearest(id, known.iter().map(String::as_str))
            .into_iter()
            .map(str::to_owned)
            .collect()
    }
}

/// The names of the records in a book, sorted.
fn names(root: &Path) -> Result<Vec<String>, Diagnostic> {
    let entries = match fs::read_dir(root.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let what = format!("the folder cannot be read: {error}");
            return Err(Diagnostic::new(FOLDER, 0, what).help("make it readable"));
        }
    };
    let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = files
        .filter_map(|file| Some(file.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// A problem with the setting `record`, at its line or at the table where it would be.
fn missing(root: &Path, what: String) -> Diagnostic {
    let text = fs::read_to_string(root.join("book.toml")).unwrap_or_default();
    let head = text.find("[preprocessor.course]").unwrap_or(0);
    let key = text[head..]
        .find("\nrecord")
        .map_or(head, |at| head + at + 1);
    Diagnostic::new("book.toml", line_of(&text, key), what)
}

/// The chapter an id belongs to: its first part, after `go/`.
#[must_use]
pub fn chapter_of(id: &str) -> Option<&str> {
    id.strip_prefix("go/")
        .unwrap_or(id)
        .split_once('/')
        .map(|(slug, _)| slug)
}

/// An id as a page of its chapter writes it.
fn relative(slug: &str, id: &str) -> String {
    let (go, rest) = id
        .strip_prefix("go/")
        .map_or(("", id), |rest| ("go/", rest));
    rest.strip_prefix(slug)
        .and_then(|rest| rest.strip_prefix('/'))
        .map_or_else(|| id.to_owned(), |rest| format!("{go}{rest}"))
}

/// The chapters that have a bench file, by slug, sorted.
///
/// # Errors
///
/// When `benches/` cannot be read.
pub fn benched(root: &Path) -> io::Result<Vec<String>> {
    let mut slugs = Vec::new();
    for entry in fs::read_dir(root.join("benches"))? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .filter(|name| *name != "lib");
        if path.extension().is_some_and(|extension| extension == "rs") {
            slugs.extend(name.map(|name| name.replace('_', "-")));
        }
    }
    slugs.sort();
    Ok(slugs)
}

/// The age of a chapter's measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// They are of the code as it is.
    Current,
    /// The code, or a crate that it uses, has changed since.
    Stale,
    /// There are none in the record.
    Never,
}

impl Age {
    /// The age of a chapter's measurements in a record; `None` for a page without a bench.
    ///
    /// # Errors
    ///
    /// As [`digest`].
    pub fn of(project: &Project, record: Option<&Record>, slug: &str) -> Result<Option<Self>> {
        let root = &project.root;
        if !root.join(bench_file(slug)).is_file() {
            return Ok(None);
        }
        let Some(chapter) = record.and_then(|record| record.chapters.get(slug)) else {
            return Ok(Some(Self::Never));
        };
        let now = project
            .digests
            .once(&format!("measured {slug}"), || digest(root, slug))?;
        let is_current = now == chapter.digest;
        Ok(Some(if is_current {
            Self::Current
        } else {
            Self::Stale
        }))
    }

    /// True unless they are of the code as it is. What cannot be compared is reported by [`stale`].
    #[must_use]
    pub fn is_old(project: &Project, record: Option<&Record>, slug: &str) -> bool {
        let age = Self::of(project, record, slug).ok().flatten();
        age.is_some_and(|age| age != Self::Current)
    }
}

/// The bench file of a chapter, from the root.
fn bench_file(slug: &str) -> PathBuf {
    Path::new("benches").join(format!("{}.rs", module(slug)))
}

/// The chapters whose record is missing, or older than what it measured, as problems of this level.
#[must_use]
pub fn stale(project: &Project, record: Option<&Record>, level: Level) -> Vec<Diagnostic> {
    let root = &project.root;
    let benched = match benched(root) {
        Ok(benched) => benched,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let what = format!("the folder cannot be read: {error}");
            return vec![Diagnostic::new("benches", 0, what).help("make it readable")];
        }
    };
    if record.is_none() && Record::is_expected(project) {
        // A record that cannot be read was reported at its file.
        return Vec::new();
    }
    let problem = |slug: &str| {
        let age = Age::of(project, record, slug);
        let what = match &age {
            Ok(None | Some(Age::Current)) => return None,
            Ok(Some(Age::Never)) => "this benchmark has never been recorded".to_owned(),
            Ok(Some(Age::Stale)) => {
                let chapter = &record?.chapters[slug];
                format!(
                    "what it measures has changed since it was recorded on {} at {}",
                    chapter.date, chapter.commit
                )
            }
            Err(error) => format!("its record cannot be compared with the code: {error:#}"),
        };
        let problem = Diagnostic::new(bench_file(slug), 0, what);
        if age.is_err() {
            return Some(problem.help("fix the file it names"));
        }
        let again = format!("run `cargo course bench {slug} --record` on the reference machine");
        level.apply(problem.help(again))
    };
    benched.iter().filter_map(|slug| problem(slug)).collect()
}

/// A record for tests and examples.
#[doc(hidden)]
pub mod sample {
    use super::*;

    /// An estimate with an interval of ± 1.2 %.
    pub fn measurement(ns: f64, elements: Option<u64>) -> Measurement {
        Measurement {
            quantity: Quantity::Time,
            value: ns,
            low: ns * 0.988,
            high: ns * 1.012,
            confidence: 0.95,
            samples: 60,
            elements,
            bytes: None,
            allocs: None,
        }
    }

    /// Two chapters; `coroutines` has groups of every kind.
    pub fn record() -> Record {
        let machine = Machine {
            name: "a".to_owned(),
            cpu: "A CPU".to_owned(),
            cores: 2,
            memory_mib: 8192,
            kernel: "Linux 6.1.0".to_owned(),
        };
        let mut record = Record::new(machine);
        let holding = |bytes| Measurement {
            quantity: Quantity::Memory,
            ..measurement(bytes, Some(1000))
        };
        let part = |share| Measurement {
            quantity: Quantity::Share,
            high: 1.0,
            ..measurement(share, None)
        };
        let allocating = |ns, bytes| Measurement {
            bytes: Some(bytes),
            allocs: Some(6),
            ..measurement(ns, None)
        };
        let chapter = |benchmarks: Vec<(&str, Measurement)>| ChapterRecord {
            date: "2026-11-24".to_owned(),
            commit: "0123456789ab".to_owned(),
            rustc: "rustc 1.95.0 (59807616e 2026-04-14)".to_owned(),
            go: Some("go1.27.3".to_owned()),
            digest: String::new(),
            benchmarks: benchmarks
                .into_iter()
                .map(|(id, measured)| (id.to_owned(), measured))
                .collect(),
            go_tests: BTreeMap::from([
                ("TestPasses".to_owned(), true),
                ("TestFails".to_owned(), false),
            ]),
        };
        let coroutines = chapter(vec![
            (
                "coroutines/step/corosensei",
                measurement(24_100.0, Some(1000)),
            ),
            ("go/coroutines/step/pull", measurement(84_500.0, Some(1000))),
            (
                "go/coroutines/step/channel",
                measurement(310_000.0, Some(1000)),
            ),
            ("go/coroutines/create/pull", allocating(500.0, 208)),
            ("go/coroutines/create/channel", allocating(600.0, 104)),
            ("coroutines/grow/vec/9", measurement(45.0, Some(9))),
            ("coroutines/grow/vec/10", measurement(48.0, Some(10))),
            ("coroutines/grow/vec/1000", measurement(4000.0, Some(1000))),
            ("go/coroutines/grow/slice/10", measurement(130.0, Some(10))),
            (
                "go/coroutines/grow/slice/1000",
                measurement(9000.0, Some(1000)),
            ),
            ("coroutines/partly/plain", measurement(10.0, None)),
            ("coroutines/partly/task/64", measurement(20.0, None)),
            ("coroutines/mixed/plain", measurement(100.0, None)),
            ("coroutines/mixed/counted", measurement(100.0, Some(100))),
            ("coroutines/held/stackful", holding(4_151_000.0)),
            ("go/coroutines/held/pull", holding(2_870_000.0)),
            ("coroutines/met/channel", part(0.62)),
            ("coroutines/met/stackful", part(1.0)),
            ("coroutines/confused/stackful", holding(4_151_000.0)),
            (
                "coroutines/confused/step",
                measurement(24_100.0, Some(1000)),
            ),
        ]);
        let scope = chapter(vec![
            ("scope/step/corosensei", measurement(24_100.0, Some(1000))),
            ("go/scope/step/pull", measurement(84_500.0, Some(1000))),
        ]);
        record.chapters.extend([
            ("coroutines".to_owned(), coroutines),
            ("scope".to_owned(), scope),
        ]);
        record
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{measurement, record};
    use super::*;

    /// A book with nothing but a folder.
    fn project(root: &Path) -> Project {
        Project {
            root: root.to_owned(),
            settings: book::settings::Settings::default(),
            pages: Vec::new(),
            tasks: BTreeMap::new(),
            problems: Vec::new(),
            digests: book::dependencies::Digests::default(),
        }
    }

    const FILE: &str = "benches/results/a.json";

    fn text() -> String {
        serde_json::to_string_pretty(&record()).unwrap()
    }

    #[test]
    fn record_survives_saving_and_loading() {
        let root = tempfile::tempdir().unwrap();
        let file = record().save(root.path()).unwrap();
        assert_eq!(Record::load(root.path(), &file).unwrap(), Some(record()));
    }

    #[test]
    fn reference_is_the_record_that_the_settings_name() {
        let root = tempfile::tempdir().unwrap();
        let named = |name: Option<&str>| {
            let mut project = project(root.path());
            project.settings.record = name.map(str::to_owned);
            Record::load_reference(&project)
        };
        assert_eq!(named(None).unwrap(), None, "a book needs no record");
        let mut other = record();
        for name in ["b", "a"] {
            name.clone_into(&mut other.machine.name);
            other.save(root.path()).unwrap();
        }
        assert_eq!(named(Some("b")).unwrap().unwrap().machine.name, "b");
        let mut project = project(root.path());
        project.settings.record = Some("b".to_owned());
        fs::write(root.path().join(Record::file("c")), "{").unwrap();
        let (others, problems) = Record::others(&project);
        assert_eq!((others.len(), others[0].machine.name.as_str()), (1, "a"));
        assert_eq!(problems[0].place(), "benches/results/c.json:1");
        fs::remove_file(root.path().join(Record::file("c"))).unwrap();
        for (name, what) in [
            (None, "is not named"),
            (Some("c"), "c.json, does not exist"),
        ] {
            let problem = named(name).unwrap_err();
            assert!(problem.what.contains(what), "{problem}");
            assert!(problem.help.ends_with("records of a, b"), "{problem}");
        }
    }

    #[test]
    fn keys_of_a_measurement_name_its_unit() {
        let text = text();
        assert!(
            text.contains("\"held_bytes\": 4151000.0") && text.contains("\"ns\": 24100.0"),
            "{text}"
        );
        for (from, to) in [
            ("\"held_bytes\"", "\"ns\""),
            ("\"low_held_bytes\"", "\"low_ns\""),
            ("\"held_bytes\"", "\"ns\": 1.0, \"held_bytes\""),
            ("\"held_bytes\": 4151000.0,", ""),
            ("\"held_bytes\": 4151000.0,", "\"held_bytes\": -1.0,"),
            ("\"share\": 0.62,", "\"share\": 62.0,"),
            ("\"share\": 0.62,", ""),
            ("\"share\": 0.62,", "\"share\": 0.62, \"elements\": 1000,"),
        ] {
            let problem = Record::parse(Path::new(FILE), &text.replacen(from, to, 1)).unwrap_err();
            assert!(problem.line > 0, "{from} to {to}: {problem}");
        }
    }

    #[test]
    fn saving_leaves_no_temporary_file() {
        let root = tempfile::tempdir().unwrap();
        record().save(root.path()).unwrap();
        record().save(root.path()).unwrap();
        assert_eq!(fs::read_dir(root.path().join(FOLDER)).unwrap().count(), 1);
    }

    #[test]
    fn malformed_record_is_a_problem_with_its_line() {
        let broken = text().replace("\"schema\": 1", "\"schema\": one");
        let problem = Record::parse(Path::new(FILE), &broken).unwrap_err();
        assert_eq!(problem.place(), "benches/results/a.json:2");
    }

    #[test]
    fn impossible_record_is_a_problem_with_its_line() {
        for (from, to) in [
            ("\"ns\": 24100.0", "\"ns\": -1.0"),
            ("\"ns\": 24100.0", "\"ns\": 1e308"),
            ("\"elements\": 1000", "\"elements\": 0"),
            ("\"elements\": 1000", "\"elements\": 18446744073709551615"),
            ("\"samples\": 60", "\"samples\": 0"),
            ("\"confidence\": 0.95", "\"confidence\": 95.0"),
            ("\"coroutines/step", "\"scope/step"),
            ("\"schema\": 1", "\"schema\": 2"),
        ] {
            let problem =
                Record::parse(Path::new(FILE), &text().replacen(from, to, 1)).unwrap_err();
            assert!(problem.line > 0, "{problem}");
        }
    }

    #[test]
    fn ids_are_found_relative_to_the_chapter_and_absolute() {
        let record = record();
        for (id, expected) in [
            ("step/corosensei", "coroutines/step/corosensei"),
            ("go/step/pull", "go/coroutines/step/pull"),
            ("scope/step/corosensei", "scope/step/corosensei"),
            ("go/scope/step/pull", "go/scope/step/pull"),
        ] {
            assert_eq!(record.find("coroutines", id).unwrap().0, expected);
        }
    }

    #[test]
    fn unknown_id_names_the_nearest_first() {
        let nearest = record().find("coroutines", "step/corosense").unwrap_err();
        assert_eq!(nearest[0], "step/corosensei");
    }

    /// A book with a bench file for each chapter.
    fn book(chapters: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["benches", "listings"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            fs::write(
                root.path().join(folder).join("Cargo.toml"),
                "[dependencies]\n",
            )
            .unwrap();
        }
        fs::write(root.path().join("Cargo.lock"), "package = []\n").unwrap();
        fs::write(root.path().join("benches/lib.rs"), "").unwrap();
        for slug in chapters {
            fs::write(root.path().join(format!("benches/{}.rs", module(slug))), "").unwrap();
        }
        root
    }

    #[test]
    fn benched_chapters_are_the_bench_files() {
        let root = book(&["virtual-time", "coroutines"]);
        assert_eq!(
            benched(root.path()).unwrap(),
            ["coroutines", "virtual-time"]
        );
    }

    #[test]
    fn stale_names_chapters_that_changed_or_were_never_recorded() {
        let root = book(&["coroutines", "scope", "virtual-time"]);
        let mut record = record();
        for slug in ["coroutines", "scope"] {
            record.chapters.get_mut(slug).unwrap().digest = digest(root.path(), slug).unwrap();
        }
        fs::write(root.path().join("benches/scope.rs"), "fn changed() {}\n").unwrap();
        let problems = stale(&project(root.path()), Some(&record), Level::Warning);
        let places: Vec<_> = problems.iter().map(Diagnostic::place).collect();
        assert_eq!(places, ["benches/scope.rs", "benches/virtual_time.rs"]);
        assert!(
            problems[0]
                .what
                .contains("changed since it was recorded on 2026-11-24")
        );
        assert!(problems[1].what.contains("never been recorded"));
        assert!(
            problems[1]
                .help
                .contains("cargo course bench virtual-time --record")
        );
        assert!(problems.iter().all(|it| it.level == Level::Warning));
        let age = |slug| Age::of(&project(root.path()), Some(&record), slug).unwrap();
        let ages = ["coroutines", "scope", "virtual-time", "nursery"].map(age);
        let [current, stale, never] = [Age::Current, Age::Stale, Age::Never].map(Some);
        assert_eq!(ages, [current, stale, never, None]);
    }

    #[test]
    fn stale_without_a_record_names_every_bench() {
        assert_eq!(
            stale(
                &project(book(&["coroutines", "scope"]).path()),
                None,
                Level::Error
            )
            .len(),
            2
        );
    }

    #[test]
    fn trim_keeps_six_digits() {
        let mut measured = measurement(22_038.933_144, None);
        measured.trim();
        assert_eq!(measured.value, 22_038.9);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_record_or_a_problem(text in ".{0,200}") {
            let _ = Record::parse(Path::new(FILE), &text);
        }

        #[test]
        fn any_damage_to_a_record_is_a_record_or_a_problem(at in 0_usize..2000, len in 0_usize..40, new in ".{0,5}") {
            let mut text = text();
            let at = at.min(text.len());
            text.replace_range(at..(at + len).min(text.len()), &new);
            let _ = Record::parse(Path::new(FILE), &text);
        }
    }
}
