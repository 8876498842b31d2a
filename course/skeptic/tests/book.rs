//! Every listing of README.md and of the book, compiled and run one by one.

include!(concat!(env!("OUT_DIR"), "/skeptic-tests.rs"));

/// Tells skeptic which rustc to call, before any test runs.
#[ctor::ctor(unsafe)]
fn use_edition_2024() {
    // SAFETY: this runs before `main`, when there is no other thread that could read the environment.
    unsafe { std::env::set_var("RUSTC", env!("CARGO_BIN_EXE_rustc_2024")) };
}
