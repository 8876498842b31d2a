//! The stages once more, from the same files, with loom's types in place of std's.
//!
//! Only for use inside `loom::model`: outside of it loom's types panic.

#![allow(
    clippy::duplicate_mod,
    reason = "the same file against other types is what this module is for"
)]

use std::{
    ptr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
};

use loom::cell::UnsafeCell;

use self::{
    models::Log,
    s2_stack::{Node, Stack},
    s4_wide::Wide,
    sync::{AtomicPtr, Ordering, thread},
};
use super::{Seen, TaggedPointer};

#[path = "models.rs"]
pub mod models;
#[path = "s1_bare.rs"]
pub mod s1_bare;
#[path = "s2_stack.rs"]
pub mod s2_stack;
#[path = "s3_locked.rs"]
pub mod s3_locked;
#[path = "s4_wide.rs"]
pub mod s4_wide;
#[path = "s5_indexed.rs"]
pub mod s5_indexed;

/// What the files find under `super::sync`.
mod sync {
    pub(super) use loom::{
        sync::{
            Mutex,
            atomic::{AtomicPtr, AtomicU64, Ordering},
        },
        thread,
    };

    super::interned!();
}

// ANCHOR: interned
/// An atomic of 128 bits for a model checker that has none: an atomic of 64 bits, in which every value that ever occurs
/// has a number of its own. Equal values have equal numbers, so an exchange on the one is an exchange on the other, with
/// the same orderings.
macro_rules! interned {
    () => {
        #[derive(Debug)]
        pub(super) struct AtomicU128 {
            number: AtomicU64,
            /// Of std: it is no part of the model.
            values: std::sync::Mutex<Vec<u128>>,
        }

        impl AtomicU128 {
            pub(super) fn new(value: u128) -> Self {
                Self {
                    number: AtomicU64::new(0),
                    values: std::sync::Mutex::new(vec![value]),
                }
            }

            pub(super) fn load(&self, order: Ordering) -> u128 {
                let number = self.number.load(order);
                self.values.lock().expect("nothing panics under this lock")[number as usize]
            }

            pub(super) fn compare_exchange(
                &self,
                current: u128,
                new: u128,
                success: Ordering,
                failure: Ordering,
            ) -> Result<u64, u64> {
                let [current, new] = [current, new].map(|value| {
                    let mut values = self.values.lock().expect("nothing panics under this lock");
                    let number = values
                        .iter()
                        .position(|&known| known == value)
                        .unwrap_or_else(|| {
                            values.push(value);
                            values.len() - 1
                        });
                    number as u64
                });
                self.number.compare_exchange(current, new, success, failure)
            }
        }
    };
}
// ANCHOR_END: interned
pub(super) use interned;

/// Runs a model in every interleaving and counts them.
fn executions(model: impl Fn() + Send + Sync + 'static) -> usize {
    let count = Arc::new(AtomicUsize::new(0)); // Relaxed: loom runs one thread at a time
    let counted = Arc::clone(&count);
    loom::model(move || {
        counted.fetch_add(1, Relaxed);
        model();
    });
    count.load(Relaxed)
}

/// The model of [`models::hand_out_once`], in every interleaving; says how many there are.
///
/// # Panics
///
/// In the interleaving in which a ticket is handed out twice, if there is one.
#[must_use]
pub fn hand_out_once<H: TaggedPointer<Node> + 'static>() -> usize {
    executions(|| models::hand_out_once::<H>(&Log::default()))
}

/// The model of [`models::pops_and_pushes`], likewise.
///
/// # Panics
///
/// In the interleaving in which a ticket is lost or doubled, if there is one.
#[must_use]
pub fn pops_and_pushes<H: TaggedPointer<Node> + 'static>() -> usize {
    executions(models::pops_and_pushes::<H>)
}

// ANCHOR: handover
/// Two threads take a ticket, write to its buffer, and give it back. Who takes it must see what the one before has
/// written. With one ticket a thread may find none; with two, each may get either.
///
/// # Panics
///
/// In the interleaving in which a buffer is written to by two threads that are not ordered, if there is one.
#[must_use]
pub fn handover<H: TaggedPointer<Node> + 'static>(tickets: usize) -> usize {
    executions(move || {
        let stack = Arc::new(Stack::<H>::full(tickets));
        let buffers: Arc<[UnsafeCell<u32>]> = (0..tickets).map(|_| UnsafeCell::new(0)).collect();
        let work = {
            let (stack, buffers) = (Arc::clone(&stack), Arc::clone(&buffers));
            move || {
                if let Some(ticket) = stack.pop() {
                    // SAFETY: the ticket is the right to use this buffer. loom checks that it is.
                    buffers[ticket.number()].with_mut(|buffer| unsafe { *buffer += 1 });
                    stack.push(ticket);
                }
            }
        };
        let other = thread::spawn(work.clone());
        work();
        other.join().unwrap();
    })
}
// ANCHOR_END: handover

// ANCHOR: freed
/// A node that is freed as soon as it was popped. Its memory is really given up only with the process, so that whoever
/// uses it afterwards can be caught.
struct Boxed {
    next: AtomicPtr<Boxed>,
    freed: AtomicBool, // of std: it is no part of the model
}

impl Boxed {
    fn new() -> *mut Self {
        Box::into_raw(Box::new(Self {
            next: AtomicPtr::new(ptr::null_mut()),
            freed: AtomicBool::new(false),
        }))
    }

    fn follow<'a>(pointer: *mut Self) -> Option<&'a Self> {
        // SAFETY: null, or made by `new`, whose memory nobody gives back.
        let node = unsafe { pointer.as_ref() };
        assert!(
            node.is_none_or(|node| !node.freed.load(Relaxed)),
            "a node is used after it was freed"
        );
        node
    }
}

/// Two threads pop from a stack with a generation, and free what they have popped.
///
/// # Panics
///
/// In the interleaving in which one looks at what the other has freed.
#[must_use]
pub fn freed_at_once() -> usize {
    fn pop(head: &Wide<Boxed>) {
        loop {
            let seen = head.load();
            let Some(node) = Boxed::follow(seen.0) else {
                return;
            };
            if head.cas(seen, node.next.load(Ordering::Relaxed)) {
                node.freed.store(true, Relaxed);
                return;
            }
        }
    }

    executions(|| {
        let head: Arc<Wide<Boxed>> = Arc::new(Wide::new(&[]));
        for _ in 0..2 {
            let (node, top) = (Boxed::new(), head.load());
            Boxed::follow(node)
                .expect("it is new")
                .next
                .store(top.0, Ordering::Relaxed);
            assert!(head.cas(top, node));
        }
        let other = thread::spawn({
            let head = Arc::clone(&head);
            move || pop(&head)
        });
        pop(&head);
        other.join().unwrap();
    })
}
// ANCHOR_END: freed
