//! Tests of the chapter *A scope nothing outlives*.
//!
//! `law` holds random programs, which `script` makes, plays and prints, against the law; `holes` shows what the first
//! attempts let through; the other modules are groups of the exercise.

mod bonus;
mod core;
mod helpers;
mod holes;
mod law;
mod local;
mod programs;
mod script;
mod stretch;

use helpers::{Alive, Thrown, ms, nap, run, throw, thrown};
