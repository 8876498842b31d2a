//! Results on disk: one file a submission, written whole or not at all, so that a run that was cut off goes on, shards run
//! anywhere, and their results are put together in any order.

use book::files;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::result::{Graded, Key};
use super::text;

/// A part of a class: of `of` parts the one with this number, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which.
    pub number: u64,
    /// Of how many.
    pub of: u64,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of) = text.split_once('/').ok_or("write it as 2/4")?;
        let parse = |text: &str| text.parse::<u64>().map_err(|_| "write it as 2/4");
        let shard = Self {
            number: parse(number)?,
            of: parse(of)?,
        };
        if shard.number == 0 || shard.number > shard.of {
            return Err(format!("shards count from 1 to {}", shard.of));
        }
        Ok(shard)
    }
}

impl Shard {
    /// Whether a student's submission belongs to it. Who else is in the class makes no difference.
    #[must_use]
    pub fn has(self, student: &str) -> bool {
        let digest = blake3::hash(student.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        u64::from_le_bytes(first) % self.of == self.number - 1
    }
}

/// The name of a student's files: no name of a person, and one that every file system takes.
#[must_use]
pub fn file_name(student: &str) -> String {
    blake3::hash(student.as_bytes()).to_hex()[..32].to_owned()
}

fn result_file(out: &Path, student: &str) -> PathBuf {
    out.join("results")
        .join(format!("{}.json", file_name(student)))
}

/// A folder of results that somebody writes to, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Open {
    _folder: Option<File>,
}

/// Opens a folder of results to write to, and removes what a run that was killed has left half written.
///
/// # Errors
///
/// When it cannot be made.
pub fn open(out: &Path) -> Result<Open> {
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    // Where folders cannot be locked nothing is removed: somebody may be writing it.
    let Ok(folder) = File::open(out) else {
        return Ok(Open { _folder: None });
    };
    if folder.try_lock().is_ok() {
        for below in [out.to_owned(), out.join("results"), out.join("logs")] {
            for entry in fs::read_dir(&below).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(files::PART) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        let _ = folder.unlock();
    }
    let _ = folder.lock_shared();
    Ok(Open {
        _folder: Some(folder),
    })
}

/// Keeps a result, and beside it what only an instructor may read.
///
/// # Errors
///
/// When it cannot be written.
pub fn keep(out: &Path, graded: &Graded, log: &str) -> Result<()> {
    let student = &graded.student.id;
    files::write(
        &out.join("logs").join(format!("{}.txt", file_name(student))),
        log.as_bytes(),
    )?;
    // The result comes last: with it, the submission is done.
    files::write(&result_file(out, student), &bytes(graded)?)
}

fn bytes(graded: &Graded) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(graded)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Whether this very grade is there already. A fault of the grader is tried again.
#[must_use]
pub fn is_done(out: &Path, student: &str, key: &Key, sandbox: &str) -> bool {
    let read = fs::read(result_file(out, student)).ok();
    let graded = read.and_then(|bytes| serde_json::from_slice::<Graded>(&bytes).ok());
    graded.is_some_and(|it| {
        it.has_verdict() && it.key == *key && it.sandbox == sandbox && it.student.id == student
    })
}

/// All results of a folder, by student.
///
/// # Errors
///
/// When one cannot be read.
pub fn read(out: &Path) -> Result<BTreeMap<String, Graded>> {
    let mut results = BTreeMap::new();
    let folder = out.join("results");
    // A shard may have nobody in it.
    if out.is_dir() && !folder.exists() {
        return Ok(results);
    }
    for entry in
        fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let graded: Graded = serde_json::from_slice(&fs::read(&path)?)
            .with_context(|| format!("{} is no result", path.display()))?;
        results.insert(graded.student.id.clone(), graded);
    }
    Ok(results)
}

