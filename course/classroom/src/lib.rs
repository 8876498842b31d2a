//! A course for a class.

pub mod assign;
pub mod edition;
pub mod rehearse;
pub mod schedule;
