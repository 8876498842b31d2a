//! Descriptors, counted: of a thousand databases none may stay.

use std::{
    fs::{self, File},
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use listings::cleanups::{Census, Db, SharedDb};
use procfs::process::Process;

use crate::{
    child,
    faults::{EIO, Faulty},
};

/// Has `end` end a thousand databases, and counts the descriptors before, while one is open, and after.
fn thousand(end: impl Fn(Db)) -> [usize; 3] {
    let folder = tempfile::tempdir().unwrap();
    let census = Census::below(&folder).unwrap();
    let before = census.count().unwrap();
    let mut open = 0;
    for number in 0..1000 {
        let db = Db::open(folder.path().join("db")).unwrap();
        if number == 0 {
            open = census.count().unwrap();
        }
        end(db);
    }
    [before, open, census.count().unwrap()]
}

#[test]
fn thousand_closed_leave_none() {
    assert_eq!(thousand(|db| db.close().unwrap()), [0, 1, 0]);
}

#[test]
fn thousand_dropped_leave_none() {
    assert_eq!(thousand(drop), [0, 1, 0]);
}

#[test]
fn thousand_unwound_leave_none() {
    let unwind = |db| {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _db: Db = db;
            resume_unwind(Box::new("somewhere else"));
        }));
        assert!(unwound.is_err());
    };
    assert_eq!(thousand(unwind), [0, 1, 0]);
}

#[test]
fn thousand_that_failed_to_close_leave_none() {
    let folder = tempfile::tempdir().unwrap();
    let census = Census::below(&folder).unwrap();
    for _ in 0..1000 {
        let db = Db::open_with(folder.path().join("db"), Faulty::reporting(EIO)).unwrap();
        assert!(db.close().is_err());
    }
    assert_eq!(census.count().unwrap(), 0);
}

#[test]
fn thousand_shared_and_closed_leave_none() {
    let folder = tempfile::tempdir().unwrap();
    let census = Census::below(&folder).unwrap();
    for _ in 0..1000 {
        let db = SharedDb::open(folder.path().join("db")).unwrap();
        db.close().unwrap();
        assert_eq!(
            census.count().unwrap(),
            0,
            "closed, and its object is still there"
        );
    }
}

#[test]
fn thousand_shared_and_dropped_leave_none() {
    let folder = tempfile::tempdir().unwrap();
    let census = Census::below(&folder).unwrap();
    for _ in 0..1000 {
        drop(SharedDb::open(folder.path().join("db")).unwrap());
    }
    assert_eq!(census.count().unwrap(), 0);
}

#[test]
fn thousand_forgotten_are_all_seen() {
    child::passes("census::in_its_own_process::thousand_forgotten_are_all_seen");
}

#[test]
fn count_of_the_whole_process_blames_the_innocent() {
    child::passes("census::in_its_own_process::count_of_the_whole_process_blames_the_innocent");
}

#[test]
fn census_is_exact_whatever_the_neighbours_do() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let census = Census::below(&ours).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for neighbour in 0..2 {
            let (path, over) = (theirs.path().join(neighbour.to_string()), &over);
            scope.spawn(move || {
                while !over.load(SeqCst) {
                    let open: Vec<_> = (0..20).map(|_| File::create(&path).unwrap()).collect();
                    drop(open);
                }
            });
        }
        // Ended also when an assertion fails: the scope waits for its threads.
        let outcome = catch_unwind(|| {
            for round in 0..100 {
                let open: Vec<_> = (0..round % 7)
                    .map(|n| File::create(ours.path().join(n.to_string())).unwrap())
                    .collect();
                assert_eq!(census.count().unwrap(), open.len());
            }
        });
        over.store(true, SeqCst);
        if let Err(payload) = outcome {
            resume_unwind(payload);
        }
    });
}

#[test]
fn census_is_not_fooled_by_a_name_that_begins_alike() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["db", "db2"].map(|name| folder.path().join(name));
    fs::create_dir(&ours).unwrap();
    fs::create_dir(&theirs).unwrap();
    let census = Census::below(&ours).unwrap();
    let _theirs = File::create(theirs.join("file")).unwrap();
    assert_eq!(census.count().unwrap(), 0);
    let _ours = File::create(ours.join("file")).unwrap();
    assert_eq!(census.count().unwrap(), 1);
}

#[test]
fn census_counts_descriptors_and_not_files() {
    let folder = tempfile::tempdir().unwrap();
    let census = Census::below(&folder).unwrap();
    let file = File::create(folder.path().join("file")).unwrap();
    let _second = file.try_clone().unwrap();
    fs::remove_file(folder.path().join("file")).unwrap();
    assert_eq!(census.count().unwrap(), 2, "one file, deleted, held twice");
}

#[test]
fn census_follows_links_to_its_directory() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let _file = File::create(real.join("file")).unwrap();
    assert_eq!(Census::below(&link).unwrap().count().unwrap(), 1);
}

#[test]
fn census_of_no_directory_is_an_error() {
    assert!(Census::below(Path::new("/nowhere/at/all")).is_err());
}

mod in_its_own_process {
    use super::*;

    /// A process may have 1024 descriptors, and other tests need some.
    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn thousand_forgotten_are_all_seen() {
        assert_eq!(thousand(mem::forget), [0, 1, 1000]);
    }

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn count_of_the_whole_process_blames_the_innocent() {
        let whole = || Process::myself().unwrap().fd_count().unwrap();
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let census = Census::below(&ours).unwrap();
        let before = (whole(), census.count().unwrap());
        thread::scope(|scope| {
            // Whoever panics lets go of its end, and nobody waits for ever.
            let (opened, are_opened) = mpsc::channel();
            let (counted, is_counted) = mpsc::channel::<()>();
            let theirs = theirs.path();
            scope.spawn(move || {
                let _fifty: Vec<_> = (0..50)
                    .map(|n| File::create(theirs.join(n.to_string())).unwrap())
                    .collect();
                opened.send(()).unwrap();
                let _ = is_counted.recv();
            });
            for _ in 0..1000 {
                Db::open(ours.path().join("db")).unwrap().close().unwrap();
            }
            are_opened.recv().unwrap();
            let after = (whole(), census.count().unwrap());
            drop(counted);
            assert_eq!(after.0 - before.0, 50, "the neighbour's");
            assert_eq!(after.1 - before.1, 0);
        });
    }
}
