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

use crate::cache::Cache;
use crate::cargo::Artifacts;

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
    if paths.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (source, lines) = source(paths);
    let key = format!("names\n{source}");
    if let Some(kept) = cache.get(&key) {
        return Ok(kept.lines().map(str::to_owned).collect());
    }
    let folder = scratch.join("names");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("names.rs"), source)?;
    let output = Command::new("rustdoc")
        .current_dir(&folder)
        .stdin(Stdio::null())
        .args(["names.rs", "-Awarnings", "-Drustdoc::broken_intra_doc_links", "--error-format=json"])
        .args(artifacts.compiler_arguments())
        .output()
        .context("rustdoc cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let broken: BTreeSet<&str> = broken(&said).iter().filter_map(|line| lines.get(line).copied()).collect();
    ensure!(broken.contains(CANARY), "rustdoc has not looked at the names:\n{said}");
    let found: BTreeSet<String> =
        paths.iter().filter(|path| !broken.contains(path.as_str())).cloned().collect();
    cache.put(&key, &found.iter().map(|path| format!("{path}\n")).collect::<String>());
    Ok(found)
}

/// The crate, and which path stands in which line.
fn source(paths: &BTreeSet<String>) -> (String, BTreeMap<u64, &str>) {
    let mut text = String::from("extern crate alloc;\npub mod names {\n");
    let mut lines = BTreeMap::new();
    for (line, path) in (3..).zip(paths.iter().map(String::as_str).chain([CANARY])) {
        let _ = writeln!(text, "//! [name]({path})");
        lines.insert(line, path);
    }
    text.push_str("}\n");
    (text, lines)
}

/// The lines whose links are broken. A link that might mean several things leads somewhere.
fn broken(said: &str) -> BTreeSet<u64> {
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let broken = messages.filter(|message| {
        let text = message["message"].as_str().unwrap_or_default();
        message["code"]["code"] == "rustdoc::broken_intra_doc_links"
            && (text.starts_with("unresolved link") || text.starts_with("incompatible link kind"))
    });
    broken.filter_map(|message| message["spans"][0]["line_start"].as_u64()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn rustdoc_finds_paths_of_std_and_no_others() {
        let scratch = tempfile::tempdir().unwrap();
        let artifacts = Artifacts {
            externs: BTreeMap::new(),
            dependency_dir: PathBuf::from("."),
            examples: BTreeMap::new(),
            rustc: String::new(),
        };
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
        let paths = known.iter().chain(&unknown).map(|path| (*path).to_owned()).collect();
        let expected: BTreeSet<String> = known.iter().map(|path| (*path).to_owned()).collect();
        for _ in 0..2 {
            assert_eq!(resolved(scratch.path(), &artifacts, &cache, &paths).unwrap(), expected);
            // What is kept needs no rustdoc any more.
            let _ = fs::remove_dir_all(scratch.path().join("names"));
        }
    }
}
