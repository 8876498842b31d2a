//! The timetable as iCalendar, by RFC 5545: lines end in CRLF and are folded, texts are escaped,
//! every event has a UID that stays the same.

use std::fmt::Write as _;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::{Chapters, Session};
use gradebook::due::LocalTime;

/// The longest line, in bytes, without its end.
const LINE: usize = 75;

/// The calendar of sessions whose full length is `length` minutes.
pub fn calendar(
    chapters: &Chapters<'_>,
    sessions: &[Session],
    length: u32,
    start: LocalTime,
) -> Result<String> {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Future Proposals in Rust//cargo course schedule//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
    ];
    let slugs: Vec<&str> = chapters.iter().map(|(slug, _)| *slug).collect();
    let stamp = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    for (number, session) in sessions.iter().enumerate() {
        let Some(local) = session.start else { continue };
        let begins = start
            .instant()
            .checked_add(local.duration_since(start.local()))?;
        let ends = begins.checked_add(SignedDuration::from_mins(i64::from(session.minutes())))?;
        // Not of the times: a session that is moved is the same session.
        let uid = blake3::hash(format!("{slugs:?} {number} {length}").as_bytes()).to_hex();
        let summary = format!("Session {} of {}", number + 1, sessions.len());
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@future-proposals-in-rust", &uid[..32]),
            // The time at which this was made. No clock is read: the same timetable gives the same bytes.
            format!("DTSTAMP:{}", stamp(start.instant())),
            format!("DTSTART:{}", stamp(begins)),
            format!("DTEND:{}", stamp(ends)),
            format!("SUMMARY:{}", escaped(&summary)),
            format!("DESCRIPTION:{}", escaped(&description(chapters, session))),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    Ok(lines.iter().map(|line| folded(line)).collect())
}

fn description(chapters: &Chapters<'_>, session: &Session) -> String {
    let mut out = String::new();
    for slot in &session.slots {
        let text = slot.text.replace('*', "");
        let _ = writeln!(out, "{} {text}", session.times(slot));
    }
    for task in session.finishes.iter().map(|it| chapters[*it].1) {
        let _ = writeln!(out, "\nAfter \"{}\" students can:", task.title);
        for objective in &task.objectives {
            let _ = writeln!(out, "- {}", objective.replace('`', ""));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A value of type TEXT.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A content line, folded between characters.
pub fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
    out
}
