//! A program as the tests of this chapter print one: `tests/nursery/script.rs` makes it from a script, and plays the same.

fn main() {}
