//! The timetable as iCalendar, by RFC 5545: lines end in CRLF and are folded, texts are escaped, every event has a UID that
//! stays the same.

use std::fmt::Write as _;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use super::Plan;
use super::markdown::clock;
use gradebook::due::Due;

/// The longest line, in bytes, without its end.
const LINE: usize = 75;

/// The calendar.
pub fn text(plan: &Plan<'_>, start: Due) -> Result<String> {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Future Proposals in Rust//cargo course schedule//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
    ];
    let offset = start.local().duration_since(utc(start.instant()));
    let slugs: Vec<&str> = plan.chapters.iter().map(|(slug, _)| *slug).collect();
    for (number, session) in plan.sessions.iter().enumerate() {
        let Some(local) = session.start else { continue };
        let begins = local.checked_sub(offset)?;
        let ends = begins.checked_add(SignedDuration::from_mins(i64::from(session.minutes())))?;
        let stamp = |at: jiff::civil::DateTime| at.strftime("%Y%m%dT%H%M%SZ").to_string();
        // Not of the times: a session that is moved is the same session.
        let uid = blake3::hash(format!("{slugs:?} {number} {}", plan.options.session).as_bytes())
            .to_hex();
        let mut about = String::new();
        for piece in &session.pieces {
            let (from, to) = (
                clock(session, piece.from),
                clock(session, piece.from + piece.minutes),
            );
            let _ = writeln!(
                about,
                "{from}–{to} {}",
                plan.says(&piece.what).replace('*', "")
            );
        }
        for chapter in plan.ending(number) {
            let task = plan.chapters[chapter].1;
            let _ = writeln!(about, "\nAfter \"{}\" students can:", task.title);
            for objective in &task.objectives {
                let _ = writeln!(about, "- {}", objective.replace('`', ""));
            }
        }
        let summary = format!("Session {} of {}", number + 1, plan.sessions.len());
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@future-proposals-in-rust", &uid[..32]),
            // It says when this was made. No clock is read: the same timetable gives the same bytes.
            format!("DTSTAMP:{}", stamp(utc(start.instant()))),
            format!("DTSTART:{}", stamp(begins)),
            format!("DTEND:{}", stamp(ends)),
            format!("SUMMARY:{}", escaped(&summary)),
            format!("DESCRIPTION:{}", escaped(about.trim_end())),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    Ok(lines.iter().map(|line| folded(line)).collect())
}

fn utc(at: Timestamp) -> jiff::civil::DateTime {
    at.to_zoned(jiff::tz::TimeZone::UTC).datetime()
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
