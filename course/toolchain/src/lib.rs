//! cargo, rustc, rustdoc and test programs.

pub mod cache;
pub mod cargo;
pub mod panic;
pub mod process;
pub mod program;
pub mod readable;
pub mod source;
pub mod suite;
pub mod watch;
