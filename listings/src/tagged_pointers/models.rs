//! What a model checker runs, in one interleaving after another. The same file under loom and under shuttle.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    s2_stack::{Node, Stack, Ticket},
    sync::thread,
};
use crate::tagged_pointers::TaggedPointer;

/// What was done in this execution, in order. Of std: it is no part of the model.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn note(&self, line: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    /// The lines of the last execution.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// [`Stack::pop`], which says what it does.
fn take<H: TaggedPointer<Node>>(stack: &Stack<H>, who: &str, log: &Log) -> Option<Ticket> {
    loop {
        let begun = stack.begin_pop()?;
        let (top, next) = stack.seen(&begun);
        let next = next.map_or_else(|| String::from("nothing"), |next| format!("ticket {next}"));
        log.note(format!(
            "{who} begins: ticket {top} is on top, {next} below"
        ));
        match stack.commit_pop(begun) {
            Ok(ticket) => {
                log.note(format!("{who} takes ticket {}", ticket.number()));
                return Some(ticket);
            }
            Err(_lost) => log.note(format!("{who} has lost")),
        }
    }
}

// ANCHOR: hand_out_once
/// One thread takes a ticket. The other takes two, and gives the first one back. Then every ticket is with one of them or
/// in the stack, and in one place only.
pub fn hand_out_once<H: TaggedPointer<Node> + 'static>(log: &Log) {
    log.clear();
    let stack = Arc::new(Stack::<H>::full(3));
    let other = thread::spawn({
        let (stack, log) = (Arc::clone(&stack), log.clone());
        move || {
            let first = take(&stack, "thread 2", &log);
            let second = take(&stack, "thread 2", &log);
            if let Some(first) = first {
                let number = first.number();
                stack.push(first);
                log.note(format!("thread 2 gives ticket {number} back"));
            }
            second
        }
    });
    let mine = take(&stack, "thread 1", log);
    let theirs = other.join().unwrap();

    let mut found: Vec<usize> = [mine, theirs]
        .iter()
        .flatten()
        .map(Ticket::number)
        .collect();
    found.extend(stack.snapshot().0);
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2], "not every ticket is there once");
}
// ANCHOR_END: hand_out_once

/// One thread takes a ticket and gives it back, the other does so with two at a time. In the end every ticket is in the stack, once.
pub fn pops_and_pushes<H: TaggedPointer<Node> + 'static>() {
    let stack = Arc::new(Stack::<H>::full(3));
    let other = thread::spawn({
        let stack = Arc::clone(&stack);
        move || {
            let held = [stack.pop(), stack.pop()];
            held.into_iter()
                .flatten()
                .for_each(|ticket| stack.push(ticket));
        }
    });
    if let Some(ticket) = stack.pop() {
        stack.push(ticket);
    }
    other.join().unwrap();
    let mut found = stack.snapshot().0;
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2], "not every ticket is there once");
}
