//! Stage 2: what may be cut short, and when.
//!
//! A *level* is a stretch of a task that is cut short or not as a whole: a child, or the body of a nursery. A shield in it
//! holds it. So does a nursery that is opened in it.
//!
//! The idea of a shield is Trio's: <https://trio.readthedocs.io/en/stable/reference-core.html#cancellation-and-timeouts>.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

// ANCHOR: level
/// A stretch of a task.
#[derive(Debug, Default)]
struct Level {
    is_shield: bool,
    /// How many shields and nurseries in it must end before it may be cut short.
    holds: AtomicUsize,
}

tokio::task_local! {
    /// Where the code that runs is.
    static HERE: Arc<Level>;
}

impl Level {
    fn is_held(&self) -> bool {
        // Relaxed, like all here: only polls of one task come to its levels, and the runtime orders these.
        self.holds.load(Relaxed) > 0
    }
}

/// While it lives, what the caller is in is not cut short.
#[derive(Debug)]
pub struct Hold(Option<Arc<Level>>);

impl Hold {
    /// Holds the level that the caller is in, if it is in one.
    #[must_use]
    pub fn here() -> Self {
        // ANCHOR: solution_hold_here
        let level = HERE.try_with(Arc::clone).ok();
        level
            .iter()
            .for_each(|level| _ = level.holds.fetch_add(1, Relaxed));
        Self(level)
        // ANCHOR_END: solution_hold_here
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // ANCHOR: solution_hold_drop
        self.0
            .iter()
            .for_each(|level| _ = level.holds.fetch_sub(1, Relaxed));
        // ANCHOR_END: solution_hold_drop
    }
}
// ANCHOR_END: level

// ANCHOR: shield
/// The limit of a [`shield()`] has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the shield has expired")]
pub struct Expired;

/// Runs `work` where no cancellation of a nursery cuts it short, for `limit` at the most.
///
/// The task that it is part of is not cut short either, so everything around it waits. When it ends, the task is cut
/// short at its next `.await`, if it was cancelled meanwhile. A nursery that is opened in it is not told of what is
/// around it.
///
/// It has no effect on who is not in a nursery, and none on a drop: whoever drops the future around it drops it.
///
/// # Errors
///
/// [`Expired`] if it has not ended within `limit`. It has been dropped.
///
/// # Cancellation safety
///
/// That of `work`.
pub async fn shield<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Expired> {
    // ANCHOR: solution_shield
    let _around = Hold::here();
    let level = Level {
        is_shield: true,
        ..Level::default()
    };
    HERE.scope(Arc::new(level), timeout(limit, work))
        .await
        .map_err(|_| Expired)
    // ANCHOR_END: solution_shield
}
// ANCHOR_END: shield

/// Whether the caller is directly in a [`shield()`]: what it opens is not to be told of cancellations around it.
#[must_use]
pub fn in_shield() -> bool {
    // ANCHOR: solution_in_shield
    HERE.try_with(|level| level.is_shield).unwrap_or(false)
    // ANCHOR_END: solution_in_shield
}

// ANCHOR: until_cut
/// For how long a cancelled future may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Until its next `.await`.
    None,
    /// For so long; then until its next `.await`.
    For(Duration),
    /// Until it ends.
    Endless,
}

/// Polls `future` until it is ready, or until it is cut short, which is `None`. It has been dropped then.
///
/// It makes the future a level of its own.
pub async fn until_cut<F: Future>(
    future: F,
    token: &CancellationToken,
    patience: Patience,
) -> Option<F::Output> {
    let level = Arc::new(Level::default());
    let mut future = pin!(HERE.scope(Arc::clone(&level), future));
    let mut patience_ends = pin!(async {
        token.cancelled().await;
        match patience {
            Patience::None => {}
            Patience::For(grace) => sleep(grace).await,
            Patience::Endless => pending().await,
        }
    });
    // ANCHOR: solution_until_cut
    let mut due = false;
    poll_fn(|cx| {
        due = due || patience_ends.as_mut().poll(cx).is_ready();
        if due && !level.is_held() {
            return Poll::Ready(None);
        }
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            // What has held it may have ended in this poll, and nothing would wake it once more.
            Poll::Pending if due && !level.is_held() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
    // ANCHOR_END: solution_until_cut
}
// ANCHOR_END: until_cut
