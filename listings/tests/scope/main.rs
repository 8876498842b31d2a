//! Tests of the chapter *A scope nothing outlives*.
mod core;
