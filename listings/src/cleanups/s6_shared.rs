//! Stage 6: a database that several threads use, and any of them may close.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    s2_db::{Close, Db, Os},
    s4_cleanup::{Cleanup, Tracked},
};

// ANCHOR: shared
/// A [`Db`] to share by cloning. When the last clone goes, its cleanup closes it; [`close`](SharedDb::close) stops the
/// cleanup, and closes it here and now.
#[derive(Debug)]
pub struct SharedDb<C: Close + Send + 'static = Os> {
    object: Arc<Tracked<Slot<C>>>,
    cleanup: Cleanup,
}

/// The database, until somebody takes it out to close it.
type Slot<C> = Arc<Mutex<Option<Db<C>>>>;

/// Why a shared database does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// Somebody has closed it.
    #[error("the database is closed")]
    Already,
    /// Closing it failed; it is closed now, and records may be lost.
    #[error("the database is closed, but not without loss")]
    WithLoss(#[from] io::Error),
}

impl SharedDb {
    /// Opens the file, as [`Db::open`].
    ///
    /// # Errors
    ///
    /// As [`Db::open`].
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self::new(Db::open(path)?))
    }
}

impl<C: Close + Send + 'static> SharedDb<C> {
    /// Makes a database fit for sharing.
    pub fn new(db: Db<C>) -> Self {
        // ANCHOR: solution_shared_new
        let slot = Arc::new(Mutex::new(Some(db)));
        let object = Arc::new(Tracked::new(Arc::clone(&slot)));
        let cleanup = Tracked::add_cleanup(&object, move || drop(take(&slot)));
        Self { object, cleanup }
        // ANCHOR_END: solution_shared_new
    }

    /// Adds a record.
    ///
    /// # Errors
    ///
    /// [`Closed::Already`] once it is closed.
    pub fn put(&self, record: &str) -> Result<(), Closed> {
        // ANCHOR: solution_shared_put
        let mut db = self.object.lock().unwrap_or_else(PoisonError::into_inner);
        db.as_mut().ok_or(Closed::Already)?.put(record);
        Ok(())
        // ANCHOR_END: solution_shared_put
    }

    /// Closes the database: stops its cleanup and closes the file. Of several calls, one does it.
    ///
    /// # Errors
    ///
    /// [`Closed::Already`] for all other calls, [`Closed::WithLoss`] for this one.
    pub fn close(&self) -> Result<(), Closed> {
        // ANCHOR: solution_shared_close
        if !self.cleanup.stop() {
            return Err(Closed::Already);
        }
        // Taken out of the lock first: closing may take long, and others should hear at once that it is over.
        take(&self.object).ok_or(Closed::Already)?.close()?;
        Ok(())
        // ANCHOR_END: solution_shared_close
    }
}

fn take<C: Close>(slot: &Mutex<Option<Db<C>>>) -> Option<Db<C>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
// ANCHOR_END: shared

impl<C: Close + Send + 'static> Clone for SharedDb<C> {
    fn clone(&self) -> Self {
        Self {
            object: Arc::clone(&self.object),
            cleanup: self.cleanup.clone(),
        }
    }
}
