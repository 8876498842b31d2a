//! The book as readers see it.

pub mod build;
pub mod directives;
pub mod includes;
pub mod mermaid;
pub mod plot;
pub mod preprocess;
pub mod serve;
pub mod site;
