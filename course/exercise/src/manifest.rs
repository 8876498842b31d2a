//! The exercise's manifest and lock file: what its code needs of the listings' dependencies, at the book's versions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use super::prune::{Texts, words};
use book::project::Project;
use toolchain::cache::Cache;
use toolchain::cargo::cargo;

/// The manifest and the lock file.
pub fn build(
    project: &Project,
    slug: &str,
    sources: &Texts,
    tests: &Texts,
) -> Result<(String, String)> {
    let workspace = read(&project.root.join("Cargo.toml"))?;
    let listings = read(&project.root.join("listings/Cargo.toml"))?;
    let lock_text =
        fs::read_to_string(project.root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    let versions = versions(&lock_text.parse().context("Cargo.lock is not TOML")?);
    let by_sources: BTreeSet<&str> = sources.values().flat_map(|text| words(text)).collect();
    let by_tests: BTreeSet<&str> = tests.values().flat_map(|text| words(text)).collect();

    let mut text = format!(
        "[package]\nname = \"listings\"\ndescription = \"Exercise: {slug}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         publish = false\nautoexamples = false\n\n[lib]\n# The examples in comments are the book's, and call what is not written yet.\n\
         doctest = false\ntest = false\n"
    );
    for (table, dependencies) in tables(&listings) {
        let used: BTreeMap<&String, &Value> = dependencies
            .iter()
            .filter(|(name, _)| {
                let name = name.replace('-', "_");
                by_sources.contains(name.as_str()) || by_tests.contains(name.as_str())
            })
            .collect();
        if used.is_empty() {
            continue;
        }
        let _ = write!(text, "\n[{table}]\n");
        for (name, value) in used {
            let entry = resolved(name, value, &workspace, &versions)?;
            let _ = writeln!(text, "{name} = {entry}");
        }
    }
    // So that it is a project of its own wherever it is.
    text.push_str("\n[workspace]\n");
    let lock = lock(project, &[(String::new(), text.clone())], &lock_text)?;
    Ok((text, lock))
}

fn read(file: &Path) -> Result<Table> {
    let text =
        fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    text.parse()
        .with_context(|| format!("{} is not TOML", file.display()))
}

/// The tables of dependencies, by the heading they are under.
fn tables(manifest: &Table) -> Vec<(String, &Table)> {
    const KINDS: [&str; 2] = ["dependencies", "dev-dependencies"];
    let mut found = Vec::new();
    for kind in KINDS {
        found.extend(
            manifest
                .get(kind)
                .and_then(Value::as_table)
                .map(|table| (kind.to_owned(), table)),
        );
    }
    for (target, table) in manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
    {
        for kind in KINDS {
            let table = table.get(kind).and_then(Value::as_table);
            found.extend(table.map(|table| (format!("target.'{target}'.{kind}"), table)));
        }
    }
    found
}

/// The versions that the listings are built with: by name, as cargo has written them down.
fn versions(lock: &Table) -> BTreeMap<String, String> {
    let packages = lock
        .get("package")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let text = |package: &Value, key: &str| {
        package
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let listings = packages
        .iter()
        .find(|package| text(package, "name") == "listings");
    let direct = listings
        .and_then(|package| package.get("dependencies"))
        .and_then(Value::as_array);
    direct
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|dependency| {
            // `name`, or `name version` where there are several.
            let mut parts = dependency.split(' ');
            let name = parts.next()?;
            let version = match parts.next() {
                Some(version) => version.to_owned(),
                None => text(
                    packages
                        .iter()
                        .find(|package| text(package, "name") == name)?,
                    "version",
                ),
            };
            Some((name.to_owned(), version))
        })
        .collect()
}

/// A dependency as the exercise's manifest has it: at exactly the book's version, with the book's features.
fn resolved(
    name: &str,
    value: &Value,
    workspace: &Table,
    versions: &BTreeMap<String, String>,
) -> Result<String> {
    let shared = || workspace.get("workspace")?.get("dependencies")?.get(name);
    let entry = if value.get("workspace").is_some() {
        shared().with_context(|| format!("Cargo.toml has no [workspace.dependencies] `{name}`"))?
    } else {
        value
    };
    let version = versions
        .get(name)
        .with_context(|| format!("Cargo.lock has no `{name}`"))?;
    let mut parts = vec![format!("version = \"={version}\"")];
    for key in ["default-features", "features"] {
        parts.extend(entry.get(key).map(|value| format!("{key} = {value}")));
    }
    // Features that the listings add to the workspace's.
    ensure!(
        value.get("features").is_none() || value.get("workspace").is_none(),
        "listings/Cargo.toml adds features to `{name}`: put them into [workspace.dependencies]"
    );
    Ok(if parts.len() == 1 {
        format!("\"={version}\"")
    } else {
        format!("{{ {} }}", parts.join(", "))
    })
}

/// The part of the book's lock file that these manifests need, as cargo itself cuts it out. Each comes with its folder;
/// one of them is at the root, where the folder is empty.
pub(super) fn lock(
    project: &Project,
    manifests: &[(String, String)],
    lock: &str,
) -> Result<String> {
    let cache = Cache::new(
        project.scratch().join("cache"),
        blake3::hash(lock.as_bytes()).to_hex().to_string(),
    );
    let key = match manifests {
        [(_, only)] => format!("lock of\n{only}"),
        several => format!("lock of\n{several:?}"),
    };
    if let Some(lock) = cache.get(&key) {
        return Ok(lock);
    }
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    for (path, manifest) in manifests {
        let home = folder.path().join(path);
        fs::create_dir_all(home.join("src"))?;
        fs::write(home.join("src/lib.rs"), "")?;
        fs::write(home.join("Cargo.toml"), manifest)?;
    }
    fs::write(folder.path().join("Cargo.lock"), lock)?;
    let output = cargo(folder.path())
        .args(["update", "--workspace", "--offline", "--quiet"])
        .output()
        .context("cargo cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "cargo cannot make the exercise's lock file:\n{}",
        said.trim()
    );
    let lock = fs::read_to_string(folder.path().join("Cargo.lock"))?;
    cache.put(&key, &lock);
    Ok(lock)
}
