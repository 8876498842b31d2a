//! Stage 1: the goroutine and its channel, translated word for word.
//!
//! It compiles, it prints Fibonacci numbers, and it is wrong in ways that no compiler reports. The tests in
//! `listings/tests/coroutines/defects.rs` pin each of them down.

use std::{sync::mpsc, thread};

/// The Fibonacci numbers, from a thread that sends them over a rendezvous channel.
///
/// # Defects, kept on purpose
///
/// - The addition overflows one step before the last term is sent. With overflow checks the thread panics and the
///   consumer sees an ordinary end after 93 terms; without them the sequence goes on for ever with wrong numbers.
/// - A panic of the thread looks like the end of the sequence: nobody joins it.
/// - The thread starts before anyone has asked for a value, and works one step ahead.
/// - When the iterator is dropped the thread learns of it, but nobody waits until it has cleaned up.
// ANCHOR: translation
pub fn sequence() -> mpsc::IntoIter<u64> {
    let (tx, rx) = mpsc::sync_channel(0);
    thread::spawn(move || {
        let (mut a, mut b) = (0_u64, 1_u64);
        while tx.send(a).is_ok() {
            (a, b) = (b, a + b);
        }
    });
    rx.into_iter()
}
// ANCHOR_END: translation
