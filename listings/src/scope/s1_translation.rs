//! Stage 1: `errgroup` and the original's `Run`, word for word. It looks structured, and three things outlive it.

// ANCHOR: translation
use tokio::task::{JoinError, JoinSet};

/// What one spawns into.
pub type Group<E> = JoinSet<Result<(), E>>;

/// Calls `body`, then waits for what it has spawned, and returns the first error.
///
/// # Errors
///
/// The first error of a child, as it comes in.
///
/// # Panics
///
/// If a child panics.
pub async fn run<E>(body: impl AsyncFnOnce(&mut Group<E>)) -> Result<(), E>
where
    E: Send + 'static,
{
    let mut children = JoinSet::new();
    body(&mut children).await;
    while let Some(joined) = children.join_next().await {
        joined.unwrap_or_else(|error: JoinError| std::panic::resume_unwind(error.into_panic()))?;
    }
    Ok(())
}
// ANCHOR_END: translation
