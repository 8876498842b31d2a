//! Stage 4: a scope whose children borrow. All of them live in one future, so they take turns.

// ANCHOR: local
use std::{cell::RefCell, future::poll_fn, mem, pin::pin, task::Poll};

use futures::{StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};

/// Where children of a [`local_scope`] are spawned. They may borrow what lives for `'env`, which is all that was alive
/// before the scope began.
pub struct LocalScope<'env, E> {
    new: RefCell<Vec<LocalBoxFuture<'env, Result<(), E>>>>,
}

impl<'env, E> LocalScope<'env, E> {
    /// Adds a child. It is polled when the body waits or has returned.
    pub fn spawn(&self, child: impl Future<Output = Result<(), E>> + 'env) {
        // ANCHOR: solution_local_spawn
        self.new.borrow_mut().push(Box::pin(child));
        // ANCHOR_END: solution_local_spawn
    }
}

/// Runs `body` and the children it spawns, concurrently and never in parallel, until all have ended.
///
/// # Errors
///
/// The first error, of the body or a child. What is left of the others is dropped before it is returned.
///
/// # Panics
///
/// If the body or a child panics; the others are dropped by the unwinding.
///
/// # Cancellation safety
///
/// Dropped, it drops its children before the drop returns. Leaked, nothing of it runs any more.
pub async fn local_scope<'env, T, E>(
    body: impl AsyncFnOnce(&LocalScope<'env, E>) -> Result<T, E>,
) -> Result<T, E> {
    // ANCHOR: solution_local_scope
    let scope = LocalScope {
        new: RefCell::default(),
    };
    let mut children = FuturesUnordered::new();
    let mut value = None;
    let mut body = pin!(body(&scope));
    poll_fn(|cx| {
        if value.is_none()
            && let Poll::Ready(returned) = body.as_mut().poll(cx)?
        {
            value = Some(returned);
        }
        children.extend(mem::take(&mut *scope.new.borrow_mut()));
        loop {
            match children.poll_next_unpin(cx)? {
                Poll::Ready(Some(())) => {}
                Poll::Pending => return Poll::Pending,
                // Nobody is left; the body may be waiting for something else.
                Poll::Ready(None) => {
                    return value.take().map_or(Poll::Pending, |it| Poll::Ready(Ok(it)));
                }
            }
        }
    })
    .await
    // ANCHOR_END: solution_local_scope
}
// ANCHOR_END: local
