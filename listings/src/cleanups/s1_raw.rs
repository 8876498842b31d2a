//! Stage 1: Go's `DB`, translated word for word. **It closes twice.**
//!
//! Kept in this state on purpose. Run it in a process of its own: the second close may hit somebody else's file.

// ANCHOR: raw
use std::{
    fs::File,
    io,
    os::fd::{IntoRawFd, RawFd},
    path::Path,
};

/// A database file that is closed by hand, or by `Drop` at the latest; and by both, which is wrong.
#[derive(Debug)]
pub struct RawDb {
    fd: RawFd,
}

impl RawDb {
    /// Opens the file for reading.
    ///
    /// # Errors
    ///
    /// As [`File::open`].
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self {
            fd: File::open(path)?.into_raw_fd(),
        })
    }

    /// Closes the file.
    ///
    /// # Errors
    ///
    /// What `close(2)` reports.
    pub fn close(&mut self) -> io::Result<()> {
        // SAFETY: claimed, and false. The number is ours only until the first close, and nothing here says that this
        // is the first.
        match unsafe { libc::close(self.fd) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for RawDb {
    fn drop(&mut self) {
        let _ = self.close();
    }
}
// ANCHOR_END: raw

impl RawDb {
    /// The number, to look at.
    #[must_use]
    pub fn number(&self) -> RawFd {
        self.fd
    }
}
