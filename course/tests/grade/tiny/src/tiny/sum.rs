//! Adding up numbers.

/// The sum.
pub fn sum(numbers: &[u64]) -> u64 {
    // ANCHOR: solution_sum
    numbers.iter().sum()
    // ANCHOR_END: solution_sum
}
