//! `cargo course schedule`: chapters as a timetable, in an order that their prerequisites allow, with breaks.
//!
//! Minutes and objectives come from `task.toml`. A chapter is its reading, and then each core exercise; a part that is
//! longer than the time before a break is continued after it.

mod ical;

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Span};

use book::project::Project;
use book::task::{Part, Task};
use gradebook::due::LocalTime;

/// The part of `--help` below the options.
pub const HELP: &str = "\
Chapters keep the order in which you name them, but one that another builds on comes first. A session is cut by breaks
into stretches of at most an hour. What is left of the time is for bonus exercises and questions.

Without --start, times count from the beginning of a session. Without --every, sessions follow each other after half an
hour. iCalendar has an event a session, in UTC, whose UID stays the same when you make it again.

Exit code:
  0  the timetable is on standard output
  2  a fault of use: an unknown chapter, one that another needs is missing, or it does not fit";

/// The longest stretch without a break, in minutes.
const STRETCH: u32 = 60;
/// Time between two sessions of a day, in minutes.
const BETWEEN: i64 = 30;

/// Chapters to teach, and the time for them.
#[derive(Debug, Clone, clap::Args)]
pub struct ScheduleOptions {
    /// The chapters' slugs
    #[arg(required = true)]
    pub chapters: Vec<String>,
    /// All hours together, breaks included
    #[arg(long)]
    pub hours: f64,
    /// The length of a session, such as 90m
    #[arg(long, value_parser = minutes)]
    pub session: u32,
    /// The length of a break
    #[arg(long = "break", default_value = "10m", value_parser = minutes)]
    pub pause: u32,
    /// The beginning of the first session, such as 2027-02-01T09:00+01:00
    #[arg(long)]
    pub start: Option<LocalTime>,
    /// From the beginning of a session to that of the next: 1d, 7d
    #[arg(long, requires = "start")]
    pub every: Option<Span>,
    /// Chapters that students know already
    #[arg(long)]
    pub known: Vec<String>,
    /// The form of the timetable
    #[arg(long, value_enum, default_value_t = TimetableFormat::Markdown)]
    pub format: TimetableFormat,
}

/// A form of a timetable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TimetableFormat {
    /// A table a session
    Markdown,
    /// iCalendar (RFC 5545), an event a session
    Ical,
}

fn minutes(text: &str) -> Result<u32, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "write it as 90m or 1h30m".to_owned())?;
    let minutes = u32::try_from(duration.as_mins()).ok();
    minutes
        .filter(|minutes| (1..=24 * 60).contains(minutes))
        .ok_or_else(|| "it must be a minute at least, and a day at most".to_owned())
}

/// A row of a session's table: a part of a chapter, a break, or the rest of the time.
#[derive(Debug, Clone)]
struct Slot {
    /// Minutes from the beginning of the session.
    from: u32,
    minutes: u32,
    /// Its text, in Markdown.
    text: String,
}

#[derive(Debug, Default)]
struct Session {
    slots: Vec<Slot>,
    /// Its beginning as local time.
    start: Option<DateTime>,
    /// The numbers of the chapters that end in it.
    finishes: Vec<usize>,
}

impl Session {
    fn minutes(&self) -> u32 {
        self.slots.last().map_or(0, |slot| slot.from + slot.minutes)
    }

    fn push(&mut self, minutes: u32, text: String) {
        self.slots.push(Slot {
            from: self.minutes(),
            minutes,
            text,
        });
    }

    /// The beginning and end of a slot: local time, or counted from the beginning of the session.
    fn times(&self, slot: &Slot) -> String {
        let clock = |minutes: u32| match self.start {
            Some(start) => {
                let at = start.saturating_add(SignedDuration::from_mins(i64::from(minutes)));
                at.strftime("%H:%M").to_string()
            }
            None => format!("{}:{:02}", minutes / 60, minutes % 60),
        };
        format!("{}–{}", clock(slot.from), clock(slot.from + slot.minutes))
    }
}

type Chapters<'a> = Vec<(&'a str, &'a Task)>;

/// Makes the timetable.
///
/// # Errors
///
/// If a chapter is unknown or named twice, one that another builds on is missing, or there is too little time.
pub fn schedule(project: &Project, options: &ScheduleOptions) -> Result<String> {
    let chapters = order(project, options)?;
    let sessions = sessions(&chapters, options)?;
    match options.format {
        TimetableFormat::Markdown => Ok(markdown(&chapters, &sessions, options.hours)),
        TimetableFormat::Ical => {
            let start = options
                .start
                .context("a calendar needs --start, such as 2027-02-01T09:00+01:00")?;
            ical::calendar(&chapters, &sessions, options.session, start)
        }
    }
}

/// Puts the chapters into the order in which they are named, but for those that another builds on.
fn order<'a>(project: &'a Project, options: &'a ScheduleOptions) -> Result<Chapters<'a>> {
    for slug in options.chapters.iter().chain(&options.known) {
        crate::ensure_chapter(project, slug)?;
    }
    let named: BTreeSet<&String> = options.chapters.iter().collect();
    ensure!(
        named.len() == options.chapters.len(),
        "a chapter is named twice: once is enough"
    );
    let needs = |slug: &String| &project.tasks[slug].prerequisites;
    for slug in &options.chapters {
        for needed in needs(slug) {
            ensure!(
                named.contains(needed) || options.known.contains(needed),
                "`{slug}` builds on `{needed}`: add it, or say that students know it, with --known {needed}"
            );
        }
    }
    let mut left: Vec<&String> = options.chapters.iter().collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let is_ready = |slug: &&String| !needs(slug).iter().any(|it| left.contains(&it));
        let Some(at) = left.iter().position(is_ready) else {
            let left: Vec<&str> = left.iter().map(|slug| slug.as_str()).collect();
            bail!(
                "these chapters build on each other in a circle: {}",
                left.join(", ")
            );
        };
        let slug = left.remove(at);
        ordered.push((slug.as_str(), &project.tasks[slug]));
    }
    Ok(ordered)
}

