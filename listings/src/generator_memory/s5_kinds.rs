//! Stage 5: what is put on the scale. The ladder of *Pull values out of a coroutine*, and weights that are known.

use std::{any::Any, fmt, future::pending, hint::black_box, io, str::FromStr, sync::LazyLock};

use thiserror::Error;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

use listings::coroutines::{
    Task, ready_made, s2_iterator, s3_generator, s5_threads, s6_tasks, stackful_with, task,
};

/// Something of which many can be held. Each is a Fibonacci sequence that has been asked for its first number and waits
/// to be asked for the second; but for the two known weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A known weight: a block of so many KiB, every page of it written to.
    Touched(usize),
    /// A known weight: a block of so many KiB that nobody touches.
    Reserved(usize),
    /// The state machine by hand, in place.
    Iterator,
    /// The same in a box, behind a trait object.
    Boxed,
    /// An `async` block that is polled by hand.
    Generator,
    /// The crate `async-stream`.
    AsyncStream,
    /// The crate `genawaiter`.
    Genawaiter,
    /// A tokio task that waits for ever. It has nobody to hand its numbers to.
    Task,
    /// A tokio task and a channel for one value.
    TaskChannel,
    /// A coroutine with a stack of its own, of so many KiB.
    Stackful(usize),
    /// A thread and a channel for one value.
    Thread,
    /// Something that only another program can hold.
    Other(&'static str),
}

impl Kind {
    /// The ladder, from the lightest to the heaviest. Known weights are not in it.
    pub const LADDER: [Self; 11] = [
        Self::Iterator,
        Self::Boxed,
        Self::Generator,
        Self::AsyncStream,
        Self::Genawaiter,
        Self::Task,
        Self::TaskChannel,
        Self::Stackful(16),
        Self::Stackful(64),
        Self::Stackful(1024),
        Self::Thread,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Touched(kib) => return write!(f, "touched-{kib}k"),
            Self::Reserved(kib) => return write!(f, "reserved-{kib}k"),
            Self::Stackful(kib) => return write!(f, "stackful-{kib}k"),
            Self::Other(name) => name,
            Self::Iterator => "iterator",
            Self::Boxed => "boxed",
            Self::Generator => "generator",
            Self::AsyncStream => "async-stream",
            Self::Genawaiter => "genawaiter",
            Self::Task => "task",
            Self::TaskChannel => "task-channel",
            Self::Thread => "thread",
        })
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(kind) = Self::LADDER
            .into_iter()
            .find(|kind| kind.to_string() == text)
        {
            return Ok(kind);
        }
        let sized = text
            .strip_suffix('k')
            .and_then(|text| text.rsplit_once('-'));
        match sized.map(|(kind, kib)| (kind, kib.parse())) {
            Some(("touched", Ok(kib))) => Ok(Self::Touched(kib)),
            Some(("reserved", Ok(kib))) => Ok(Self::Reserved(kib)),
            Some(("stackful", Ok(kib))) => Ok(Self::Stackful(kib)),
            _ => Err(format!("`{text}` is no kind")),
        }
    }
}

/// Units that are held. Dropping it drops all of them, with whatever runs for them.
pub struct Units(#[expect(dead_code, reason = "held, and nothing else")] Box<dyn Any>);

/// The system refused a unit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("refused after {made}: {why}")]
pub struct Refused {
    /// How many were made before. They have been dropped.
    pub made: usize,
    /// What the system said.
    pub why: String,
}

/// Tasks run on this thread, and only while somebody waits for one. So there is one stack, and it is the caller's.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_current_thread()
        .build()
        .expect("a runtime without threads and without I/O")
});

impl Kind {
    // ANCHOR: hold
    /// Makes `units` of this kind, in a vector of just the right size.
    ///
    /// # Errors
    ///
    /// When the system refuses one.
    ///
    /// # Panics
    ///
    /// A refused thread panics, as it does in [`s5_threads`](crate::coroutines::s5_threads).
    pub fn hold(self, units: usize) -> Result<Units, Refused> {
        match self {
            Self::Touched(kib) => hold(units, || Ok(black_box(vec![1_u8; kib * 1024]))),
            Self::Reserved(kib) => hold(units, || {
                Ok(black_box(Vec::<u8>::with_capacity(kib * 1024)))
            }),
            Self::Iterator => hold(units, || Ok(started(s2_iterator::sequence()))),
            Self::Boxed => hold(units, || {
                Ok(started(
                    Box::new(s2_iterator::sequence()) as Box<dyn Iterator<Item = u64>>
                ))
            }),
            Self::Generator => hold(units, || Ok(started(s3_generator::sequence()))),
            Self::AsyncStream => hold(units, || Ok(started(ready_made::sequence_async_stream()))),
            Self::Genawaiter => hold(units, || Ok(started(ready_made::sequence_genawaiter()))),
            Self::Stackful(kib) => hold(units, || {
                stackful_with(kib * 1024, push_fibonacci).map(started)
            }),
            Self::Thread => hold(units, || Ok(started(s5_threads::sequence(1)))),
            Self::Other(name) => Err(Refused {
                made: 0,
                why: format!("`{name}` is another program's"),
            }),
            Self::Task => hold(units, || Ok(Idle::start())),
            Self::TaskChannel => hold(units, || Ok(Channelled::start())),
        }
    }
    // ANCHOR_END: hold
}

fn hold<T: 'static>(
    units: usize,
    mut make: impl FnMut() -> io::Result<T>,
) -> Result<Units, Refused> {
    let mut held = Vec::with_capacity(units);
    for made in 0..units {
        held.push(make().map_err(|why| Refused {
            made,
            why: why.to_string(),
        })?);
    }
    Ok(Units(Box::new(held)))
}

/// Asked for its first number.
fn started<I: Iterator<Item = u64>>(mut sequence: I) -> I {
    assert_eq!(sequence.next(), Some(0));
    sequence
}

fn push_fibonacci(emit: &mut dyn FnMut(u64)) {
    s2_iterator::sequence().for_each(emit);
}

/// A task that has the state of a sequence, and waits.
struct Idle(JoinHandle<()>);

impl Idle {
    fn start() -> Self {
        let task = RUNTIME.spawn(async {
            let mut sequence = started(s2_iterator::sequence());
            pending::<()>().await;
            sequence.next();
        });
        RUNTIME.block_on(tokio::task::yield_now()); // so that it starts
        Self(task)
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        self.0.abort();
        // An abort is a request. It is over when the handle says so.
        let _ = RUNTIME.block_on(&mut self.0);
    }
}

/// A task behind a channel, from the chapter on coroutines.
struct Channelled(Option<Task<u64>>);

impl Channelled {
    fn start() -> Self {
        RUNTIME.block_on(async {
            let mut task = task(1, |y: s6_tasks::TaskYielder<u64>| async move {
                for number in s2_iterator::sequence() {
                    y.yield_(number).await;
                }
            });
            assert_eq!(task.next().await, Some(0));
            Self(Some(task))
        })
    }
}

impl Drop for Channelled {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            RUNTIME.block_on(task.stop());
        }
    }
}
