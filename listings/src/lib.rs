//! Every listing of *Future Proposals in Rust*: one module a chapter, compiled and tested.
//!
//! A listing that grows on the page grows here in stages, `s1_…`, `s2_…`, each complete.

// So that a stage that builds on another one names it as a reader would, and compiles on its page as well.
extern crate self as listings;

pub mod cleanups;
pub mod coroutines;
pub mod cpu_budget;
pub mod generator_memory;
pub mod nursery;
pub mod scope;
pub mod tagged_pointers;
pub mod trace;
pub mod virtual_time;
pub mod weak_references;
