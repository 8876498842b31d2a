//! Timelines: what happened when, in which lane, during a run under virtual time.
//!
//! An example that ends with [`Trace::print`] can be drawn on a page with `{{#trace NAME}}`; the tool re-runs it, so the
//! picture is the run.

use serde::Serialize;
use tokio::time::Instant;

/// One mark on a timeline: a span when `end_ms > start_ms`, an instant when they are equal.
///
/// Times are milliseconds of the runtime's clock since the trace began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The row the mark is drawn in, usually a task's name.
    pub lane: String,
    /// What the mark says.
    pub label: String,
    /// `"work"`, `"sleep"`, `"wait"`, `"ok"`, `"error"` or `"cancel"`: decides colour and pattern, never meaning alone.
    pub kind: &'static str,
    /// When it starts.
    pub start_ms: u64,
    /// When it ends.
    pub end_ms: u64,
}

/// A recorder of [`Event`]s. Its clock is tokio's, so under a paused clock the times are exact.
#[derive(Debug, Clone)]
pub struct Trace {
    origin: Instant,
    events: Vec<Event>,
}

impl Trace {
    /// Starts a trace; time zero is now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            origin: Instant::now(),
            events: Vec::new(),
        }
    }

    /// Records something that lasted from `from` until now.
    pub fn span(&mut self, lane: &str, kind: &'static str, label: &str, from: Instant) {
        self.push(lane, kind, label, from, Instant::now());
    }

    /// Records something that happened now.
    pub fn mark(&mut self, lane: &str, kind: &'static str, label: &str) {
        let now = Instant::now();
        self.push(lane, kind, label, now, now);
    }

    fn push(&mut self, lane: &str, kind: &'static str, label: &str, from: Instant, to: Instant) {
        let ms = |at: Instant| u64::try_from((at - self.origin).as_millis()).unwrap_or(u64::MAX);
        self.events.push(Event {
            lane: lane.to_owned(),
            label: label.to_owned(),
            kind,
            start_ms: ms(from),
            end_ms: ms(to),
        });
    }

    /// The events so far, in the order they were recorded.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Prints the events to standard output, one JSON object a line: the form `{{#trace}}` reads.
    pub fn print(&self) {
        for event in &self.events {
            println!(
                "{}",
                serde_json::to_string(event).expect("an event has only strings and integers")
            );
        }
    }
}
