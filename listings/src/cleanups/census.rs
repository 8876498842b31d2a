//! Counts the descriptors that are open below one directory.

use std::{
    io,
    path::{Path, PathBuf},
};

// ANCHOR: census
/// Counts the descriptors of this process that are open below one directory.
///
/// A test that keeps its files in a directory of its own gets its own count, whatever other tests have open.
#[derive(Debug, Clone)]
pub struct Census {
    directory: PathBuf,
}

impl Census {
    /// Counts below `directory`, which must exist: `/proc` names files by their real path.
    ///
    /// # Errors
    ///
    /// When there is no such directory.
    pub fn below(directory: impl AsRef<Path>) -> io::Result<Self> {
        // ANCHOR: solution_below
        Ok(Self {
            directory: directory.as_ref().canonicalize()?,
        })
        // ANCHOR_END: solution_below
    }

    /// How many descriptors are open below the directory now.
    ///
    /// Exact as long as nothing opens or closes a file below it meanwhile. The rest of the process may.
    ///
    /// # Errors
    ///
    /// When `/proc` cannot be read; outside of Linux always, with [`io::ErrorKind::Unsupported`].
    #[cfg(target_os = "linux")]
    pub fn count(&self) -> io::Result<usize> {
        // ANCHOR: solution_count
        use procfs::{
            ProcError,
            process::{FDTarget, Process},
        };

        let mut count = 0;
        for descriptor in Process::myself()
            .map_err(io::Error::other)?
            .fd()
            .map_err(io::Error::other)?
        {
            match descriptor.map(|descriptor| descriptor.target) {
                Ok(FDTarget::Path(path)) if path.starts_with(&self.directory) => count += 1,
                Ok(_) => {}
                // Somebody else's, closed between the listing and the look at it.
                Err(ProcError::NotFound(_)) => {}
                Err(ProcError::Io(error, _)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(count)
        // ANCHOR_END: solution_count
    }
    // ANCHOR_END: census

    /// Counting needs `/proc`.
    ///
    /// # Errors
    ///
    /// Always, with [`io::ErrorKind::Unsupported`].
    #[cfg(not(target_os = "linux"))]
    pub fn count(&self) -> io::Result<usize> {
        let why = "counting open descriptors needs Linux's /proc";
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("{why}, for {}", self.directory.display()),
        ))
    }
}
