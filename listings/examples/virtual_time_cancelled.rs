//! The timeline of a retry that is cancelled in its second sleep, 150 ms after it began.

use std::cell::RefCell;

use listings::{
    trace::Trace,
    virtual_time::{RetryError, bubble, retry_with_backoff},
};
use tokio::time::{Duration, Instant, sleep};
use tokio_util::sync::CancellationToken;

fn main() -> Result<(), bubble::BubbleError> {
    bubble::run(async {
        let trace = RefCell::new(Trace::start());
        let token = CancellationToken::new();
        let mut attempt = 0;
        let mut failed = Instant::now();
        let retry = retry_with_backoff(&token, || {
            attempt += 1;
            let mut trace = trace.borrow_mut();
            if attempt > 1 {
                trace.span(
                    "retry",
                    "sleep",
                    &format!("{} ms", failed.elapsed().as_millis()),
                    failed,
                );
            }
            failed = Instant::now();
            trace.mark("operation", "error", &format!("attempt {attempt}"));
            std::future::ready(Err::<(), _>("refused"))
        });
        let cancel = async {
            sleep(Duration::from_millis(150)).await;
            trace.borrow_mut().mark("token", "cancel", "cancel");
            token.cancel();
        };
        let (outcome, ()) = tokio::join!(retry, cancel);
        assert_eq!(
            outcome,
            Err(RetryError::Cancelled {
                attempts: 2,
                last: "refused"
            })
        );
        let mut trace = trace.into_inner();
        trace.span("retry", "sleep", "50 of 200 ms", failed);
        trace.mark("retry", "cancel", "Cancelled after 2 attempts");
        trace.print();
    })
}
