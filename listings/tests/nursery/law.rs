//! The law, for programs nobody thought of.

use std::cell::RefCell;

use proptest::prelude::*;

use crate::{
    programs::for_all,
    script::{Books, End, Means, Rules, Script, Step, Task, play},
};

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![10 => Just(End::Ok), 2 => Just(End::Err), 1 => Just(End::Panic)]
}

fn rules() -> impl Strategy<Value = Rules> {
    let policy = prop_oneof![2 => Just(Means::FailFast), 1 => Just(Means::Collect), 1 => Just(Means::Supervise)];
    let some = |of: std::ops::Range<u64>| prop_oneof![2 => Just(None), 1 => of.prop_map(Some)];
    let limit = prop_oneof![3 => Just(None), 1 => (1..4_usize).prop_map(Some)];
    (policy, any::<bool>(), limit, some(0..20), some(0..9)).prop_map(
        |(policy, panics_fail, limit, deadline, grace)| Rules {
            policy,
            panics_fail,
            limit,
            deadline,
            grace,
        },
    )
}

fn steps(depth: u32) -> BoxedStrategy<Vec<Step>> {
    let sleep = (0..9_u64).prop_map(Step::Sleep);
    if depth == 0 {
        return prop::collection::vec(sleep, 0..3).boxed();
    }
    let step = prop_oneof![
        4 => sleep,
        6 => tasks(depth - 1).prop_map(Step::Spawn),
        1 => (0..9_u64, tasks(depth - 1)).prop_map(|(millis, task)| Step::Start(millis, task)),
        2 => scripts(depth - 1).prop_map(Step::Nursery),
        1 => (0..9_u64, scripts(depth - 1)).prop_map(|(millis, script)| Step::Timed(millis, script)),
        2 => (0..15_u64, steps(depth - 1)).prop_map(|(millis, steps)| Step::Shield(millis, steps)),
        1 => Just(Step::Cancel),
        1 => prop_oneof![4 => Just(Step::Sleep(0)), 1 => Just(Step::CancelRoot)],
    ];
    prop::collection::vec(step, 0..6).boxed()
}

fn tasks(depth: u32) -> impl Strategy<Value = Task> {
    let cooperative = prop_oneof![2 => Just(None), 1 => (0..9_u64).prop_map(Some)];
    (cooperative, steps(depth), ends()).prop_map(|(cooperative, steps, end)| Task {
        number: 0,
        cooperative,
        steps,
        end,
    })
}

fn scripts(depth: u32) -> impl Strategy<Value = Script> {
    (rules(), steps(depth), ends()).prop_map(|(rules, steps, end)| {
        Script {
            number: 0,
            rules,
            steps,
            end,
        }
        .numbered()
    })
}

#[test]
fn ten_thousand_scripts_keep_the_law() {
    let all = RefCell::new(Books::default());
    let outcome = for_all(10_000, scripts(3), |script| {
        let (played, mut all) = (play(script)?, all.borrow_mut());
        all.begun += played.begun;
        all.refused += played.refused;
        all.failures += played.failures;
        all.shields += played.shields;
        all.expired += played.expired;
        Ok(())
    });
    if let Err(program) = outcome {
        panic!("{program}");
    }
    // A law about nothing is easy to keep.
    let all = all.into_inner();
    let covered = [
        all.begun,
        all.refused,
        all.failures,
        all.shields,
        all.expired,
    ];
    let least = [10_000, 100, 5_000, 1_000, 500];
    assert!(
        covered
            .iter()
            .zip(least)
            .all(|(covered, least)| *covered > least),
        "{covered:?}"
    );
}
