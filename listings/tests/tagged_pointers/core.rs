//! The cell under a lock, and the stack over it.

use std::{ptr, thread};

use listings::tagged_pointers::{Locked, Node, Stack, TaggedPointer};

use super::{
    HOME, cell, last_given_is_first_taken, pop_after_changes, script_is_refused,
    threads_lose_nothing_and_double_nothing, to,
};

type Cell = Locked<u64>;
type LockedStack = Stack<Locked<Node>>;

#[test]
fn cell_begins_with_null() {
    cell::begins_with_null::<Cell>();
}

#[test]
fn cell_stores_what_it_is_given() {
    cell::stores_what_it_is_given::<Cell>();
}

#[test]
fn generation_counts_stores() {
    cell::generation_counts_stores::<Cell>();
}

#[test]
fn failure_changes_nothing() {
    cell::failure_changes_nothing::<Cell>();
}

#[test]
fn pointer_and_generation_are_compared() {
    cell::both_are_compared::<Cell>();
}

#[test]
fn pointer_that_came_back_is_noticed() {
    cell::pointer_that_came_back_is_noticed::<Cell>();
}

#[test]
fn of_two_threads_that_saw_the_same_one_succeeds() {
    let home = HOME;
    let cell = Cell::new(&home);
    let generation = cell.load().1;
    let won = thread::scope(|scope| {
        let threads = [0, 1].map(|place| {
            let (cell, home) = (&cell, &home);
            scope.spawn(move || cell.cas((ptr::null_mut(), generation), to(home, place)))
        });
        threads.map(|thread| thread.join().expect("no thread panics"))
    });
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    assert_eq!(cell.load().1, 1);
}

#[test]
fn stack_gives_the_last_first() {
    last_given_is_first_taken::<LockedStack>();
}

#[test]
fn empty_stack_has_nothing_to_begin_with() {
    let stack = LockedStack::full(0);
    assert!(stack.begin_pop().is_none() && stack.pop().is_none());
}

#[test]
fn pop_in_halves_takes_what_it_has_seen() {
    let stack = LockedStack::full(2);
    let begun = stack.begin_pop().expect("there are two");
    assert_eq!(stack.seen(&begun), (0, Some(1)));
    assert_eq!(stack.commit_pop(begun).map(|ticket| ticket.number()), Ok(0));
    assert!(stack.commit_pop(begun).is_err(), "once is all");
    assert_eq!(stack.snapshot().0, [1]);
}

#[test]
fn ticket_of_a_larger_stack_is_refused() {
    let large = LockedStack::full(2);
    large.pop();
    let ticket = large.pop().expect("there were two");
    let pushed = std::panic::catch_unwind(|| LockedStack::full(1).push(ticket));
    assert!(pushed.is_err());
}

#[test]
fn script_of_the_page_is_refused() {
    script_is_refused::<Locked<Node>>();
    assert!(!pop_after_changes::<Locked<Node>>(2));
}

#[test]
fn stack_loses_nothing_and_doubles_nothing() {
    threads_lose_nothing_and_double_nothing::<LockedStack>();
}
