//! `cargo course grade`: a class of strangers' submissions, each to a result that can be trusted.
//!
//! | module | concern |
//! |---|---|
//! | [`intake`] | which bytes are taken from a folder or a zip, and which never |
//! | [`kit`] | what the grader owns of a task |
//! | [`sandbox`] | where strangers' code is compiled and run |
//! | [`harness`] | how a test proves that it passed |
//! | [`judge`] | from a submission to its result |
//! | [`result`] | that result, without anything that differs between two runs |
//! | [`store`] | results on disk: atomic, resumable, in shards, merged |
//! | [`run`] | the command |
//! | [`roster`], [`mark`] | who is in the class; what a result comes to, with weights and lateness |
//! | [`formats`], [`export`] | the same result for each platform |
//! | [`naming`], [`report`], [`similarity`] | how platforms call submissions; what people read; what is compared for plagiarism |
//!
//! Nothing that a submission prints, returns or exits with is evidence. A test passed if, and only if, the grader's own
//! code, which calls it, sent a number that only it knows over a channel that safe code cannot reach, after the test had
//! returned.

pub mod intake;
pub mod kit;
pub mod naming;
pub mod result;
pub mod store;
pub mod text;

#[cfg(target_os = "linux")]
pub mod compile;
#[cfg(target_os = "linux")]
pub mod harness;
#[cfg(target_os = "linux")]
pub mod judge;
#[cfg(target_os = "linux")]
pub mod run;

/// Changes when the same submission may get another result from the same task.
pub const RULES: &str = "grade 1";
