//! Tests of the chapter *Clean up exactly once*.
//!
//! What would take other tests with it (an abort, a thousand leaked descriptors, somebody else's file closed) runs in a
//! process of its own: an ignored test that [`child`] starts.

mod bonus;
#[cfg(target_os = "linux")]
mod census;
mod child;
#[cfg(unix)]
mod core;
#[cfg(unix)]
mod defects;
#[cfg(unix)]
mod endings;
#[cfg(unix)]
mod faults;
mod models;
mod properties;
mod stretch;
