//! Stage 6: a tokio task and its channel, for producers that wait for the network as well as for their consumer.

use std::{
    future::{Future, pending},
    io,
    iter::FusedIterator,
    panic,
};

use tokio::{
    runtime::{self, Runtime},
    sync::mpsc,
    task::JoinHandle,
};

// ANCHOR: task
/// A sequence produced by a task. Made by [`task`].
///
/// Its `next` is async, so it is not an [`Iterator`]; [`BlockingTask`] makes it one.
///
/// Dropping it asks the runtime to abort the task and **does not wait**: the producer's destructors run when the runtime
/// next looks at it. [`stop`](Task::stop) waits.
#[derive(Debug)]
pub struct Task<T> {
    values: mpsc::Receiver<T>,
    producer: Option<JoinHandle<()>>,
}

/// The producer's end of a [`Task`].
#[derive(Debug)]
pub struct TaskYielder<T> {
    values: mpsc::Sender<T>,
}

impl<T> TaskYielder<T> {
    /// Hands over `value`, waiting while the channel is full.
    ///
    /// Cancellation safe in that nothing is sent twice; a value whose `yield_` is dropped half-way is lost.
    pub async fn yield_(&self, value: T) {
        if self.values.send(value).await.is_err() {
            pending::<()>().await; // the consumer has gone: stay here until the abort arrives
        }
    }
}

/// Runs an async producer as a task, behind a channel of `bound` values.
///
/// # Panics
///
/// When `bound` is 0 (tokio has no rendezvous channel), and outside a tokio runtime.
pub fn task<T, F>(bound: usize, producer: impl FnOnce(TaskYielder<T>) -> F) -> Task<T>
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, values) = mpsc::channel(bound);
    let producer = tokio::spawn(producer(TaskYielder { values: sender }));
    Task {
        values,
        producer: Some(producer),
    }
}

impl<T> Task<T> {
    /// Receives the next value; `None` at the end and ever after.
    ///
    /// Cancellation safe: dropping the future loses no value and no panic.
    ///
    /// # Panics
    ///
    /// With the producer's own panic, once the values sent before it have been received.
    pub async fn next(&mut self) -> Option<T> {
        if let Some(value) = self.values.recv().await {
            return Some(value);
        }
        if let Some(producer) = &mut self.producer {
            let ended = producer.await;
            self.producer = None; // a handle must not be awaited twice
            if let Err(Ok(payload)) = ended.map_err(tokio::task::JoinError::try_into_panic) {
                panic::resume_unwind(payload);
            }
        }
        None
    }

    /// Aborts the producer and waits until its destructors have run.
    ///
    /// When this future is dropped half-way the abort stands, only the waiting ends.
    pub async fn stop(mut self) {
        if let Some(producer) = self.producer.take() {
            producer.abort();
            // Cancelled, finished or panicked beyond the consumer's last value: over in every case.
            let _ = producer.await;
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(producer) = &self.producer {
            producer.abort();
        }
    }
}
// ANCHOR_END: task

// ANCHOR: blocking
/// A [`Task`] with a runtime of its own, for synchronous code. Made by [`blocking_task`].
///
/// The runtime has no thread: the producer runs inside `next` and at no other time. Neither `next` nor the drop may be
/// called from async code (both panic, as every blocking call of tokio does there).
#[derive(Debug)]
pub struct BlockingTask<T> {
    runtime: Runtime,
    task: Option<Task<T>>,
}

/// Runs an async producer on a runtime of its own, behind a channel of `bound` values.
///
/// # Errors
///
/// When the operating system refuses what the runtime needs.
pub fn blocking_task<T, F>(
    bound: usize,
    producer: impl FnOnce(TaskYielder<T>) -> F,
) -> io::Result<BlockingTask<T>>
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let entered = runtime.enter();
    let task = task(bound, producer);
    drop(entered);
    Ok(BlockingTask {
        runtime,
        task: Some(task),
    })
}

impl<T> Iterator for BlockingTask<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let value = self.runtime.block_on(self.task.as_mut()?.next());
        if value.is_none() {
            self.task = None;
        }
        value
    }
}

impl<T> FusedIterator for BlockingTask<T> {}

impl<T> Drop for BlockingTask<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            self.runtime.block_on(task.stop());
        }
    }
}
// ANCHOR_END: blocking

// ANCHOR: sequence
/// The Fibonacci numbers from zero on, from a task behind a channel of `bound` values.
///
/// # Errors
///
/// As [`blocking_task`].
pub fn sequence(bound: usize) -> io::Result<BlockingTask<u64>> {
    blocking_task(bound, |y| async move {
        let (mut previous, mut current) = (1_u64, 0_u64);
        loop {
            y.yield_(current).await;
            let Some(sum) = previous.checked_add(current) else {
                return;
            };
            (previous, current) = (current, sum);
        }
    })
}
// ANCHOR_END: sequence
