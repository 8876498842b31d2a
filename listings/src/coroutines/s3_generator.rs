//! Stage 3: an `async` block is a coroutine. All it takes to pull from one is a slot and a waker that does nothing.
//!
//! Only std, no `unsafe`: a polyfill of the unstable `gen` blocks. Source of the idea: the `genawaiter` crate.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    iter::FusedIterator,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

// ANCHOR: yielder
/// The producer's end: [`yield_`](Yielder::yield_) hands a value to whoever called `next`.
pub struct Yielder<T> {
    slot: Rc<Cell<Option<T>>>,
}

impl<T> Yielder<T> {
    /// Hands over `value` and suspends the producer until the consumer asks again.
    ///
    /// Does nothing until it is awaited. When several `yield_`s are awaited at once, as with `join!`, they take turns
    /// and no value is lost. Dropping the future before its first poll drops the value.
    pub fn yield_(&self, value: T) -> impl Future<Output = ()> {
        // ANCHOR: solution_yield_
        let mut value = Some(value);
        poll_fn(move |_| {
            if value.is_none() {
                return Poll::Ready(()); // asked again: carry on behind the `.await`
            }
            match self.slot.take() {
                None => self.slot.set(value.take()),
                taken => self.slot.set(taken), // another `yield_` of this turn was first
            }
            Poll::Pending
        })
        // ANCHOR_END: solution_yield_
    }
}
// ANCHOR_END: yielder

// ANCHOR: generator
/// A sequence produced by a future. Made by [`generator`].
///
/// Dropping it drops the future, and with it every local variable that is alive at the current `.await`.
pub struct Generator<T, F> {
    /// `None` after the end and after a panic: then there is nothing left to poll.
    producer: Option<Pin<Box<F>>>,
    slot: Rc<Cell<Option<T>>>,
}

/// Turns an `async` producer into a sequence.
///
/// ```
/// use listings::coroutines::generator;
///
/// let countdown = generator(|y| async move {
///     for n in (1..=3).rev() {
///         y.yield_(n).await;
///     }
/// });
/// assert!(countdown.eq([3, 2, 1]));
/// ```
pub fn generator<T, F>(producer: impl FnOnce(Yielder<T>) -> F) -> Generator<T, F>
where
    F: Future<Output = ()>,
{
    // ANCHOR: solution_generator
    let slot = Rc::new(Cell::new(None));
    let producer = Box::pin(producer(Yielder {
        slot: Rc::clone(&slot),
    }));
    Generator {
        producer: Some(producer),
        slot,
    }
    // ANCHOR_END: solution_generator
}

impl<T, F: Future<Output = ()>> Iterator for Generator<T, F> {
    type Item = T;

    /// Runs the producer to its next `yield_`.
    ///
    /// # Panics
    ///
    /// With the producer's own panic, and when the producer waits for anything but `yield_`: nobody would wake it.
    fn next(&mut self) -> Option<T> {
        // ANCHOR: solution_generator_next
        // Taken out while it runs: if it panics it is dropped, and the sequence is over.
        let mut producer = self.producer.take()?;
        match producer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Pending => {
                let value = self.slot.take();
                assert!(
                    value.is_some(),
                    "a generator may await nothing but `yield_`"
                );
                self.producer = Some(producer);
                value
            }
            Poll::Ready(()) => self.slot.take(), // filled by a `yield_` polled once and abandoned, as `select!` does
        }
        // ANCHOR_END: solution_generator_next
    }
}

impl<T, F: Future<Output = ()>> FusedIterator for Generator<T, F> {}
// ANCHOR_END: generator

// ANCHOR: sequence
/// The Fibonacci numbers from zero on, as straight-line code.
pub fn sequence() -> Generator<u64, impl Future<Output = ()>> {
    generator(|y| async move {
        let (mut previous, mut current) = (1_u64, 0_u64);
        loop {
            y.yield_(current).await;
            let Some(sum) = previous.checked_add(current) else {
                return;
            };
            (previous, current) = (current, sum);
        }
    })
}
// ANCHOR_END: sequence
