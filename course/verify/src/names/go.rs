//! The names that `go doc` knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use super::Answers;
use super::grammar::tokens;
use measurements::go;
use toolchain::cache::Cache;

/// The Go of this machine, if there is one.
pub struct Go {
    root: PathBuf,
}

/// Messages of `go doc` about names that do not exist.
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
    /// The Go that a book is about.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// The addresses of names; `None` where there is no Go, or one that cannot be asked.
    ///
    /// A name is `package.Name`, `package.Type.Method`, or a package such as `testing/synctest`.
    #[must_use]
    pub fn addresses(&self, scratch: &Path, names: &BTreeSet<String>) -> Option<Answers> {
        if names.is_empty() {
            // Starting Go takes a while.
            return Some(Answers::new());
        }
        let (folder, version) = (go::folder(&self.root), go::version(&self.root)?);
        let cache = Cache::new(scratch.join("cache"), version);
        let known = super::kept(&cache, "go", names, |todo| {
            // Side by side: each mostly waits for files.
            thread::scope(|scope| {
                let ask = |name: &&str| {
                    let (name, folder) = ((*name).to_owned(), &folder);
                    scope.spawn(move || Ok((name.clone(), address(folder, &name)?)))
                };
                let asked: Vec<_> = todo.iter().map(ask).collect();
                let answers = asked
                    .into_iter()
                    .map(|answer| answer.join().expect("asking does not panic"));
                answers.collect()
            })
        });
        known.ok()
    }
}

/// The address of a name, if there is one.
fn address(folder: &Path, name: &str) -> Result<Vec<String>> {
    let mut go = Command::new("go");
    let output = go
        .args(["doc", name])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        if UNKNOWN.iter().any(|words| said.contains(words)) {
            return Ok(Vec::new());
        }
        bail!("go cannot be asked: {said}");
    }
    // A letter in lower case also matches one in upper case; the name itself must be there.
    let text = String::from_utf8_lossy(&output.stdout);
    let last = name.rsplit(['.', '/']).next().unwrap_or(name);
    if !tokens(&text).any(|token| token.as_str() == last) {
        return Ok(Vec::new());
    }
    // `package iter // import "iter"`
    let package = text.lines().next().and_then(|line| line.split('"').nth(1));
    let package = package.context("go names no package")?;
    let fragment = match name.split_once('.') {
        Some((_, symbol)) => format!("#{symbol}"),
        None => String::new(),
    };
    Ok(vec![format!("https://pkg.go.dev/{package}{fragment}")])
}
