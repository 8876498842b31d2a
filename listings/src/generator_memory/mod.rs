//! Chapter *Weigh ten thousand generators*: what one of a kind costs in memory, when there are ten thousand.
//!
//! | stage | holds |
//! |---|---|
//! | [`s1_translation`] | the port of the original: one process, one number, and the wrong winner |
//! | [`s2_heap`] | [`Counting`], an allocator that knows what is held of it |
//! | [`s3_snapshot`] | [`Snapshot`], what the kernel says of a process, taken from outside (Linux) |
//! | [`s4_scale`] | [`weigh`], a fresh process for every weighing, and the difference that one unit makes |
//! | [`s5_kinds`] | [`Kind`], what can be put on the scale: the ladder of the chapter on coroutines, and known weights |
//! | [`s6_estimate`] | [`Parts`], the same numbers without a scale, before the program is written |
//! | [`s7_crowded`] | a process whose table of mappings is nearly full, to see what happens at its limit (Linux) |
//!
//! All sizes are in bytes.

pub mod s1_translation;
pub mod s2_heap;
pub mod s3_snapshot;
pub mod s4_scale;
pub mod s5_kinds;
pub mod s6_estimate;
pub mod s7_crowded;

pub use s2_heap::{Counting, Heap};
pub use s3_snapshot::Snapshot;
pub use s4_scale::{Each, Job, WeighError, Weight, serve, weigh, weigh_all};
pub use s5_kinds::{Kind, Refused, Units};
pub use s6_estimate::{Cost, Parts, Stack};
