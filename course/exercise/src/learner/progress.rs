//! The progress of a learner: one file in the user's data folder, where no update of the book comes to it.
//!
//! `progress.json` is written aside and renamed, under a lock, so that there is the old one or the
//! new one, never half and never nothing. One that cannot be read is put aside, not overwritten,
//! and a message says so.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

/// The variable that names another folder than the user's data folder.
pub const VARIABLE: &str = "COURSE_DATA";

/// The form of the file: another number when a key changes its meaning or goes.
const FORMAT: u32 = 1;

/// The progress of a learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    format: u32,
    /// The chapters that were begun, by slug.
    pub chapters: BTreeMap<String, Chapter>,
}

/// The progress of a learner in a chapter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chapter {
    /// The folder of the exercise.
    pub folder: PathBuf,
    /// The number of checks.
    pub checks: u64,
    /// The groups of tests that passed at the last check.
    pub passed: Vec<String>,
    /// True if all public tests have passed, at some time.
    pub done: bool,
    /// The number of hints taken, by the exercise's title.
    pub hints: BTreeMap<String, usize>,
    /// The seed of the last failing test that draws its cases: they draw the same until it passes.
    pub seed: Option<u64>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            format: FORMAT,
            chapters: BTreeMap::new(),
        }
    }
}

/// The store of progress.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// Progress as read, with a warning.
#[derive(Debug)]
pub struct Read {
    /// The progress.
    pub progress: Progress,
    /// That a file could not be read, and where it was put.
    pub warning: Option<String>,
}

impl Store {
    /// The user's: in `$COURSE_DATA`, or in a folder of the platform's data folder, which on Linux is
    /// `$XDG_DATA_HOME` or `~/.local/share`.
    ///
    /// # Errors
    ///
    /// When the platform names none.
    pub fn of_user() -> Result<Self> {
        let named = env::var_os(VARIABLE)
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from);
        let folder = named.or_else(|| Some(dirs::data_dir()?.join("future-proposals-in-rust")));
        let folder = folder.with_context(|| {
            format!("there is no folder to keep progress in: set HOME, or name one in {VARIABLE}")
        })?;
        Ok(Self { folder })
    }

    /// One in a folder.
    #[must_use]
    pub fn within(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.join("progress.json")
    }

    /// Reads the progress; none if nothing was saved yet.
    ///
    /// # Errors
    ///
    /// When the file is of a newer tool, cannot be opened, or is broken and cannot be put aside.
    pub fn read(&self) -> Result<Read> {
        let file = self.file();
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Read {
                    progress: Progress::default(),
                    warning: None,
                });
            }
            Err(error) => bail!("{} cannot be read: {error}", file.display()),
        };
        let why = match serde_json::from_slice::<Form>(&text) {
            Ok(Form { format }) if format > FORMAT => bail!(
                "{} is of form {format}, and this tool knows {FORMAT}: update the book, nothing was changed",
                file.display()
            ),
            Ok(_) => match serde_json::from_slice(&text) {
                Ok(progress) => {
                    return Ok(Read {
                        progress,
                        warning: None,
                    });
                }
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        let aside = aside(&file)?;
        fs::rename(&file, &aside).with_context(|| {
            format!(
                "{} is broken ({why}) and cannot be put aside",
                file.display()
            )
        })?;
        let warning = format!(
            "{} cannot be understood ({why}). It is kept as {}; progress begins anew",
            file.display(),
            aside.display()
        );
        Ok(Read {
            progress: Progress::default(),
            warning: Some(warning),
        })
    }

    /// Changes what is kept, and returns the warning of [`Store::read`].
    ///
    /// # Errors
    ///
    /// As [`Store::read`], and when the folder cannot be written. Nothing is changed then.
    pub fn change(&self, change: impl FnOnce(&mut Progress)) -> Result<Option<String>> {
        let failed = || format!("{} cannot be written", self.folder.display());
        fs::create_dir_all(&self.folder).with_context(failed)?;
        let lock = fs::File::create(self.folder.join("lock")).with_context(failed)?;
        lock.lock().with_context(failed)?; // until it is dropped
        let Read {
            mut progress,
            warning,
        } = self.read()?;
        change(&mut progress);
        let mut fresh = tempfile::NamedTempFile::new_in(&self.folder).with_context(failed)?;
        serde_json::to_writer_pretty(&mut fresh, &progress)?;
        writeln!(fresh)
            .and_then(|()| fresh.as_file().sync_all())
            .with_context(failed)?;
        fresh.persist(self.file()).with_context(failed)?;
        Ok(warning)
    }

    /// Forgets a chapter, and returns whether there was something to forget.
    ///
    /// # Errors
    ///
    /// As [`Store::change`].
    pub fn reset(&self, chapter: &str) -> Result<bool> {
        let mut had = false;
        self.change(|progress| had = progress.chapters.remove(chapter).is_some())?;
        Ok(had)
    }
}

