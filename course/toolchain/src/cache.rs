//! A cache of results, keyed by all that they depend on.
//!
//! An entry's file name is the digest of all it depends on, so an entry is never stale: a change makes another name.

use std::fs;
use std::path::PathBuf;

/// Results that hold as long as compiler and libraries stay as they are.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    environment: String,
    /// True if what is kept is not looked at, and everything is done again.
    forgets: bool,
}

impl Cache {
    /// A cache in a folder, for one state of compiler and libraries.
    #[must_use]
    pub fn new(folder: PathBuf, environment: String) -> Self {
        // A cache that cannot be written costs time, nothing else: `put` says the same.
        let _ = fs::create_dir_all(&folder);
        Self {
            folder,
            environment,
            forgets: false,
        }
    }

    /// A cache that keeps results for later and returns none, so that everything is done again.
    #[must_use]
    pub fn forgetting(self) -> Self {
        Self {
            forgets: true,
            ..self
        }
    }

    /// The same folder for another state of compiler and libraries.
    #[must_use]
    pub fn within(&self, environment: String) -> Self {
        Self {
            folder: self.folder.clone(),
            environment,
            forgets: self.forgets,
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(self.environment.as_bytes())
            .update(&[0])
            .update(key.as_bytes());
        self.folder.join(hasher.finalize().to_hex().as_str())
    }

    /// True if this passed before.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        !self.forgets && self.path(key).is_file()
    }

    /// The cached text.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        if self.forgets {
            return None;
        }
        fs::read_to_string(self.path(key)).ok()
    }

    /// Notes that this passed.
    pub fn add(&self, key: &str) {
        self.put(key, "");
    }

    /// Keeps a text for this.
    pub fn put(&self, key: &str, text: &str) {
        let path = self.path(key);
        let part = path.with_extension(format!("part{}", std::process::id()));
        // Written aside and renamed, so that a reader never sees half of it.
        if fs::write(&part, text).is_ok() {
            let _ = fs::rename(&part, &path);
        }
    }
}
