//! What must hold for any producer and any consumer, on every rung alike.

use std::panic::{AssertUnwindSafe, catch_unwind};

use listings::coroutines::{Pull, take};
use proptest::{collection::vec, option, prelude::*};

use crate::rungs::{ALL, AnyPull, SCRIPTED_PANIC, Script};

/// The first `n` Fibonacci numbers that fit in a `u64`, by arithmetic that cannot overflow.
fn reference(n: usize) -> Vec<u64> {
    let pairs = std::iter::successors(Some((0_u128, 1_u128)), |&(a, b)| Some((b, a + b)));
    pairs.take(n.min(150)).map_while(|(a, _)| u64::try_from(a).ok()).collect()
}

/// What a consumer sees when it asks `asks` times and then stops.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Value(u64),
    End,
    Panic,
}

fn watch(mut pull: AnyPull, asks: usize) -> Vec<Seen> {
    let seen = (0..asks)
        .map(|_| match catch_unwind(AssertUnwindSafe(|| pull.next())) {
            Ok(Some(value)) => Seen::Value(value),
            Ok(None) => Seen::End,
            Err(payload) => {
                assert_eq!(payload.downcast_ref::<&str>(), Some(&SCRIPTED_PANIC));
                Seen::Panic
            }
        })
        .collect();
    pull.stop();
    seen
}

/// What it ought to see.
fn model(script: &Script, asks: usize) -> Vec<Seen> {
    let panics_at = script.panics_at.filter(|&index| index <= script.values.len());
    let before = panics_at.unwrap_or(script.values.len());
    let values = script.values[..before].iter().map(|&value| Seen::Value(value));
    let panic = panics_at.map(|_| Seen::Panic);
    values.chain(panic).chain(std::iter::repeat_with(|| Seen::End)).take(asks).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn take_equals_wide_arithmetic(n in 0_usize..200) {
        prop_assert_eq!(take(n), reference(n));
    }

    #[test]
    fn fibonacci_equals_wide_arithmetic_on_every_rung(n in 0_usize..200) {
        for (name, _, fibonacci) in ALL {
            prop_assert_eq!(fibonacci().take(n).collect::<Vec<_>>(), reference(n), "{}", name);
        }
    }

    #[test]
    fn consumer_sees_the_same_on_every_rung(
        values in vec(any::<u64>(), 0..20),
        panics_at in option::of(0_usize..25),
        asks in 0_usize..30,
    ) {
        for (name, pull, _) in ALL {
            let script = Script { values: values.clone(), panics_at, ..Script::default() };
            let log = script.log.clone();
            let expected = model(&script, asks);
            prop_assert_eq!(watch(pull(script), asks), expected, "{}", name);
            prop_assert_eq!(log.cleaned_up(), log.started(), "{}: what was started must be cleaned up", name);
            prop_assert_eq!(log.started(), usize::from(asks > 0), "{}: started by the first `next`", name);
        }
    }

    #[test]
    fn two_sequences_of_a_rung_do_not_disturb_each_other(order in vec(any::<bool>(), 0..100)) {
        for (name, pull, _) in ALL {
            let mut both = [pull(Script::of(0..60)), pull(Script::of(100..160))];
            let mut expected = [0..60, 100..160];
            for &second in &order {
                let which = usize::from(second);
                prop_assert_eq!(both[which].next(), expected[which].next(), "{}", name);
            }
        }
    }
}
