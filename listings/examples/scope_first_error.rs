//! The timeline of a scope in which a child fails after 30 ms.

use std::sync::{Arc, Mutex};

use listings::{
    scope::{Root, ScopeError, scope},
    trace::Trace,
    virtual_time::bubble,
};
use tokio::time::{Duration, Instant, sleep};

type Shared = Arc<Mutex<Trace>>;

/// Draws a span from its making to its end, and a mark if that came too early.
struct Lane {
    trace: Shared,
    name: &'static str,
    label: &'static str,
    begin: Instant,
    done: bool,
}

impl Lane {
    fn new(trace: &Shared, name: &'static str, label: &'static str) -> Self {
        Self {
            trace: Arc::clone(trace),
            name,
            label,
            begin: Instant::now(),
            done: false,
        }
    }

    async fn sleep(mut self, millis: u64) -> Result<(), &'static str> {
        sleep(Duration::from_millis(millis)).await;
        self.done = true;
        Ok(())
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut trace = self.trace.lock().expect("nobody panics");
        trace.span(self.name, "work", self.label, self.begin);
        if !self.done {
            trace.mark(self.name, "cancel", "cut short");
        }
    }
}

fn main() -> Result<(), bubble::BubbleError> {
    bubble::run(async {
        let trace: Shared = Arc::new(Mutex::new(Trace::start()));
        let outcome = scope(&Root::new(), async |s| {
            let quick = Lane::new(&trace, "quick", "10 ms");
            let _ = s.spawn("quick", quick.sleep(10)).await;
            let bad = Lane::new(&trace, "bad", "30 ms");
            let lane = Arc::clone(&trace);
            let bad = async move {
                bad.sleep(30).await?;
                lane.lock()
                    .expect("nobody panics")
                    .mark("bad", "error", "refused");
                Err::<(), _>("refused")
            };
            let _ = s.spawn("bad", bad).await;
            let slow = Lane::new(&trace, "slow", "of 1000 ms");
            let _ = s.spawn("slow", slow.sleep(1000)).await;
            let lane = Arc::clone(&trace);
            let polite = s.spawn_cooperative("polite", |token| async move {
                let begin = Instant::now();
                token.cancelled().await;
                lane.lock()
                    .expect("nobody panics")
                    .span("polite", "wait", "until told", begin);
                Lane::new(&lane, "polite", "clean up").sleep(30).await
            });
            let _ = polite.await;
            Lane::new(&trace, "body", "of 1000 ms").sleep(1000).await
        })
        .await;
        assert!(matches!(&outcome, Err(ScopeError::Failed { first, .. }) if first.task == "bad"));
        let mut trace = trace.lock().expect("nobody panics");
        trace.mark("scope", "error", "returns bad: refused");
        trace.print();
    })
}
