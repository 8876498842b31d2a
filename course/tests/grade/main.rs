//! Tests of the grader: what hostile submissions get, and that they reach nothing.
#![cfg(target_os = "linux")]

mod chapters;
mod class;
mod command;
mod corpus;
mod instructors;
mod taking;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use book::task::{Group, Part, Visibility};
use grader::intake::Taken;
use grader::judge::Grader;
use grader::kit::{Kit, Tree};
use grader::result::Student;
use sandbox::{How, Level, Limits, Sandbox};

/// The student's main file of the small task.
const SUM: &str = "src/tiny/sum.rs";

fn helper() -> PathBuf {
    course_tests::program("course-grader")
}

/// A sandbox of this level, or a visible skip.
fn sandbox(level: Level) -> Option<Sandbox> {
    match Sandbox::find(&helper(), Some(level)) {
        Ok(sandbox) => Some(sandbox),
        Err(error) => {
            eprintln!(
                "SKIPPED: there is no {} sandbox here: {error:#}",
                level.word()
            );
            None
        }
    }
}

/// The small task: 4 points for `basic`, 3 for `wide`, 3 for the hidden `secret`.
fn tiny(allows_unsafe: bool) -> Kit {
    let folder = course_tests::root().join("course/tests/grade/tiny");
    let mut solution = Tree::new();
    for entry in walkdir::WalkDir::new(&folder) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|it| it == "rs") {
            let path = entry
                .path()
                .strip_prefix(&folder)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            solution.insert(path, fs::read(entry.path()).unwrap());
        }
    }
    let allowed = vec![SUM.to_owned(), "src/tiny/more.rs".to_owned()];
    let mut owned = solution.clone();
    owned.retain(|path, _| !allowed.contains(path));
    let mut starter = solution.clone();
    starter.insert(
        SUM.to_owned(),
        b"pub fn sum(_: &[u64]) -> u64 {\n    todo!()\n}\n".to_vec(),
    );
    starter.insert(
        allowed[1].clone(),
        b"pub fn largest(_: &[u64]) -> Option<u64> {\n    todo!()\n}\n".to_vec(),
    );
    let group = |name: &str, points, visibility| Group {
        name: name.to_owned(),
        part: Part::Core,
        points,
        visibility,
    };
    Kit {
        slug: "tiny".to_owned(),
        title: "Adding up".to_owned(),
        owned,
        starter,
        solution,
        allowed,
        tests: "tests/tiny/main.rs".to_owned(),
        groups: vec![
            group("basic", 4, Visibility::Public),
            group("wide", 3, Visibility::Public),
            group("secret", 3, Visibility::Hidden),
        ],
        allows_unsafe,
        limits: Default::default(),
    }
}

/// The grader of the small task at this level, or a visible skip. Tests that run at the same time share it.
fn grader(level: Level, allows_unsafe: bool) -> Option<Arc<Grader>> {
    static SHARED: Mutex<BTreeMap<(Level, bool), Weak<Grader>>> = Mutex::new(BTreeMap::new());
    // A test that failed while it made one has left nothing.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(grader) = shared.get(&(level, allows_unsafe)).and_then(Weak::upgrade) {
        return Some(grader);
    }
    // What waits in vain is stopped after `wall`: others, on a busy machine, are not.
    let test = Limits {
        cpu: 1,
        wall: Duration::from_secs(8),
        memory: 512 << 20,
        disk: 8 << 20,
        ..Limits::TEST
    };
    let compile = Limits {
        cpu: 4,
        memory: 3 << 30,
        ..Limits::COMPILE
    };
    let made = Grader::with_limits(tiny(allows_unsafe), sandbox(level)?, None, test, compile);
    let grader = Arc::new(made.unwrap());
    shared.insert((level, allows_unsafe), Arc::downgrade(&grader));
    Some(grader)
}

/// A submission of `sum.rs`, with the rest solved.
fn hand_in(kit: &Kit, sum: &str) -> Taken {
    let mut files = kit.solution.clone();
    files.retain(|path, _| kit.allowed.contains(path));
    files.insert(SUM.to_owned(), sum.as_bytes().to_vec());
    Taken {
        files,
        ..Taken::default()
    }
}

fn student(id: &str) -> Student {
    Student {
        id: id.to_owned(),
        ..Student::default()
    }
}

#[test]
fn probes_find_what_is_open() {
    // Without a sandbox the same probes must succeed, or they prove nothing where they fail.
    let holes = Sandbox::find(&helper(), Some(Level::None))
        .unwrap()
        .holes()
        .unwrap();
    for hole in [
        "read the grader's files",
        "read the system's files",
        "connect to the network",
        "listen on the network",
        "send datagrams",
        "reach an abstract socket",
        "start a process",
        "write to its own memory",
        "write outside its folder",
        "write more than its share",
    ] {
        assert!(holes.iter().any(|it| it == hole), "{hole}: {holes:?}");
    }
}

#[test]
fn sandbox_has_no_holes_at_any_level() {
    // What a shell or a scheduler may have left open for whoever it starts.
    let left_open = fs::File::open("/").unwrap();
    rustix::io::fcntl_setfd(&left_open, rustix::io::FdFlags::empty()).unwrap();
    for level in [Level::Full, Level::Reduced] {
        if let Some(sandbox) = sandbox(level) {
            assert_eq!(sandbox.holes().unwrap(), Vec::<String>::new(), "{level:?}");
        }
    }
}

/// Two sandboxes of two graders are two users: the processes of one are not counted against the other.
#[test]
fn graders_do_not_touch_each_other() {
    let Some((one, other)) = sandbox(Level::Reduced).zip(sandbox(Level::Reduced)) else {
        return;
    };
    assert!(one.user().is_none() || one.user() != other.user());
    let folder = tempfile::tempdir().unwrap();
    one.folder(folder.path(), true).unwrap();
    // Most of what it may have, until it is told to end.
    let limits = Limits {
        processes: 32,
        ..Limits::TEST
    };
    let mut crowd = one.job(limits);
    let at = crowd.with_programs().write(folder.path(), "/out");
    let many = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do";
    let script = format!(
        "cd {at}; {many} sleep 600 & done; touch up; while ! [ -e down ]; do sleep 0.02; done"
    );
    crowd.program("/bin/sh").args(["-c", &script]);
    let mut neighbour = other.job(limits);
    neighbour
        .with_programs()
        .program("/bin/sh")
        .args(["-c", &format!("{many} sleep 0.1 & done; wait")]);
    std::thread::scope(|scope| {
        let crowd = scope.spawn(|| one.run(crowd).unwrap());
        while !folder.path().join("up").exists() {
            assert!(!crowd.is_finished(), "{:?}", crowd.join().unwrap());
            std::thread::yield_now();
        }
        let neighbour = other.run(neighbour).unwrap();
        fs::write(folder.path().join("down"), "").unwrap();
        assert_eq!(
            (neighbour.how, neighbour.output.as_str()),
            (How::Exit(0), "")
        );
        assert_eq!(crowd.join().unwrap().how, How::Exit(0));
    });
}
