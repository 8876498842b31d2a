//! The digest of what a chapter's measurement depends on.

mod content;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use book::files::{files_below, slashed};
use book::project::module;
use regex::Regex;
use serde::Deserialize;

/// The digest of what a chapter measures. A record whose digest differs is out of date.
///
/// It covers the chapter's module and those of other chapters that it is built on, its bench file
/// with that file's modules, what all benches share, its Go package, and the versions of the crates
/// it measures: the direct dependencies of `listings` and `benches` that these sources name. So a
/// crate that another chapter needs leaves this chapter's record alone.
///
/// Of a Rust file the tokens count, without documentation and without what rustfmt changes; of a Go
/// file the lines that are not blank or a comment; of any other file, and of a Rust file that is
/// not made of tokens, every byte but line endings: a checkout on Windows agrees.
///
/// # Errors
///
/// When a file cannot be read, or `Cargo.lock` or a manifest cannot be understood.
pub fn digest(root: &Path, slug: &str) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut item = |name: &str, content: &str| {
        // Lengths keep "a" + "bc" apart from "ab" + "c".
        hasher
            .update(&(name.len() as u64).to_le_bytes())
            .update(name.as_bytes());
        hasher
            .update(&(content.len() as u64).to_le_bytes())
            .update(content.as_bytes());
    };
    let mut rust = String::new();
    for path in sources(root, slug) {
        let content =
            fs::read(root.join(&path)).with_context(|| format!("{path} cannot be read"))?;
        let text = String::from_utf8_lossy(&content).replace("\r\n", "\n");
        let content = match Path::new(&path).extension().and_then(OsStr::to_str) {
            Some("rs") => content::rust(&text).unwrap_or(text),
            Some("go") => content::go(&text),
            _ => text,
        };
        item(&path, &content);
        if path.ends_with(".rs") {
            rust.push_str(&content);
        }
    }
    for (name, version) in measured_crates(root, &rust)? {
        item(&name, &version);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The files that are measured, from the root, with `/`, sorted.
#[must_use]
pub fn sources(root: &Path, slug: &str) -> Vec<String> {
    let pattern = |pattern| Regex::new(pattern).expect("a valid pattern");
    let module = module(slug);
    let bench = Path::new("benches").join(format!("{module}.rs"));
    let mut paths = vec![PathBuf::from("benches/lib.rs")];
    // `mod kept;`
    let of_bench = named(
        root,
        std::slice::from_ref(&bench),
        &pattern(r"(?m)^mod (\w+);"),
    );
    paths.extend(
        of_bench
            .iter()
            .map(|name| Path::new("benches").join(name).join("mod.rs")),
    );
    paths.push(bench);
    paths.retain(|path| root.join(path).is_file());
    let mut folders = vec![
        (Path::new("listings/src").join(&module), true),
        (Path::new("benches/go").join(&module), false),
    ];
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|it| it == "rs");
    let below = |folder: &Path| {
        let files = files_below(&root.join(folder)).into_iter();
        files.filter_map(|path| Some(path.strip_prefix(root).ok()?.to_owned()))
    };
    let own: Vec<_> = below(&Path::new("listings/src").join(&module))
        .filter(is_rust)
        .chain(paths.iter().cloned())
        .collect();
    let others = named(root, &own, &pattern(r"(?m)^[^/\n]*\blistings::(\w+)"));
    folders.extend(
        others
            .into_iter()
            .filter(|it| *it != module)
            .map(|it| (Path::new("listings/src").join(it), true)),
    );
    for (folder, rust_only) in folders {
        paths.extend(below(&folder).filter(|path| !rust_only || is_rust(path)));
    }
    let mut names: Vec<_> = paths.iter().map(|path| slashed(path)).collect();
    names.sort();
    names
}

/// The matches of a pattern's group in these files, as far as they can be read.
fn named(root: &Path, files: &[PathBuf], pattern: &Regex) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in files
        .iter()
        .filter_map(|file| fs::read_to_string(root.join(file)).ok())
    {
        found.extend(
            pattern
                .captures_iter(&text)
                .map(|names| names[1].to_owned()),
        );
    }
    found
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The registry crates that the sources name, with the versions of `Cargo.lock`.
fn measured_crates(root: &Path, rust: &str) -> Result<BTreeMap<String, String>> {
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    let lock: Lock = toml::from_str(&lock).context("Cargo.lock cannot be understood")?;
    let mut found = BTreeMap::new();
    for member in ["listings", "benches"] {
        let Some(package) = lock.package.iter().find(|package| package.name == member) else {
            continue;
        };
        for name in declared(root, member)? {
            let word = Regex::new(&format!(r"\b{}\b", regex::escape(&name.replace('-', "_"))))?;
            if !word.is_match(rust) {
                continue;
            }
            // An entry is `tokio`, or `tokio 1.2.3` where the workspace has several.
            let entry = package
                .dependencies
                .iter()
                .find(|entry| entry.split(' ').next() == Some(&name));
            let version = entry.and_then(|entry| entry.split(' ').nth(1));
            let matching = lock.package.iter().find(|package| {
                package.name == name && version.is_none_or(|version| version == package.version)
            });
            if let Some(package) = matching.filter(|package| package.source.is_some()) {
                found.insert(name, package.version.clone());
            }
        }
    }
    Ok(found)
}

