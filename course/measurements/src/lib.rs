//! Benchmark results.

pub mod criterion;
pub mod digest;
pub mod go;
pub mod number;
pub mod record;
