//! What the page says goes wrong, does.

use std::panic::{self, AssertUnwindSafe};

use listings::coroutines::s1_channel;

#[test]
fn translation_ends_one_term_early_and_says_nothing() {
    let terms: Vec<u64> = s1_channel::sequence().take(95).collect();
    if cfg!(debug_assertions) {
        assert_eq!(
            terms.len(),
            93,
            "the thread panicked on the way to F(94), before it had sent F(93)"
        );
    } else {
        assert_eq!(terms[94], 1_293_530_146_158_671_551, "F(94) modulo 2^64");
    }
}

#[test]
fn pair_of_u64_loses_the_last_two_terms() {
    let (mut a, mut b) = (0_u64, 1_u64);
    let naive = std::iter::from_fn(move || {
        let current = a;
        (a, b) = (b, a + b);
        Some(current)
    });
    let mut delivered = Vec::new();
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| delivered.extend(naive.take(94))));
    if cfg!(debug_assertions) {
        let payload = outcome.expect_err("F(94) does not fit");
        assert_eq!(
            payload.downcast_ref::<&str>(),
            Some(&"attempt to add with overflow")
        );
        assert_eq!(
            delivered.len(),
            92,
            "F(94) is computed before F(92) is handed out"
        );
    } else {
        assert_eq!(delivered.last(), Some(&crate::suite::LAST));
    }
}
