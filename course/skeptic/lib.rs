//! Nothing but tests: see `tests/book.rs`.
