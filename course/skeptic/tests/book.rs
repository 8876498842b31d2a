//! Every listing of README.md and of the book, compiled and run one by one.

include!(concat!(env!("OUT_DIR"), "/skeptic-tests.rs"));
