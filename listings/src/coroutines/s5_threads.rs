//! Stage 5: the channel again, now with the whole contract: lazy, joined on drop, and no panic lost.

use std::{
    any::Any,
    iter::FusedIterator,
    panic,
    sync::mpsc,
    thread::{self, JoinHandle},
};

// ANCHOR: threaded
/// A sequence produced on a thread. Made by [`threaded`] and [`threaded_crossbeam`]; `R` is the channel's receiving end.
///
/// The producer runs ahead of the consumer: by the channel's bound, and by one more step whose value it is waiting to
/// hand over. That is the point of a thread, and the one way in which it is not a coroutine.
///
/// Dropping it takes the receiver away, which unwinds the producer at its next value, and joins the thread. So a drop
/// lasts as long as the step that is under way. A panic that the consumer never reached is not raised by the drop: a
/// coroutine would not have got there.
pub struct Threaded<R> {
    /// The thread's work, until the first `next` starts it.
    work: Option<Box<dyn FnOnce() + Send>>,
    thread: Option<JoinHandle<()>>,
    values: Option<R>,
}

/// What a producer is unwound with when its consumer has gone.
struct Stopped;

impl<R> Threaded<R> {
    fn new<T>(
        values: R,
        mut send: impl FnMut(T) -> bool + Send + 'static,
        producer: impl FnOnce(&mut dyn FnMut(T)) + Send + 'static,
    ) -> Self {
        // ANCHOR: solution_threaded_new
        let work = move || {
            producer(&mut |value| {
                if !send(value) {
                    // No panic hook, no message: this unwinding is the way out, as in a stackful coroutine.
                    panic::resume_unwind(Box::new(Stopped));
                }
            });
        };
        Self {
            work: Some(Box::new(work)),
            thread: None,
            values: Some(values),
        }
        // ANCHOR_END: solution_threaded_new
    }

    /// Hangs up, waits for the thread, and returns the panic it ended with, if any.
    fn finish(&mut self) -> Option<Box<dyn Any + Send>> {
        // ANCHOR: solution_finish
        self.work = None;
        self.values = None; // before the join: a producer that waits in `send` must see it
        let payload = self.thread.take()?.join().err()?;
        (!payload.is::<Stopped>()).then_some(payload)
        // ANCHOR_END: solution_finish
    }
}

impl<R: Iterator> Iterator for Threaded<R> {
    type Item = R::Item;

    /// Receives a value; the first call starts the thread.
    ///
    /// # Panics
    ///
    /// With the producer's own panic, once the values sent before it have been received; and when the system refuses a
    /// thread.
    fn next(&mut self) -> Option<R::Item> {
        // ANCHOR: solution_threaded_next
        if let Some(work) = self.work.take() {
            self.thread = Some(thread::spawn(work));
        }
        let value = self.values.as_mut()?.next();
        if value.is_none()
            && let Some(payload) = self.finish()
        {
            panic::resume_unwind(payload);
        }
        value
        // ANCHOR_END: solution_threaded_next
    }
}

impl<R: Iterator> FusedIterator for Threaded<R> {}

impl<R> Drop for Threaded<R> {
    fn drop(&mut self) {
        // ANCHOR: solution_threaded_drop
        self.finish();
        // ANCHOR_END: solution_threaded_drop
    }
}

/// A producer on a thread, behind std's channel. With `bound` 0 every value is handed over in person.
///
/// The producer's destructors must not call back: a value sent while it is being unwound is a panic in a destructor,
/// which aborts the process.
///
/// ```
/// use listings::coroutines::threaded;
///
/// let squares = threaded(0, |emit| (1_u64..).for_each(|n| emit(n * n)));
/// assert!(squares.take(3).eq([1, 4, 9])); // and the thread has ended
/// ```
pub fn threaded<T: Send + 'static>(
    bound: usize,
    producer: impl FnOnce(&mut dyn FnMut(T)) + Send + 'static,
) -> Threaded<mpsc::IntoIter<T>> {
    // ANCHOR: solution_threaded
    let (sender, receiver) = mpsc::sync_channel(bound);
    Threaded::new(
        receiver.into_iter(),
        move |value| sender.send(value).is_ok(),
        producer,
    )
    // ANCHOR_END: solution_threaded
}

/// The same behind crossbeam's channel.
pub fn threaded_crossbeam<T: Send + 'static>(
    bound: usize,
    producer: impl FnOnce(&mut dyn FnMut(T)) + Send + 'static,
) -> Threaded<crossbeam::channel::IntoIter<T>> {
    // ANCHOR: solution_threaded_crossbeam
    let (sender, receiver) = crossbeam::channel::bounded(bound);
    Threaded::new(
        receiver.into_iter(),
        move |value| sender.send(value).is_ok(),
        producer,
    )
    // ANCHOR_END: solution_threaded_crossbeam
}
// ANCHOR_END: threaded

// ANCHOR: sequence
/// The Fibonacci numbers from zero on, from a thread behind a channel of `bound` values.
pub fn sequence(bound: usize) -> Threaded<mpsc::IntoIter<u64>> {
    threaded(bound, push_fibonacci)
}

fn push_fibonacci(emit: &mut dyn FnMut(u64)) {
    let (mut previous, mut current) = (1_u64, 0_u64);
    loop {
        emit(current);
        let Some(sum) = previous.checked_add(current) else {
            return;
        };
        (previous, current) = (current, sum);
    }
}
// ANCHOR_END: sequence
