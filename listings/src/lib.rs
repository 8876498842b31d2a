//! Every listing of *Future Proposals in Rust*: one module a chapter, compiled and tested.
//!
//! A listing that grows on the page grows here in stages, `s1_…`, `s2_…`, each complete.

pub mod cleanups;
pub mod coroutines;
pub mod trace;
pub mod virtual_time;
pub mod weak_references;
