//! Chapter *Clean up exactly once*: from finalizers to cleanups to `Drop`.
//!
//! | module | what it is |
//! |---|---|
//! | [`s1_raw`] | Go's `DB`, word for word: a descriptor as a number, which closes twice |
//! | [`Db`] | a file that closes once, and says how that went |
//! | [`Census`] | counts the descriptors of one test, while others open theirs |
//! | [`Ending`] | ten ways in which a program's use of a value ends |
//! | [`s3_flag`] | a cleanup that can be stopped, with a race in it |
//! | [`Tracked`], [`Cleanup`] | Go's `AddCleanup` for shared objects, with a [`stop`](Cleanup::stop) that says who won |
//! | [`Cleaner`] | a thread for cleanups that should not hold up whoever lets go |
//! | [`SharedDb`] | a [`Db`] that any of its users may close |
//! | [`Session`] | where closing is async |
//!
//! A cleanup is stopped, or it runs; whoever stops it knows:
//!
//! ```
//! use std::sync::Arc;
//!
//! use listings::cleanups::Tracked;
//!
//! let document = Arc::new(Tracked::new("a document"));
//! let rebuild = Tracked::add_cleanup(&document, || println!("never printed"));
//! let forget = Tracked::add_cleanup(&document, || println!("out of the cache"));
//! assert!(rebuild.stop());
//! drop(document); // the last owner
//! assert!(!forget.stop(), "too late");
//! ```
//!
//! A database that is closed leaves no descriptor, and its records in the file:
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use listings::cleanups::{Census, Db};
//!
//! let folder = tempfile::tempdir()?;
//! let census = Census::below(&folder)?;
//! let mut db = Db::open(folder.path().join("db"))?;
//! db.put("a record");
//! assert_eq!(census.count()?, 1);
//! db.close()?;
//! assert_eq!(census.count()?, 0);
//! assert_eq!(std::fs::read_to_string(folder.path().join("db"))?, "a record\n");
//! # }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! What deals with descriptors needs Unix; the census needs Linux, and says so elsewhere.

pub mod census;
#[cfg(unix)]
pub mod endings;
pub mod model;
#[cfg(unix)]
pub mod s1_raw;
#[cfg(unix)]
pub mod s2_db;
pub mod s3_flag;
pub mod s4_cleanup;
pub mod s5_off_thread;
#[cfg(unix)]
pub mod s6_shared;
pub mod s7_session;

pub use census::Census;
#[cfg(unix)]
pub use endings::Ending;
#[cfg(unix)]
pub use s2_db::{Close, Db, Os};
pub use s4_cleanup::{Cleanup, Tracked};
pub use s5_off_thread::Cleaner;
#[cfg(unix)]
pub use s6_shared::{Closed, SharedDb};
pub use s7_session::{Abandoned, Session};

/// What the stages synchronise with. [`model`] compiles the same stages against loom's types of the same names.
mod sync {
    pub(super) use std::sync::{Arc, Mutex};
}
