//! More of it.

/// The largest number.
pub fn largest(numbers: &[u64]) -> Option<u64> {
    numbers.iter().copied().max()
}