/// The parts of a chapter, with minutes.
fn parts(task: &Task) -> Vec<(String, u32)> {
    let core = || task.exercises.iter().filter(|it| it.part == Part::Core);
    let written: u32 = core().map(|exercise| exercise.minutes).sum();
    let mut parts = Vec::new();
    if let Some(reading @ 1..) = task.minutes.checked_sub(written) {
        parts.push(("read, predict, discuss".to_owned(), reading));
    }
    parts.extend(core().map(|it| (format!("exercise *{}*", it.title), it.minutes)));
    parts
}

/// The stretches of a session between its breaks, in minutes.
fn stretches(session: u32, pause: u32) -> Vec<u32> {
    let work = |breaks: u32| session.saturating_sub(breaks * pause);
    let mut breaks = 0;
    while work(breaks).div_ceil(breaks + 1) > STRETCH {
        breaks += 1;
    }
    let (each, longer) = (work(breaks) / (breaks + 1), work(breaks) % (breaks + 1));
    (0..=breaks)
        .map(|number| each + u32::from(number < longer))
        .collect()
}

fn sessions(chapters: &Chapters<'_>, options: &ScheduleOptions) -> Result<Vec<Session>> {
    ensure!(
        options.hours.is_finite() && options.hours > 0.0 && options.hours <= 1000.0,
        "--hours must be more than 0, and 1000 at most"
    );
    ensure!(
        options.pause < options.session,
        "a break is shorter than a session"
    );
    let total = (options.hours * 60.0).round() as u32;
    let mut lengths = vec![options.session; (total / options.session) as usize];
    lengths.extend(Some(total % options.session).filter(|rest| *rest > 0));
    let mut todo: VecDeque<(usize, String, u32)> = VecDeque::new();
    for (number, (_, task)) in chapters.iter().enumerate() {
        let parts = parts(task).into_iter();
        todo.extend(
            parts.map(|(text, minutes)| (number, format!("{}: {text}", task.title), minutes)),
        );
    }
    let needed: u32 = todo.iter().map(|part| part.2).sum();
    let there: u32 = lengths
        .iter()
        .flat_map(|length| stretches(*length, options.pause))
        .sum();
    ensure!(
        needed <= there,
        "{} {needed} minutes, and {} h in sessions of {} min have {there} without breaks: ask for more hours, or leave a \
         chapter out",
        match chapters.len() {
            1 => "this chapter takes",
            _ => "these chapters take",
        },
        options.hours,
        options.session
    );
    let mut sessions = Vec::new();
    let mut start = options.start.map(LocalTime::local);
    for length in lengths {
        let mut session = Session {
            start,
            ..Session::default()
        };
        for left in stretches(length, options.pause) {
            if !session.slots.is_empty() {
                session.push(options.pause, "*Break*".to_owned());
            }
            fill(&mut session, left, &mut todo);
        }
        sessions.push(session);
        let next = match options.every {
            Some(every) => start.map(|at| at.checked_add(every)),
            None => {
                let after = SignedDuration::from_mins(i64::from(length) + BETWEEN);
                start.map(|at| at.checked_add(after))
            }
        };
        start = next.transpose().context("the sessions lead too far")?;
    }
    Ok(sessions)
}

/// Fills a stretch of a session with what is to do.
fn fill(session: &mut Session, mut left: u32, todo: &mut VecDeque<(usize, String, u32)>) {
    while left > 0 {
        let Some((chapter, text, minutes)) = todo.pop_front() else {
            session.push(left, "Bonus exercises and questions".to_owned());
            return;
        };
        let now = minutes.min(left);
        session.push(now, text.clone());
        left -= now;
        if minutes > now {
            let text = text.trim_end_matches(CONTINUED).to_owned() + CONTINUED;
            todo.push_front((chapter, text, minutes - now));
        } else if todo.front().is_none_or(|next| next.0 != chapter) {
            session.finishes.push(chapter);
        }
    }
}

/// The end of the text of a part that began before a break.
const CONTINUED: &str = ", continued";

/// The timetable as Markdown: a table a session, and the objectives that students have reached after it.
fn markdown(chapters: &Chapters<'_>, sessions: &[Session], hours: f64) -> String {
    let count = sessions.len();
    let noun = if count == 1 { "session" } else { "sessions" };
    let mut out = format!("# Timetable: {hours} hours in {count} {noun}\n\n");
    out.push_str("| Chapter | Level | Minutes |\n|---|---|---:|\n");
    for (_, task) in chapters {
        let (title, level) = (&task.title, task.level.name());
        let _ = writeln!(out, "| {title} | {level} | {} |", task.minutes);
    }
    for (number, session) in (1..).zip(sessions) {
        let _ = write!(out, "\n## Session {number}");
        if let Some(start) = session.start {
            let _ = write!(out, ": {}", start.strftime("%A, %-d %B %Y"));
        }
        out.push_str("\n\n| Time | Minutes | |\n|---|---:|---|\n");
        for slot in &session.slots {
            let (times, text) = (session.times(slot), &slot.text);
            let _ = writeln!(out, "| {times} | {} | {text} |", slot.minutes);
        }
        for task in session.finishes.iter().map(|it| chapters[*it].1) {
            let _ = writeln!(out, "\nAfter *{}* students can:\n", task.title);
            for objective in &task.objectives {
                let _ = writeln!(out, "- {objective}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
