//! The tool against small books made for the purpose, and against this one.

mod mdbook;
mod small_book;
mod verify;
mod wrong_solutions;
