//! The ready-made rungs, and what may cross threads.

use listings::coroutines::{
    Pull, blocking_task, from_stream, generator, s2_iterator, stackful, strict, threaded, threaded_crossbeam,
};

use crate::suite::contract;

contract!(genawaiter_rc, crate::rungs::Genawaiter);
contract!(stream_macro, crate::rungs::AsyncStream);

#[test]
fn strict_is_over_at_the_first_none() {
    let mut answers = [Some(1), None, Some(2)].into_iter();
    let mut pull = strict(std::iter::from_fn(move || answers.next()?));
    assert_eq!([pull.next(), pull.next(), pull.next()], [Some(1), None, None]);
}

#[test]
#[should_panic(expected = "nothing would wake it")]
fn stream_that_is_not_ready_panics() {
    from_stream(futures::stream::pending::<u64>()).next();
}

/// Whether the type of a value is `Send`, as a value: method lookup prefers the inherent method, where it applies.
macro_rules! is_send {
    ($value:expr) => {{
        #[allow(unused_imports, reason = "the fallback is used when the type is not `Send`")]
        use fallback::NotSend as _;
        Probe(&$value).is_send()
    }};
}

struct Probe<'a, T>(&'a T);

impl<T: Send> Probe<'_, T> {
    fn is_send(&self) -> bool {
        let _: &T = self.0;
        true
    }
}

mod fallback {
    pub trait NotSend {
        fn is_send(&self) -> bool {
            false
        }
    }
    impl<T> NotSend for super::Probe<'_, T> {}
}

#[test]
fn rungs_are_send_as_the_table_says() {
    let push = |emit: &mut dyn FnMut(u64)| emit(1);
    assert!(is_send!(s2_iterator::sequence()));
    assert!(!is_send!(generator(|y| async move { y.yield_(1).await })), "the slot is an `Rc`");
    assert!(!is_send!(stackful(push)), "nobody knows what lies on its stack");
    assert!(is_send!(threaded(1, push)));
    assert!(is_send!(threaded_crossbeam(1, push)));
    assert!(is_send!(blocking_task(1, |y| async move { y.yield_(1).await })));
    assert!(is_send!(genawaiter::sync::Gen::new(|co: genawaiter::sync::Co<u64>| async move {
        co.yield_(1).await
    })));
    assert!(!is_send!(genawaiter::rc::Gen::new(
        |co: genawaiter::rc::Co<u64>| async move { co.yield_(1).await }
    )));
    let stream = async_stream::stream! { yield 1_u64; };
    assert!(is_send!(stream), "a stream is `Send` when what it holds across a `yield` is");
}

#[test]
fn stopped_sequence_is_moved() {
    // That asking again does not compile is checked on the page; here: `stop` takes any rung, boxed ones too.
    let rungs: [Box<dyn Pull<Item = u64>>; 2] =
        [Box::new(s2_iterator::sequence()), Box::new(std::iter::empty())];
    rungs.into_iter().for_each(Pull::stop);
}
