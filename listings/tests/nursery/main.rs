//! Tests of the chapter *Design a nursery*.
//!
//! `law` holds random programs, which `script` makes, plays and prints, against the law; the other modules are groups of
//! the exercise, but for `trio`, which compares with Python's Trio.

mod bonus;
mod core;
#[path = "../scope/helpers.rs"]
mod helpers;
mod law;
#[path = "../scope/programs.rs"]
mod programs;
mod script;
mod stretch;
mod trio;

use helpers::{Alive, Thrown, ms, nap, run, throw, thrown};
