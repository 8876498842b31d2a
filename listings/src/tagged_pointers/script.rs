//! One interleaving of two threads, played by hand on one: each line of the script is a half of a pop, or a push.

use serde::Serialize;

use super::{Node, Stack, TaggedPointer, Ticket};

/// What everything is like after one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Who took it: `"thread 1"`, or nothing for the beginning.
    pub who: &'static str,
    /// What was done.
    pub says: String,
    /// The stack from the top.
    pub stack: Vec<char>,
    /// The generation of its head.
    pub generation: u64,
    /// What the first thread has seen and not yet acted on: the top, what is below it, and the generation.
    pub seen: Option<(char, Option<char>, u64)>,
    /// What each thread holds.
    pub held: [Vec<char>; 2],
}

impl Step {
    /// The tickets that are in two places at once.
    #[must_use]
    pub fn twice(&self) -> Vec<char> {
        let mut all: Vec<char> = self
            .held
            .iter()
            .flatten()
            .chain(&self.stack)
            .copied()
            .collect();
        all.sort_unstable();
        let mut twice: Vec<char> = all
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| pair[0])
            .collect();
        twice.dedup();
        twice
    }
}

/// A, B and C in place of 0, 1 and 2.
fn name(number: usize) -> char {
    (b'A'..=b'Z').nth(number).map_or('?', char::from)
}

struct Play<H> {
    stack: Stack<H>,
    seen: Option<(char, Option<char>, u64)>,
    held: [Vec<Ticket>; 2],
    steps: Vec<Step>,
}

impl<H: TaggedPointer<Node>> Play<H> {
    fn note(&mut self, who: &'static str, says: String) {
        let (numbers, generation) = self.stack.snapshot();
        self.steps.push(Step {
            who,
            says,
            stack: numbers.into_iter().map(name).collect(),
            generation,
            seen: self.seen,
            held: self
                .held
                .each_ref()
                .map(|held| held.iter().map(|ticket| name(ticket.number())).collect()),
        });
    }

    fn other_takes(&mut self) {
        let ticket = self.stack.pop().expect("there are three");
        let says = format!("takes {}", name(ticket.number()));
        self.held[1].push(ticket);
        self.note("thread 2", says);
    }
}

// ANCHOR: script
/// Plays the script on a stack of A, B and C: the first thread stops in the middle of a pop, and goes on at the end.
///
/// # Panics
///
/// If the stack runs out of tickets, which it has three of.
#[must_use]
pub fn play<H: TaggedPointer<Node>>() -> Vec<Step> {
    let mut play = Play {
        stack: Stack::<H>::full(3),
        seen: None,
        held: Default::default(),
        steps: Vec::new(),
    };
    play.note("", String::from("A, B and C are free"));

    let begun = play.stack.begin_pop().expect("there are three");
    let (top, next) = play.stack.seen(&begun);
    play.seen = Some((name(top), next.map(name), play.stack.snapshot().1));
    play.note(
        "thread 1",
        format!(
            "begins a pop: {} is on top, {} is below",
            name(top),
            next.map_or('-', name)
        ),
    );

    play.other_takes();
    play.other_takes();
    let first = play.held[1].remove(0);
    let says = format!("gives {} back", name(first.number()));
    play.stack.push(first);
    play.note("thread 2", says);

    let says = match play.stack.commit_pop(begun) {
        Ok(ticket) => {
            let says = format!(
                "finishes its pop: the head is what it was, so it takes {}",
                name(ticket.number())
            );
            play.held[0].push(ticket);
            says
        }
        Err(_lost) => {
            String::from("finishes its pop: the head is not what it was, so nothing is taken")
        }
    };
    play.seen = None;
    play.note("thread 1", says);

    let ticket = play.stack.pop().expect("there is one left");
    let says = format!("pops once more and takes {}", name(ticket.number()));
    play.held[0].push(ticket);
    play.note("thread 1", says);
    play.steps
}
// ANCHOR_END: script

/// Prints steps as `{{#steps}}` reads them, one JSON object a line.
pub fn print(steps: &[Step]) {
    for step in steps {
        println!(
            "{}",
            serde_json::to_string(step).expect("a step has only strings and numbers")
        );
    }
}
