//! What the heap does not show.

use listings::generator_memory::Kind;

use super::child::weight;

#[test]
fn stack_is_on_no_heap() {
    let [boxed, stackful] =
        [Kind::Generator, Kind::Stackful(64)].map(|kind| weight(kind, 500).each());
    assert!(stackful.heap < 2.0 * boxed.heap, "{boxed:?} {stackful:?}");
    assert!(
        stackful.resident > 10.0 * boxed.resident,
        "{boxed:?} {stackful:?}"
    );
}

#[test]
fn size_of_a_stack_is_address_space_and_not_memory() {
    let [small, large] = [16, 1024].map(|kib| weight(Kind::Stackful(kib), 500).each());
    assert!(
        large.address_space > 20.0 * small.address_space,
        "{small:?} {large:?}"
    );
    assert!(large.resident < 1.5 * small.resident, "{small:?} {large:?}");
    assert!(
        large.page_tables > 5.0 * small.page_tables,
        "{small:?} {large:?}"
    );
}

#[test]
fn stack_takes_two_mappings() {
    let each = weight(Kind::Stackful(64), 500).each();
    assert!((1.9..2.1).contains(&each.mappings), "{each:?}");
}

#[test]
fn thread_is_seen_by_the_kernel() {
    let weight = weight(Kind::Thread, 100);
    assert_eq!(weight.holding.0.threads, weight.before.0.threads + 100);
    assert_eq!(weight.after.0.threads, weight.before.0.threads);
}
