//! What the page says goes wrong, does.

use listings::coroutines::s1_channel;

#[test]
fn translation_ends_one_term_early_and_says_nothing() {
    let terms: Vec<u64> = s1_channel::sequence().take(95).collect();
    if cfg!(debug_assertions) {
        assert_eq!(terms.len(), 93, "the thread panicked on the way to F(94), before it had sent F(93)");
    } else {
        assert_eq!(terms[94], 1_293_530_146_158_671_551, "F(94) modulo 2^64");
    }
}

#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "attempt to add with overflow"))]
fn pair_of_u64_overflows_one_term_early() {
    let (mut a, mut b) = (0_u64, 1_u64);
    let mut naive = std::iter::from_fn(move || {
        let current = a;
        (a, b) = (b, a + b);
        Some(current)
    });
    assert_eq!(naive.by_ref().take(93).count(), 93);
    assert_eq!(naive.next(), Some(crate::suite::LAST), "only without overflow checks");
}
