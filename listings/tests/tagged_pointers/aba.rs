//! What goes wrong without a generation, and where it cannot.

use std::panic;

use listings::tagged_pointers::{
    Bare, Stack, TaggedPointer, script, under_loom,
    under_shuttle::{self, models::Log},
};

use super::{HOME, last_given_is_first_taken, pop_after_changes, to};

#[test]
fn bare_pointer_hands_a_ticket_out_twice() {
    let steps = script::play::<Bare<_>>();
    assert!(
        steps[..5].iter().all(|step| step.twice().is_empty()),
        "all is well until the first thread goes on"
    );
    assert_eq!(steps[5].twice(), ['B']);
    assert_eq!(steps[6].held, [vec!['A', 'B'], vec!['B']]);
}

#[test]
fn bare_pointer_is_right_on_one_thread() {
    last_given_is_first_taken::<Stack<Bare<_>>>();
}

#[test]
fn bare_pointer_does_not_notice_that_it_came_back() {
    assert!(pop_after_changes::<Bare<_>>(2));
    let home = HOME;
    let cell = Bare::new(&home);
    let seen = cell.load();
    assert!(cell.cas(seen, to(&home, 0)) && cell.cas(cell.load(), seen.0));
    assert!(cell.cas(seen, to(&home, 1)));
}

/// A push compares with what it has written into its own node. If the head is the same pointer again, that is still true.
#[test]
fn push_does_not_mind_a_pointer_that_came_back() {
    let stack = Stack::<Bare<_>>::full(3);
    let mine = stack.pop().expect("there are three");
    let top = stack.pop().expect("there are two"); // in the middle of the push: the head goes, …
    stack.push(top); // … and comes back
    stack.push(mine);
    assert_eq!(stack.snapshot().0, [0, 1, 2]);
}

/// An allocator gives out again what was freed: nobody has to push the same node twice.
#[test]
fn freed_address_comes_back_without_being_pushed() {
    let freed = Box::new(1_u64);
    let address = (&raw const *freed).addr();
    drop(freed);
    let comes_back = (0..1000).any(|_| (&raw const *Box::new(2_u64)).addr() == address);
    assert!(
        comes_back,
        "this allocator never gives an address out again"
    );
}

#[test]
fn loom_finds_the_ticket_that_is_handed_out_twice() {
    let panic = panic::catch_unwind(under_loom::hand_out_once::<under_loom::s1_bare::Bare<_>>);
    let panic = panic.expect_err("loom finds it");
    let message = panic
        .downcast_ref::<String>()
        .expect("the message of an assertion");
    assert!(message.contains("left: [0, 1, 1, 2]"), "{message}");
}

#[test]
fn shuttle_finds_the_ticket_that_is_handed_out_twice() {
    let model =
        || under_shuttle::models::hand_out_once::<under_shuttle::s1_bare::Bare<_>>(&Log::default());
    let panic = panic::catch_unwind(|| shuttle::check_random_with_seed(model, 7, 10_000));
    let panic = panic.expect_err("shuttle finds it");
    let message = panic
        .downcast_ref::<String>()
        .expect("the message of an assertion");
    assert!(message.contains("left: [0, 1, 1, 2]"), "{message}");
}

/// With one ticket the pointer that comes back means what it did: there is nothing below it that could have changed.
#[test]
fn loom_finds_nothing_where_only_one_node_exists() {
    let executions = under_loom::handover::<under_loom::s1_bare::Bare<_>>(1);
    assert!(executions > 1, "nothing races");
}

#[test]
fn generation_does_not_keep_memory_from_being_freed() {
    let panic = panic::catch_unwind(under_loom::freed_at_once).expect_err("loom finds it");
    let message = panic.downcast_ref::<&str>().copied().map_or_else(
        || panic.downcast_ref::<String>().cloned().unwrap_or_default(),
        str::to_owned,
    );
    assert!(message.contains("used after it was freed"), "{message}");
}
