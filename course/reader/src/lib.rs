//! The book as readers see it.

pub mod build;
pub mod diagrams;
pub mod directives;
pub mod includes;
pub mod plot;
pub mod preprocess;
pub mod serve;
pub mod site;
