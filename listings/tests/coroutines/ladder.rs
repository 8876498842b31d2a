//! All rungs against each other, the ready-made ones, and what may cross threads.

use std::{thread, time::Duration};

use futures::StreamExt;
use listings::coroutines::{
    Pull, blocking_task, from_stream, generator, s2_iterator, stackful, strict, task, threaded,
    threaded_crossbeam,
};
use proptest::{collection::vec, prelude::*};
use tokio::time::{Instant, sleep};

use crate::{
    properties::{
        config, consumer_sees_what_the_model_predicts, fibonacci_equals_wide_arithmetic, scripts,
        two_sequences_do_not_disturb_each_other,
    },
    rungs::ALL,
    suite::contract,
};

mod genawaiter_rc {
    super::contract!(crate::rungs::Genawaiter);
}

mod stream_macro {
    super::contract!(crate::rungs::AsyncStream);
}

#[test]
fn strict_is_over_at_the_first_none() {
    let mut answers = [Some(1), None, Some(2)].into_iter();
    let mut pull = strict(std::iter::from_fn(move || answers.next()?));
    assert_eq!(
        [pull.next(), pull.next(), pull.next()],
        [Some(1), None, None]
    );
}

#[test]
#[should_panic(expected = "nothing would wake it")]
fn stream_that_is_not_ready_panics() {
    from_stream(futures::stream::pending::<u64>()).next();
}

/// Whether the type of a value is `Send`, as a value: method lookup prefers the inherent method, where it applies.
macro_rules! is_send {
    ($value:expr) => {{
        #[allow(
            unused_imports,
            reason = "the fallback is used when the type is not `Send`"
        )]
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
    assert!(
        !is_send!(generator(|y| async move { y.yield_(1).await })),
        "the slot is an `Rc`"
    );
    assert!(
        !is_send!(stackful(push)),
        "nobody knows what lies on its stack"
    );
    assert!(is_send!(threaded(1, push)));
    assert!(is_send!(threaded_crossbeam(1, push)));
    assert!(is_send!(blocking_task(
        1,
        |y| async move { y.yield_(1).await }
    )));
    assert!(is_send!(genawaiter::sync::Gen::new(
        |co: genawaiter::sync::Co<u64>| async move { co.yield_(1).await }
    )));
    assert!(!is_send!(genawaiter::rc::Gen::new(
        |co: genawaiter::rc::Co<u64>| async move { co.yield_(1).await }
    )));
    let stream = async_stream::stream! { yield 1_u64; };
    assert!(
        is_send!(stream),
        "a stream is `Send` when what it holds across a `yield` is"
    );
}

#[test]
fn stopped_sequence_is_moved() {
    // That asking again does not compile is checked on the page; here: `stop` takes any rung, boxed ones too.
    let rungs: [Box<dyn Pull<Item = u64>>; 2] = [
        Box::new(s2_iterator::sequence()),
        Box::new(std::iter::empty()),
    ];
    rungs.into_iter().for_each(Pull::stop);
}

#[test]
fn coroutine_runs_on_its_consumers_thread() {
    let own = thread::current().id();
    let mut in_async = generator(|y| async move { y.yield_(thread::current().id()).await });
    assert_eq!(in_async.next(), Some(own));
    let mut on_own_stack = stackful(|emit| emit(thread::current().id()));
    assert_eq!(on_own_stack.next(), Some(own));
    let mut on_thread = threaded(0, |emit| emit(thread::current().id()));
    assert_ne!(on_thread.next(), Some(own));
}

/// Four values, 10 ms to make one and 10 ms to use one.
const STEP: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn coroutine_takes_turns_with_its_consumer() {
    let begin = Instant::now();
    let mut values = std::pin::pin!(async_stream::stream! {
        for n in 1..=4 {
            sleep(STEP).await;
            yield n;
        }
    });
    while values.next().await.is_some() {
        sleep(STEP).await;
    }
    assert_eq!(begin.elapsed(), 8 * STEP);
}

#[tokio::test(start_paused = true)]
async fn task_works_while_its_consumer_does() {
    let begin = Instant::now();
    let mut values = task(1, |y| async move {
        for n in 1..=4 {
            sleep(STEP).await;
            y.yield_(n).await;
        }
    });
    while values.next().await.is_some() {
        sleep(STEP).await;
    }
    assert_eq!(begin.elapsed(), 5 * STEP);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn fibonacci_equals_wide_arithmetic_on_every_rung(n in 0_usize..200) {
        fibonacci_equals_wide_arithmetic(&ALL, n)?;
    }

    #[test]
    fn consumer_sees_the_same_on_every_rung(script in scripts()) {
        consumer_sees_what_the_model_predicts(&ALL, script)?;
    }

    #[test]
    fn two_sequences_of_a_rung_do_not_disturb_each_other(order in vec(any::<bool>(), 0..100)) {
        two_sequences_do_not_disturb_each_other(&ALL, &order)?;
    }
}
