//! Stage 1: a shield that detaches, as Go's `context.WithoutCancel` does. It is not structured: nobody waits.

// ANCHOR: detached
/// Runs `work` to its end, even if whoever awaits it is cancelled.
pub async fn without_cancel<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    tokio::spawn(work).await.ok()
}
// ANCHOR_END: detached
