//! Closing calls that fail, and places to write to that refuse.

use std::{
    fs::File,
    io,
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
};

use listings::cleanups::{Close, Db};

/// Closes, as Linux does in every case, and reports `errno`; counts its calls.
#[derive(Debug, Clone)]
pub struct Faulty {
    pub errno: Option<i32>,
    pub calls: Arc<AtomicUsize>,
}

impl Faulty {
    pub fn reporting(errno: i32) -> Self {
        Self {
            errno: Some(errno),
            calls: Arc::default(),
        }
    }

    pub fn well() -> Self {
        Self {
            errno: None,
            calls: Arc::default(),
        }
    }

    pub fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

impl Close for Faulty {
    fn close(&mut self, fd: OwnedFd) -> io::Result<()> {
        self.calls.fetch_add(1, SeqCst);
        drop(fd);
        self.errno
            .map_or(Ok(()), |errno| Err(io::Error::from_raw_os_error(errno)))
    }
}

/// A descriptor that is open for reading only: writing to it fails with [`EBADF`].
///
/// Not a pipe without a reader: a process that another test is just starting may hold the reader a moment longer.
pub fn unwritable() -> OwnedFd {
    File::open("/dev/null").unwrap().into()
}

/// "Bad file descriptor", on every Unix.
pub const EBADF: i32 = 9;

/// "Input/output error", on every Unix.
pub const EIO: i32 = 5;

/// "Interrupted system call", on every Unix.
pub const EINTR: i32 = 4;

/// Has the errors that a drop meets sent to the receiver.
pub fn listen<C: Close>(db: Db<C>) -> (Db<C>, mpsc::Receiver<io::Error>) {
    let (sender, lost) = mpsc::channel();
    (db.on_lost(move |error| sender.send(error).unwrap()), lost)
}
