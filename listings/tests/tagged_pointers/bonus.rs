//! The cells that need no lock.

use std::mem::size_of;

use listings::tagged_pointers::{
    Indexed, Node, Stack, TaggedPointer, Wide, s5_indexed::seconds_to_wrap,
};

use super::{
    HOME, cell, last_given_is_first_taken, pop_after_changes, script_is_refused,
    threads_lose_nothing_and_double_nothing, to,
};

mod wide {
    use super::*;

    #[test]
    fn cell_is_one() {
        cell::begins_with_null::<Wide<u64>>();
        cell::stores_what_it_is_given::<Wide<u64>>();
        cell::generation_counts_stores::<Wide<u64>>();
        cell::failure_changes_nothing::<Wide<u64>>();
        cell::both_are_compared::<Wide<u64>>();
        cell::pointer_that_came_back_is_noticed::<Wide<u64>>();
    }

    #[test]
    fn cell_has_128_bits() {
        assert_eq!(size_of::<Wide<u64>>(), 16);
    }

    #[test]
    fn stack_is_one() {
        last_given_is_first_taken::<Stack<Wide<Node>>>();
        script_is_refused::<Wide<Node>>();
        threads_lose_nothing_and_double_nothing::<Stack<Wide<Node>>>();
    }
}

mod indexed {
    use super::*;

    #[test]
    fn cell_is_one() {
        cell::begins_with_null::<Indexed<u64>>();
        cell::stores_what_it_is_given::<Indexed<u64>>();
        cell::generation_counts_stores::<Indexed<u64>>();
        cell::failure_changes_nothing::<Indexed<u64>>();
        cell::both_are_compared::<Indexed<u64>>();
        cell::pointer_that_came_back_is_noticed::<Indexed<u64>>();
    }

    #[test]
    fn stack_is_one() {
        last_given_is_first_taken::<Stack<Indexed<Node>>>();
        script_is_refused::<Indexed<Node>>();
        threads_lose_nothing_and_double_nothing::<Stack<Indexed<Node>>>();
    }

    #[test]
    fn pointer_from_somewhere_else_is_refused() {
        let (home, elsewhere) = (HOME, HOME);
        let cell: Indexed<u64> = Indexed::new(&home);
        let stored = std::panic::catch_unwind(|| cell.cas(cell.load(), to(&elsewhere, 0)));
        assert!(stored.is_err());
    }

    /// The bound, exactly: the pop is taken in after as many changes as there are generations, and never before.
    #[test]
    fn generation_of_four_bits_wraps_after_sixteen_changes() {
        let taken_in: Vec<u64> = (0..=48)
            .step_by(2)
            .filter(|&changes| pop_after_changes::<Indexed<Node, 4>>(changes))
            .collect();
        assert_eq!(taken_in, [0, 16, 32, 48]);
    }

    #[test]
    fn generation_of_no_bits_is_a_bare_pointer() {
        assert!(pop_after_changes::<Indexed<Node, 0>>(2));
    }

    #[test]
    fn generation_of_32_bits_is_not_taken_in_by_65536_changes() {
        assert!(!pop_after_changes::<Indexed<Node>>(if cfg!(miri) {
            64
        } else {
            65_536
        }));
    }
}

#[test]
fn generation_of_32_bits_lasts_42_seconds_and_one_of_64_for_thousands_of_years() {
    assert_eq!(seconds_to_wrap(32, 100_000_000), 42);
    let years = seconds_to_wrap(64, 100_000_000) / (365 * 24 * 60 * 60);
    assert_eq!(years, 5849);
}
