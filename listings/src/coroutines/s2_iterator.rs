//! Stage 2: the interface, and the rung that needs no coroutine at all.

use std::iter::{self, FusedIterator};

// ANCHOR: pull
/// A sequence whose consumer is in charge: `next` asks for a value, [`stop`](Pull::stop) ends it early.
///
/// `Pull` adds no machinery to [`FusedIterator`], it names a contract that every rung of this chapter meets:
///
/// - **lazy**: the producer does not run before the first `next`;
/// - **fused**: after `None`, and after a panic, every further `next` is `None`;
/// - **cleaned up**: when `stop` or a plain drop returns, every destructor of the producer has run;
/// - **honest**: a panic of the producer comes out of the `next` that ran into it.
///
/// ```
/// use listings::coroutines::{Pull, sequence};
///
/// let mut fibonacci = sequence();
/// assert_eq!(fibonacci.next(), Some(0));
/// assert_eq!(fibonacci.next(), Some(1));
/// fibonacci.stop(); // `fibonacci` is moved: asking it again does not compile
/// ```
///
/// Source of the idea: Go's `iter.Pull`, which returns the pair `next, stop` (Go 1.23).
pub trait Pull: FusedIterator {
    /// Ends the sequence now. The same as dropping it, with a name that can be read.
    fn stop(self)
    where
        Self: Sized,
    {
        drop(self);
    }
}

impl<I: FusedIterator + ?Sized> Pull for I {}
// ANCHOR_END: pull

// ANCHOR: fibonacci
/// The Fibonacci numbers that fit in a `u64`: F(0) to F(93), 94 terms, then the end.
#[derive(Debug, Clone)]
pub struct Fibonacci {
    previous: u64,
    /// What the following call hands out; `None` once it no longer fits.
    upcoming: Option<u64>,
}

impl Iterator for Fibonacci {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        // ANCHOR: solution_fibonacci_next
        let current = self.upcoming?;
        self.upcoming = self.previous.checked_add(current);
        self.previous = current;
        Some(current)
        // ANCHOR_END: solution_fibonacci_next
    }
}

// `upcoming` stays `None` once it is `None`.
impl FusedIterator for Fibonacci {}

/// The Fibonacci numbers from zero on. See [`Fibonacci`].
pub fn sequence() -> Fibonacci {
    // ANCHOR: solution_sequence
    Fibonacci {
        previous: 1,
        upcoming: Some(0),
    }
    // ANCHOR_END: solution_sequence
}

/// The first `n` Fibonacci numbers, or all 94 when `n` asks for more than a `u64` can say.
///
/// ```
/// assert_eq!(listings::coroutines::take(7), [0, 1, 1, 2, 3, 5, 8]);
/// assert_eq!(listings::coroutines::take(usize::MAX).len(), 94);
/// ```
pub fn take(n: usize) -> Vec<u64> {
    // ANCHOR: solution_take
    sequence().take(n).collect()
    // ANCHOR_END: solution_take
}
// ANCHOR_END: fibonacci

// ANCHOR: from_fn
/// The same state in a closure. `from_fn` promises nothing about calls after the end, so `fuse` adds the promise.
pub fn sequence_from_fn() -> impl Pull<Item = u64> {
    // ANCHOR: solution_sequence_from_fn
    let (mut previous, mut upcoming) = (1_u64, Some(0_u64));
    iter::from_fn(move || {
        let current = upcoming?;
        upcoming = previous.checked_add(current);
        previous = current;
        Some(current)
    })
    .fuse()
    // ANCHOR_END: solution_sequence_from_fn
}
// ANCHOR_END: from_fn
