//! The timetable as Markdown: a table a session, and what students can do after it.

use std::fmt::Write as _;

use jiff::SignedDuration;

use super::{Plan, Session, What};

/// A time of a session: on the clock on the wall, or from its beginning.
pub fn clock(session: &Session, minutes: u32) -> String {
    match session.start {
        Some(start) => {
            let at = start.saturating_add(SignedDuration::from_mins(i64::from(minutes)));
            at.strftime("%H:%M").to_string()
        }
        None => format!("{}:{:02}", minutes / 60, minutes % 60),
    }
}

/// The timetable.
pub fn text(plan: &Plan<'_>) -> String {
    let options = plan.options;
    let count = plan.sessions.len();
    let sessions = if count == 1 { "session" } else { "sessions" };
    let mut out = format!(
        "# Timetable: {} hours in {count} {sessions}\n\n",
        options.hours
    );
    out.push_str("| Chapter | Level | Minutes |\n|---|---|---:|\n");
    for (_, task) in &plan.chapters {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            task.title,
            task.level.name(),
            task.minutes
        );
    }
    for (number, session) in plan.sessions.iter().enumerate() {
        let _ = write!(out, "\n## Session {}", number + 1);
        if let Some(start) = session.start {
            let _ = write!(out, ": {}", start.strftime("%A, %-d %B %Y"));
        }
        out.push_str("\n\n| Time | Minutes | |\n|---|---:|---|\n");
        for piece in &session.pieces {
            let says = plan.says(&piece.what);
            let says = if piece.what == What::Break {
                format!("*{says}*")
            } else {
                says
            };
            let (from, to) = (
                clock(session, piece.from),
                clock(session, piece.from + piece.minutes),
            );
            let _ = writeln!(out, "| {from}–{to} | {} | {says} |", piece.minutes);
        }
        for chapter in plan.ending(number) {
            let task = plan.chapters[chapter].1;
            let _ = writeln!(out, "\nAfter *{}* students can:\n", task.title);
            for objective in &task.objectives {
                let _ = writeln!(out, "- {objective}");
            }
        }
    }
    out
}
