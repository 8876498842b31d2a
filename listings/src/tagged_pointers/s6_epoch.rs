//! Stage 6: a stack without generations, and with an allocator: what is freed is freed when nobody can be looking.
//!
//! The algorithm is Treiber's again, on [`crossbeam::epoch`], and the way values move is that crate's own example.

use std::{mem::ManuallyDrop, sync::atomic::Ordering};

use crossbeam::epoch::{self, Atomic, Owned};

// ANCHOR: epoch
/// A stack of any values. Every push allocates a node, every pop gives one up.
#[derive(Debug)]
pub struct EpochStack<T> {
    head: Atomic<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    /// Moved out by the pop that took the node; the node itself is freed later, without it.
    value: ManuallyDrop<T>,
    next: Atomic<Node<T>>,
}

impl<T> EpochStack<T> {
    /// An empty stack.
    #[must_use]
    pub fn new() -> Self {
        Self {
            head: Atomic::null(),
        }
    }

    /// Puts a value on top.
    pub fn push(&self, value: T) {
        // ANCHOR: solution_epoch_push
        let guard = &epoch::pin();
        let mut node = Owned::new(Node {
            value: ManuallyDrop::new(value),
            next: Atomic::null(),
        });
        loop {
            let top = self.head.load(Ordering::Relaxed, guard); // Relaxed: it is not followed here
            node.next.store(top, Ordering::Relaxed); // Relaxed: published by the exchange below
            // Release: pairs with the Acquire in `pop`.
            match self
                .head
                .compare_exchange(top, node, Ordering::Release, Ordering::Relaxed, guard)
            {
                Ok(_) => return,
                Err(lost) => node = lost.new,
            }
        }
        // ANCHOR_END: solution_epoch_push
    }

    /// Takes the value on top.
    pub fn pop(&self) -> Option<T> {
        // ANCHOR: solution_epoch_pop
        let guard = &epoch::pin(); // from here on, nothing that we can find is freed
        loop {
            let top = self.head.load(Ordering::Acquire, guard); // Acquire: pairs with the Release in `push`
            // SAFETY: the node was in the stack after we pinned, so it is not freed until we let go of the guard.
            let node = unsafe { top.as_ref() }?;
            let next = node.next.load(Ordering::Relaxed, guard); // Relaxed: written before the node was published
            // Release: for the same reason as in `push`; whoever loads `next` pairs with it. An address that is not
            // freed cannot come back, so the same pointer is the same node, and a node is pushed only once.
            if self
                .head
                .compare_exchange(top, next, Ordering::Release, Ordering::Relaxed, guard)
                .is_ok()
            {
                // SAFETY: this thread alone has taken the node out, so it is retired once, and its value is read once.
                return unsafe {
                    guard.defer_destroy(top);
                    Some(ManuallyDrop::into_inner(std::ptr::read(&node.value)))
                };
            }
        }
        // ANCHOR_END: solution_epoch_pop
    }
}
// ANCHOR_END: epoch

impl<T> Default for EpochStack<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for EpochStack<T> {
    fn drop(&mut self) {
        // ANCHOR: solution_epoch_drop
        while self.pop().is_some() {}
        // ANCHOR_END: solution_epoch_drop
    }
}
