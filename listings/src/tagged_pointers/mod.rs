//! Chapter *Tag a pointer against ABA*: a stack that hands something out twice, and what a counter beside its pointer
//! does about it.
//!
//! | stage | the head of the stack is |
//! |---|---|
//! | [`s1_bare`] | a pointer; the stack over it is wrong |
//! | [`s3_locked`] | a pointer and a generation, under a lock |
//! | [`s4_wide`] | both in one atomic of 128 bits |
//! | [`s5_indexed`] | an index and a generation in one atomic of 64 bits |
//!
//! All four are a [`TaggedPointer`], and [`s2_stack`] is one stack over any of them. [`s6_epoch`] is a stack that needs no
//! generation, because it does not reuse memory that somebody may be looking at; [`baselines`] are stacks to compare
//! with. [`script`] plays one interleaving by hand, [`under_loom`] and [`under_shuttle`] find it, and [`contention`]
//! measures.

pub mod baselines;
pub mod contention;
pub mod interface;
pub mod s1_bare;
pub mod s2_stack;
pub mod s3_locked;
pub mod s4_wide;
pub mod s5_indexed;
pub mod s6_epoch;
pub mod script;
pub mod sync;
// Their files' examples are those of the files above, which would not run outside of a model.
#[cfg(not(doctest))]
pub mod under_loom;
#[cfg(not(doctest))]
pub mod under_shuttle;

pub use baselines::Tickets;
pub use interface::{Seen, TaggedPointer};
pub use s1_bare::Bare;
pub use s2_stack::{Node, Stack, Ticket};
pub use s3_locked::Locked;
pub use s4_wide::Wide;
pub use s5_indexed::Indexed;
pub use s6_epoch::EpochStack;
