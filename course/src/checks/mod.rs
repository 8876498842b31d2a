//! What `verify` fails on, a family of checks a file.

pub mod anchors;
pub mod failures;
pub mod fences;
pub mod figures;
pub mod glossary;
pub mod links;
pub mod names;
pub mod outputs;
pub mod panics;
pub mod proposals;
pub mod quiz;
pub mod readable;
