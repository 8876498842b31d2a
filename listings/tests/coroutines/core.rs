//! The interface, the iterator and the generator.

use std::{cell::RefCell, future::pending, panic, rc::Rc};

use futures::FutureExt;
use listings::coroutines::{Generator, generator, take};

use crate::suite::{LAST, contract};

mod by_hand {
    super::contract!(crate::rungs::ByHand);
}

mod from_fn {
    super::contract!(crate::rungs::FromFn);
}

mod async_block {
    super::contract!(crate::rungs::Async);
}

#[test]
fn take_returns_exactly_as_many_as_asked() {
    assert!(take(0).is_empty());
    assert_eq!(take(1), [0]);
    assert_eq!(take(2), [0, 1]);
    assert_eq!(take(10), [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]);
}

#[test]
fn take_of_more_than_there_are_returns_all() {
    assert_eq!(take(94).last(), Some(&LAST));
    assert_eq!(take(95), take(94));
    assert_eq!(take(usize::MAX).len(), 94);
}

#[test]
fn generator_keeps_its_locals_from_step_to_step() {
    let lines = generator(|y| async move {
        let mut line = String::new();
        for letter in ["a", "b", "c"] {
            line.push_str(letter);
            let borrowed = &line; // borrowed across the `.await`: an unstable `gen` block refuses this
            y.yield_(borrowed.len()).await;
            assert!(borrowed.ends_with(letter));
        }
    });
    assert!(lines.eq([1, 2, 3]));
}

#[test]
fn generator_of_a_generator_yields_for_both() {
    let outer = generator(|y| async move {
        for n in generator(|y| async move { y.yield_(1).await }).chain([2]) {
            y.yield_(n).await;
        }
    });
    assert!(outer.eq([1, 2]));
}

#[test]
fn generator_loses_no_value_of_joined_yields() {
    let joined = generator(|y| async move {
        futures::join!(y.yield_(1), y.yield_(2), y.yield_(3));
        y.yield_(4).await;
    });
    let mut values: Vec<i32> = joined.collect();
    assert_eq!(values.pop(), Some(4));
    values.sort_unstable();
    assert_eq!(values, [1, 2, 3]);
}

#[test]
fn generator_delivers_an_abandoned_yield_last() {
    let mut abandoned = generator(|y| async move {
        assert!(y.yield_(1).now_or_never().is_none());
    });
    assert_eq!([abandoned.next(), abandoned.next()], [Some(1), None]);
}

#[test]
#[should_panic(expected = "a generator may await nothing but `yield_`")]
fn generator_that_awaits_something_else_panics() {
    generator::<u64, _>(|_| pending()).next();
}

#[test]
#[should_panic(expected = "already borrowed")]
fn generator_asked_by_its_own_producer_panics() {
    type Cyclic = Generator<u64, std::pin::Pin<Box<dyn Future<Output = ()>>>>;
    let shared: Rc<RefCell<Option<Cyclic>>> = Rc::default();
    let own = Rc::downgrade(&shared);
    *shared.borrow_mut() = Some(generator(
        |_| -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
            Box::pin(async move {
                let shared = own.upgrade().expect("the consumer holds it");
                shared.borrow_mut().as_mut().map(Iterator::next);
            })
        },
    ));
    shared.borrow_mut().as_mut().map(Iterator::next);
}

#[test]
fn generator_whose_cleanup_panics_panics_in_drop() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic::resume_unwind(Box::new("cleanup"));
        }
    }
    let mut pull = generator(|y| async move {
        let _bomb = Bomb;
        y.yield_(1).await;
    });
    pull.next();
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| drop(pull)));
    assert_eq!(
        outcome.unwrap_err().downcast_ref::<&str>(),
        Some(&"cleanup")
    );
}
