//! Changes in the book's folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use book::files::files_below;
use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, DebouncedEventKind, Debouncer, new_debouncer};

/// The places a book is built from.
const PLACES: &[&str] = &["src", "theme", "listings", "benches/results", "book.toml"];

/// The quiet time after which a change counts: editors write in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// A watched folder: a book, or a learner's exercise.
pub struct Watch {
    root: PathBuf,
    places: &'static [&'static str],
    events: Receiver<DebounceEventResult>,
    /// Files as last seen. Opening a file is an event too, and a build opens them all: only a new stamp is a change.
    stamps: std::cell::RefCell<HashMap<PathBuf, Stamp>>,
    _debouncer: Debouncer<RecommendedWatcher>,
}

type Stamp = (SystemTime, u64);

impl Watch {
    /// Watches the places of a book that exist.
    ///
    /// # Errors
    ///
    /// When the system cannot watch them, for example because too many folders are watched already.
    pub fn start(root: &Path) -> Result<Self> {
        Self::over(root, PLACES)
    }

    /// Watches some places of a folder, those that exist.
    ///
    /// # Errors
    ///
    /// As [`Watch::start`].
    pub fn over(root: &Path, places: &'static [&'static str]) -> Result<Self> {
        let (sender, events): (Sender<DebounceEventResult>, _) = channel();
        let mut debouncer =
            new_debouncer(QUIET, sender).context("files cannot be watched on this system")?;
        let mut stamps = HashMap::new();
        let mut add = |path: &Path, mode| {
            let watched = debouncer.watcher().watch(path, mode);
            watched.with_context(|| format!("{} cannot be watched", path.display()))
        };
        for place in places
            .iter()
            .map(|place| root.join(place))
            .filter(|place| place.is_dir())
        {
            add(&place, RecursiveMode::Recursive)?;
            stamp_all(&place, &mut stamps);
        }
        // Editors replace a file rather than write it, so `book.toml` is watched through its folder.
        add(root, RecursiveMode::NonRecursive)?;
        let book = root.join("book.toml");
        if let Some(stamp) = stamp(&book) {
            stamps.insert(book, stamp);
        }
        Ok(Self {
            root: root.to_owned(),
            places,
            events,
            stamps: stamps.into(),
            _debouncer: debouncer,
        })
    }

    /// The watched places, for people.
    pub fn places(&self) -> Vec<&'static str> {
        self.places
            .iter()
            .copied()
            .filter(|place| self.root.join(place).exists())
            .collect()
    }

    /// Waits for changes; the changed files, relative to the root and sorted. `None` when the watcher ended.
    pub fn next(&self) -> Option<Vec<PathBuf>> {
        loop {
            let first = self.events.recv().ok()?;
            let mut changed: Vec<_> = std::iter::once(first)
                .chain(self.events.try_iter())
                .flatten()
                .flatten()
                // While a file is still being written there will be another event.
                .filter(|event| event.kind == DebouncedEventKind::Any)
                .filter_map(|event| {
                    let file = event.path.strip_prefix(&self.root).ok()?.to_owned();
                    (matters(self.places, &file) && self.is_new(&event.path)).then_some(file)
                })
                .collect();
            changed.sort();
            changed.dedup();
            if !changed.is_empty() {
                return Some(changed);
            }
        }
    }

    /// True if a file differs from when it was last seen. Folders do not count: their files do.
    fn is_new(&self, path: &Path) -> bool {
        let mut stamps = self.stamps.borrow_mut();
        match stamp(path) {
            Some(stamp) => stamps.insert(path.to_owned(), stamp) != Some(stamp),
            None => stamps.remove(path).is_some(),
        }
    }
}

/// A file's time and size; `None` for what is no file.
fn stamp(path: &Path) -> Option<Stamp> {
    let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((data.modified().ok()?, data.len()))
}

fn stamp_all(folder: &Path, stamps: &mut HashMap<PathBuf, Stamp>) {
    for path in files_below(folder) {
        if let Some(stamp) = stamp(&path) {
            stamps.insert(path, stamp);
        }
    }
}

/// True if a file, relative to the root, belongs to the places: not to a build, not to an editor.
fn matters(places: &[&str], file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let editors = name.starts_with('.')
        || name.starts_with('#')
        || name.ends_with('~')
        || [".swp", ".swx", ".tmp", ".bak", ".orig"].iter().any(|end| name.ends_with(end))
        // vim tries a folder by writing this file.
        || name == "4913";
    let builds = file
        .components()
        .any(|part| part.as_os_str() == "target" || part.as_os_str() == "book");
    !editors && !builds && places.iter().any(|place| file.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_the_book_matter_and_nothing_else() {
        for file in [
            "src/a.md",
            "src/proposals/a.md",
            "theme/course.css",
            "listings/src/a/task.toml",
            "benches/results/a.json",
            "book.toml",
        ] {
            assert!(matters(PLACES, Path::new(file)), "{file}");
        }
        for file in [
            "target/x",
            "book/index.html",
            "listings/target/x",
            "src/.a.md.swp",
            "src/a.md~",
            "src/4913",
            "src/#a.md#",
            "README.md",
            "benches/a.rs",
        ] {
            assert!(!matters(PLACES, Path::new(file)), "{file}");
        }
    }

    #[test]
    fn only_a_new_stamp_is_a_change() {
        let root = tempfile::tempdir().expect("a folder");
        let page = root.path().join("src/a.md");
        fs::create_dir(root.path().join("src")).expect("a folder");
        fs::write(&page, "a").expect("a file");
        let watch = Watch::start(root.path()).expect("a watch");
        assert!(!watch.is_new(&page), "seen at the start");
        fs::write(&page, "longer").expect("a file");
        assert!(watch.is_new(&page) && !watch.is_new(&page));
        fs::remove_file(&page).expect("removed");
        assert!(watch.is_new(&page) && !watch.is_new(&page));
        assert!(!watch.is_new(&root.path().join("src")));
    }

    #[test]
    fn reading_is_no_change() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("a path");
        fs::create_dir(root.join("src")).expect("a folder");
        fs::write(root.join("src/a.md"), "a").expect("a file");
        let watch = Watch::start(&root).expect("a watch");
        assert_eq!(
            fs::read_to_string(root.join("src/a.md")).expect("text"),
            "a"
        );
        fs::write(root.join("src/b.md"), "b").expect("a file");
        assert_eq!(watch.next(), Some(vec![PathBuf::from("src/b.md")]));
    }
}
