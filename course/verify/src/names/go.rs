//! Asks `go doc` which names there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};

use super::lexer::words;
use measurements::go;
use toolchain::cache::Cache;

/// A Go that is being asked for its version, which takes a while: there may be none.
pub struct Go {
    folder: PathBuf,
    version: JoinHandle<Option<String>>,
}

/// What `go doc` says of a name that is none.
const UNKNOWN: &[&str] = &[
    "go.mod file not found",
    "is not a type",
    "is not in std",
    "no Go files",
    "no method",
    "no such package",
    "no symbol",
];

impl Go {
    /// Begins to ask.
    #[must_use]
    pub fn ask(root: &Path) -> Self {
        let (folder, root) = (go::folder(root), root.to_owned());
        Self {
            folder,
            version: thread::spawn(move || go::version(&root)),
        }
    }

    /// The names among these that there are; `None` where there is no Go, or one that cannot be asked.
    ///
    /// A name is `package.Name`, `package.Type.Method`, or a package such as `testing/synctest`.
    #[must_use]
    pub fn known(self, scratch: &Path, names: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        if names.is_empty() {
            return Some(BTreeSet::new());
        }
        let Self { folder, version } = self;
        let version = version.join().ok().flatten()?;
        let cache = Cache::new(scratch.join("cache"), version);
        let kept = |name: &String| Some((name.clone(), cache.get(&key(name))? == "known"));
        let mut known: BTreeMap<String, bool> = names.iter().filter_map(kept).collect();
        let todo: Vec<&String> = names
            .iter()
            .filter(|name| !known.contains_key(*name))
            .collect();
        // Side by side: each mostly waits for files.
        let answers: Vec<_> = thread::scope(|scope| {
            let asked: Vec<_> = todo
                .iter()
                .map(|name| scope.spawn(|| documents(&folder, name)))
                .collect();
            asked
                .into_iter()
                .map(|answer| answer.join().ok().flatten())
                .collect()
        });
        for (name, answer) in todo.into_iter().zip(answers) {
            let is_known = answer?;
            cache.put(&key(name), if is_known { "known" } else { "unknown" });
            known.insert(name.clone(), is_known);
        }
        Some(
            known
                .into_iter()
                .filter(|(_, is_known)| *is_known)
                .map(|(name, _)| name)
                .collect(),
        )
    }
}

fn key(name: &str) -> String {
    format!("go {name}")
}

/// Whether `go doc` documents a name; `None` when it cannot tell.
fn documents(folder: &Path, name: &str) -> Option<bool> {
    let mut go = Command::new("go");
    let output = go
        .args(["doc", name])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return UNKNOWN
            .iter()
            .any(|words| said.contains(words))
            .then_some(false);
    }
    // A letter in lower case also matches one in upper case; the name itself must be there.
    let text = String::from_utf8_lossy(&output.stdout);
    let last = name.rsplit(['.', '/']).next().unwrap_or(name);
    Some(words(&text).any(|word| word == last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_come_with_go_are_known_and_others_are_not() {
        let scratch = tempfile::tempdir().unwrap();
        let names = [
            "iter.Pull",
            "time.Timer.Stop",
            "iter",
            "testing/fstest",
            "iter.Pul",
            "iter.PULL",
            "no/such",
        ];
        let names = names.map(str::to_owned).into_iter().collect();
        for _ in 0..2 {
            let Some(known) = Go::ask(Path::new(".")).known(scratch.path(), &names) else {
                eprintln!("skipped: there is no Go here");
                return;
            };
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            assert_eq!(
                known,
                ["iter", "iter.Pull", "testing/fstest", "time.Timer.Stop"]
            );
        }
    }
}
