//! What the page says goes wrong, does.

use std::{fs::File, os::fd::AsRawFd, os::unix::process::ExitStatusExt};

use listings::cleanups::s1_raw::RawDb;

use crate::{child, faults::EBADF};

#[test]
fn raw_database_closes_a_strangers_file() {
    child::passes("defects::in_its_own_process::raw_database_closes_a_strangers_file");
}

#[test]
fn second_close_of_an_owned_descriptor_aborts_a_debug_build() {
    let output = child::run(
        "defects::in_its_own_process::second_close_of_an_owned_descriptor",
        &[],
    );
    if cfg!(debug_assertions) {
        assert_eq!(output.status.signal(), Some(6), "SIGABRT");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("IO Safety violation: owned file descriptor already closed"),
            "{said}"
        );
    } else {
        assert!(output.status.success(), "nobody looks");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn buffered_writer_loses_its_error_when_dropped() {
    use std::io::{BufWriter, ErrorKind, Write};

    let full = || File::options().write(true).open("/dev/full").unwrap();
    let mut writer = BufWriter::new(full());
    writer.write_all(b"a record\n").unwrap();
    drop(writer); // no room, and nobody hears of it
    let mut writer = BufWriter::new(full());
    writer.write_all(b"a record\n").unwrap();
    assert_eq!(writer.flush().unwrap_err().kind(), ErrorKind::StorageFull);
    drop(writer.into_parts().0);
}

mod in_its_own_process {
    use std::os::fd::{FromRawFd, OwnedFd};

    use super::*;

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn raw_database_closes_a_strangers_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        File::create(&path).unwrap();

        let mut db = RawDb::open(&path).unwrap();
        db.close().unwrap();
        let stranger = File::create(folder.path().join("stranger")).unwrap();
        assert_eq!(
            stranger.as_raw_fd(),
            db.number(),
            "the lowest free number is given out first"
        );
        drop(db);
        assert_eq!(stranger.metadata().unwrap_err().raw_os_error(), Some(EBADF));
        std::mem::forget(stranger); // closing it would abort a debug build, rightly
    }

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn second_close_of_an_owned_descriptor() {
        let file = File::open("/dev/null").unwrap();
        // SAFETY: claimed, and false: `file` owns the number too.
        let second = unsafe { OwnedFd::from_raw_fd(file.as_raw_fd()) };
        drop(file);
        drop(second);
    }
}
