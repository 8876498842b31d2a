//! The timeline of a retry whose third attempt succeeds.

use std::cell::RefCell;

use listings::{
    trace::Trace,
    virtual_time::{bubble, retry_with_backoff},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

fn main() -> Result<(), bubble::BubbleError> {
    bubble::run(async {
        let trace = RefCell::new(Trace::start());
        let mut attempt = 0;
        let mut failed: Option<Instant> = None;
        let outcome = retry_with_backoff(&CancellationToken::new(), || {
            attempt += 1;
            let mut trace = trace.borrow_mut();
            if let Some(failed) = failed.replace(Instant::now()) {
                trace.span(
                    "retry",
                    "sleep",
                    &format!("{} ms", failed.elapsed().as_millis()),
                    failed,
                );
            }
            let succeeds = attempt == 3;
            let kind = if succeeds { "ok" } else { "error" };
            trace.mark("operation", kind, &format!("attempt {attempt}"));
            std::future::ready(if succeeds { Ok(()) } else { Err(()) })
        })
        .await;
        assert_eq!(outcome, Ok(()));
        trace.borrow().print();
    })
}
