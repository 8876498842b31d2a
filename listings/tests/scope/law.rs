//! The law, for programs nobody thought of.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use listings::virtual_time::bubble;
use proptest::prelude::*;

use crate::{
    programs::for_all,
    script::{Clock, End, Played, Script, Step, Task, play},
};

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![10 => Just(End::Ok), 2 => Just(End::Err), 1 => Just(End::Panic)]
}

fn steps(depth: u32) -> BoxedStrategy<Vec<Step>> {
    let sleep = (0..9_u64).prop_map(Step::Sleep);
    if depth == 0 {
        return prop::collection::vec(sleep, 0..3).boxed();
    }
    let step = prop_oneof![
        4 => sleep,
        6 => tasks(depth - 1).prop_map(Step::Spawn),
        1 => tasks(depth - 1).prop_map(Step::SpawnAbove),
        2 => scripts(depth - 1).prop_map(Step::Scope),
        2 => (0..9_u64, scripts(depth - 1)).prop_map(|(millis, script)| Step::Timed(millis, script)),
        1 => Just(Step::Cancel),
        1 => prop_oneof![4 => Just(Step::Sleep(0)), 1 => Just(Step::CancelRoot)],
    ];
    prop::collection::vec(step, 0..6).boxed()
}

fn tasks(depth: u32) -> impl Strategy<Value = Task> {
    let cooperative = prop_oneof![2 => Just(None), 1 => (0..9_u64).prop_map(Some)];
    let drop_panics = prop::bool::weighted(0.1);
    (cooperative, drop_panics, steps(depth), ends()).prop_map(
        |(cooperative, drop_panics, steps, end)| Task {
            number: 0,
            cooperative,
            drop_panics,
            steps,
            end,
        },
    )
}

fn scripts(depth: u32) -> impl Strategy<Value = Script> {
    let limit = prop_oneof![2 => Just(None), 1 => (1..4_usize).prop_map(Some)];
    (limit, steps(depth), ends()).prop_map(|(limit, steps, end)| Script {
        number: 0,
        limit,
        steps,
        end,
    })
}

fn programs() -> impl Strategy<Value = Script> {
    scripts(3).prop_map(Script::numbered)
}

fn in_a_bubble(script: &Script) -> Result<Played, String> {
    bubble::run(play(script, Clock::Virtual)).map_err(|report| report.to_string())?
}

#[test]
fn ten_thousand_scripts_keep_the_law() {
    let (begun, refused, failures) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let outcome = for_all(10_000, programs(), |script| {
        let played = in_a_bubble(script)?;
        begun.set(begun.get() + played.begun);
        refused.set(refused.get() + played.refused);
        failures.set(failures.get() + played.failures);
        Ok(())
    });
    if let Err(program) = outcome {
        panic!("{program}");
    }
    // A law about nothing is easy to keep.
    let covered = (begun.get(), refused.get(), failures.get());
    assert!(
        covered.0 > 10_000 && covered.1 > 100 && covered.2 > 5_000,
        "{covered:?}"
    );
}

#[test]
fn scripts_keep_the_law_on_two_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let outcome = for_all(1_000, programs(), |script| {
        let script = script.clone();
        let played = runtime.spawn(async move { play(&script, Clock::Yields).await });
        runtime.block_on(played).unwrap().map(drop)
    });
    if let Err(program) = outcome {
        panic!("{program}");
    }
}

#[test]
fn failing_script_is_shrunk_to_a_program() {
    // A law that does not hold: no script fails.
    let tried = AtomicU32::new(0);
    let outcome = for_all(1_000, programs(), |script| {
        tried.fetch_add(1, Relaxed);
        match in_a_bubble(script)?.failures {
            0 => Ok(()),
            _ => Err("a failure".to_owned()),
        }
    });
    let program = "\
use listings::{scope::*, virtual_time::bubble};

fn main() {
    bubble::run(async {
        let root = Root::new();
        let outcome = scope(&root, async |_: &Scope<u32>| {
            Err::<(), _>(0)
        })
        .await;
        println!(\"{outcome:?}\");
        println!(\"{:?}\", root.wait().await);
    })
    .unwrap();
}
";
    assert_eq!(
        outcome.unwrap_err(),
        format!("a failure, in this program:\n\n{program}")
    );
    assert!(tried.load(Relaxed) > 1, "nothing was shrunk");
}
