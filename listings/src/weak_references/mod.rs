//! Chapter *Build a weak reference*: four rungs of a ladder, each with a question that it fails, and what stands on top.
//!
//! | rung | a reference is | it fails because |
//! |---|---|---|
//! | [`s1_strong_registry`] | an address, in a map that holds the object | nothing ever dies |
//! | [`s2_by_address`] | an address, in a map that the owner cleans up | the address comes to mean another object |
//! | [`s3_generations`] | a slot and a generation | only the first owner counts |
//! | [`s4_counted`] | a pointer to a counter, which is never raised from zero | a cycle counts itself |
//!
//! [`ladder`] asks all of them the same questions. On the last rung stand an [`Interner`] and, with std's own `Weak`, a
//! [`SideTable`]; [`s7_traced`] is what it takes to do without counting. [`under_loom`] has every interleaving checked.

pub mod ladder;
pub mod meter;
pub mod s1_strong_registry;
pub mod s2_by_address;
pub mod s3_generations;
pub mod s4_counted;
pub mod s5_interner;
pub mod s6_weak_keys;
pub mod s7_traced;
pub mod sync;
// Its files' examples are those of the files above, which would not run outside of a model.
#[cfg(not(doctest))]
pub mod under_loom;

pub use s3_generations::{Owner, Registry, WeakRef};
pub use s4_counted::{Strong, Weak};
pub use s5_interner::{Interned, Interner};
pub use s6_weak_keys::SideTable;
