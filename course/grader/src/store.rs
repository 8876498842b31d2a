//! Results on disk: one file a submission, written whole or not at all, so that a run that was
//! stopped can be resumed, shards run anywhere, and their results are merged in any order.

use book::files;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::result::{Grade, GradeKey};
use super::text;

/// A part of a class: one of `count` parts, numbered from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Its number.
    pub number: u64,
    /// The number of parts.
    pub count: u64,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, count) = text.split_once('/').ok_or("write it as 2/4")?;
        let parse = |text: &str| text.parse::<u64>().map_err(|_| "write it as 2/4");
        let shard = Self {
            number: parse(number)?,
            count: parse(count)?,
        };
        if shard.number == 0 || shard.number > shard.count {
            return Err(format!("shards count from 1 to {}", shard.count));
        }
        Ok(shard)
    }
}

impl Shard {
    /// True if a student's submission belongs to it, whoever else is in the class.
    #[must_use]
    pub fn contains(self, student: &str) -> bool {
        let digest = blake3::hash(student.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        u64::from_le_bytes(first) % self.count == self.number - 1
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

fn log_file(out: &Path, student: &str) -> PathBuf {
    out.join("logs").join(format!("{}.txt", file_name(student)))
}

/// A folder of results in use, until this is dropped or the process ends.
#[derive(Debug)]
pub struct ResultsLock {
    _folder: Option<File>,
}

/// Locks a folder of results to write to, and removes files that a killed run has left half written.
///
/// # Errors
///
/// If it cannot be made.
pub fn lock(out: &Path) -> Result<ResultsLock> {
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    // Where folders cannot be locked nothing is removed: somebody may be writing it.
    let Ok(folder) = File::open(out) else {
        return Ok(ResultsLock { _folder: None });
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
    Ok(ResultsLock {
        _folder: Some(folder),
    })
}

/// Saves a result, and beside it the log that only instructors may read.
///
/// # Errors
///
/// If it cannot be written.
pub fn save(out: &Path, grade: &Grade, log: &str) -> Result<()> {
    let student = &grade.student.id;
    files::write(&log_file(out, student), log.as_bytes())?;
    // The result comes last: with it, the submission is done.
    files::write(&result_file(out, student), &bytes(grade)?)
}

fn bytes(grade: &Grade) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(grade)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// True if there is a result with this key. A fault of the grader is tried again.
#[must_use]
pub fn is_current(out: &Path, student: &str, key: &GradeKey, sandbox: &str) -> bool {
    let read = fs::read(result_file(out, student)).ok();
    let grade = read.and_then(|bytes| serde_json::from_slice::<Grade>(&bytes).ok());
    grade.is_some_and(|it| {
        it.has_verdict() && it.key == *key && it.sandbox == sandbox && it.student.id == student
    })
}

/// All results of a folder, by student.
///
/// # Errors
///
/// If one cannot be read.
pub fn load(out: &Path) -> Result<BTreeMap<String, Grade>> {
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
        let grade: Grade = serde_json::from_slice(&fs::read(&path)?)
            .with_context(|| format!("{} is no result", path.display()))?;
        results.insert(grade.student.id.clone(), grade);
    }
    Ok(results)
}

/// The order of two results of one student: a verdict before none, then by bytes; with its log.
type Rank = (bool, Vec<u8>, String);

/// Merges results, also with those that are in `into` already. The order and the number of steps
/// make no difference: of two results of one student a verdict counts before none, then the greater
/// by its bytes.
///
/// # Errors
///
/// If a result cannot be read or written, or they are of different tasks: nothing is written then.
pub fn merge(from: &[PathBuf], into: &Path) -> Result<BTreeMap<String, Grade>> {
    let mut all: BTreeMap<String, (Rank, Grade)> = BTreeMap::new();
    // Of all results, not of those that count: another task's must not take the place of this one's.
    let mut tasks = BTreeSet::new();
    let there = into.is_dir().then(|| into.to_owned());
    for folder in from.iter().chain(&there) {
        for (student, grade) in load(folder)? {
            let log = fs::read_to_string(log_file(folder, &student)).unwrap_or_default();
            tasks.insert(grade.key.task.clone());
            let rank = (grade.has_verdict(), bytes(&grade)?, log);
            if all.get(&student).is_none_or(|old| old.0 < rank) {
                all.insert(student, (rank, grade));
            }
        }
    }
    ensure!(
        tasks.len() <= 1,
        "these results are of different tasks, or of different versions of one"
    );
    let _lock = lock(into)?;
    for ((_, _, log), grade) in all.values() {
        save(into, grade, log)?;
    }
    let all = all.into_iter().map(|(student, it)| (student, it.1));
    let all = all.collect();
    write_summary(into, &all)?;
    Ok(all)
}

/// Writes `summary.csv`: a line a student. An ungraded one has no score, which is not zero.
///
/// # Errors
///
/// If it cannot be written.
pub fn write_summary(out: &Path, results: &BTreeMap<String, Grade>) -> Result<()> {
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
    for grade in results.values() {
        let mut tests = grade.groups.iter().flat_map(|group| &group.tests);
        let flaky = tests.any(|test| test.flaky);
        table.write_record([
            text::csv_cell(&grade.student.id),
            text::csv_cell(&grade.student.name),
            grade.task.clone(),
            grade.status.name().to_owned(),
            grade.score.map_or_else(String::new, |it| it.to_string()),
            grade.max_score.to_string(),
            grade.sandbox.clone(),
            grade.unchanged.to_string(),
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

    fn grade(id: &str, status: Status, score: Option<u32>) -> Grade {
        Grade {
            format: 1,
            task: "tiny".to_owned(),
            key: GradeKey {
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
        for count in 1..5 {
            for student in ["ann", "bob", "", "🦀", "a/b"] {
                let shards = (1..=count)
                    .filter(|&number| Shard { number, count }.contains(student))
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

    fn folder(results: &[(Grade, String)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (grade, log) in results {
            save(folder.path(), grade, log).unwrap();
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
            let mut parts: [Vec<(Grade, String)>; 3] = Default::default();
            for (student, kind, score, log, part) in results {
                let (status, score) = match kind {
                    0 => (Status::InfrastructureError, None),
                    1 => (Status::Missing, Some(0)),
                    _ => (Status::Graded, Some(score)),
                };
                parts[part].push((grade(["ann", "bob", "🦀"][student], status, score), log.to_string()));
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
            grade("ann", Status::InfrastructureError, None),
            "fault".to_owned(),
        );
        let verdict = (grade("ann", Status::Graded, Some(7)), "verdict".to_owned());
        let (one, two) = (folder(&[fault]), folder(std::slice::from_ref(&verdict)));
        let both = merged(&[two.path(), one.path()]);
        assert_eq!(load(both.path()).unwrap()["ann"], verdict.0);
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
        save(out.path(), &grade("ann", Status::Graded, Some(7)), "").unwrap();
        let left = out
            .path()
            .join("results")
            .join(format!("{}xyz", files::PART));
        fs::write(&left, "{").unwrap();
        assert_eq!(load(out.path()).unwrap().len(), 1);
        let other = lock(out.path()).unwrap();
        assert!(!left.exists());
        fs::write(&left, "{").unwrap();
        let mine = lock(out.path()).unwrap();
        assert!(left.exists());
        drop((other, mine));
        lock(out.path()).unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn summary_has_no_score_for_who_is_ungraded_and_no_formula() {
        let out = tempfile::tempdir().unwrap();
        let all = BTreeMap::from([(
            "x".to_owned(),
            grade("x", Status::InfrastructureError, None),
        )]);
        write_summary(out.path(), &all).unwrap();
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
        let verdict = grade("ann", Status::Graded, Some(7));
        save(out.path(), &verdict, "").unwrap();
        assert!(is_current(out.path(), "ann", &verdict.key, "full"));
        assert!(!is_current(out.path(), "ann", &verdict.key, "reduced"));
        assert!(!is_current(
            out.path(),
            "ann",
            &GradeKey {
                submission: "other".to_owned(),
                ..verdict.key
            },
            "full"
        ));
        let fault = grade("bob", Status::InfrastructureError, None);
        save(out.path(), &fault, "").unwrap();
        assert!(!is_current(out.path(), "bob", &fault.key, "full"));
    }
}
