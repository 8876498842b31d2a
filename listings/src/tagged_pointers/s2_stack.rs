//! Stage 2: Treiber's stack, over any cell.

use std::{ptr, sync::Arc};

use super::{
    TaggedPointer,
    sync::{AtomicPtr, Ordering},
};

// ANCHOR: types
/// The right to use the buffer of this number. It cannot be cloned, so there is one of each, if the stack keeps its word.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket(usize);

/// A link of the stack: the place of one ticket.
#[derive(Debug)]
pub struct Node {
    next: AtomicPtr<Node>,
}

/// A stack of tickets. Its nodes live as long as it does, and are used again and again.
#[derive(Debug)]
pub struct Stack<H> {
    /// In an `Arc`, which leaves them where they are, so that pointers to them stay good when the stack is moved.
    nodes: Arc<[Node]>,
    head: H,
}
// ANCHOR_END: types

impl Ticket {
    /// A ticket from nowhere, for the stacks that keep their own.
    pub(crate) fn new(number: usize) -> Self {
        Self(number)
    }

    /// The number of the buffer that it stands for.
    #[must_use]
    pub fn number(&self) -> usize {
        self.0
    }
}

// ANCHOR: begun
/// What a pop has seen so far: the node on top, and the one below it.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    top: (*mut Node, u64),
    next: *mut Node,
}

/// The head was not what the pop had seen.
#[derive(Debug, PartialEq, Eq)]
pub struct Lost;
// ANCHOR_END: begun

impl<H: TaggedPointer<Node>> Stack<H> {
    /// A stack of so many tickets, with number 0 on top.
    #[must_use]
    pub fn full(tickets: usize) -> Self {
        let nodes: Arc<[Node]> = (0..tickets)
            .map(|_| Node {
                next: AtomicPtr::new(ptr::null_mut()),
            })
            .collect();
        let head = H::new(&nodes);
        let stack = Self { nodes, head };
        (0..tickets)
            .rev()
            .for_each(|number| stack.push(Ticket::new(number)));
        stack
    }

    // ANCHOR: push
    /// Gives a ticket back.
    ///
    /// # Panics
    ///
    /// If the ticket is of a larger stack. One of another stack of the same size is not noticed, and is one too many.
    pub fn push(&self, ticket: Ticket) {
        // ANCHOR: solution_push
        let node = self.pointer_to(ticket.0);
        loop {
            let top = self.head.load();
            // Relaxed: the node is ours, and the Release of the `cas` below publishes what we write.
            self.nodes[ticket.0].next.store(top.0, Ordering::Relaxed);
            if self.head.cas(top, node) {
                return;
            }
        }
        // ANCHOR_END: solution_push
    }
    // ANCHOR_END: push

    // ANCHOR: pop
    /// Takes the ticket on top.
    pub fn pop(&self) -> Option<Ticket> {
        // ANCHOR: solution_pop
        loop {
            let begun = self.begin_pop()?;
            if let Ok(ticket) = self.commit_pop(begun) {
                return Some(ticket);
            }
        }
        // ANCHOR_END: solution_pop
    }

    /// The first half of a pop: looks which node is on top, and which is below. Changes nothing.
    pub fn begin_pop(&self) -> Option<Begun> {
        // ANCHOR: solution_begin_pop
        let top = self.head.load();
        // Relaxed: the Acquire of the load above pairs with the `cas` that published this `next`. Or the node was popped
        // in the meantime, and this reads a later one; then the `cas` in `commit_pop` has to notice.
        let next = self.node(top.0)?.next.load(Ordering::Relaxed);
        Some(Begun { top, next })
        // ANCHOR_END: solution_begin_pop
    }

    /// The second half: takes the node that was on top, if it still is.
    ///
    /// # Errors
    ///
    /// [`Lost`] if the head has changed. Nothing was taken; begin again.
    pub fn commit_pop(&self, begun: Begun) -> Result<Ticket, Lost> {
        // ANCHOR: solution_commit_pop
        if self.head.cas(begun.top, begun.next) {
            Ok(Ticket(self.number(begun.top.0)))
        } else {
            Err(Lost)
        }
        // ANCHOR_END: solution_commit_pop
    }
    // ANCHOR_END: pop

    /// The numbers in the stack from the top, and the head's generation. For pictures and tests: it means something only
    /// while nobody changes the stack. Stops after twice as many as there are tickets, for a broken stack may be a ring.
    #[must_use]
    pub fn snapshot(&self) -> (Vec<usize>, u64) {
        let (mut pointer, generation) = self.head.load();
        let mut numbers = Vec::new();
        while let Some(node) = self
            .node(pointer)
            .filter(|_| numbers.len() < 2 * self.nodes.len())
        {
            numbers.push(self.number(pointer));
            pointer = node.next.load(Ordering::Relaxed); // Relaxed: nobody is changing it
        }
        (numbers, generation)
    }

    /// The numbers of the tickets that a pop has seen: the one on top, and the one below it.
    #[must_use]
    pub fn seen(&self, begun: &Begun) -> (usize, Option<usize>) {
        (
            self.number(begun.top.0),
            (!begun.next.is_null()).then(|| self.number(begun.next)),
        )
    }

    // ANCHOR: follow
    /// Follows a pointer that came from a head or a `next`.
    fn node(&self, pointer: *mut Node) -> Option<&Node> {
        // SAFETY: heads and nexts hold null, or pointers that `pointer_to` made from the slice of nodes. That lives as
        // long as `self`, whether a node is in the stack or not, and is only ever shared.
        unsafe { pointer.as_ref() }
    }
    // ANCHOR_END: follow

    fn pointer_to(&self, number: usize) -> *mut Node {
        assert!(number < self.nodes.len(), "a ticket of another stack");
        self.nodes.as_ptr().wrapping_add(number).cast_mut()
    }

    fn number(&self, pointer: *mut Node) -> usize {
        (pointer.addr() - self.nodes.as_ptr().addr()) / size_of::<Node>()
    }
}
