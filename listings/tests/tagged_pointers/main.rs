//! Tests of the chapter *Tag a pointer against ABA*.
//!
//! `aba` shows what goes wrong, and `harness` holds the measuring to its word; the other modules are the groups of the
//! exercise.

mod aba;
mod bonus;
mod core;
mod harness;
mod models;
mod properties;
mod stretch;

use std::ptr;

use listings::tagged_pointers::{Node, Stack, TaggedPointer, Tickets, script};

/// Three places to point to.
const HOME: [u64; 3] = [0; 3];

/// A pointer to one of them.
fn to(home: &[u64; 3], place: usize) -> *mut u64 {
    (&raw const home[place]).cast_mut()
}

/// What any cell with a generation does, on one thread.
mod cell {
    use super::*;

    pub fn begins_with_null<H: TaggedPointer<u64>>() {
        let (pointer, generation) = H::new(&HOME).load();
        assert!(pointer.is_null());
        assert_eq!(generation, 0);
    }

    pub fn stores_what_it_is_given<H: TaggedPointer<u64>>() {
        let home = HOME;
        let cell = H::new(&home);
        for place in [to(&home, 0), to(&home, 2), ptr::null_mut(), to(&home, 1)] {
            assert!(cell.cas(cell.load(), place));
            assert_eq!(cell.load().0, place);
        }
    }

    pub fn generation_counts_stores<H: TaggedPointer<u64>>() {
        let home = HOME;
        let cell = H::new(&home);
        for stores in 1..=5 {
            assert!(
                cell.cas(cell.load(), to(&home, 0)),
                "the same pointer is a store, too"
            );
            assert_eq!(cell.load().1, stores);
        }
    }

    pub fn failure_changes_nothing<H: TaggedPointer<u64>>() {
        let home = HOME;
        let cell = H::new(&home);
        let before = cell.load();
        assert!(cell.cas(before, to(&home, 0)));
        let now = cell.load();
        assert!(!cell.cas(before, to(&home, 1)));
        assert_eq!(cell.load(), now);
    }

    /// The pointer alone must be right, and the generation alone, and one is not enough.
    pub fn both_are_compared<H: TaggedPointer<u64>>() {
        let home = HOME;
        let cell = H::new(&home);
        assert!(cell.cas(cell.load(), to(&home, 0)));
        let (pointer, generation) = cell.load();
        assert!(
            !cell.cas((to(&home, 1), generation), to(&home, 2)),
            "another pointer"
        );
        assert!(
            !cell.cas((pointer, generation + 1), to(&home, 2)),
            "another generation"
        );
        assert!(cell.cas((pointer, generation), to(&home, 2)));
    }

    pub fn pointer_that_came_back_is_noticed<H: TaggedPointer<u64>>() {
        let home = HOME;
        let cell = H::new(&home);
        assert!(cell.cas(cell.load(), to(&home, 0)));
        let seen = cell.load();
        assert!(cell.cas(cell.load(), to(&home, 1)));
        assert!(cell.cas(cell.load(), to(&home, 0)));
        assert_eq!(cell.load().0, seen.0);
        assert!(!cell.cas(seen, to(&home, 2)));
    }
}

/// What any store of tickets does that claims to be a stack.
fn last_given_is_first_taken<S: Tickets>() {
    let stack = S::full(3);
    let [a, b] = [stack.take(), stack.take()].map(|ticket| ticket.expect("there are three"));
    assert_eq!([a.number(), b.number()], [0, 1]);
    stack.give(a);
    stack.give(b);
    let numbers = std::iter::from_fn(|| stack.take()).map(|ticket| ticket.number());
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 0, 2]);
    assert!(stack.take().is_none());
}

/// Two threads take and give, and in the end every ticket is there once.
fn threads_lose_nothing_and_double_nothing<S: Tickets>() {
    const TICKETS: usize = 8;
    let rounds = if cfg!(miri) { 20 } else { 5_000 };
    let stack = S::full(TICKETS);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let held: Vec<_> = (0..3).filter_map(|_| stack.take()).collect();
                    held.into_iter().for_each(|ticket| stack.give(ticket));
                }
            });
        }
    });
    let mut numbers: Vec<_> = std::iter::from_fn(|| stack.take())
        .map(|ticket| ticket.number())
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..TICKETS));
}

/// The script of the page, on a head with a generation: the pop is refused, and nothing is in two places.
fn script_is_refused<H: TaggedPointer<Node>>() {
    let steps = script::play::<H>();
    assert!(
        steps.iter().all(|step| step.twice().is_empty()),
        "{steps:?}"
    );
    assert_eq!(steps[5].held[0], [], "the first thread has lost");
    assert_eq!(steps[6].held, [vec!['A'], vec!['B']]);
}

/// So many changes that end where they began, between the halves of a pop; says whether the pop is taken in by them.
fn pop_after_changes<H: TaggedPointer<Node>>(changes: u64) -> bool {
    assert!(
        changes.is_multiple_of(2),
        "a ticket that is taken is given back"
    );
    let stack = Stack::<H>::full(2);
    let begun = stack.begin_pop().expect("there are two");
    for _ in 0..changes / 2 {
        stack.push(stack.pop().expect("there are two"));
    }
    stack.commit_pop(begun).is_ok()
}
