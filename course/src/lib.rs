//! The tool of *Future Proposals in Rust*.
//!
//! Everything `cargo course …` does is a function here, so that tests call it without a shell.

pub mod bench;
pub mod digest;
pub mod directives;
pub mod number;
pub mod page;
pub mod plot;
pub mod problem;
pub mod project;
pub mod record;
pub mod task;
