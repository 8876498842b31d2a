//! The cleanups once more, from the same files, with the model checker's types in place of std's.
//!
//! Only for use inside `loom::model`: outside of it loom's types panic.

#![allow(
    clippy::duplicate_mod,
    reason = "the same file against other types is what this module is for"
)]

#[path = "s3_flag.rs"]
pub mod s3_flag;
#[path = "s4_cleanup.rs"]
pub mod s4_cleanup;

/// What the two files above find under `super::sync`.
mod sync {
    pub(super) use loom::sync::{Arc, Mutex};
}