/// All that every form has.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

/// A name beside a file that nothing has yet.
fn aside(file: &Path) -> Result<PathBuf> {
    let names = (1..1000).map(|number| file.with_extension(format!("json.broken-{number}")));
    names
        .into_iter()
        .find(|name| !name.exists())
        .context("there are a thousand broken files: delete some")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::within(folder.path().join("deep/er"));
        (folder, store)
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let (_folder, store) = store();
        assert_eq!(store.read().unwrap().progress, Progress::default());
        store
            .change(|progress| progress.chapters.entry("a".into()).or_default().checks += 1)
            .unwrap();
        store
            .change(|progress| progress.chapters.entry("a".into()).or_default().checks += 1)
            .unwrap();
        assert_eq!(store.read().unwrap().progress.chapters["a"].checks, 2);
        assert!(store.reset("a").unwrap() && !store.reset("a").unwrap());
        assert!(store.read().unwrap().progress.chapters.is_empty());
        assert!(
            fs::read_to_string(store.file())
                .unwrap()
                .contains("\"format\": 1")
        );
    }

    #[test]
    fn broken_file_is_put_aside_and_said() {
        let (_folder, store) = store();
        store.change(|_| ()).unwrap();
        for (number, broken) in ["", "{\"format\": 1, \"chapters\": {", "[]"]
            .into_iter()
            .enumerate()
        {
            fs::write(store.file(), broken).unwrap();
            let warning = store
                .change(|progress| _ = progress.chapters.entry("b".into()).or_default())
                .unwrap();
            let aside = store
                .file()
                .with_extension(format!("json.broken-{}", number + 1));
            assert!(warning.unwrap().contains(&aside.display().to_string()));
            assert_eq!(fs::read_to_string(aside).unwrap(), broken);
            assert!(store.read().unwrap().progress.chapters.contains_key("b"));
        }
    }

    #[test]
    fn file_of_a_newer_tool_is_left_alone() {
        let (_folder, store) = store();
        store.change(|_| ()).unwrap();
        let newer = "{\"format\": 2, \"chapters\": []}";
        fs::write(store.file(), newer).unwrap();
        assert!(
            store
                .change(|_| ())
                .unwrap_err()
                .to_string()
                .contains("is of form 2")
        );
        assert_eq!(fs::read_to_string(store.file()).unwrap(), newer);
    }

    #[test]
    fn changes_at_once_lose_nothing() {
        let (_folder, store) = store();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let one_more = |it: &mut Progress| {
                            it.chapters.entry("a".into()).or_default().checks += 1
                        };
                        store.change(one_more).unwrap();
                    }
                });
            }
        });
        assert_eq!(store.read().unwrap().progress.chapters["a"].checks, 20);
    }

    #[test]
    fn key_that_an_older_tool_did_not_write_has_its_default() {
        let (_folder, store) = store();
        store.change(|_| ()).unwrap();
        fs::write(
            store.file(),
            r#"{"format": 1, "chapters": {"a": {"checks": 3, "later": true}}}"#,
        )
        .unwrap();
        let chapter = &store.read().unwrap().progress.chapters["a"];
        assert_eq!((chapter.checks, chapter.done), (3, false));
    }
}
