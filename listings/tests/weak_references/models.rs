//! Every interleaving, by loom. Where two outcomes are possible, both are seen: the model does race.

use listings::weak_references::under_loom::models;

fn both_outcomes([executions, found, lost]: [usize; 3]) {
    assert!(
        executions > 1 && found > 0 && lost > 0,
        "{found} found and {lost} lost in {executions} executions"
    );
}

fn all([executions, ..]: [usize; 3]) {
    assert!(executions > 1, "nothing races");
}

#[test]
fn upgrade_finds_the_living_or_nothing() {
    both_outcomes(models::upgrade_and_last_drop());
}

#[test]
fn two_upgrades_find_the_living_or_nothing() {
    both_outcomes(models::two_upgrades_and_last_drop());
}

#[test]
fn destructor_runs_after_every_reader() {
    all(models::clone_and_drop());
}

#[test]
fn downgrade_of_one_beside_the_drop_of_another_finds_it() {
    all(models::downgrade_and_drop());
}

#[test]
fn memory_is_given_back_once_by_whoever_is_last() {
    all(models::last_weak_frees());
}

#[test]
fn object_under_construction_is_found_whole_or_not() {
    both_outcomes(models::cyclic_and_upgrade());
}

#[test]
fn interner_beside_an_expiry_keeps_one_object() {
    both_outcomes(models::intern_and_expiry());
}

#[test]
fn interner_beside_an_expiring_neighbour_does_not_wait_for_itself() {
    all(models::intern_beside_an_expiry());
}

#[test]
fn interning_at_once_gives_one_object() {
    all(models::intern_twice_at_once());
}
