//! Grades a class of strangers' submissions in a sandbox: `cargo course grade`.
//!
//! In go a task ([`kit::Kit`]) and a folder of submissions. Out comes a [`result::Grade`] for each,
//! without anything that differs between two runs, stored in a folder that can be resumed and
//! merged.
//!
//! Nothing that a submission prints, returns or exits with is evidence. A test passed if, and only
//! if, the grader's own code, which calls it, sent a number that only it knows over a channel that
//! safe code cannot reach, after the test had returned.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("sum.rs"), "pub fn sum() {}")?;
//! std::fs::write(folder.path().join("build.rs"), "fn main() { /* hostile */ }")?;
//!
//! // The task names its files; nothing else of a submission is opened.
//! let allowed = ["src/tiny/sum.rs".to_owned()];
//! let intake = grader::intake::read(folder.path(), &allowed)?;
//! assert_eq!(intake.files["src/tiny/sum.rs"], b"pub fn sum() {}");
//! assert_eq!(intake.ignored, ["build.rs"]);
//! # Ok(())
//! # }
//! ```

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

/// The version of the grader's rules. It changes if the same submission may get another result from the same task.
pub const RULES: &str = "grade 1";

/// A digest of several texts. Their lengths keep "a" + "bc" apart from "ab" + "c".
fn digest<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher
            .update(&(text.len() as u64).to_le_bytes())
            .update(text);
    }
    hasher.finalize().to_hex().to_string()
}
