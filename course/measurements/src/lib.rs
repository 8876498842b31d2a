//! Benchmark results.

pub mod bench;
pub mod digest;
pub mod number;
pub mod record;
