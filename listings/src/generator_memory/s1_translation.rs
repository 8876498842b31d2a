//! Stage 1: the original, word for word. It asks the heap, in the process that everybody shares.

use listings::generator_memory::Counting;

// ANCHOR: translation
/// Holds `n` of something, and prints what the heap holds then.
pub fn report<T>(name: &str, n: usize, heap: &Counting, make: impl FnMut() -> T) {
    let held: Vec<T> = std::iter::repeat_with(make).take(n).collect();
    println!("{name:<22} {:>6} KB", heap.held().bytes / 1000);
    drop(held);
}
// ANCHOR_END: translation
