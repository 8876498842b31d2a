//! Stage 2: every way out leads through the same door. Whatever happens is written down, and then all are waited for.

// ANCHOR: drained
use std::panic::{AssertUnwindSafe, resume_unwind};

use futures::FutureExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What one spawns into.
pub type Group<E> = JoinSet<Result<(), E>>;

/// Calls `body`, waits until every child has ended, then returns the first error.
///
/// # Errors
///
/// The first error of a child. The others are cancelled by then, and their errors are lost.
///
/// # Panics
///
/// If the body or a child panics, after all have ended.
///
/// # Cancellation safety
///
/// None: dropped, it aborts its children and does not wait for them.
pub async fn run<E>(body: impl AsyncFnOnce(&mut Group<E>, &CancellationToken)) -> Result<(), E>
where
    E: Send + 'static,
{
    let token = CancellationToken::new();
    let mut children = JoinSet::new();
    let mut panic = AssertUnwindSafe(body(&mut children, &token))
        .catch_unwind()
        .await
        .err();
    let mut first = None;
    if panic.is_some() {
        token.cancel();
    }
    while let Some(joined) = children.join_next().await {
        match joined {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => _ = first.get_or_insert(error),
            Err(error) => _ = panic.get_or_insert(error.into_panic()),
        }
        token.cancel();
    }
    match (panic, first) {
        (Some(payload), _) => resume_unwind(payload),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(()),
    }
}
// ANCHOR_END: drained
