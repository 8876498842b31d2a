//! One script under each policy: a child fails after 20 ms, another after 30, a third would take 60, the body 40.

use std::sync::{Arc, Mutex};

use listings::{
    nursery::{NurseryError, Options, nursery_with},
    scope::Root,
    trace::Trace,
    virtual_time::bubble,
};
use tokio::time::{Duration, Instant, sleep};

/// What all write into.
pub type Shared = Arc<Mutex<Trace>>;

/// Marks something in a lane.
pub fn mark(trace: &Shared, lane: &str, kind: &'static str, label: &str) {
    trace.lock().expect("nobody panics").mark(lane, kind, label);
}

/// Draws a span from its making to its end, and a mark if that came too early.
struct Lane {
    trace: Shared,
    name: &'static str,
    begin: Instant,
    done: bool,
}

impl Lane {
    fn new(trace: &Shared, name: &'static str) -> Self {
        Self {
            trace: Arc::clone(trace),
            name,
            begin: Instant::now(),
            done: false,
        }
    }

    async fn sleep(mut self, millis: u64) {
        sleep(Duration::from_millis(millis)).await;
        self.done = true;
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.trace
            .lock()
            .expect("nobody panics")
            .span(self.name, "work", "work", self.begin);
        if !self.done {
            mark(&self.trace, self.name, "cancel", "cut short");
        }
    }
}

/// Runs the script and prints its timeline.
pub fn draw(
    options: impl FnOnce(&Shared) -> Options<&'static str>,
) -> Result<(), bubble::BubbleError> {
    bubble::run(async {
        let trace: Shared = Arc::new(Mutex::new(Trace::start()));
        let root = Root::new();
        let outcome = nursery_with(options(&trace), &root, async |n| {
            for (name, millis, error) in [
                ("bad", 20, Some("refused")),
                ("worse", 30, Some("full")),
                ("slow", 60, None),
            ] {
                let (lane, errors) = (Lane::new(&trace, name), Arc::clone(&trace));
                let child = async move {
                    lane.sleep(millis).await;
                    error.map_or(Ok(()), |error| {
                        mark(&errors, name, "error", error);
                        Err(error)
                    })
                };
                let _ = n.spawn(name, child).await;
            }
            Lane::new(&trace, "body").sleep(40).await;
            Ok("done")
        })
        .await;
        let (kind, says) = match outcome {
            Ok(value) => ("ok", format!("returns {value}")),
            Err(NurseryError::Failed { first, suppressed }) => {
                let names: Vec<_> = std::iter::once(&first)
                    .chain(&suppressed)
                    .map(|it| it.task)
                    .collect();
                ("error", format!("returns {}", names.join(" and ")))
            }
            Err(other) => ("error", other.to_string()),
        };
        mark(&trace, "nursery", kind, &says);
        trace.lock().expect("nobody panics").print();
    })
}
