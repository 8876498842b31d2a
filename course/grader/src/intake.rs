//! The intake of a submission: the only bytes of it that the grader reads.
//!
//! Only the files that the task names, by their whole path at any depth, or by their bare name at
//! the top. Everything else is never opened: no manifest, no build script, no `.cargo/config.toml`,
//! no test. Links are not followed, and what is no regular file is not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path};

use anyhow::{Context, Result};

use super::text::sanitize;

/// The most entries of a folder or zip that are looked at.
pub const ENTRIES: usize = 4000;
/// The largest file that is taken, in bytes.
pub const FILE: u64 = 1 << 20;
/// The deepest folder that is looked into.
const DEPTH: usize = 16;
/// The greatest ratio of a file of a zip to its compressed size.
const RATIO: u64 = 200;
/// The most ignored files that are named.
const NAMED: usize = 50;

/// The files of a submission that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Intake {
    /// Files by the path that the task gives them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Names of files that were not opened.
    pub ignored: Vec<String>,
    /// The reason to reject all of it.
    pub rejected: Option<String>,
}

/// A reason not to count a submission.
enum Fault {
    /// A fault of the student: it is rejected.
    Student(String),
    /// A fault of this machine.
    Machine(anyhow::Error),
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Student(reason)
    }
}

impl From<&str> for Fault {
    fn from(reason: &str) -> Self {
        Self::Student(reason.to_owned())
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Machine(error)
    }
}

impl Intake {
    /// A digest of the files, or of the reason to reject them.
    #[must_use]
    pub fn digest(&self) -> String {
        let reason = self.rejected.as_deref().unwrap_or_default();
        let files = self.files.iter();
        let files = files.flat_map(|(path, content)| [path.as_bytes(), content]);
        super::digest([reason.as_bytes()].into_iter().chain(files))
    }

    fn add(&mut self, file: &str, content: Result<Vec<u8>, String>) -> Result<(), String> {
        let content = content.map_err(|reason| format!("{file} {reason}"))?;
        match self.files.insert(file.to_owned(), content) {
            Some(_) => Err(format!("there are two files for {file}: hand in one")),
            None => Ok(()),
        }
    }

    /// Checks that all files are text, and shortens the list of ignored ones.
    fn finish(mut self) -> Result<Self, Fault> {
        for (name, content) in &mut self.files {
            if std::str::from_utf8(content).is_err() {
                return Err(format!("{name} is not UTF-8").into());
            }
            if content.starts_with(b"\xef\xbb\xbf") {
                content.drain(..3);
            }
        }
        self.ignored.sort();
        if let Some(more @ 1..) = self.ignored.len().checked_sub(NAMED) {
            self.ignored.truncate(NAMED);
            self.ignored.push(format!("and {more} more"));
        }
        Ok(self)
    }
}

/// Makes a fault of the student a part of the intake.
fn intake(read: Result<Intake, Fault>) -> Result<Intake> {
    match read.and_then(Intake::finish) {
        Ok(intake) => Ok(intake),
        Err(Fault::Student(reason)) => Ok(Intake {
            rejected: Some(reason),
            ..Intake::default()
        }),
        Err(Fault::Machine(error)) => Err(error),
    }
}

/// Finds the task's file that a path means: its whole path at any depth, or its bare name at the top.
fn task_file<'a>(path: &str, allowed: &'a [String]) -> Option<&'a String> {
    let top = !path.contains('/');
    allowed.iter().find(|file| {
        path == file.as_str()
            || path
                .strip_suffix(file.as_str())
                .is_some_and(|rest| rest.ends_with('/'))
            || (top && file.rsplit('/').next() == Some(path))
    })
}

/// Reads a submission from a folder or a zip. A fault of the student is a reason in it.
///
/// # Errors
///
/// If the folder or zip cannot be read for reasons of this machine.
pub fn read(path: &Path, allowed: &[String]) -> Result<Intake> {
    let kind = fs::symlink_metadata(path)
        .with_context(|| format!("{} cannot be read", path.display()))?
        .file_type();
    intake(if kind.is_symlink() {
        Err("the submission is a link".into())
    } else if kind.is_dir() {
        read_folder(path, allowed)
    } else {
        let file = File::open(path);
        read_zip(
            file.with_context(|| format!("{} cannot be opened", path.display()))?,
            allowed,
        )
    })
}

/// Reads files that were submitted by themselves, each with the student's name of it.
///
/// # Errors
///
/// If a file has no name.
pub fn read_files(files: &[(&Path, &str)], allowed: &[String]) -> Result<Intake> {
    let read = || {
        let mut intake = Intake::default();
        for (path, name) in files {
            let Some(file) = task_file(name, allowed) else {
                intake.ignored.push(sanitize(name, 200));
                continue;
            };
            let folder = path.parent().context("a file is in a folder")?;
            let name = path.file_name().context("a file has a name")?;
            intake.add(file, regular(folder, Path::new(name)))?;
        }
        Ok(intake)
    };
    intake(read())
}

