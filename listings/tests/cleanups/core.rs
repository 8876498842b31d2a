//! The database that closes once.

use std::{
    fs,
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use listings::cleanups::{Close, Db, Os};

use crate::{
    child,
    faults::{EBADF, EINTR, EIO, Faulty, listen, unwritable},
};

const RECORD: &str = "a record";

#[test]
fn close_writes_what_is_pending() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut db = Db::open(&path).unwrap();
    db.put(RECORD);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "",
        "written before anyone asked"
    );
    db.close().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
}

#[test]
fn flush_writes_what_is_pending_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut db = Db::open(&path).unwrap();
    db.put(RECORD);
    db.flush().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
    db.close().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
}

#[test]
fn open_keeps_what_an_earlier_one_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    for _ in 0..2 {
        let mut db = Db::open(&path).unwrap();
        db.put(RECORD);
        db.close().unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "a record\na record\n");
}

#[test]
fn drop_writes_what_is_pending() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let mut db = Db::open(&path).unwrap();
    db.put(RECORD);
    drop(db);
    assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
}

#[test]
fn panic_closes_and_writes_what_is_pending() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let closer = Faulty::well();
    let calls = closer.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut db = Db::open_with(&path, closer).unwrap();
        db.put(RECORD);
        resume_unwind(Box::new("somewhere else"));
    }));
    assert!(outcome.is_err());
    assert_eq!(calls.calls(), 1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
}

#[test]
fn close_closes_once() {
    let closer = Faulty::well();
    let (reader, writer) = std::io::pipe().unwrap();
    let db = Db::over(writer.into(), closer.clone());
    db.close().unwrap();
    assert_eq!(closer.calls(), 1);
    drop(reader);
}

#[test]
fn close_error_reaches_the_caller_and_nobody_else() {
    let closer = Faulty::reporting(EIO);
    let (_reader, writer) = std::io::pipe().unwrap();
    let (db, lost) = listen(Db::over(writer.into(), closer.clone()));
    assert_eq!(db.close().unwrap_err().raw_os_error(), Some(EIO));
    assert_eq!(closer.calls(), 1);
    assert!(lost.try_recv().is_err(), "reported a second time");
}

#[test]
fn close_is_not_tried_again_when_interrupted() {
    let closer = Faulty::reporting(EINTR);
    let (_reader, writer) = std::io::pipe().unwrap();
    let db = Db::over(writer.into(), closer.clone());
    assert_eq!(db.close().unwrap_err().kind(), ErrorKind::Interrupted);
    assert_eq!(closer.calls(), 1);
}

#[test]
fn close_reports_that_the_records_could_not_be_written_and_closes() {
    let closer = Faulty::well();
    let mut db = Db::over(unwritable(), closer.clone());
    db.put(RECORD);
    assert_eq!(db.close().unwrap_err().raw_os_error(), Some(EBADF));
    assert_eq!(closer.calls(), 1, "left open because writing failed");
}

#[test]
fn close_reports_the_first_of_two_errors() {
    let mut db = Db::over(unwritable(), Faulty::reporting(EIO));
    db.put(RECORD);
    assert_eq!(db.close().unwrap_err().raw_os_error(), Some(EBADF));
}

#[cfg(target_os = "linux")]
#[test]
fn full_device_is_reported_by_close() {
    let mut db = Db::open("/dev/full").unwrap();
    db.put(RECORD);
    assert_eq!(db.close().unwrap_err().kind(), ErrorKind::StorageFull);
}

#[test]
fn drop_gives_its_error_to_on_lost() {
    let closer = Faulty::reporting(EIO);
    let (_reader, writer) = std::io::pipe().unwrap();
    let (db, lost) = listen(Db::over(writer.into(), closer.clone()));
    drop(db);
    assert_eq!(lost.try_recv().unwrap().raw_os_error(), Some(EIO));
    assert_eq!(closer.calls(), 1);
}

#[test]
fn drop_tells_on_lost_that_records_could_not_be_written() {
    let (mut db, lost) = listen(Db::over(unwritable(), Os));
    db.put(RECORD);
    drop(db);
    assert_eq!(lost.try_recv().unwrap().raw_os_error(), Some(EBADF));
}

#[test]
fn drop_without_error_tells_nobody() {
    let (_reader, writer) = std::io::pipe().unwrap();
    let (mut db, lost) = listen(Db::over(writer.into(), Os));
    db.put(RECORD);
    drop(db);
    assert!(lost.try_recv().is_err());
}

#[test]
fn flush_that_fails_keeps_the_records() {
    let (mut db, lost) = listen(Db::over(unwritable(), Os));
    db.put(RECORD);
    assert_eq!(db.flush().unwrap_err().raw_os_error(), Some(EBADF));
    assert_eq!(
        db.flush().unwrap_err().raw_os_error(),
        Some(EBADF),
        "forgot the records it could not write"
    );
    drop(db);
    assert!(lost.try_recv().is_ok());
}

#[test]
fn os_closes_the_number_once() {
    child::passes("core::in_its_own_process::os_closes_the_number_once");
}

mod in_its_own_process {
    use super::*;

    /// A second close would find another file behind the number, or abort the process.
    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn os_closes_the_number_once() {
        let (reader, writer) = std::io::pipe().unwrap();
        Os.close(writer.into()).unwrap();
        assert_eq!(
            std::io::read_to_string(reader).unwrap(),
            "",
            "the pipe has no writer any more"
        );
    }
}
