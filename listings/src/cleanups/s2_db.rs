//! Stage 2: a file that closes once, and says how that went.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    os::fd::{IntoRawFd, OwnedFd},
    path::Path,
};

// ANCHOR: close
/// The closing call. [`Os`] is the real one; a test puts one in its place that fails.
pub trait Close {
    /// Closes `fd`. It is closed when this returns, whatever it returns.
    ///
    /// # Errors
    ///
    /// What the system reports about data that was written earlier.
    fn close(&mut self, fd: OwnedFd) -> io::Result<()>;
}

/// `close(2)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Os;

impl Close for Os {
    fn close(&mut self, fd: OwnedFd) -> io::Result<()> {
        // ANCHOR: solution_os_close
        let number = fd.into_raw_fd(); // from here on nobody else closes it
        // SAFETY: `into_raw_fd` has given up the ownership that `fd` had, so `number` is open and this is its only close.
        match unsafe { libc::close(number) } {
            0 => Ok(()),
            // Never tried again, not even after EINTR: Linux has freed the number by then, and it may be another file's.
            _ => Err(io::Error::last_os_error()),
        }
        // ANCHOR_END: solution_os_close
    }
}
// ANCHOR_END: close

// ANCHOR: db
/// A file of records, one a line. Records wait in memory until [`flush`](Db::flush), `close`, or `drop` writes them.
///
/// [`close`](Db::close) reports what goes wrong at the end. Dropping a `Db` writes and closes too, and gives an error to
/// [`on_lost`](Db::on_lost), because a destructor has no caller to return it to.
pub struct Db<C: Close = Os> {
    /// Empty only while `close` or `drop` is at work.
    file: Option<File>,
    pending: Vec<u8>,
    closer: C,
    lost: Option<Box<dyn FnOnce(io::Error) + Send + Sync>>,
}

impl Db {
    /// Opens the file for appending, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::open_with(path, Os)
    }
}

impl<C: Close> Db<C> {
    /// [`Db::open`], closed by `closer`.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn open_with(path: impl AsRef<Path>, closer: C) -> io::Result<Self> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(Self::over(file.into(), closer))
    }

    /// Takes over a descriptor that is open for writing: a file, a pipe, a socket.
    pub fn over(fd: OwnedFd, closer: C) -> Self {
        Self {
            file: Some(fd.into()),
            pending: Vec::new(),
            closer,
            lost: None,
        }
    }

    /// Says who hears of an error that `drop` meets. Without it, that is standard error.
    ///
    /// `lost` must not panic: it may run while a panic unwinds, and a second panic aborts the process.
    #[must_use]
    pub fn on_lost(mut self, lost: impl FnOnce(io::Error) + Send + Sync + 'static) -> Self {
        self.lost = Some(Box::new(lost));
        self
    }

    /// Adds a record. It is in memory until the next `flush`, `close` or `drop`.
    pub fn put(&mut self, record: &str) {
        // ANCHOR: solution_db_put
        self.pending.extend_from_slice(record.as_bytes());
        self.pending.push(b'\n');
        // ANCHOR_END: solution_db_put
    }

    /// Hands the pending records to the system.
    ///
    /// # Errors
    ///
    /// When the system takes only a part of them, or none. What it has not taken is still pending.
    pub fn flush(&mut self) -> io::Result<()> {
        // ANCHOR: solution_flush
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        while !self.pending.is_empty() {
            match file.write(&self.pending) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => drop(self.pending.drain(..taken)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
        // ANCHOR_END: solution_flush
    }

    /// Writes what is pending and closes the file. After it there is no `Db`, so it cannot happen twice.
    ///
    /// # Errors
    ///
    /// The first thing that goes wrong, writing or closing. The file is closed in either case. That the data has
    /// reached the disk, `close` does not say; only `fsync` does.
    pub fn close(mut self) -> io::Result<()> {
        self.release()
    }

    /// What `close` and `drop` do; the second of them finds nothing left to do.
    fn release(&mut self) -> io::Result<()> {
        // ANCHOR: solution_release
        let flushed = self.flush();
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let closed = self.closer.close(file.into()); // also when the records could not be written
        flushed.and(closed)
        // ANCHOR_END: solution_release
    }
}

impl<C: Close> Drop for Db<C> {
    fn drop(&mut self) {
        // ANCHOR: solution_db_drop
        if let Err(error) = self.release() {
            match self.lost.take() {
                Some(lost) => lost(error),
                None => {
                    eprintln!("a database was not closed, and its last records are lost: {error}")
                }
            }
        }
        // ANCHOR_END: solution_db_drop
    }
}
// ANCHOR_END: db

impl<C: Close> fmt::Debug for Db<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("file", &self.file)
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}
