//! `cargo course schedule`: chapters as a timetable, in an order that their prerequisites allow, with breaks.
//!
//! Minutes and objectives come from `task.toml`. A chapter is its reading, and then each core exercise; what is longer than
//! the time before a break goes on after it.

mod ical;
mod markdown;

use std::collections::{BTreeSet, VecDeque};

use anyhow::{Context, Result, bail, ensure};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Span};

use book::nearest::or_nearest;
use book::project::Project;
use book::task::{Part, Task};
use gradebook::due::Due;

/// What `--help` adds.
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
/// Between two sessions of a day, in minutes.
const BETWEEN: i64 = 30;
/// What is to be taught, and when.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The chapters' slugs
    #[arg(required = true)]
    pub chapters: Vec<String>,
    /// How many hours there are, breaks included
    #[arg(long)]
    pub hours: f64,
    /// How long a session is, such as 90m
    #[arg(long, value_parser = minutes)]
    pub session: u32,
    /// How long a break is
    #[arg(long = "break", default_value = "10m", value_parser = minutes)]
    pub pause: u32,
    /// When the first session begins, such as 2027-02-01T09:00+01:00
    #[arg(long)]
    pub start: Option<Due>,
    /// From the beginning of a session to that of the next: 1d, 7d
    #[arg(long, requires = "start")]
    pub every: Option<Span>,
    /// Chapters that students know already
    #[arg(long)]
    pub known: Vec<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    pub format: Format,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table a session
    Markdown,
    /// iCalendar (RFC 5545), an event a session
    Ical,
}

fn minutes(text: &str) -> Result<u32, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "write it as 90m or 1h30m".to_owned())?;
    let minutes = u32::try_from(duration.as_mins())
        .ok()
        .filter(|minutes| (1..=24 * 60).contains(minutes));
    minutes.ok_or_else(|| "it must be a minute at least, and a day at most".to_owned())
}

/// A piece of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    /// From the beginning of the session, in minutes.
    from: u32,
    minutes: u32,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// A part of a chapter, by its number in the plan.
    Part {
        chapter: usize,
        says: String,
        goes_on: bool,
    },
    Break,
    /// What is left of the time.
    Rest,
}

/// A session.
#[derive(Debug)]
struct Session {
    pieces: Vec<Piece>,
    /// When it begins, on the clock on the wall.
    start: Option<DateTime>,
}

impl Session {
    fn minutes(&self) -> u32 {
        self.pieces
            .last()
            .map_or(0, |piece| piece.from + piece.minutes)
    }
}

/// A timetable.
struct Plan<'a> {
    chapters: Vec<(&'a str, &'a Task)>,
    sessions: Vec<Session>,
    options: &'a Options,
}

impl Plan<'_> {
    /// The chapters that end in a session.
    fn ending(&self, session: usize) -> impl Iterator<Item = usize> {
        let last = |chapter: usize| {
            self.sessions.iter().rposition(|session| {
                session.pieces.iter().any(
                    |piece| matches!(&piece.what, What::Part { chapter: of, .. } if *of == chapter),
                )
            })
        };
        (0..self.chapters.len()).filter(move |chapter| last(*chapter) == Some(session))
    }

    fn says(&self, what: &What) -> String {
        match what {
            What::Part {
                chapter,
                says,
                goes_on,
            } => {
                let goes_on = if *goes_on { ", continued" } else { "" };
                format!("{}: {says}{goes_on}", self.chapters[*chapter].1.title)
            }
            What::Break => "Break".to_owned(),
            What::Rest => "Bonus exercises and questions".to_owned(),
        }
    }
}

/// Makes the timetable.
///
/// # Errors
///
/// When a chapter is unknown or named twice, one that another builds on is missing, or there is too little time.
pub fn schedule(project: &Project, options: &Options) -> Result<String> {
    let chapters = order(project, options)?;
    let sessions = sessions(&chapters, options)?;
    let plan = Plan {
        chapters,
        sessions,
        options,
    };
    match options.format {
        Format::Markdown => Ok(markdown::text(&plan)),
        Format::Ical => {
            let start = options
                .start
                .context("a calendar needs --start, such as 2027-02-01T09:00+01:00")?;
            ical::text(&plan, start)
        }
    }
}

