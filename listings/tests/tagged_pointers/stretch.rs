//! The stack that frees.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use listings::tagged_pointers::{EpochStack, Ticket};

use super::{last_given_is_first_taken, threads_lose_nothing_and_double_nothing};

/// Counts how often it was dropped.
struct Mortal(Arc<AtomicUsize>);

impl Drop for Mortal {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed); // Relaxed: whoever asks has joined the thread that dropped
    }
}

#[test]
fn stack_is_one() {
    last_given_is_first_taken::<EpochStack<Ticket>>();
    threads_lose_nothing_and_double_nothing::<EpochStack<Ticket>>();
}

#[test]
fn value_that_was_popped_is_dropped_once_by_who_has_it() {
    let deaths = Arc::new(AtomicUsize::new(0));
    let stack = EpochStack::new();
    stack.push(Mortal(Arc::clone(&deaths)));
    let popped = stack.pop().expect("there is one");
    assert_eq!(deaths.load(Relaxed), 0);
    drop(popped);
    drop(stack);
    assert_eq!(deaths.load(Relaxed), 1);
}

#[test]
fn values_that_are_left_are_dropped_with_the_stack() {
    let deaths = Arc::new(AtomicUsize::new(0));
    let stack = EpochStack::new();
    (0..3).for_each(|_| stack.push(Mortal(Arc::clone(&deaths))));
    drop(stack);
    assert_eq!(deaths.load(Relaxed), 3);
}
