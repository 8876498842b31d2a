//! `course grade` as a program: killed, interrupted, gone on with.

use course_tests::needs::Test;
use course_tests::test;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use grader::store;
use rustix::process::{Pid, Signal, kill_process};

use super::class::content;
use super::small_task::{FULL, SUM};

pub const TESTS: &[Test] =
    &[test!(grader_that_is_stopped_again_and_again_comes_to_the_same_bytes).needs(&[FULL])];

/// A book whose only chapter is the small task.
struct Book {
    folder: tempfile::TempDir,
}

impl Book {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let tiny = course_tests::root().join("course/tests/grade/tiny");
        for (path, text) in content(&tiny) {
            write(
                &format!("listings/{}", path.display()),
                &String::from_utf8(text).unwrap(),
            );
        }
        write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"listings\"]\n",
        );
        let package = "[package]\nname = \"listings\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n";
        write("listings/Cargo.toml", package);
        write(
            "book.toml",
            "[book]\ntitle = \"Small\"\n\n[preprocessor.course]\n",
        );
        write("src/SUMMARY.md", "# Summary\n\n- [Adding up](tiny.md)\n");
        write("src/tiny.md", "# Adding up\n");
        let locked = Command::new("cargo")
            .args(["generate-lockfile", "--offline", "--quiet"])
            .current_dir(folder.path())
            .status();
        assert!(locked.unwrap().success());
        Self { folder }
    }

    /// Starts to grade, one submission at a time.
    fn grade(&self, class: &Path, out: &Path, resume: bool) -> Child {
        let mut command = course_tests::course();
        command.arg("grade").arg(class).args([
            "--task",
            "tiny",
            "--sandbox",
            "full",
            "--jobs",
            "1",
            "--out",
        ]);
        command
            .arg(out)
            .args(resume.then_some("--resume"))
            .current_dir(self.folder.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

/// Ten students: names that are hard to bear, folders and zips.
fn class(folder: &Path) {
    for number in 0..10 {
        let name = [
            "ann o\'hara",
            "=1+1",
            "-rf",
            "bob, \"B\"",
            "名前 🦀",
            "a\u{301}b",
            "..x",
            "x y\tz",
            "con",
            "ü",
        ][number];
        let sum = format!(
            "// {number}\npub fn sum(n: &[u64]) -> u64 {{\n    n.iter().sum::<u64>() + {}\n}}\n",
            number % 3
        );
        if number % 2 == 0 {
            fs::create_dir(folder.join(name)).unwrap();
            fs::write(folder.join(name).join("sum.rs"), sum).unwrap();
        } else {
            use std::io::Write;
            let mut zip =
                zip::ZipWriter::new(fs::File::create(folder.join(format!("{name}.zip"))).unwrap());
            zip.start_file(
                format!("{name}/{SUM}"),
                zip::write::SimpleFileOptions::default(),
            )
            .unwrap();
            zip.write_all(sum.as_bytes()).unwrap();
            zip.finish().unwrap();
        }
    }
}

/// The results that are there, each of them whole.
fn results(out: &Path) -> usize {
    if out.is_dir() {
        store::load(out).unwrap().len()
    } else {
        0
    }
}

/// Sends a signal once there are that many results.
fn stop(mut grader: Child, out: &Path, when: usize, signal: Signal) -> Output {
    let start = Instant::now();
    while results(out) < when {
        assert!(
            grader.try_wait().unwrap().is_none(),
            "it ended before: {:?}",
            grader.wait_with_output()
        );
        assert!(
            start.elapsed() < Duration::from_secs(300),
            "it does not come to {when} results"
        );
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&grader), signal).unwrap();
    grader.wait_with_output().unwrap()
}

fn grader_that_is_stopped_again_and_again_comes_to_the_same_bytes() {
    let book = Book::new();
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| -> PathBuf { folder.path().join(name) };
    fs::create_dir(place("class")).unwrap();
    class(&place("class"));
    fs::write(place("class").join("notes.txt"), "no submission").unwrap();
    let whole = book
        .grade(&place("class"), &place("whole"), false)
        .wait_with_output()
        .unwrap();
    let said = String::from_utf8_lossy(&whole.stderr).into_owned();
    assert_eq!(whole.status.code(), Some(0), "{said}");
    assert!(said.contains("not looked at: notes.txt"), "{said}");

    let out = place("out");
    let kept = |output: &Output| -> usize {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = said
            .lines()
            .find_map(|line| line.split_once(" graded, "))
            .unwrap_or_else(|| panic!("{said}"));
        line.1.split(' ').next().unwrap().parse().unwrap()
    };
    let mut before = 0;
    for more in [1, 2] {
        stop(
            book.grade(&place("class"), &out, true),
            &out,
            before + more,
            Signal::KILL,
        );
        assert!(results(&out) >= before + more);
        before = results(&out);
    }
    let interrupted = stop(
        book.grade(&place("class"), &out, true),
        &out,
        before + 1,
        Signal::INT,
    );
    let said = String::from_utf8_lossy(&interrupted.stderr).into_owned();
    assert_eq!(interrupted.status.code(), Some(2), "{said}");
    assert!(said.contains("--resume goes on"), "{said}");
    // Nothing that was there was graded again.
    assert_eq!(kept(&interrupted), before);
    before = results(&out);
    let last = book
        .grade(&place("class"), &out, true)
        .wait_with_output()
        .unwrap();
    assert_eq!((last.status.code(), kept(&last)), (Some(0), before));
    assert_eq!(content(&out), content(&place("whole")));
}
