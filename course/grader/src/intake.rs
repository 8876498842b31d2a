//! Which bytes are taken from a submission.
//!
//! Only the files that the task names, by their whole path at any depth, or by their bare name at the top. Everything else
//! is never opened: no manifest, no build script, no `.cargo/config.toml`, no test. Links are not followed, and what is no
//! regular file is not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path};

use anyhow::{Context, Result};

use super::text::harmless;

/// The most entries of a folder or zip that are looked at.
pub const ENTRIES: usize = 4000;
/// The largest file that is taken, in bytes.
pub const FILE: u64 = 1 << 20;
/// The deepest folder that is looked into.
const DEPTH: usize = 16;
/// How much larger a file of a zip may be than what it is packed in.
const RATIO: u64 = 200;
/// How many ignored files are named.
const NAMED: usize = 50;

/// What was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Files by the path that the task gives them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was not opened, as far as it is named.
    pub ignored: Vec<String>,
    /// Why none of it may be used.
    pub rejected: Option<String>,
}

impl Taken {
    fn rejected(why: impl Into<String>) -> Self {
        Self {
            rejected: Some(why.into()),
            ..Self::default()
        }
    }

    /// A digest of what was taken, or of why it was not.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut item = |bytes: &[u8]| {
            hasher
                .update(&(bytes.len() as u64).to_le_bytes())
                .update(bytes);
        };
        item(self.rejected.as_deref().unwrap_or_default().as_bytes());
        for (path, content) in &self.files {
            item(path.as_bytes());
            item(content);
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Which of the task's files a path stands for: its whole path at any depth, or its bare name at the top.
fn stands_for<'a>(path: &str, allowed: &'a [String]) -> Option<&'a String> {
    let top = !path.contains('/');
    allowed.iter().find(|file| {
        path == file.as_str()
            || path
                .strip_suffix(file.as_str())
                .is_some_and(|rest| rest.ends_with('/'))
            || (top && file.rsplit('/').next() == Some(path))
    })
}

/// Takes a submission from a folder or a zip. What is wrong with it is its student's fault, and is said in it.
///
/// # Errors
///
/// When the folder or zip cannot be read for reasons of this machine.
pub fn take(path: &Path, allowed: &[String]) -> Result<Taken> {
    let kind = fs::symlink_metadata(path)
        .with_context(|| format!("{} cannot be read", path.display()))?
        .file_type();
    if kind.is_symlink() {
        return Ok(Taken::rejected("the submission is a link"));
    }
    let taken = if kind.is_dir() {
        folder(path, allowed)?
    } else {
        zip(
            File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?,
            allowed,
        )
    };
    Ok(as_text(taken))
}

/// Takes files that were handed in by themselves: each with what its student called it.
///
/// # Errors
///
/// When a file has no name.
pub fn take_files(files: &[(&Path, &str)], allowed: &[String]) -> Result<Taken> {
    let mut taken = Taken::default();
    for (path, name) in files {
        let Some(file) = stands_for(name, allowed) else {
            taken.ignored.push(harmless(name, 200));
            continue;
        };
        let folder = path.parent().context("a file lies in a folder")?;
        match regular(
            folder,
            Path::new(path.file_name().context("a file has a name")?),
        ) {
            Ok(content) => {
                if taken.files.insert(file.clone(), content).is_some() {
                    return Ok(Taken::rejected(twice(file)));
                }
            }
            Err(why) => return Ok(Taken::rejected(format!("{file} {why}"))),
        }
    }
    Ok(as_text(taken))
}

/// What all that was taken must be.
fn as_text(mut taken: Taken) -> Taken {
    for (name, content) in &mut taken.files {
        if std::str::from_utf8(content).is_err() {
            return Taken::rejected(format!("{name} is not UTF-8"));
        }
        if content.starts_with(b"\xef\xbb\xbf") {
            content.drain(..3);
        }
    }
    taken.ignored.sort();
    if let Some(more) = taken
        .ignored
        .len()
        .checked_sub(NAMED)
        .filter(|&more| more > 0)
    {
        taken.ignored.truncate(NAMED);
        taken.ignored.push(format!("and {more} more"));
    }
    taken
}

fn twice(file: &str) -> String {
    format!("there are two files for {file}: hand in one")
}