fn read_folder(root: &Path, allowed: &[String]) -> Result<Intake, Fault> {
    let mut intake = Intake::default();
    let walk = walkdir::WalkDir::new(root)
        .follow_links(false)
        .max_depth(DEPTH)
        .sort_by_file_name();
    for (count, entry) in walk.into_iter().enumerate() {
        if count > ENTRIES {
            return Err(format!("more than {ENTRIES} files").into());
        }
        let entry = entry.context("a folder cannot be read")?;
        let relative = entry
            .path()
            .strip_prefix(root)
            .context("it is below the folder")?;
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let shown = parts.join("/");
        let is_text = relative.to_str().is_some();
        match task_file(&shown, allowed).filter(|_| is_text) {
            Some(file) => intake.add(file, regular(root, relative))?,
            None if entry.file_type().is_dir() => {}
            None => intake.ignored.push(sanitize(&shown, 200)),
        }
    }
    Ok(intake)
}

/// Reads a regular file below a folder. No part of its path may be a link, also if it becomes one in the meantime.
#[cfg(target_os = "linux")]
fn regular(root: &Path, relative: &Path) -> Result<Vec<u8>, String> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
    use std::os::unix::fs::MetadataExt;
    let cannot = |error: rustix::io::Errno| match error {
        rustix::io::Errno::LOOP | rustix::io::Errno::XDEV => "is a link".to_owned(),
        error => format!("cannot be read: {}", std::io::Error::from(error).kind()),
    };
    let folder = openat(
        CWD,
        root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(cannot)?;
    // NONBLOCK: opening a FIFO would wait for a writer.
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let fd = openat2(&folder, relative, flags, Mode::empty(), resolve).map_err(cannot)?;
    let file = File::from(fd);
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("is no regular file".to_owned());
    }
    if metadata.nlink() > 1 {
        return Err("has another name elsewhere (a hard link)".to_owned());
    }
    capped(file)
}

#[cfg(not(target_os = "linux"))]
fn regular(root: &Path, relative: &Path) -> Result<Vec<u8>, String> {
    let path = root.join(relative);
    let metadata = fs::symlink_metadata(&path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("is no regular file".to_owned());
    }
    capped(File::open(path).map_err(|error| error.to_string())?)
}

/// Reads a file that is not too large.
fn capped(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    match reader.take(FILE + 1).read_to_end(&mut content) {
        Err(_) => Err("cannot be read".to_owned()),
        Ok(length) if length as u64 > FILE => Err("is too large".to_owned()),
        Ok(_) => Ok(content),
    }
}

/// The number of entries in the last record of a zip: readers keep one of several of the same name.
fn claimed_entries(file: &mut File) -> Option<usize> {
    use std::io::{Seek, SeekFrom};
    let length = file.seek(SeekFrom::End(0)).ok()?;
    let start = length.saturating_sub(66_000);
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut end = Vec::new();
    file.take(66_000).read_to_end(&mut end).ok()?;
    let at = end.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?;
    let count = end.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]])))
}

fn read_zip(mut file: File, allowed: &[String]) -> Result<Intake, Fault> {
    let claimed = claimed_entries(&mut file).ok_or("it is neither a folder nor a zip")?;
    let mut archive = zip::ZipArchive::new(file).map_err(|_| "the zip is damaged")?;
    if archive.len() != claimed {
        return Err("the zip has two files of the same name".into());
    }
    if archive.len() > ENTRIES {
        return Err(format!("more than {ENTRIES} files").into());
    }
    let mut intake = Intake::default();
    let mut names = BTreeSet::new();
    for index in 0..archive.len() {
        // Raw: nothing is unpacked before it is known to be wanted.
        let entry = archive
            .by_index_raw(index)
            .map_err(|_| "the zip is damaged")?;
        let Ok(name) = std::str::from_utf8(entry.name_raw()).map(str::to_owned) else {
            intake.ignored.push("a name that is not UTF-8".to_owned());
            continue;
        };
        let shown = sanitize(&name, 200);
        let leaves = Path::new(&name)
            .components()
            .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
        if leaves || name.contains(['\\', '\0']) || name.starts_with('/') {
            return Err(format!("the zip wants to write outside its folder: {shown}").into());
        }
        if !names.insert(name.trim_end_matches('/').to_lowercase()) {
            return Err(format!("two names in the zip differ in case only: {shown}").into());
        }
        let Some(file) = task_file(&name, allowed) else {
            if !entry.is_dir() {
                intake.ignored.push(shown);
            }
            continue;
        };
        let kind = entry.unix_mode().unwrap_or(0) & 0o170_000;
        let content = if kind != 0 && kind != 0o100_000 {
            Err("is no regular file".to_owned())
        } else if entry.encrypted() {
            Err("is encrypted".to_owned())
        } else if entry.size() > FILE || entry.size() > RATIO * entry.compressed_size().max(16) {
            Err("is too large".to_owned())
        } else {
            drop(entry);
            match archive.by_index(index) {
                // The sizes above are the zip's claims; this one counts.
                Ok(entry) => capped(entry),
                Err(_) => Err("cannot be unpacked".to_owned()),
            }
        };
        intake.add(file, content)?;
    }
    Ok(intake)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_known_by_its_path_at_any_depth_or_by_its_name_at_the_top() {
        let allowed = ["src/tiny/sum.rs".to_owned()];
        for path in ["src/tiny/sum.rs", "ann-main/src/tiny/sum.rs", "sum.rs"] {
            assert!(task_file(path, &allowed).is_some(), "{path}");
        }
        for path in [
            "x/sum.rs",
            "src/tiny/sum.rs.bak",
            "xsrc/tiny/sum.rs",
            "tests/tiny/main.rs",
        ] {
            assert!(task_file(path, &allowed).is_none(), "{path}");
        }
    }
}
