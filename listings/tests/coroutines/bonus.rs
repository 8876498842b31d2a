//! The stackful coroutine: callbacks it did not write, stacks that go deep, unwinding.

use std::{cell::Cell, panic, rc::Rc};

use listings::coroutines::{stackful, stackful_with};

use crate::suite::contract;

mod own_stack {
    super::contract!(crate::rungs::OwnStack);
}

enum Tree {
    Leaf(u32),
    Fork(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn visit(&self, emit: &mut dyn FnMut(u32)) {
        match self {
            Tree::Leaf(value) => emit(*value),
            Tree::Fork(left, right) => {
                left.visit(emit);
                right.visit(emit);
            }
        }
    }
}

/// A tree of the leaves `0..leaves` that leans to the left as far as it can.
fn leaning(leaves: u32) -> Tree {
    (1..leaves).fold(Tree::Leaf(0), |tree, n| {
        Tree::Fork(Box::new(tree), Box::new(Tree::Leaf(n)))
    })
}

#[test]
fn recursive_visitor_is_pulled_leaf_by_leaf() {
    let tree = leaning(100);
    let mut leaves = stackful(move |emit| tree.visit(emit));
    assert!(leaves.by_ref().take(50).eq(0..50));
    assert!(leaves.eq(50..100));
}

#[test]
fn std_function_is_suspended_inside_its_callback() {
    // `sort_by` is in charge of its loop and has no way to be stopped.
    let compared = Rc::new(Cell::new(0));
    let count = Rc::clone(&compared);
    let mut comparisons = stackful(move |emit| {
        let mut numbers: Vec<u32> = (0..1000).rev().collect();
        numbers.sort_by(|a, b| {
            count.set(count.get() + 1);
            emit((*a, *b));
            a.cmp(b)
        });
    });
    assert_eq!(comparisons.by_ref().take(5).count(), 5);
    drop(comparisons);
    assert_eq!(
        compared.get(),
        5,
        "the sort went on after the sequence was dropped"
    );
}

#[test]
fn coroutine_inside_a_coroutine_suspends_both() {
    let mut pairs = stackful(|emit| {
        for outer in stackful(|emit| (0..3).for_each(emit)) {
            for inner in stackful(move |emit| (0..outer).for_each(emit)) {
                emit((outer, inner));
            }
        }
    });
    assert_eq!(pairs.next(), Some((1, 0)));
    assert_eq!(pairs.next(), Some((2, 0)));
    drop(pairs);
}

#[test]
fn cleanup_that_panics_panics_in_drop_and_does_not_abort() {
    let mut pull = stackful(|emit: &mut dyn FnMut(u32)| {
        let caught = panic::catch_unwind(panic::AssertUnwindSafe(|| emit(1)));
        // The producer catches the unwinding that `drop` sent and raises a panic of its own.
        if caught.is_err() {
            panic::resume_unwind(Box::new("cleanup"));
        }
    });
    assert_eq!(pull.next(), Some(1));
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| drop(pull)));
    assert_eq!(
        outcome.unwrap_err().downcast_ref::<&str>(),
        Some(&"cleanup")
    );
}

#[test]
fn producer_that_catches_the_unwinding_is_unwound_again() {
    let attempts = Rc::new(Cell::new(0));
    let count = Rc::clone(&attempts);
    let mut pull = stackful(move |emit: &mut dyn FnMut(u32)| {
        for n in 0..3 {
            count.set(count.get() + 1);
            let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| emit(n)));
        }
    });
    assert_eq!(pull.next(), Some(0));
    drop(pull);
    assert_eq!(attempts.get(), 3);
}

#[test]
fn stack_of_a_chosen_size_is_deep_enough() {
    let deep = leaning(2_000);
    let leaves =
        stackful_with(4 << 20, move |emit| deep.visit(emit)).expect("4 MiB of address space");
    assert_eq!(leaves.count(), 2_000);
}

#[test]
fn stack_that_cannot_be_had_is_an_error() {
    assert!(stackful_with(usize::MAX / 2, |emit: &mut dyn FnMut(u32)| emit(1)).is_err());
}
