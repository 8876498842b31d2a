//! Random scripts of threads that stop in the middle of a pop.

use listings::tagged_pointers::{Indexed, Locked, Node, Stack, TaggedPointer, Wide};
use proptest::prelude::*;

/// What a thread of a script does.
#[derive(Debug, Clone, Copy)]
enum Do {
    Begin,
    Commit,
    Take,
    Give,
}

fn scripts() -> impl Strategy<Value = Vec<(usize, Do)>> {
    let step = prop_oneof![
        Just(Do::Begin),
        Just(Do::Commit),
        Just(Do::Take),
        Just(Do::Give)
    ];
    prop::collection::vec((0..3_usize, step), 0..60)
}

/// Every ticket is in one place after every step, and a pop succeeds exactly if nothing was stored since it began.
fn law<H: TaggedPointer<Node>>(script: &[(usize, Do)]) -> Result<(), TestCaseError> {
    const TICKETS: usize = 4;
    let stack = Stack::<H>::full(TICKETS);
    let mut stores = 0;
    let mut begun = [None; 3];
    let mut held: [Vec<_>; 3] = Default::default();
    for &(thread, step) in script {
        match step {
            Do::Begin => begun[thread] = stack.begin_pop().map(|begun| (begun, stores)),
            Do::Commit => {
                let Some((begun, since)) = begun[thread].take() else {
                    continue;
                };
                match stack.commit_pop(begun) {
                    Ok(ticket) => {
                        prop_assert_eq!(since, stores, "the head has changed, and nobody noticed");
                        stores += 1;
                        held[thread].push(ticket);
                    }
                    Err(_lost) => prop_assert_ne!(since, stores, "lost to nobody"),
                }
            }
            Do::Take => {
                if let Some(ticket) = stack.pop() {
                    stores += 1;
                    held[thread].push(ticket);
                }
            }
            Do::Give => {
                if let Some(ticket) = held[thread].pop() {
                    stores += 1;
                    stack.push(ticket);
                }
            }
        }
        let mut numbers = stack.snapshot().0;
        numbers.extend(held.iter().flatten().map(|ticket| ticket.number()));
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (0..TICKETS).collect::<Vec<_>>());
    }
    Ok(())
}

proptest! {
    #[test]
    fn locked_keeps_every_ticket_in_one_place(script in scripts()) {
        law::<Locked<_>>(&script)?;
    }

    #[test]
    fn wide_keeps_every_ticket_in_one_place(script in scripts()) {
        law::<Wide<_>>(&script)?;
    }

    #[test]
    fn indexed_keeps_every_ticket_in_one_place(script in scripts()) {
        law::<Indexed<_>>(&script)?;
    }
}
