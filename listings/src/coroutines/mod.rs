//! Chapter *Pull values out of a coroutine*: one interface, [`Pull`], and the ladder of ways to stand behind it.
//!
//! | rung | made by | the producer is | `Send` |
//! |---|---|---|---|
//! | state machine by hand | [`sequence`], [`Fibonacci`] | a struct | if its fields are |
//! | closure | [`s2_iterator::sequence_from_fn`] | an `FnMut` | if its captures are |
//! | `async` block | [`generator`] | a future, in a box | no |
//! | `genawaiter`, `async-stream` | [`strict`], [`from_stream`] | a future, in a box | the crate decides |
//! | stackful coroutine | [`stackful`] | any function with a callback | no |
//! | thread and channel | [`threaded`], [`threaded_crossbeam`] | any function with a callback, `Send` | yes |
//! | task and channel | [`task`], [`blocking_task`] | a future, `Send` | yes |
//!
//! Climb only as far as the producer forces you to: the rungs grow more general and more expensive from top to bottom.

pub mod ready_made;
pub mod s1_channel;
pub mod s2_iterator;
pub mod s3_generator;
pub mod s4_stackful;
pub mod s5_threads;
pub mod s6_tasks;

pub use ready_made::{Strict, from_stream, strict};
pub use s2_iterator::{Fibonacci, Pull, sequence, take};
pub use s3_generator::{Generator, Yielder, generator};
pub use s4_stackful::{Stackful, stackful, stackful_with};
pub use s5_threads::{Threaded, threaded, threaded_crossbeam};
pub use s6_tasks::{BlockingTask, Task, TaskYielder, blocking_task, task};
