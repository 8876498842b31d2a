//! Files and paths.

use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

/// All files below a folder that can be listed, sorted; a file by itself. A link to a folder is not
/// followed: it may lead out of the book, or back to where it is.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    wanted_files_below(folder, |_| true)
}

/// The files below a folder without what is not wanted: files, and folders with all that is in them.
#[must_use]
pub fn wanted_files_below(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if !is_wanted(&path) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A relative path without `.` and `..`: `src/../listings/x` as `listings/x`.
#[must_use]
pub fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// A relative path with `/` on every system, as links have it.
#[must_use]
pub fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The beginning of the name of a file that is being written.
pub const PART: &str = ".part-";

/// Writes a file whole: a reader sees the old one or the new one.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(PART).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_a_folder_are_sorted_and_leave_out_what_is_not_wanted() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.rs", "a/c.rs", "a/d/e.rs", "a.rs", "f/g.rs"] {
            write(&folder.path().join(name), b"").unwrap();
        }
        let names = |files: Vec<PathBuf>| -> Vec<String> {
            let below = files.iter().map(|it| it.strip_prefix(folder.path()));
            below.map(|it| slashed(it.unwrap())).collect()
        };
        let all = names(files_below(folder.path()));
        assert_eq!(all, ["a/c.rs", "a/d/e.rs", "a.rs", "b.rs", "f/g.rs"]);
        let some = wanted_files_below(folder.path(), |it| {
            !it.ends_with("a") && !it.ends_with("b.rs")
        });
        assert_eq!(names(some), ["a.rs", "f/g.rs"]);
        assert_eq!(names(files_below(&folder.path().join("b.rs"))), ["b.rs"]);
        assert_eq!(names(files_below(&folder.path().join("none"))), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_not_followed_and_links_to_files_are_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        write(&file, b"").unwrap();
        for (target, link) in [(folder.path(), "back"), (file.as_path(), "b")] {
            std::os::unix::fs::symlink(target, folder.path().join(link)).unwrap();
        }
        let files = files_below(folder.path());
        assert_eq!(files, [file, folder.path().join("b")]);
    }
}
