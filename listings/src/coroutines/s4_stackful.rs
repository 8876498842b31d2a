//! Stage 4: a coroutine with a stack of its own, which turns any function that takes a callback into a sequence.

use std::{io, iter::FusedIterator};

use corosensei::{Coroutine, CoroutineResult, stack::DefaultStack};

// ANCHOR: stackful
/// A sequence produced on a stack of its own. Made by [`stackful`].
///
/// It is not `Send`: nobody can know what lies on that stack.
///
/// Dropping it unwinds the producer from the call it is suspended in, so its destructors run. That needs
/// `panic = "unwind"`, and every frame in between must allow unwinding, which C code does not.
pub struct Stackful<T> {
    /// `None` after the end and after a panic.
    coroutine: Option<Coroutine<(), T, ()>>,
}

/// Turns a producer that *pushes* its values into a callback into a sequence from which they are pulled.
///
/// The producer neither returns early nor knows that it is being suspended; the callback returns nothing.
///
/// ```
/// use listings::coroutines::stackful;
///
/// // `for_each` is in charge of its loop, and yet it stands still after two values.
/// let mut squares = stackful(|emit| (1_u64..).for_each(|n| emit(n * n)));
/// assert_eq!((squares.next(), squares.next()), (Some(1), Some(4)));
/// ```
///
/// # Panics
///
/// When the system has no room for another stack (1 MiB of address space); [`stackful_with`] reports it instead.
pub fn stackful<T: 'static>(producer: impl FnOnce(&mut dyn FnMut(T)) + 'static) -> Stackful<T> {
    on_stack(DefaultStack::default(), producer)
}

/// The same with a stack of at least `stack_bytes` bytes: enough for the deepest call of the producer, as on a thread.
///
/// # Errors
///
/// When the stack cannot be allocated.
pub fn stackful_with<T: 'static>(
    stack_bytes: usize,
    producer: impl FnOnce(&mut dyn FnMut(T)) + 'static,
) -> io::Result<Stackful<T>> {
    Ok(on_stack(DefaultStack::new(stack_bytes)?, producer))
}

fn on_stack<T: 'static>(
    stack: DefaultStack,
    producer: impl FnOnce(&mut dyn FnMut(T)) + 'static,
) -> Stackful<T> {
    // ANCHOR: solution_on_stack
    let coroutine = Coroutine::with_stack(stack, move |yielder, ()| {
        producer(&mut |value| yielder.suspend(value));
    });
    Stackful {
        coroutine: Some(coroutine),
    }
    // ANCHOR_END: solution_on_stack
}

impl<T> Iterator for Stackful<T> {
    type Item = T;

    /// Switches to the producer's stack until it calls back.
    ///
    /// # Panics
    ///
    /// With the producer's own panic, which crosses from its stack to this one.
    fn next(&mut self) -> Option<T> {
        // ANCHOR: solution_stackful_next
        let mut coroutine = self.coroutine.take()?;
        match coroutine.resume(()) {
            CoroutineResult::Yield(value) => {
                self.coroutine = Some(coroutine);
                Some(value)
            }
            CoroutineResult::Return(()) => None,
        }
        // ANCHOR_END: solution_stackful_next
    }
}

impl<T> FusedIterator for Stackful<T> {}

impl<T> Drop for Stackful<T> {
    fn drop(&mut self) {
        // ANCHOR: solution_stackful_drop
        // The coroutine's own drop would abort if a destructor on its stack panicked. Here it is an ordinary panic.
        if let Some(coroutine) = &mut self.coroutine {
            coroutine.force_unwind();
        }
        // ANCHOR_END: solution_stackful_drop
    }
}
// ANCHOR_END: stackful

// ANCHOR: sequence
/// The Fibonacci numbers from zero on, pushed by a function that knows nothing of coroutines.
pub fn sequence() -> Stackful<u64> {
    stackful(push_fibonacci)
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