/// Puts results together, also with those that are in `into` already. In which order, and in how many steps, makes no
/// difference: of two results of one student a verdict counts before none, then the greater by its bytes.
///
/// # Errors
///
/// When a result cannot be read or written, or when they are of different tasks: nothing is written then.
pub fn merge(from: &[PathBuf], into: &Path) -> Result<BTreeMap<String, Graded>> {
    let mut all: BTreeMap<String, (bool, Vec<u8>, String, Graded)> = BTreeMap::new();
    // Of all that is read, not of what is kept: another task's result must not take the place of this one's.
    let mut tasks = BTreeSet::new();
    let there = into.is_dir().then(|| into.to_owned());
    for folder in from.iter().chain(&there) {
        for (student, graded) in read(folder)? {
            let log = folder
                .join("logs")
                .join(format!("{}.txt", file_name(&student)));
            let log = fs::read_to_string(log).unwrap_or_default();
            tasks.insert(graded.key.task.clone());
            let new = (graded.has_verdict(), bytes(&graded)?, log, graded);
            let rank = |it: &(bool, Vec<u8>, String, Graded)| (it.0, it.1.clone(), it.2.clone());
            if all.get(&student).is_none_or(|old| rank(old) < rank(&new)) {
                all.insert(student, new);
            }
        }
    }
    ensure!(
        tasks.len() <= 1,
        "these results are of different tasks, or of different versions of one"
    );
    let _open = open(into)?;
    for (_, _, log, graded) in all.values() {
        keep(into, graded, log)?;
    }
    let all = all
        .into_iter()
        .map(|(student, (.., graded))| (student, graded))
        .collect();
    summarise(into, &all)?;
    Ok(all)
}

