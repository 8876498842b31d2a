//! Every listing of README.md and of the book, compiled and run one by one.

include!(concat!(env!("OUT_DIR"), "/skeptic-tests.rs"));

/// Tells skeptic which rustc to call, and how many at once, before any test runs.
#[ctor::ctor(unsafe)]
fn configure() {
    // SAFETY: this runs before `main`, when there is no other thread that could read the environment.
    unsafe {
        std::env::set_var("RUSTC", env!("CARGO_BIN_EXE_rustc_2024"));
        // One at a time: with several, one worker's new process can hold another's program open while it is being
        // written, and that program then cannot be started ("text file busy").
        std::env::set_var("SKEPTIC_JOBS", "1");
    }
}
