//! How long a generation lasts, and how this processor does 128 bits at once.

use listings::tagged_pointers::s5_indexed::seconds_to_wrap;
use portable_atomic::AtomicU128;

fn main() {
    println!("128 bits without a lock: {}", AtomicU128::is_lock_free());
    println!(
        "known when it was compiled: {}",
        AtomicU128::is_always_lock_free()
    );
    println!();
    println!("{:>5} {:>22}", "bits", "seconds, at 100 M/s");
    for bits in [8, 16, 24, 32, 48, 64] {
        println!("{bits:>5} {:>22}", seconds_to_wrap(bits, 100_000_000));
    }
}
