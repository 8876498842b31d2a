//! Every interleaving, by loom, and many, by shuttle.

use listings::tagged_pointers::{
    under_loom::{self, hand_out_once, handover, pops_and_pushes},
    under_shuttle::{self, models::Log},
};

/// A model in which nothing races is none.
fn races(executions: usize) {
    assert!(executions > 1, "nothing races");
}

#[test]
fn locked_hands_each_ticket_out_once() {
    races(hand_out_once::<under_loom::s3_locked::Locked<_>>());
}

#[test]
fn wide_hands_each_ticket_out_once() {
    races(hand_out_once::<under_loom::s4_wide::Wide<_>>());
}

#[test]
fn indexed_hands_each_ticket_out_once() {
    races(hand_out_once::<under_loom::s5_indexed::Indexed<_>>());
}

#[test]
fn indexed_pops_and_pushes_at_once_keep_every_ticket() {
    races(pops_and_pushes::<under_loom::s5_indexed::Indexed<_>>());
}

#[test]
fn locked_hands_over_what_was_written() {
    races(handover::<under_loom::s3_locked::Locked<_>>(1));
    races(handover::<under_loom::s3_locked::Locked<_>>(2));
}

#[test]
fn wide_hands_over_what_was_written() {
    races(handover::<under_loom::s4_wide::Wide<_>>(1));
    races(handover::<under_loom::s4_wide::Wide<_>>(2));
}

#[test]
fn indexed_hands_over_what_was_written() {
    races(handover::<under_loom::s5_indexed::Indexed<_>>(1));
    races(handover::<under_loom::s5_indexed::Indexed<_>>(2));
}

#[test]
fn shuttle_finds_nothing_in_ten_thousand_runs() {
    fn run<H: listings::tagged_pointers::TaggedPointer<under_shuttle::s2_stack::Node> + 'static>(
        seed: u64,
    ) {
        let model = || under_shuttle::models::hand_out_once::<H>(&Log::default());
        shuttle::check_random_with_seed(model, seed, 10_000);
    }
    // The same runs every time, or those of the seed in the variable that proptest reads, too.
    let seed = std::env::var("PROPTEST_RNG_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(7);
    println!("seed {seed}"); // shown if the test fails
    run::<under_shuttle::s3_locked::Locked<_>>(seed);
    run::<under_shuttle::s4_wide::Wide<_>>(seed);
    run::<under_shuttle::s5_indexed::Indexed<_>>(seed);
}
