//! Stacks of tickets to compare with, and what they all have in common.

use std::sync::{Mutex, PoisonError};

use crossbeam::queue::ArrayQueue;

use super::{EpochStack, Node, Stack, TaggedPointer, Ticket};

/// A store of tickets that many threads take from and give back to.
pub trait Tickets: Send + Sync {
    /// A store of so many.
    fn full(tickets: usize) -> Self
    where
        Self: Sized;

    /// Takes one, if there is one.
    fn take(&self) -> Option<Ticket>;

    /// Gives one back that was taken from here.
    fn give(&self, ticket: Ticket);
}

impl<H: TaggedPointer<Node>> Tickets for Stack<H> {
    fn full(tickets: usize) -> Self {
        Stack::full(tickets)
    }

    fn take(&self) -> Option<Ticket> {
        self.pop()
    }

    fn give(&self, ticket: Ticket) {
        self.push(ticket);
    }
}

impl Tickets for EpochStack<Ticket> {
    fn full(tickets: usize) -> Self {
        let stack = Self::new();
        (0..tickets)
            .rev()
            .for_each(|number| stack.push(Ticket::new(number)));
        stack
    }

    fn take(&self) -> Option<Ticket> {
        self.pop()
    }

    fn give(&self, ticket: Ticket) {
        self.push(ticket);
    }
}

/// The stack to start with.
impl Tickets for Mutex<Vec<Ticket>> {
    fn full(tickets: usize) -> Self {
        Mutex::new((0..tickets).rev().map(Ticket::new).collect())
    }

    fn take(&self) -> Option<Ticket> {
        self.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give(&self, ticket: Ticket) {
        self.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(ticket);
    }
}

impl Tickets for parking_lot::Mutex<Vec<Ticket>> {
    fn full(tickets: usize) -> Self {
        parking_lot::Mutex::new((0..tickets).rev().map(Ticket::new).collect())
    }

    fn take(&self) -> Option<Ticket> {
        self.lock().pop()
    }

    fn give(&self, ticket: Ticket) {
        self.lock().push(ticket);
    }
}

/// No stack: a queue, in which threads at both ends meet less.
impl Tickets for ArrayQueue<Ticket> {
    fn full(tickets: usize) -> Self {
        let queue = ArrayQueue::new(tickets.max(1));
        (0..tickets).for_each(|number| queue.give(Ticket::new(number)));
        queue
    }

    fn take(&self) -> Option<Ticket> {
        self.pop()
    }

    fn give(&self, ticket: Ticket) {
        assert!(self.push(ticket).is_ok(), "a ticket too many");
    }
}
