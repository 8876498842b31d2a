//! "Since Rust 1.63.0" above a listing: what it uses of std came with that version, and with none later.
//!
//! ````markdown
//! <!-- since: 1.63.0 -->
//! ```rust
//! std::thread::scope(|s| { s.spawn(|| ()); });
//! ```
//! ````
//!
//! Every item of std carries the version that stabilised it, and clippy reads it: `incompatible_msrv` names what is newer
//! than a given oldest compiler. The listing is given to it with the version just below, and what it names must be of the
//! stated version. Functions, methods and constants are seen; syntax and traits are not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, OnceLock};

use anyhow::{Context, Result};
use regex::Regex;
use serde_json::Value;

use book::fence::{Expect, Snippet, program};
use book::page::Fence;
use book::problem::{Problem, Problems};
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;

/// What the comment above a fence states.
#[must_use]
pub fn stated(fence: &Fence) -> Option<&str> {
    fence.noted("since")
}

/// Whether clippy is installed.
#[must_use]
pub fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        Command::new("clippy-driver")
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    })
}

/// Checks every listing that states a version.
///
/// # Errors
///
/// When clippy cannot be started.
pub fn run(
    scratch: &Path,
    artifacts: &Artifacts,
    snippets: &[Snippet<'_>],
    cache: &Cache,
    problems: &mut Problems,
) -> Result<()> {
    for snippet in snippets {
        let Some(version) = stated(snippet.fence) else {
            continue;
        };
        let problem = |what: String| Problem::new(&snippet.page.file, snippet.fence.line, what);
        let Some((_, below)) = parsed(version) else {
            problems.push(
                problem(format!("`since: {version}` is no version of Rust"))
                    .help("write it as `since: 1.63.0`"),
            );
            continue;
        };
        if !matches!(snippet.expect, Expect::Runs | Expect::Compiles) {
            let what = "`since` stands above a listing that must fail".to_owned();
            problems.push(problem(what).help("state a version where the listing compiles"));
            continue;
        }
        let source = program(&snippet.code);
        let key = format!("since {version}\n{source}");
        if !available() || cache.has(&key) {
            continue;
        }
        match newer(scratch, artifacts, &source, &below)?.judge(version) {
            None => cache.add(&key),
            Some(what) => problems
                .push(problem(what).help("state the version of the newest thing it uses of std")),
        }
    }
    Ok(())
}

/// A version of Rust, and the one before it.
fn parsed(version: &str) -> Option<(u32, String)> {
    static VERSION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^1\.(\d{1,3})\.0$").expect("a valid pattern"));
    let minor: u32 = VERSION.captures(version)?[1].parse().ok()?;
    Some((minor, format!("1.{}.0", minor.checked_sub(1)?)))
}

/// The versions of what a program uses that is newer than a given one.
struct Newer(BTreeSet<String>);

impl Newer {
    /// What is wrong with a stated version.
    fn judge(&self, stated: &str) -> Option<String> {
        let others: Vec<&str> = self
            .0
            .iter()
            .map(String::as_str)
            .filter(|version| *version != stated)
            .collect();
        if !self.0.contains(stated) {
            let found = if others.is_empty() {
                "nothing newer".to_owned()
            } else {
                others.join(" and ")
            };
            return Some(format!(
                "this listing should use something of std that is stable since {stated}, and clippy finds {found}"
            ));
        }
        (!others.is_empty()).then(|| {
            format!(
                "this listing should need nothing newer than {stated}, and it uses what is stable since {}",
                others.join(" and ")
            )
        })
    }
}

fn newer(scratch: &Path, artifacts: &Artifacts, source: &str, than: &str) -> Result<Newer> {
    let folder = scratch
        .join("since")
        .join(&blake3::hash(source.as_bytes()).to_hex()[..16]);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("listing.rs"), source)?;
    fs::write(folder.join("clippy.toml"), format!("msrv = \"{than}\"\n"))?;
    let output = Command::new("clippy-driver")
        .current_dir(&folder)
        .env("CLIPPY_CONF_DIR", &folder)
        .args([
            "listing.rs",
            "--crate-type=bin",
            "--emit=metadata",
            "--error-format=json",
        ])
        .args(["-Aunused", "-Aclippy::all", "-Wclippy::incompatible_msrv"])
        .args(artifacts.compiler_arguments())
        .output()
        .context("clippy cannot be started")?;
    Ok(Newer(versions(&String::from_utf8_lossy(&output.stderr))))
}

/// The versions that clippy's messages name.
fn versions(stderr: &str) -> BTreeSet<String> {
    static SINCE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"stable (?:in a `const` context )?since `([0-9.]+)`").expect("a valid pattern")
    });
    let messages = stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let messages =
        messages.filter(|message| message["code"]["code"] == "clippy::incompatible_msrv");
    messages
        .filter_map(|message| Some(SINCE.captures(message["message"].as_str()?)?[1].to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_before_is_one_minor_less() {
        assert_eq!(parsed("1.63.0"), Some((63, "1.62.0".to_owned())));
        for wrong in ["1.63", "1.63.1", "2.0.0", "1.0.0", "soon"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn versions_are_those_of_the_lint() {
        let line = |code: &str| {
            format!(
                r#"{{"code":{{"code":"{code}"}},"message":"current MSRV is `1.62.0` but this item is stable since `1.63.0`"}}"#
            )
        };
        let stderr = format!(
            "{}\n{}\nnoise",
            line("clippy::incompatible_msrv"),
            line("clippy::other")
        );
        assert_eq!(versions(&stderr), BTreeSet::from(["1.63.0".to_owned()]));
    }

    #[test]
    fn judgement_names_what_is_missing_and_what_is_too_new() {
        let newer = |versions: &[&str]| {
            Newer(
                versions
                    .iter()
                    .map(|version| (*version).to_owned())
                    .collect(),
            )
        };
        assert_eq!(newer(&["1.63.0"]).judge("1.63.0"), None);
        assert!(
            newer(&[])
                .judge("1.63.0")
                .unwrap()
                .ends_with("clippy finds nothing newer")
        );
        assert!(
            newer(&["1.84.0"])
                .judge("1.63.0")
                .unwrap()
                .ends_with("clippy finds 1.84.0")
        );
        assert!(
            newer(&["1.63.0", "1.84.0"])
                .judge("1.63.0")
                .unwrap()
                .ends_with("stable since 1.84.0")
        );
    }
}
