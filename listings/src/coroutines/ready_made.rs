//! The rungs that crates sell ready-made, and the adapter that holds them to the chapter's contract.

use std::iter::{self, FusedIterator};

use async_stream::stream;
use futures::{FutureExt, Stream, StreamExt};

// ANCHOR: strict
/// Ends a sequence for good at its first `None` *and* at its first panic, and drops the producer right there.
///
/// [`Iterator::fuse`] does the first half only. Made by [`strict`].
#[derive(Debug, Clone)]
pub struct Strict<I>(Option<I>);

/// Holds any iterator to the contract of [`Pull`](super::Pull).
///
/// ```
/// use listings::coroutines::strict;
///
/// let mut answers = [Some(1), None, Some(2)].into_iter(); // an iterator that resumes after the end
/// let mut sequence = strict(std::iter::from_fn(move || answers.next()?));
/// assert_eq!((sequence.next(), sequence.next(), sequence.next()), (Some(1), None, None));
/// ```
pub fn strict<I: Iterator>(inner: I) -> Strict<I> {
    Strict(Some(inner))
}

impl<I: Iterator> Iterator for Strict<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let mut inner = self.0.take()?; // out of reach while it runs: a panic drops it
        let value = inner.next()?;
        self.0 = Some(inner);
        Some(value)
    }
}

impl<I: Iterator> FusedIterator for Strict<I> {}
// ANCHOR_END: strict

// ANCHOR: from_stream
/// Pulls from a stream that waits for nothing, such as one made by `async_stream::stream!`.
///
/// # Panics
///
/// `next` panics when the stream is not ready: it would need an executor.
pub fn from_stream<S: Stream>(stream: S) -> Strict<impl Iterator<Item = S::Item>> {
    let mut stream = Box::pin(stream);
    strict(iter::from_fn(move || match stream.next().now_or_never() {
        Some(value) => value,
        None => panic!("the stream waits for something, and nothing would wake it"),
    }))
}
// ANCHOR_END: from_stream

// ANCHOR: sequences
/// The Fibonacci numbers from zero on, by the `async-stream` crate: its macro gives `yield` back.
pub fn sequence_async_stream() -> Strict<impl Iterator<Item = u64>> {
    from_stream(stream! {
        let (mut previous, mut current) = (1_u64, 0_u64);
        loop {
            yield current;
            let Some(sum) = previous.checked_add(current) else { return };
            (previous, current) = (current, sum);
        }
    })
}

/// The Fibonacci numbers from zero on, by the `genawaiter` crate.
pub fn sequence_genawaiter() -> Strict<impl Iterator<Item = u64>> {
    let generator = genawaiter::rc::Gen::new(|co| async move {
        let (mut previous, mut current) = (1_u64, 0_u64);
        loop {
            co.yield_(current).await;
            let Some(sum) = previous.checked_add(current) else {
                return;
            };
            (previous, current) = (current, sum);
        }
    });
    strict(generator.into_iter())
}
// ANCHOR_END: sequences
