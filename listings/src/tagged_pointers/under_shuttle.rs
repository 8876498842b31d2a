//! The stages once more, from the same files, with shuttle's types in place of std's.
//!
//! shuttle runs one thread at a time and decides at every operation which one. It takes every operation for sequentially
//! consistent: it finds wrong orders of steps, and no wrong memory orderings.

#![allow(
    clippy::duplicate_mod,
    reason = "the same file against other types is what this module is for"
)]

use super::{Seen, TaggedPointer};

#[path = "models.rs"]
pub mod models;
#[path = "s1_bare.rs"]
pub mod s1_bare;
#[path = "s2_stack.rs"]
pub mod s2_stack;
#[path = "s3_locked.rs"]
pub mod s3_locked;
#[path = "s4_wide.rs"]
pub mod s4_wide;
#[path = "s5_indexed.rs"]
pub mod s5_indexed;

/// What the files find under `super::sync`.
mod sync {
    pub(super) use super::super::under_loom::interned;
    pub(super) use shuttle::{
        sync::{
            Mutex,
            atomic::{AtomicPtr, AtomicU64, Ordering},
        },
        thread,
    };

    interned!();
}
