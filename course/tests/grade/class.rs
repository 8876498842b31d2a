//! A class: submissions in, results out; shards, resuming, and the same bytes.

use course_tests::needs::Test;
use course_tests::test;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use grader::judge::Grader;
use grader::result::Status;
use grader::run::{GradeOptions, Run, grade};
use grader::store;
use progress::Progress;
use sandbox::Level;

use super::small_task::{FULL, SUM, grader};

pub const TESTS: &[Test] = &[
    test!(everything_but_the_tasks_files_does_nothing).needs(&[FULL]),
    test!(shards_put_together_are_one_run_byte_for_byte).needs(&[FULL]),
];

/// All files of a folder, with their bytes.
pub fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = book::files::files_below(folder).into_iter();
    let name = |file: &Path| file.strip_prefix(folder).unwrap().to_owned();
    files
        .map(|file| (name(&file), fs::read(&file).unwrap()))
        .collect()
}

fn run(grader: &Grader, class: &Path, out: &Path, shard: Option<&str>, resume: bool) -> Run {
    let options = GradeOptions {
        submissions: class.to_owned(),
        out: out.to_owned(),
        jobs: 2,
        resume,
        shard: shard.map(|shard| shard.parse().unwrap()),
        naming: None,
    };
    grade(
        grader,
        &options,
        &Progress::lines(),
        &AtomicBool::new(false),
    )
    .unwrap()
}

/// Rows 13 to 15: a project of the student's own that would decide everything, if it were a project.
fn everything_but_the_tasks_files_does_nothing() {
    let grader = grader(Level::Full, false);
    let folder = tempfile::tempdir().unwrap();
    let place = |file: &str, text: &str| {
        let path = folder.path().join("class/eve").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let mark = folder.path().join("mark");
    let touch = format!("fn main() {{ std::fs::write({mark:?}, \"\").unwrap(); }}");
    place(SUM, "pub fn sum(n: &[u64]) -> u64 { n.len() as u64 + 100 }");
    place(
        "src/tiny/more.rs",
        &String::from_utf8_lossy(&grader.kit().solution["src/tiny/more.rs"]),
    );
    place(
        "src/lib.rs",
        "pub mod tiny { pub mod sum { pub fn sum(n: &[u64]) -> u64 { n.iter().sum() } } }",
    );
    place(
        "src/tiny/mod.rs",
        "pub mod sum { pub fn sum(n: &[u64]) -> u64 { n.iter().sum() } }",
    );
    place("build.rs", &touch);
    place(
        "Cargo.toml",
        "[package]\nname = \"listings\"\nversion = \"9.9.9\"\nedition = \"2024\"\nautotests = false\n\
         [lib]\nproc-macro = true\n[[test]]\nname = \"tiny\"\nharness = false\n\
         [dependencies]\nsolution = { path = \"../../../listings\" }\n[patch.crates-io]\nserde = { path = \"x\" }\n\
         [profile.dev]\nopt-level = 3\n",
    );
    let config = format!(
        "[build]\nrustc-wrapper = \"touch\"\nrustflags = [\"--cfg\", \"x\"]\n[target.'cfg(all())']\nrunner = \"true\"\nlinker = {mark:?}\n"
    );
    place(".cargo/config.toml", &config);
    place(
        "rust-toolchain.toml",
        "[toolchain]\nchannel = \"nightly\"\n",
    );
    place("tests/tiny/main.rs", &touch);
    place("tests/tiny/basic.rs", "#[test]\nfn sum_of_three() {}\n");
    let out = folder.path().join("out");
    let run = run(&grader, &folder.path().join("class"), &out, None, false);
    let grade = &run.results["eve"];
    // What the two files are worth, and nothing else.
    assert_eq!(
        (grade.status, grade.score),
        (Status::Graded, Some(3)),
        "{grade:?}"
    );
    assert_eq!(grade.ignored_files.len(), 8, "{:?}", grade.ignored_files);
    assert!(!mark.exists());
}

fn shards_put_together_are_one_run_byte_for_byte() {
    let grader = grader(Level::Full, false);
    let class = tempfile::tempdir().unwrap();
    let more = &grader.kit().solution["src/tiny/more.rs"];
    let right = "pub fn sum(n: &[u64]) -> u64 { n.iter().sum() }";
    for (id, sum) in [
        ("ann", right),
        (
            "bob, \"B\"",
            "pub fn sum(n: &[u64]) -> u64 { n.len() as u64 + 100 }",
        ),
        ("=cmd|🦀", "pub fn sum(n: &[u64]) -> u64 { n.iter().sum()"),
        (
            "eve",
            "pub fn sum(_: &[u64]) -> u64 { std::process::exit(0) }",
        ),
    ] {
        let folder = class.path().join(id);
        fs::create_dir_all(folder.join("src/tiny")).unwrap();
        fs::write(folder.join(SUM), sum).unwrap();
        fs::write(folder.join("src/tiny/more.rs"), more).unwrap();
    }
    fs::create_dir(class.path().join("nobody")).unwrap();
    fs::write(class.path().join("broken.zip"), "no zip").unwrap();
    let whole = tempfile::tempdir().unwrap();
    let all = run(&grader, class.path(), whole.path(), None, false);
    let status = |id: &str| (all.results[id].status, all.results[id].score.unwrap());
    assert_eq!(status("ann"), (Status::Graded, 10));
    assert_eq!(status("bob, \"B\""), (Status::Graded, 3));
    assert_eq!(status("=cmd|🦀"), (Status::CompileError, 0));
    assert_eq!(status("eve"), (Status::Graded, 3));
    assert_eq!(status("nobody"), (Status::Missing, 0));
    assert_eq!(status("broken"), (Status::Rejected, 0));
    assert_eq!((all.finished, all.ungraded()), (6, 0));

    let shards = [
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    ];
    let mut count = 0;
    for (number, out) in (1..).zip(&shards) {
        count += run(
            &grader,
            class.path(),
            out.path(),
            Some(&format!("{number}/3")),
            false,
        )
        .finished;
    }
    assert_eq!(count, 6);
    let paths: Vec<PathBuf> = shards.iter().rev().map(|it| it.path().to_owned()).collect();
    let merged = tempfile::tempdir().unwrap();
    store::merge(&paths, merged.path()).unwrap();
    assert_eq!(content(merged.path()), content(whole.path()));

    // What was cut off goes on; what changed is graded again, however old its files say they are.
    fs::remove_file(
        whole
            .path()
            .join("results")
            .join(format!("{}.json", store::file_name("eve"))),
    )
    .unwrap();
    let file = class.path().join("ann").join(SUM);
    let old = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, right.replace("sum()", "sum::<u64>() + 1")).unwrap();
    fs::File::open(&file).unwrap().set_modified(old).unwrap();
    let again = run(&grader, class.path(), whole.path(), None, true);
    assert_eq!((again.finished, again.skipped), (2, 4));
    assert_eq!(again.results["ann"].score, Some(3));
}
