//! Putting an assignment where it goes, without touching what somebody else put there.

use book::files;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::INSTRUCTORS;
use exercise::{Tree, write};

/// The most files in the way that are named.
const NAMED: usize = 10;

fn sums_path() -> String {
    format!("{INSTRUCTORS}/SHA256SUMS")
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
}

/// The manifest, as `sha256sum --check` reads it.
fn sums(tree: &Tree) -> String {
    let lines = tree
        .iter()
        .map(|(path, bytes)| format!("{}  {path}\n", digest(bytes)));
    lines.collect()
}

/// Reads a manifest: digests by path. A path that leads out of the folder is none.
fn parse_sums(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let (digest, path) = line.split_once("  ")?;
        let inside = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        (inside && !path.contains('\\')).then(|| (path.to_owned(), digest.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

/// Writes the tree and its manifest. What exists is refused, or, if `force`d, replaced where it is
/// still as an earlier run wrote it. Where anything else is in the way, nothing is written.
pub fn write_assignment(tree: &Tree, out: &Path, force: bool) -> Result<()> {
    let mut tree = tree.clone();
    let manifest = sums(&tree);
    let sums_path = sums_path();
    if !out.exists() {
        tree.insert(sums_path, manifest.into_bytes());
        return write(&tree, out);
    }
    if !force {
        bail!(
            "{} exists, and what is there is not touched: name another folder, or add --force to replace what an \
             earlier `assign` wrote there",
            out.display()
        );
    }
    let before = parse_sums(&fs::read_to_string(out.join(&sums_path)).unwrap_or_default());
    let mut in_the_way = Vec::new();
    let mut stale = Vec::new();
    for path in before
        .keys()
        .chain(tree.keys().filter(|path| !before.contains_key(*path)))
    {
        let file = out.join(path);
        let Ok(metadata) = fs::symlink_metadata(&file) else {
            continue;
        };
        let now = if metadata.is_file() {
            fs::read(&file).map(|bytes| digest(&bytes)).ok()
        } else {
            None
        };
        let new = tree.get(path).map(|bytes| digest(bytes));
        match (now, before.get(path)) {
            // Ours, or already the new one: a run that was stopped is continued.
            (Some(now), was) if was == Some(&now) || new.as_ref() == Some(&now) => {
                if new.is_none() {
                    stale.push(path.clone());
                }
            }
            (_, was) => in_the_way.push((path.clone(), was.is_some())),
        }
    }
    if !in_the_way.is_empty() {
        let mut message = format!(
            "files in {} are in the way, so nothing was written:",
            out.display()
        );
        for (path, ours) in in_the_way.iter().take(NAMED) {
            let reason = if *ours {
                "changed since `assign` wrote it"
            } else {
                "not written by `assign`"
            };
            let _ = write!(message, "\n  {path}: {reason}");
        }
        if let Some(more @ 1..) = in_the_way.len().checked_sub(NAMED) {
            let _ = write!(message, "\n  and {more} more");
        }
        message.push_str("\nmove them away, or name another folder");
        bail!(message);
    }
    for (path, bytes) in &tree {
        files::write(&out.join(path), bytes)?;
    }
    for path in stale {
        let file = out.join(&path);
        fs::remove_file(&file).with_context(|| format!("{path} cannot be removed"))?;
        // Folders that are empty now were ours, too.
        for folder in file.ancestors().skip(1).take_while(|folder| *folder != out) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
    files::write(&out.join(sums_path), manifest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn force_replaces_what_is_ours_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("hw");
        write_assignment(
            &tree(&[("a", "1"), ("old/b", "2"), ("c", "3")]),
            &out,
            false,
        )
        .unwrap();
        let refused = write_assignment(&tree(&[("a", "1")]), &out, false)
            .unwrap_err()
            .to_string();
        assert!(refused.contains("add --force"), "{refused}");
        fs::write(out.join("mine.txt"), "mine").unwrap();
        write_assignment(&tree(&[("a", "new"), ("c", "3")]), &out, true).unwrap();
        assert_eq!(fs::read_to_string(out.join("a")).unwrap(), "new");
        assert_eq!(fs::read_to_string(out.join("mine.txt")).unwrap(), "mine");
        assert!(!out.join("old").exists());

        // Changed by hand, and one of the same name: both are reported, and nothing is done.
        fs::write(out.join("c"), "mine, too").unwrap();
        let error = write_assignment(&tree(&[("a", "x"), ("mine.txt", "ours")]), &out, true)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("\n  c: changed since `assign` wrote it\n"),
            "{error}"
        );
        assert!(
            error.contains("\n  mine.txt: not written by `assign`\n"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(out.join("a")).unwrap(), "new");
        assert_eq!(fs::read_to_string(out.join("c")).unwrap(), "mine, too");
    }

    #[test]
    fn manifest_that_points_elsewhere_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("hw");
        fs::write(folder.path().join("precious"), "1").unwrap();
        write_assignment(&tree(&[("a", "1")]), &out, false).unwrap();
        let sums = out.join(sums_path());
        let line = format!("{}  ../precious\n", digest(b"1"));
        fs::write(&sums, fs::read_to_string(&sums).unwrap() + &line).unwrap();
        write_assignment(&tree(&[("b", "1")]), &out, true).unwrap();
        assert!(folder.path().join("precious").exists() && !out.join("a").exists());
    }

    #[test]
    fn run_that_was_cut_off_can_be_forced_again() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("hw");
        write_assignment(&tree(&[("a", "1"), ("b", "1")]), &out, false).unwrap();
        // The first file is new already, the manifest is still the old one.
        fs::write(out.join("a"), "2").unwrap();
        write_assignment(&tree(&[("a", "2"), ("b", "2")]), &out, true).unwrap();
        assert_eq!(fs::read_to_string(out.join("b")).unwrap(), "2");
    }
}