/// The names in a member's `[dependencies]`, those for single targets included. Tests' dependencies are not measured.
fn declared(root: &Path, member: &str) -> Result<Vec<String>> {
    let file = format!("{member}/Cargo.toml");
    let text =
        fs::read_to_string(root.join(&file)).with_context(|| format!("{file} cannot be read"))?;
    let manifest: toml::Table =
        toml::from_str(&text).with_context(|| format!("{file} cannot be understood"))?;
    let targets = manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(toml::Table::values);
    let tables = std::iter::once(manifest.get("dependencies"))
        .chain(targets.map(|target| target.get("dependencies")))
        .flatten();
    Ok(tables
        .filter_map(toml::Value::as_table)
        .flat_map(|table| table.keys().cloned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("benches/lib.rs", "use criterion::Criterion;\n"),
            (
                "benches/my_chapter.rs",
                "mod shared;\nuse listings::my_chapter;\n",
            ),
            ("benches/shared/mod.rs", "\n"),
            ("listings/src/my_ground/mod.rs", "\n"),
            ("listings/src/not_mine/mod.rs", "\n"),
            (
                "benches/Cargo.toml",
                "[dependencies]\ncriterion = \"0.8\"\nlistings = { path = \"x\" }\n",
            ),
            ("benches/go/my_chapter/x_test.go", "package my_chapter\n"),
            (
                "listings/Cargo.toml",
                "[dependencies]\nfast-crate = \"1\"\nother = \"1\"\n",
            ),
            (
                "listings/src/my_chapter/mod.rs",
                "use fast_crate::Fast;\nuse listings::my_ground;\n// as in `listings::not_mine`\n",
            ),
            ("listings/src/my_chapter/task.toml", "title = \"\"\n"),
            ("Cargo.lock", LOCK),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const LOCK: &str = r#"
version = 4
[[package]]
name = "benches"
version = "0.1.0"
dependencies = ["criterion", "listings"]
[[package]]
name = "criterion"
version = "0.8.2"
source = "registry"
[[package]]
name = "fast-crate"
version = "1.0.0"
source = "registry"
[[package]]
name = "fast-crate"
version = "2.0.0"
source = "registry"
[[package]]
name = "listings"
version = "0.1.0"
dependencies = ["fast-crate 2.0.0", "other"]
[[package]]
name = "other"
version = "1.0.0"
source = "registry"
"#;

    /// True if the digest changes when a file's text is replaced.
    fn changes(path: &str, edit: impl Fn(&str) -> String) -> bool {
        let root = book();
        let before = digest(root.path(), "my-chapter").unwrap();
        let path = root.path().join(path);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, edit(&text)).unwrap();
        digest(root.path(), "my-chapter").unwrap() != before
    }

    #[test]
    fn digest_follows_every_measured_file() {
        let add = |text: &str| format!("{text}fn more() {{}}\n");
        assert!(changes("benches/lib.rs", add));
        assert!(changes("benches/my_chapter.rs", add));
        assert!(changes("listings/src/my_chapter/mod.rs", add));
        assert!(changes("benches/go/my_chapter/x_test.go", add));
        assert!(changes("benches/shared/mod.rs", add));
        assert!(changes("listings/src/my_ground/mod.rs", add));
    }

    #[test]
    fn digest_leaves_out_comments_and_layout() {
        let add = |text: &str| format!("// first\n\n{text}// last\n");
        assert!(!changes("benches/my_chapter.rs", add));
        assert!(!changes("listings/src/my_chapter/mod.rs", add));
        assert!(!changes("benches/go/my_chapter/x_test.go", add));
    }

    #[test]
    fn digest_of_rust_without_tokens_follows_every_byte() {
        let root = book();
        let digest_of = |text: &str| {
            fs::write(root.path().join("benches/my_chapter.rs"), text).unwrap();
            digest(root.path(), "my-chapter").unwrap()
        };
        assert_ne!(digest_of("fn open() {"), digest_of("fn open() { // more"));
    }

    #[test]
    fn digest_follows_the_versions_of_the_crates_that_are_named() {
        assert!(changes("Cargo.lock", |text| text.replace("2.0.0", "2.0.1")));
        assert!(changes("Cargo.lock", |text| text.replace("0.8.2", "0.8.3")));
    }

    #[test]
    fn digest_leaves_out_what_is_not_measured() {
        assert!(!changes(
            "listings/src/my_chapter/task.toml",
            |text| format!("{text}# more\n")
        ));
        assert!(!changes("listings/src/not_mine/mod.rs", |text| format!(
            "{text}fn more() {{}}\n"
        )));
        assert!(!changes("Cargo.lock", |text| text.replace(
            "name = \"other\"\nversion = \"1.0.0\"",
            "name = \"other\"\nversion = \"1.1.0\""
        )));
        assert!(!changes("Cargo.lock", |text| text.replace(
            "version = \"1.0.0\"\nsource",
            "version = \"1.0.9\"\nsource"
        )));
    }

    #[test]
    fn digest_is_the_same_with_windows_line_endings() {
        assert!(!changes("listings/src/my_chapter/mod.rs", |text| text
            .replace('\n', "\r\n")));
    }

    #[test]
    fn crates_are_found_in_the_version_that_the_member_uses() {
        let root = book();
        let found = measured_crates(
            root.path(),
            "use fast_crate::Fast; use criterion::Criterion;",
        )
        .unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        assert_eq!(found, ["criterion 0.8.2", "fast-crate 2.0.0"]);
    }
}
