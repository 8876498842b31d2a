//! More of it.

/// The largest number.
pub fn largest(numbers: &[u64]) -> Option<u64> {
    // ANCHOR: solution_largest
    numbers.iter().copied().max()
    // ANCHOR_END: solution_largest
}
