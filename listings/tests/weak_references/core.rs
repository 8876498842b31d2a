//! The registry with generations, and the references that count.

mod counted;
mod registry;
