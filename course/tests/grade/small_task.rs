//! The small task, and the graders that its tests share.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use book::task::{Group, Part, Visibility};
use course_tests::needs::{self, Missing, Need};
use grader::intake::Intake;
use grader::judge::Grader;
use grader::kit::{Kit, Tree};
use grader::result::Student;
use sandbox::{Level, Limits, Sandbox};

/// The student's main file of the small task.
pub const SUM: &str = "src/tiny/sum.rs";

pub fn helper() -> PathBuf {
    course_tests::program("course-grader")
}

/// A sandbox of this level, which the test's needs have found already.
pub fn sandbox(level: Level) -> Sandbox {
    Sandbox::proven(&helper(), level).unwrap()
}

pub const FULL: Need = || missing(Level::Full);
pub const REDUCED: Need = || missing(Level::Reduced);

/// Tries a level, once for all tests.
fn missing(level: Level) -> Option<Missing> {
    static TRIED: Mutex<BTreeMap<Level, Option<Missing>>> = Mutex::new(BTreeMap::new());
    let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
    let try_it = || {
        let error = Sandbox::proven(&helper(), level).err()?;
        Some(Missing {
            reason: format!("no {} sandbox: {error:#}", level.name()),
            // CI installs bubblewrap, and no other kernel.
            in_ci: level == Level::Full && needs::program("bwrap", "--version").is_some(),
        })
    };
    tried.entry(level).or_insert_with(try_it).clone()
}

/// The small task: 4 points for `basic`, 3 for `wide`, 3 for the hidden `secret`.
pub fn tiny(allows_unsafe: bool) -> Kit {
    let folder = course_tests::root().join("course/tests/grade/tiny");
    let mut solution = Tree::new();
    for file in book::files::files_below(&folder) {
        if file.extension().is_some_and(|it| it == "rs") {
            let path = book::files::slashed(file.strip_prefix(&folder).unwrap());
            solution.insert(path, fs::read(&file).unwrap());
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

/// The grader of the small task at this level. Tests that run at the same time share it.
pub fn grader(level: Level, allows_unsafe: bool) -> Arc<Grader> {
    static SHARED: Mutex<BTreeMap<(Level, bool), Weak<Grader>>> = Mutex::new(BTreeMap::new());
    // A test that failed while it made one has left nothing.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(grader) = shared.get(&(level, allows_unsafe)).and_then(Weak::upgrade) {
        return grader;
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
    let made = Grader::new(tiny(allows_unsafe), sandbox(level), None, test, compile);
    let grader = Arc::new(made.unwrap());
    shared.insert((level, allows_unsafe), Arc::downgrade(&grader));
    grader
}

/// A submission of `sum.rs`, with the rest solved.
pub fn hand_in(kit: &Kit, sum: &str) -> Intake {
    let mut files = kit.solution.clone();
    files.retain(|path, _| kit.allowed.contains(path));
    files.insert(SUM.to_owned(), sum.as_bytes().to_vec());
    Intake {
        files,
        ..Intake::default()
    }
}

pub fn student(id: &str) -> Student {
    Student {
        id: id.to_owned(),
        ..Student::default()
    }
}
