//! The tool against small books made for the purpose, and against this one.

mod assign;
mod command;
mod edition;
mod exercises;
mod figures;
mod forms;
mod learner;
mod malformed;
mod mdbook;
mod messages;
mod names;
mod other;
mod panics;
mod proposals;
mod site;
mod small_book;
mod tasks;
mod verify;
mod wrong_solutions;
