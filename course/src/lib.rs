//! The tool of *Future Proposals in Rust*.
//!
//! Everything `cargo course …` does is a function here, so that tests call it without a shell.

pub mod assign;
pub mod bench;
pub mod book;
pub mod cache;
pub mod cargo;
pub mod checkers;
pub mod checks;
pub mod diagrams;
pub mod digest;
pub mod directives;
pub mod draw_diagrams;
pub mod edition;
pub mod evidence;
pub mod exercise;
pub mod grade;
pub mod graders;
pub mod includes;
pub mod learner;
pub mod measured;
pub mod mutants;
pub mod nearest;
pub mod new;
pub mod number;
pub mod page;
pub mod paper;
pub mod plot;
pub mod problem;
pub mod progress;
pub mod project;
pub mod record;
pub mod rehearse;
pub mod report;
pub mod schedule;
pub mod serve;
pub mod session;
pub mod site;
pub mod skeptic;
pub mod suite;
pub mod task;
pub mod verify;
