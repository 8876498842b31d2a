//! Tests of the chapter *A scope nothing outlives*.
mod core;
mod law;
mod script;