/// The chapters in the order in which they are named, but for what another builds on.
fn order<'a>(project: &'a Project, options: &'a Options) -> Result<Vec<(&'a str, &'a Task)>> {
    for slug in options.chapters.iter().chain(&options.known) {
        if !project.tasks.contains_key(slug) {
            let known = project.tasks.keys().map(String::as_str);
            bail!(
                "there is no chapter `{slug}`: {}",
                or_nearest(slug, known, "the book has no chapters")
            );
        }
    }
    let named: BTreeSet<&str> = options.chapters.iter().map(String::as_str).collect();
    ensure!(
        named.len() == options.chapters.len(),
        "a chapter is named twice: once is enough"
    );
    let known: BTreeSet<&str> = options.known.iter().map(String::as_str).collect();
    for slug in &options.chapters {
        for needed in &project.tasks[slug].prerequisites {
            ensure!(
                named.contains(needed.as_str()) || known.contains(needed.as_str()),
                "`{slug}` builds on `{needed}`: add it, or say that students know it, with --known {needed}"
            );
        }
    }
    let mut done: Vec<&str> = Vec::new();
    while done.len() < options.chapters.len() {
        let ready = |slug: &&String| {
            let needs = &project.tasks[slug.as_str()].prerequisites;
            !done.contains(&slug.as_str())
                && needs
                    .iter()
                    .all(|it| done.contains(&it.as_str()) || !named.contains(it.as_str()))
        };
        let Some(next) = options.chapters.iter().find(ready) else {
            let left: Vec<_> = options
                .chapters
                .iter()
                .filter(|slug| !done.contains(&slug.as_str()))
                .cloned()
                .collect();
            bail!(
                "these chapters build on each other in a circle: {}",
                left.join(", ")
            );
        };
        done.push(next);
    }
    Ok(done
        .into_iter()
        .map(|slug| (slug, &project.tasks[slug]))
        .collect())
}

/// What there is to do in a chapter, with minutes.
fn parts(task: &Task) -> Vec<(String, u32)> {
    let core: Vec<_> = task
        .exercises
        .iter()
        .filter(|exercise| exercise.part == Part::Core)
        .collect();
    let written: u32 = core.iter().map(|exercise| exercise.minutes).sum();
    let mut parts = Vec::new();
    if let Some(reading @ 1..) = task.minutes.checked_sub(written) {
        parts.push(("read, predict, discuss".to_owned(), reading));
    }
    parts.extend(
        core.iter()
            .map(|exercise| (format!("exercise *{}*", exercise.title), exercise.minutes)),
    );
    parts
}

/// The stretches of a session between its breaks, in minutes.
fn stretches(session: u32, pause: u32) -> Vec<u32> {
    let mut breaks = 0;
    loop {
        let work = session.saturating_sub(breaks * pause);
        if work.div_ceil(breaks + 1) <= STRETCH {
            let each = work / (breaks + 1);
            let longer = work % (breaks + 1);
            return (0..=breaks)
                .map(|number| each + u32::from(number < longer))
                .collect();
        }
        breaks += 1;
    }
}

fn sessions(chapters: &[(&str, &Task)], options: &Options) -> Result<Vec<Session>> {
    ensure!(
        options.hours.is_finite() && options.hours > 0.0 && options.hours <= 1000.0,
        "--hours must be more than 0, and 1000 at most"
    );
    let total = (options.hours * 60.0).round() as u32;
    ensure!(
        options.pause < options.session,
        "a break is shorter than a session"
    );
    let mut lengths = vec![options.session; (total / options.session) as usize];
    lengths.extend(Some(total % options.session).filter(|rest| *rest > 0));
    let mut todo: VecDeque<(usize, String, u32, bool)> = (0..)
        .zip(chapters)
        .flat_map(|(at, (_, task))| {
            parts(task)
                .into_iter()
                .map(move |(says, minutes)| (at, says, minutes, false))
        })
        .collect();
    let needed: u32 = todo.iter().map(|part| part.2).sum();
    let there: u32 = lengths
        .iter()
        .flat_map(|length| stretches(*length, options.pause))
        .sum();
    if needed > there {
        bail!(
            "{} {needed} minutes, and {} h in sessions of {} min have {there} without breaks: ask for more hours, or leave \
             a chapter out",
            if chapters.len() == 1 {
                "this chapter takes"
            } else {
                "these chapters take"
            },
            options.hours,
            options.session
        );
    }
    let mut sessions = Vec::new();
    let mut start = options.start.map(Due::local);
    for length in lengths {
        let mut pieces = Vec::new();
        let mut from = 0;
        for (number, mut left) in stretches(length, options.pause).into_iter().enumerate() {
            if number > 0 {
                pieces.push(Piece {
                    from,
                    minutes: options.pause,
                    what: What::Break,
                });
                from += options.pause;
            }
            while left > 0 {
                let Some((chapter, says, minutes, goes_on)) = todo.pop_front() else {
                    pieces.push(Piece {
                        from,
                        minutes: left,
                        what: What::Rest,
                    });
                    from += left;
                    break;
                };
                let now = minutes.min(left);
                pieces.push(Piece {
                    from,
                    minutes: now,
                    what: What::Part {
                        chapter,
                        says: says.clone(),
                        goes_on,
                    },
                });
                from += now;
                left -= now;
                if minutes > now {
                    todo.push_front((chapter, says, minutes - now, true));
                }
            }
        }
        sessions.push(Session { pieces, start });
        start = match (start, options.every) {
            (Some(at), Some(every)) => {
                Some(at.checked_add(every).context("--every leads too far")?)
            }
            (Some(at), None) => Some(
                at.checked_add(SignedDuration::from_mins(i64::from(length) + BETWEEN))
                    .context("the sessions lead too far")?,
            ),
            (None, _) => None,
        };
    }
    Ok(sessions)
}

#[cfg(test)]
mod tests;
