//! Tests of the chapter *Pull values out of a coroutine*.
//!
//! `suite` states the contract once, `rungs` brings every rung into the form it can be held against; the other modules
//! are the groups of the exercise, and `defects`, which keeps the page honest about what goes wrong.

mod bonus;
mod core;
mod defects;
mod ladder;
mod properties;
mod rungs;
mod stretch;
mod suite;
