//! Tests of the chapter *Design a nursery*.

mod core;
#[path = "../scope/helpers.rs"]
mod helpers;
mod stretch;

use helpers::{Alive, Thrown, ms, nap, run, throw, thrown};
