//! Stage 4: `wait()`, alone. Forty lines that stop a test at the moment when nothing can happen any more.

use std::{
    cell::RefCell,
    future::poll_fn,
    io, mem,
    task::{Poll, Waker},
};

use tokio::runtime::Builder;

// ANCHOR: hook
/// What the park hook and the waiters share. The runtime has one thread, so a thread-local will do.
#[derive(Default)]
struct Idle {
    /// How often the runtime has run out of work.
    parks: u64,
    waiters: Vec<Waker>,
}

thread_local! {
    static IDLE: RefCell<Idle> = RefCell::default();
}

/// Tokio calls this when no task is ready, before it looks at timers and sockets.
fn on_park() {
    let waiters = IDLE.with_borrow_mut(|idle| {
        idle.parks += 1;
        mem::take(&mut idle.waiters)
    });
    // A woken task is work: the runtime then polls its driver without blocking, and the clock stays where it is.
    waiters.into_iter().for_each(Waker::wake);
}
// ANCHOR_END: hook

// ANCHOR: run
/// Runs `body` on a fresh single-threaded runtime whose clock is paused.
///
/// # Errors
///
/// If the runtime cannot be built.
pub fn run<F: Future>(body: F) -> io::Result<F::Output> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_park(on_park)
        .build()?;
    Ok(runtime.block_on(body))
}
// ANCHOR_END: run

// ANCHOR: wait
/// Returns when every other task is blocked. The clock does not move meanwhile.
///
/// Works inside [`run`] only: elsewhere nothing ever wakes it.
pub async fn wait() {
    let start = IDLE.with_borrow(|idle| idle.parks);
    poll_fn(|cx| {
        IDLE.with_borrow_mut(|idle| {
            // Two rounds: after the first, the driver may still have handed out a socket that was ready.
            if idle.parks >= start + 2 {
                return Poll::Ready(());
            }
            idle.waiters.push(cx.waker().clone());
            Poll::Pending
        })
    })
    .await;
}
// ANCHOR_END: wait
