//! The CPU budget of a machine whose files are any bytes.

#![no_main]

#[path = "../../tests/cpu_budget/anything.rs"]
mod anything;

libfuzzer_sys::fuzz_target!(|data: &[u8]| anything::holds(data));
