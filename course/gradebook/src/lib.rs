//! Marks, platforms and reports.

pub mod due;
pub mod export;
pub mod formats;
pub mod mark;
pub mod paper;
pub mod plan;
pub mod report;
pub mod roster;
pub mod similarity;
pub mod weights;
