//! What the stages are built on: the real types. Beside [`under_loom`](super::under_loom) and
//! [`under_shuttle`](super::under_shuttle) the same files find a model checker's types under that name.

pub use portable_atomic::AtomicU128;
pub use std::sync::{
    Mutex,
    atomic::{AtomicPtr, AtomicU64, Ordering},
};
