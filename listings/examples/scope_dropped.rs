//! The timeline of a scope that is dropped after 20 ms, and of the root that joins what it leaves.

use std::sync::{Arc, Mutex};

use listings::{
    scope::{Root, scope},
    trace::Trace,
    virtual_time::bubble,
};
use tokio::time::{Duration, Instant, sleep, timeout};

fn main() -> Result<(), bubble::BubbleError> {
    bubble::run(async {
        let trace = Arc::new(Mutex::new(Trace::start()));
        let root = Root::new();
        let begin = Instant::now();
        let work = scope(&root, async |s| {
            let lane = Arc::clone(&trace);
            let polite = s.spawn_cooperative("polite", |token| async move {
                token.cancelled().await;
                lane.lock()
                    .expect("nobody panics")
                    .span("polite", "wait", "until told", begin);
                let told = Instant::now();
                sleep(Duration::from_millis(40)).await;
                lane.lock()
                    .expect("nobody panics")
                    .span("polite", "work", "clean up", told);
                Err::<(), _>("disk full")
            });
            let _ = polite.await;
            sleep(Duration::from_millis(1000)).await;
            Ok(())
        });
        assert!(timeout(Duration::from_millis(20), work).await.is_err());
        let dropped = Instant::now();
        {
            let mut trace = trace.lock().expect("nobody panics");
            trace.span("main", "wait", "scope, 20 of 1000 ms", begin);
            trace.mark("main", "cancel", "scope dropped");
        }
        let orphans = root.wait().await;
        let mut trace = trace.lock().expect("nobody panics");
        trace.span("main", "wait", "root.wait()", dropped);
        let error: Option<&&str> = orphans[0].what.downcast_ref();
        trace.mark(
            "main",
            "error",
            &format!("told: {} said {}", orphans[0].task, error.unwrap_or(&"?")),
        );
        trace.print();
    })
}
