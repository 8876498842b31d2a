//! The events of a trace, as captured.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::directives::output::values;

/// One line of a captured trace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The row it is drawn in.
    pub lane: String,
    /// The text beside its mark.
    pub label: String,
    /// Its kind.
    pub kind: Kind,
    /// The start, in virtual milliseconds.
    pub start_ms: u64,
    /// The end; equal to the start for an instant.
    pub end_ms: u64,
}

impl Event {
    /// True if it has no duration.
    pub fn is_instant(&self) -> bool {
        self.start_ms == self.end_ms
    }

    /// The event in words: `backoff from 0 ms to 100 ms (sleep)`.
    fn words(&self) -> String {
        let Self {
            label,
            start_ms,
            end_ms,
            ..
        } = self;
        let kind = self.kind.name();
        if self.is_instant() {
            format!("{label} at {start_ms} ms ({kind})")
        } else {
            format!("{label} from {start_ms} ms to {end_ms} ms ({kind})")
        }
    }
}

/// The kind of an event. The order is the legend's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something is being done.
    Work,
    /// A timer runs.
    Sleep,
    /// Blocked on another.
    Wait,
    /// It went well.
    Ok,
    /// It failed.
    Error,
    /// It was cancelled.
    Cancel,
}

impl Kind {
    /// Its name in the capture, the legend and the style sheet.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Sleep => "sleep",
            Self::Wait => "wait",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Cancel => "cancel",
        }
    }
}

/// Reads the events. The error has the line that is not one, and why.
pub fn parse(text: &str) -> Result<Vec<Event>, (usize, String)> {
    let events: Vec<Event> = values(text, "an event")?;
    for (line, event) in (1..).zip(&events) {
        let Event {
            start_ms, end_ms, ..
        } = event;
        if end_ms < start_ms {
            let why = format!("ends at {end_ms} ms, before it starts at {start_ms} ms");
            return Err((line, why));
        }
    }
    Ok(events)
}

/// The lanes, in the order of their first event.
pub fn lanes(events: &[Event]) -> Vec<&str> {
    let mut lanes = Vec::new();
    for event in events {
        if !lanes.contains(&event.lane.as_str()) {
            lanes.push(event.lane.as_str());
        }
    }
    lanes
}

/// The whole trace in words, lane by lane.
pub fn describe(events: &[Event]) -> String {
    let mut out = String::new();
    for lane in lanes(events) {
        let words: Vec<_> = events
            .iter()
            .filter(|event| event.lane == lane)
            .map(Event::words)
            .collect();
        let _ = write!(
            out,
            "{}{lane}: {}.",
            if out.is_empty() { "" } else { " " },
            words.join("; ")
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(line: &str) -> Result<Vec<Event>, (usize, String)> {
        parse(line)
    }

    #[test]
    fn event_kinds_are_the_six_of_the_recorder() {
        for kind in ["work", "sleep", "wait", "ok", "error", "cancel"] {
            let line =
                format!(r#"{{"lane":"a","label":"b","kind":"{kind}","start_ms":1,"end_ms":2}}"#);
            assert_eq!(event(&line).expect("an event")[0].kind.name(), kind);
        }
        let (line, why) = event(r#"{"lane":"a","label":"b","kind":"nap","start_ms":1,"end_ms":2}"#)
            .expect_err("no kind");
        assert!(line == 1 && why.contains("unknown variant `nap`"), "{why}");
    }

    #[test]
    fn event_may_not_end_before_it_starts() {
        let (_, why) = event(r#"{"lane":"a","label":"b","kind":"ok","start_ms":2,"end_ms":1}"#)
            .expect_err("backwards");
        assert!(why.contains("before it starts"), "{why}");
    }

    #[test]
    fn trace_without_events_is_an_error() {
        assert!(parse("").is_err());
    }

    #[test]
    fn description_goes_lane_by_lane() {
        let text = r#"{"lane":"b","label":"x","kind":"work","start_ms":0,"end_ms":2}
{"lane":"a","label":"y","kind":"ok","start_ms":1,"end_ms":1}
{"lane":"b","label":"z","kind":"cancel","start_ms":3,"end_ms":3}"#;
        let words = describe(&parse(text).expect("events"));
        assert_eq!(
            words,
            "b: x from 0 ms to 2 ms (work); z at 3 ms (cancel). a: y at 1 ms (ok)."
        );
    }
}
