//! The order of the ladder. No number of bytes: those are the machine's.

use listings::generator_memory::{Each, Kind};

use super::child::weight;

const UNITS: usize = 1000;

fn resident(kind: Kind) -> f64 {
    weight(kind, UNITS).each().resident
}

#[test]
fn stackless_is_lighter_than_a_task_and_a_task_than_a_stack_and_a_stack_than_a_thread() {
    let stackless = [
        Kind::Iterator,
        Kind::Boxed,
        Kind::Generator,
        Kind::AsyncStream,
        Kind::Genawaiter,
    ];
    let heaviest = stackless.map(resident).into_iter().fold(0.0, f64::max);
    let [task, channel, stack] = [Kind::Task, Kind::TaskChannel, Kind::Stackful(64)].map(resident);
    let thread = weight(Kind::Thread, 200).each().resident;
    let order = [heaviest, task, channel, stack, thread];
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
}

#[test]
fn channel_weighs_more_than_the_task_behind_it() {
    let [task, both]: [Each; 2] =
        [Kind::Task, Kind::TaskChannel].map(|kind| weight(kind, UNITS).each());
    assert!(both.heap > 2.0 * task.heap, "{task:?} {both:?}");
}

#[test]
fn ten_times_as_many_take_ten_times_as_much() {
    for kind in [Kind::Generator, Kind::TaskChannel, Kind::Stackful(64)] {
        let [few, many] = [UNITS, 10 * UNITS].map(|units| weight(kind, units).each().resident);
        assert!((0.6..1.6).contains(&(many / few)), "{kind}: {few} {many}");
    }
}
