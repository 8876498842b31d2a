//! Stage 7: where closing takes an `await`.

use std::{fmt, io};

use tokio::io::{AsyncWrite, AsyncWriteExt};

// ANCHOR: session
/// A session with a peer that wants to be told about its end.
///
/// [`shutdown`](Session::shutdown) sends what is pending and says goodbye. `Drop` cannot wait for a network, so it does
/// neither: it reports.
pub struct Session<W: AsyncWrite + Unpin> {
    wire: W,
    pending: Vec<u8>,
    report: Option<Box<dyn FnOnce(Abandoned) + Send>>,
}

/// A session was dropped without a `shutdown` that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session was dropped without `shutdown().await`, with {unsent} bytes unsent")]
pub struct Abandoned {
    /// Bytes that were given to [`Session::put`] and not to the peer.
    pub unsent: usize,
}

impl<W: AsyncWrite + Unpin> Session<W> {
    /// A session over `wire`. Whoever drops it without a shutdown makes it call `report`, which must not panic.
    pub fn new(wire: W, report: impl FnOnce(Abandoned) + Send + 'static) -> Self {
        Self {
            wire,
            pending: Vec::new(),
            report: Some(Box::new(report)),
        }
    }

    /// Adds a record, to be sent by [`shutdown`](Session::shutdown).
    pub fn put(&mut self, record: &str) {
        // ANCHOR: solution_session_put
        self.pending.extend_from_slice(record.as_bytes());
        self.pending.push(b'\n');
        // ANCHOR_END: solution_session_put
    }

    /// Sends what is pending and ends the session.
    ///
    /// Not cancellation safe, but honest: when this future is dropped half-way, the session is dropped with it, and
    /// reports what it has not sent.
    ///
    /// # Errors
    ///
    /// When the wire fails. Then the caller knows, and nothing is reported.
    pub async fn shutdown(mut self) -> io::Result<()> {
        // ANCHOR: solution_shutdown
        let outcome = self.send().await;
        self.report = None; // only now: up to here the caller may drop us
        outcome
        // ANCHOR_END: solution_shutdown
    }

    async fn send(&mut self) -> io::Result<()> {
        // ANCHOR: solution_send
        while !self.pending.is_empty() {
            let sent = self.wire.write(&self.pending).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.pending.drain(..sent);
        }
        self.wire.shutdown().await
        // ANCHOR_END: solution_send
    }
}

impl<W: AsyncWrite + Unpin> Drop for Session<W> {
    fn drop(&mut self) {
        // ANCHOR: solution_session_drop
        if let Some(report) = self.report.take() {
            report(Abandoned {
                unsent: self.pending.len(),
            });
        }
        // ANCHOR_END: solution_session_drop
    }
}
// ANCHOR_END: session

impl<W: AsyncWrite + Unpin> fmt::Debug for Session<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("unsent", &self.pending.len())
            .finish_non_exhaustive()
    }
}
