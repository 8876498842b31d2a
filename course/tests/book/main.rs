//! The tool against small books made for the purpose, and against this one.

mod command;
mod malformed;
mod mdbook;
mod messages;
mod small_book;
mod verify;
mod wrong_solutions;