fn folder(root: &Path, allowed: &[String]) -> Result<Taken> {
    let mut taken = Taken::default();
    let walk = walkdir::WalkDir::new(root)
        .follow_links(false)
        .max_depth(DEPTH)
        .sort_by_file_name();
    for (count, entry) in walk.into_iter().enumerate() {
        if count > ENTRIES {
            return Ok(Taken::rejected(format!("more than {ENTRIES} files")));
        }
        let entry = entry.context("a folder cannot be read")?;
        let relative = entry.path().strip_prefix(root)?;
        let shown = relative
            .iter()
            .map(|part| part.to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        let is_text = relative.to_str().is_some();
        let Some(file) = stands_for(&shown, allowed).filter(|_| is_text) else {
            if !entry.file_type().is_dir() {
                taken.ignored.push(harmless(&shown, 200));
            }
            continue;
        };
        match regular(root, relative) {
            Ok(content) => {
                if taken.files.insert(file.clone(), content).is_some() {
                    return Ok(Taken::rejected(twice(file)));
                }
            }
            Err(why) => return Ok(Taken::rejected(format!("{file} {why}"))),
        }
    }
    Ok(taken)
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
    capped(file).map_err(|why| why.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn regular(root: &Path, relative: &Path) -> Result<Vec<u8>, String> {
    let path = root.join(relative);
    let metadata = fs::symlink_metadata(&path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("is no regular file".to_owned());
    }
    capped(File::open(path).map_err(|error| error.to_string())?).map_err(|why| why.to_owned())
}

fn capped(reader: impl Read) -> Result<Vec<u8>, &'static str> {
    let mut content = Vec::new();
    reader
        .take(FILE + 1)
        .read_to_end(&mut content)
        .map_err(|_| "cannot be read")?;
    if content.len() as u64 > FILE {
        Err("is too large")
    } else {
        Ok(content)
    }
}

/// How many entries a zip says it has, from its last record: readers keep one of several of the same name.
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

fn zip(mut file: File, allowed: &[String]) -> Taken {
    let Some(claimed) = claimed_entries(&mut file) else {
        return Taken::rejected("it is neither a folder nor a zip");
    };
    let Ok(mut archive) = zip::ZipArchive::new(file) else {
        return Taken::rejected("the zip is damaged");
    };
    if archive.len() != claimed {
        return Taken::rejected("the zip has two files of the same name");
    }
    if archive.len() > ENTRIES {
        return Taken::rejected(format!("more than {ENTRIES} files"));
    }
    let mut taken = Taken::default();
    let mut names = BTreeSet::new();
    for index in 0..archive.len() {
        // Raw: nothing is unpacked before it is known to be wanted.
        let Ok(entry) = archive.by_index_raw(index) else {
            return Taken::rejected("the zip is damaged");
        };
        let Ok(name) = std::str::from_utf8(entry.name_raw()).map(str::to_owned) else {
            taken.ignored.push("a name that is not UTF-8".to_owned());
            continue;
        };
        let shown = harmless(&name, 200);
        let path = Path::new(&name);
        let leaves = path
            .components()
            .any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
        if leaves || name.contains(['\\', '\0']) || name.starts_with('/') {
            return Taken::rejected(format!(
                "the zip wants to write outside its folder: {shown}"
            ));
        }
        if !names.insert(name.trim_end_matches('/').to_lowercase()) {
            return Taken::rejected(format!("two names in the zip differ in case only: {shown}"));
        }
        let Some(file) = stands_for(&name, allowed) else {
            if !entry.is_dir() {
                taken.ignored.push(shown);
            }
            continue;
        };
        let kind = entry.unix_mode().unwrap_or(0);
        let refused = if kind & 0o170_000 != 0 && kind & 0o170_000 != 0o100_000 {
            Some("is no regular file")
        } else if entry.encrypted() {
            Some("is encrypted")
        } else if entry.size() > FILE || entry.size() > RATIO * entry.compressed_size().max(16) {
            Some("is too large")
        } else {
            None
        };
        if let Some(why) = refused {
            return Taken::rejected(format!("{file} {why}"));
        }
        let file = file.clone();
        drop(entry);
        let content = match archive.by_index(index) {
            // The sizes above are what the zip claims; this one counts.
            Ok(entry) => capped(entry),
            Err(_) => Err("cannot be unpacked"),
        };
        match content {
            Ok(content) => {
                if taken.files.insert(file.clone(), content).is_some() {
                    return Taken::rejected(twice(&file));
                }
            }
            Err(why) => return Taken::rejected(format!("{file} {why}")),
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_known_by_its_path_at_any_depth_or_by_its_name_at_the_top() {
        let allowed = ["src/tiny/sum.rs".to_owned()];
        for path in ["src/tiny/sum.rs", "ann-main/src/tiny/sum.rs", "sum.rs"] {
            assert!(stands_for(path, &allowed).is_some(), "{path}");
        }
        for path in [
            "x/sum.rs",
            "src/tiny/sum.rs.bak",
            "xsrc/tiny/sum.rs",
            "tests/tiny/main.rs",
        ] {
            assert!(stands_for(path, &allowed).is_none(), "{path}");
        }
    }
}
