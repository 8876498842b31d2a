//! Every rung fails at one of the five questions, and the next one does not.

use listings::weak_references::ladder::{
    ByAddress, Counted, Generations, Std, StrongRegistry, Traced, answers,
};

#[test]
fn strong_registry_keeps_everything_alive() {
    assert_eq!(
        answers::<StrongRegistry>(),
        [false, false, true, true, false]
    );
}

#[test]
fn by_address_lets_die_and_finds_strangers() {
    assert_eq!(answers::<ByAddress>(), [true, true, false, false, false]);
}

#[test]
fn generations_find_no_stranger_and_lose_who_is_held() {
    assert_eq!(answers::<Generations>(), [true, true, true, false, false]);
}

#[test]
fn counted_finds_who_is_held_and_leaks_cycles() {
    assert_eq!(answers::<Counted>(), [true, true, true, true, false]);
}

#[test]
fn std_answers_as_counted_does() {
    assert_eq!(answers::<Std>(), answers::<Counted>());
}

#[test]
fn traced_frees_cycles_and_nothing_at_once() {
    assert_eq!(answers::<Traced>(), [false, true, true, true, true]);
}
