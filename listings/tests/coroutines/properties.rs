//! What must hold for any producer and any consumer: on the rungs of the core exercise here, on all of them in `ladder`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use listings::coroutines::{Pull, take};
use proptest::{collection::vec, option, prelude::*, test_runner::TestCaseError};

use crate::rungs::{AnyPull, Row, SCRIPTED_PANIC, Script, core_rungs};

/// The first `n` Fibonacci numbers that fit in a `u64`, by arithmetic that cannot overflow.
fn reference(n: usize) -> Vec<u64> {
    let pairs = std::iter::successors(Some((0_u128, 1_u128)), |&(a, b)| Some((b, a + b)));
    pairs
        .take(n.min(150))
        .map_while(|(a, _)| u64::try_from(a).ok())
        .collect()
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
    let panics_at = script
        .panics_at
        .filter(|&index| index <= script.values.len());
    let before = panics_at.unwrap_or(script.values.len());
    let values = script.values[..before]
        .iter()
        .map(|&value| Seen::Value(value));
    let panic = panics_at.map(|_| Seen::Panic);
    values
        .chain(panic)
        .chain(std::iter::repeat_with(|| Seen::End))
        .take(asks)
        .collect()
}

/// The settings of every property here: few cases, as some rungs start a thread for each.
pub fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The Fibonacci numbers of the rungs are those of wide arithmetic.
pub fn fibonacci_equals_wide_arithmetic(rungs: &[Row], n: usize) -> Result<(), TestCaseError> {
    for (name, _, fibonacci) in rungs {
        prop_assert_eq!(
            fibonacci().take(n).collect::<Vec<_>>(),
            reference(n),
            "{}",
            name
        );
    }
    Ok(())
}

/// Any script, and how often its consumer asks.
pub fn scripts() -> impl Strategy<Value = (Vec<u64>, Option<usize>, usize)> {
    (
        vec(any::<u64>(), 0..20),
        option::of(0_usize..25),
        0_usize..30,
    )
}

/// On each of the rungs the consumer sees what the model predicts, and nothing that was started is left behind.
pub fn consumer_sees_what_the_model_predicts(
    rungs: &[Row],
    (values, panics_at, asks): (Vec<u64>, Option<usize>, usize),
) -> Result<(), TestCaseError> {
    for (name, pull, _) in rungs {
        let script = Script {
            values: values.clone(),
            panics_at,
            ..Script::default()
        };
        let log = script.log.clone();
        let expected = model(&script, asks);
        prop_assert_eq!(watch(pull(script), asks), expected, "{}", name);
        prop_assert_eq!(
            log.cleaned_up(),
            log.started(),
            "{}: what was started must be cleaned up",
            name
        );
        prop_assert_eq!(
            log.started(),
            usize::from(asks > 0),
            "{}: started by the first `next`",
            name
        );
    }
    Ok(())
}

/// Two sequences of one rung, asked in any order, know nothing of each other.
pub fn two_sequences_do_not_disturb_each_other(
    rungs: &[Row],
    order: &[bool],
) -> Result<(), TestCaseError> {
    for (name, pull, _) in rungs {
        let mut both = [pull(Script::of(0..60)), pull(Script::of(100..160))];
        let mut expected = [0..60, 100..160];
        for &second in order {
            let which = usize::from(second);
            prop_assert_eq!(both[which].next(), expected[which].next(), "{}", name);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn take_equals_wide_arithmetic(n in 0_usize..200) {
        prop_assert_eq!(take(n), reference(n));
    }

    #[test]
    fn fibonacci_equals_wide_arithmetic_on_core_rungs(n in 0_usize..200) {
        fibonacci_equals_wide_arithmetic(core_rungs(), n)?;
    }

    #[test]
    fn consumer_sees_the_same_on_core_rungs(script in scripts()) {
        consumer_sees_what_the_model_predicts(core_rungs(), script)?;
    }

    #[test]
    fn two_sequences_of_a_core_rung_do_not_disturb_each_other(order in vec(any::<bool>(), 0..100)) {
        two_sequences_do_not_disturb_each_other(core_rungs(), &order)?;
    }
}