/// Writes `summary.csv`: a line a student. An ungraded one has no score, which is not zero.
///
/// # Errors
///
/// When it cannot be written.
pub fn summarise(out: &Path, results: &BTreeMap<String, Graded>) -> Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "student_id",
        "name",
        "task",
        "status",
        "score",
        "max_score",
        "sandbox",
        "unchanged",
        "flaky",
    ])?;
    for graded in results.values() {
        let flaky = graded
            .groups
            .iter()
            .flat_map(|group| &group.tests)
            .any(|test| test.flaky);
        table.write_record([
            text::cell(&graded.student.id),
            text::cell(&graded.student.name),
            graded.task.clone(),
            graded.status.word().to_owned(),
            graded
                .score
                .map_or_else(String::new, |score| score.to_string()),
            graded.max_score.to_string(),
            graded.sandbox.clone(),
            graded.unchanged.to_string(),
            flaky.to_string(),
        ])?;
    }
    files::write(
        &out.join("summary.csv"),
        &table.into_inner().context("the table is in memory")?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{Status, Student};

    fn graded(id: &str, status: Status, score: Option<u32>) -> Graded {
        Graded {
            format: 1,
            task: "tiny".to_owned(),
            key: Key {
                task: "t".to_owned(),
                submission: "s".to_owned(),
                toolchain: "c".to_owned(),
            },
            student: Student {
                id: id.to_owned(),
                name: "=Ann, \"A\" 🦀".to_owned(),
                ..Student::default()
            },
            status,
            score,
            max_score: 10,
            sandbox: "full".to_owned(),
            forgeable: false,
            unchanged: false,
            message: String::new(),
            groups: Vec::new(),
            ignored_files: Vec::new(),
        }
    }

    /// All files of a folder, with their bytes.
    fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = book::files::files_below(folder);
        files
            .into_iter()
            .map(|it| {
                (
                    it.strip_prefix(folder).unwrap().to_owned(),
                    fs::read(&it).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn every_student_is_in_one_shard_and_stays_there() {
        for of in 1..5 {
            for student in ["ann", "bob", "", "🦀", "a/b"] {
                let shards = (1..=of)
                    .filter(|&number| Shard { number, of }.has(student))
                    .count();
                assert_eq!(shards, 1);
            }
        }
        assert!(
            "0/3".parse::<Shard>().is_err()
                && "4/3".parse::<Shard>().is_err()
                && "x".parse::<Shard>().is_err()
        );
    }

    fn folder(results: &[(Graded, String)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (graded, log) in results {
            keep(folder.path(), graded, log).unwrap();
        }
        folder
    }

    fn merged(from: &[&Path]) -> tempfile::TempDir {
        let into = tempfile::tempdir().unwrap();
        let from: Vec<PathBuf> = from.iter().map(|it| (*it).to_owned()).collect();
        merge(&from, into.path()).unwrap();
        into
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(48))]

        #[test]
        fn merging_is_the_same_in_any_order_and_in_any_steps(
            results in proptest::collection::vec((0..3_usize, 0..3_u8, 0..2_u32, 0..2_u8, 0..3_usize), 0..9),
        ) {
            let mut parts: [Vec<(Graded, String)>; 3] = Default::default();
            for (student, kind, score, log, part) in results {
                let (status, score) = match kind {
                    0 => (Status::InfrastructureError, None),
                    1 => (Status::Missing, Some(0)),
                    _ => (Status::Graded, Some(score)),
                };
                parts[part].push((graded(["ann", "bob", "🦀"][student], status, score), log.to_string()));
            }
            let [a, b, c] = parts.each_ref().map(|part| folder(part));
            let (a, b, c) = (a.path(), b.path(), c.path());
            let all = content(merged(&[a, b, c]).path());
            let same = |other: tempfile::TempDir| assert_eq!(all, content(other.path()));
            same(merged(&[c, a, b]));
            same(merged(&[merged(&[a, b]).path(), c]));
            same(merged(&[a, merged(&[b, c]).path()]));
            same(merged(&[a, a, b, c, b]));
            let steps = merged(&[b]);
            merge(&[c.to_owned()], steps.path()).unwrap();
            merge(&[a.to_owned()], steps.path()).unwrap();
            same(steps);
        }
    }

    #[test]
    fn fault_gives_way_to_a_verdict_and_other_tasks_are_refused() {
        let fault = (
            graded("ann", Status::InfrastructureError, None),
            "fault".to_owned(),
        );
        let verdict = (graded("ann", Status::Graded, Some(7)), "verdict".to_owned());
        let (one, two) = (folder(&[fault]), folder(std::slice::from_ref(&verdict)));
        let both = merged(&[two.path(), one.path()]);
        assert_eq!(read(both.path()).unwrap()["ann"], verdict.0);
        let mut other = verdict.0;
        other.key.task = "another".to_owned();
        let other = folder(&[(other, String::new())]);
        let before = content(both.path());
        assert!(merge(&[other.path().to_owned()], both.path()).is_err());
        assert_eq!(content(both.path()), before);
    }

    #[test]
    fn what_a_killed_run_left_is_removed_unless_somebody_is_at_work() {
        let out = tempfile::tempdir().unwrap();
        keep(out.path(), &graded("ann", Status::Graded, Some(7)), "").unwrap();
        let left = out
            .path()
            .join("results")
            .join(format!("{}xyz", files::PART));
        fs::write(&left, "{").unwrap();
        assert_eq!(read(out.path()).unwrap().len(), 1);
        let other = open(out.path()).unwrap();
        assert!(!left.exists());
        fs::write(&left, "{").unwrap();
        let mine = open(out.path()).unwrap();
        assert!(left.exists());
        drop((other, mine));
        open(out.path()).unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn summary_has_no_score_for_who_is_ungraded_and_no_formula() {
        let out = tempfile::tempdir().unwrap();
        let all = BTreeMap::from([(
            "x".to_owned(),
            graded("x", Status::InfrastructureError, None),
        )]);
        summarise(out.path(), &all).unwrap();
        let mut table = csv::Reader::from_path(out.path().join("summary.csv")).unwrap();
        let row = table.records().next().unwrap().unwrap();
        assert_eq!(
            (&row[1], &row[3], &row[4]),
            ("'=Ann, \"A\" 🦀", "infrastructure_error", "")
        );
    }

    #[test]
    fn only_the_very_same_grade_is_done() {
        let out = tempfile::tempdir().unwrap();
        let verdict = graded("ann", Status::Graded, Some(7));
        keep(out.path(), &verdict, "").unwrap();
        assert!(is_done(out.path(), "ann", &verdict.key, "full"));
        assert!(!is_done(out.path(), "ann", &verdict.key, "reduced"));
        assert!(!is_done(
            out.path(),
            "ann",
            &Key {
                submission: "other".to_owned(),
                ..verdict.key
            },
            "full"
        ));
        let fault = graded("bob", Status::InfrastructureError, None);
        keep(out.path(), &fault, "").unwrap();
        assert!(!is_done(out.path(), "bob", &fault.key, "full"));
    }
}
