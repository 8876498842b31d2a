//! Tests of the small task.

mod basic;
mod secret;
mod wide;
