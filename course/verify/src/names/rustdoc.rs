//! Asks rustdoc which paths lead somewhere.
//!
//! One generated crate has a link a line for every path that a name may stand for. rustdoc, told to deny broken links,
//! names the lines of those that lead nowhere. A link that must break is among them: while it is reported, silence about
//! the others means something. The crate is never rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;

/// The path that leads nowhere.
const CANARY: &str = "core::this_leads_nowhere";

/// The paths among these that rustdoc finds, in `listings`, a crate it uses, or std.
///
/// # Errors
///
/// When rustdoc cannot be started, or stops before it has looked at the links.
pub fn resolved(
    scratch: &Path,
    artifacts: &Artifacts,
    cache: &Cache,
    paths: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    // A listing that changes leaves the answers about std and other crates as they are.
    let (ours, others): (BTreeSet<&str>, BTreeSet<&str>) = paths
        .iter()
        .map(String::as_str)
        .partition(|path| path.starts_with("listings"));
    let lasting = cache.within(digest_of_others(artifacts));
    let mut kept = [Kept::read(cache), Kept::read(&lasting)];
    let open = |(paths, kept): (&BTreeSet<&str>, &Kept)| -> Vec<String> {
        paths
            .iter()
            .filter(|path| !kept.0.contains_key(**path))
            .map(|&path| path.to_owned())
            .collect()
    };
    let todo: BTreeSet<String> = [&ours, &others]
        .into_iter()
        .zip(&kept)
        .flat_map(open)
        .collect();
    if !todo.is_empty() {
        let broken = broken_among(scratch, artifacts, &todo)?;
        for path in todo {
            let is_found = !broken.contains(&path);
            kept[usize::from(!ours.contains(path.as_str()))]
                .0
                .insert(path, is_found);
        }
        kept[0].write(cache);
        kept[1].write(&lasting);
    }
    let is_found = |path: &&String| kept.iter().any(|kept| kept.0.get(*path) == Some(&true));
    Ok(paths.iter().filter(is_found).cloned().collect())
}

/// What rustdoc said before: whether a path leads somewhere.
struct Kept(BTreeMap<String, bool>);

impl Kept {
    const KEY: &str = "names";

    fn read(cache: &Cache) -> Self {
        let text = cache.get(Self::KEY).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        Self(
            lines
                .map(|(found, path)| (path.to_owned(), found == "yes"))
                .collect(),
        )
    }

    fn write(&self, cache: &Cache) {
        let line = |(path, found): (&String, &bool)| {
            format!("{} {path}\n", if *found { "yes" } else { "no" })
        };
        cache.put(Self::KEY, &self.0.iter().map(line).collect::<String>());
    }
}

/// A digest of compiler and libraries without `listings`.
fn digest_of_others(artifacts: &Artifacts) -> String {
    let mut others = artifacts.clone();
    others.externs.remove("listings");
    others.digest()
}

/// The paths that lead nowhere.
fn broken_among(
    scratch: &Path,
    artifacts: &Artifacts,
    paths: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let (source, lines) = source(paths);
    let folder = scratch.join("names");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("names.rs"), source)?;
    let output = Command::new("rustdoc")
        .current_dir(&folder)
        .stdin(Stdio::null())
        .args([
            "names.rs",
            "-Awarnings",
            "-Drustdoc::broken_intra_doc_links",
            "--error-format=json",
        ])
        .args(artifacts.compiler_arguments())
        .output()
        .context("rustdoc cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let broken = broken(&said);
    let broken: BTreeSet<String> = broken
        .iter()
        .filter_map(|line| Some((*lines.get(line)?).to_owned()))
        .collect();
    ensure!(
        broken.contains(CANARY),
        "rustdoc has not looked at the names:\n{said}"
    );
    Ok(broken)
}

/// How many links a module has. rustdoc looks for the place of a broken link from the beginning of its module's text, so
/// that a long text takes it a time that grows with the square of its length.
const LINKS: usize = 100;

/// The crate, and which path stands in which line.
fn source(paths: &BTreeSet<String>) -> (String, BTreeMap<u64, &str>) {
    let mut text = String::from("extern crate alloc;\n");
    let mut lines = BTreeMap::new();
    let mut line = 1;
    let paths: Vec<&str> = paths.iter().map(String::as_str).chain([CANARY]).collect();
    for (number, paths) in paths.chunks(LINKS).enumerate() {
        let _ = writeln!(text, "pub mod names_{number} {{");
        line += 1;
        for path in paths {
            let _ = writeln!(text, "//! [name]({path})");
            line += 1;
            lines.insert(line, *path);
        }
        text.push_str("}\n");
        line += 1;
    }
    (text, lines)
}

/// The lines whose links are broken. A link that might mean several things leads somewhere.
fn broken(said: &str) -> BTreeSet<u64> {
    let messages = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let broken = messages.filter(|message| {
        let text = message["message"].as_str().unwrap_or_default();
        message["code"]["code"] == "rustdoc::broken_intra_doc_links"
            && (text.starts_with("unresolved link") || text.starts_with("incompatible link kind"))
    });
    broken
        .filter_map(|message| message["spans"][0]["line_start"].as_u64())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustdoc_finds_paths_of_std_and_no_others() {
        let scratch = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::std_only(Some("2024")).unwrap();
        let cache = Cache::new(scratch.path().join("cache"), String::new());
        // `std::vec` is a module and a macro.
        let known = [
            "std::time::Duration::from_millis",
            "Iterator::next",
            "println!",
            "std::vec",
            "u64::checked_add",
        ];
        let unknown = [
            "std::time::Duration::form_millis",
            "Iterator::previous",
            "printline!",
            "drop::x",
            "no_crate::x",
        ];
        let paths = known
            .iter()
            .chain(&unknown)
            .map(|path| (*path).to_owned())
            .collect();
        let expected: BTreeSet<String> = known.iter().map(|path| (*path).to_owned()).collect();
        for _ in 0..2 {
            assert_eq!(
                resolved(scratch.path(), &artifacts, &cache, &paths).unwrap(),
                expected
            );
            // What is kept needs no rustdoc any more.
            let _ = fs::remove_dir_all(scratch.path().join("names"));
        }
    }
}
