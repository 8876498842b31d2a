//! A course for a class: assignments, timetables, a class to rehearse with, and a book without solutions.
//!
//! In goes the book ([`book::project::Project`]) with its chapters' tasks and exercises. Out come folders of files
//! ([`assign`], [`rehearse`]), a text ([`schedule`]) or a site ([`edition`]).
//!
//! ```
//! use book::{project::Project, task::Task};
//! use classroom::schedule::{ScheduleOptions, TimetableFormat, schedule};
//! # fn main() -> anyhow::Result<()> {
//! # let task = Task::parse("task.toml".as_ref(), "title = \"Scope\"\noriginal = 1\nminutes = 60\nlevel = \"advanced\"\ngroup = []\n\
//! #     objectives = [\"say 42\"]\n[solution]\nfiles = []\n[[exercise]]\npart = \"core\"\n\
//! #     title = \"Write\"\nminutes = 40\nasks = \"x\"\n").map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
//! # let project = Project { root: ".".into(), pages: Vec::new(), problems: Vec::new(), settings: Default::default(), digests: Default::default(), tasks: [("scope".to_owned(), task)].into() };
//! let options = ScheduleOptions {
//!     chapters: vec!["scope".to_owned()],
//!     hours: 1.5,
//!     session: 90,
//!     pause: 10,
//!     start: Some("2027-02-01T09:00+01:00".parse().map_err(anyhow::Error::msg)?),
//!     every: None,
//!     known: Vec::new(),
//!     format: TimetableFormat::Markdown,
//! };
//! let timetable = schedule(&project, &options)?;
//! assert!(timetable.contains("| 09:40–09:50 | 10 | *Break* |"));
//! # Ok(())
//! # }
//! ```

pub mod assign;
pub mod edition;
pub mod rehearse;
pub mod schedule;

use std::io::{Cursor, Write as _};

use anyhow::{Result, bail};
use book::nearest::or_nearest;
use book::project::Project;
use exercise::Exercise;
use zip::write::SimpleFileOptions;

/// Refuses a slug that is no chapter's.
fn ensure_chapter(project: &Project, slug: &str) -> Result<()> {
    if project.tasks.contains_key(slug) {
        return Ok(());
    }
    let known = project.tasks.keys().map(String::as_str);
    bail!(
        "there is no chapter `{slug}`: {}",
        or_nearest(slug, known, "the book has no chapters")
    );
}

/// The points of all groups of an exercise.
fn points(exercise: &Exercise) -> u32 {
    exercise.task.groups.iter().map(|group| group.points).sum()
}

/// Packs files with their modes. Entries have no times: the same files give the same bytes.
fn pack<'a>(files: impl IntoIterator<Item = (String, &'a [u8], u32)>) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes, mode) in files {
        let options = SimpleFileOptions::default()
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(mode);
        zip.start_file(path, options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
