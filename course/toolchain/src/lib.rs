//! cargo, rustc, rustdoc, libtest and the programs they build: started, timed out, and parsed.
//!
//! In: sources, programs, and what these print. Out: typed results: artifacts, exit states, test outcomes, panics. Each
//! format is parsed here and nowhere else.
//!
//! ```
//! let stderr = "\nthread 'main' (7) panicked at src/main.rs:2:5:\nno tea\nnote: run with `RUST_BACKTRACE=1`\n";
//! let panic = toolchain::panic::panics(stderr).last().unwrap();
//! assert_eq!((panic.line, panic.message), (2, "no tea"));
//!
//! let source = "// unsafe\nfn main() {\n    unsafe { std::hint::unreachable_unchecked() }\n}\n";
//! let found = toolchain::source::first_unsafe(source);
//! assert_eq!(found, Some((3, "unsafe".to_owned())));
//! ```

pub mod cache;
pub mod cargo;
pub mod cost;
pub mod libtest;
pub mod panic;
pub mod process;
pub mod program;
pub mod readable;
pub mod rustc;
pub mod source;
pub mod suite;
pub mod watch;
