//! An object that knows itself, and the interner.

mod cyclic;
mod interner;
