//! The sandboxes: that they have no holes, and keep graders apart.

use std::fs;

use course_tests::needs::Test;
use course_tests::test;
use sandbox::{ExitReason, Level, Limits, Sandbox};

use super::small_task::{FULL, REDUCED, helper, sandbox};

pub const TESTS: &[Test] = &[
    test!(probes_find_what_is_open),
    test!(full_sandbox_has_no_holes).needs(&[FULL]),
    test!(reduced_sandbox_has_no_holes).needs(&[REDUCED]),
    test!(graders_do_not_touch_each_other).needs(&[REDUCED]),
];

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

fn sandbox_has_no_holes(level: Level) {
    // A shell or a scheduler may leave files open for the programs that it starts.
    let left_open = fs::File::open("/").unwrap();
    rustix::io::fcntl_setfd(&left_open, rustix::io::FdFlags::empty()).unwrap();
    assert_eq!(sandbox(level).holes().unwrap(), Vec::<String>::new());
}

fn full_sandbox_has_no_holes() {
    sandbox_has_no_holes(Level::Full);
}

fn reduced_sandbox_has_no_holes() {
    sandbox_has_no_holes(Level::Reduced);
}

/// Two sandboxes of two graders are two users: the processes of one are not counted against the other.
fn graders_do_not_touch_each_other() {
    let (one, other) = (sandbox(Level::Reduced), sandbox(Level::Reduced));
    assert!(one.user().is_none() || one.user() != other.user());
    let folder = tempfile::tempdir().unwrap();
    one.folder(folder.path(), true).unwrap();
    // Most of what it may have, until it is asked to end.
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
            (neighbour.reason, neighbour.output.as_str()),
            (ExitReason::Code(0), "")
        );
        assert_eq!(crowd.join().unwrap().reason, ExitReason::Code(0));
    });
}
