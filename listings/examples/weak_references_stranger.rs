//! A reference to somebody who has left.

use listings::weak_references::{s2_by_address, s3_generations};

// ANCHOR: strangers
fn by_address() -> Option<String> {
    let sessions = s2_by_address::Registry::default();
    let alice = sessions.insert(String::from("Alice's session")).downgrade(); // logs in, and out again
    // Others come and go, until one of them is put where Alice was.
    (0..1000)
        .map(|_| sessions.insert(String::from("Mallory's session")))
        .find_map(|_mallory| sessions.get(alice).map(|found| found.to_string()))
}
// ANCHOR_END: strangers

fn by_generation() -> Option<String> {
    let sessions: s3_generations::Registry<String> = s3_generations::Registry::default();
    let alice = sessions.insert(String::from("Alice's session")).downgrade();
    (0..1000)
        .map(|_| sessions.insert(String::from("Mallory's session")))
        .find_map(|_mallory| sessions.get(alice).map(|found| found.to_string()))
}

fn main() {
    println!("Alice's reference, by address:     {:?}", by_address());
    println!("Alice's reference, by generation:  {:?}", by_generation());
}
