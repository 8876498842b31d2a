//! The names that the compiler knows: rustdoc says where a path leads, rustc which errors there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use regex::Regex;

use super::Answers;
use super::index::crates;
use reader::site::pattern;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;

/// The compiler, with the libraries that listings use.
pub struct Rust<'a> {
    /// The book's folder.
    pub root: &'a Path,
    /// The folder to write to.
    pub scratch: PathBuf,
    /// The built libraries.
    pub artifacts: &'a Artifacts,
    /// Earlier answers.
    pub cache: &'a Cache,
}

/// A path that exists: where an answer lacks it, rustdoc has not looked.
const CANARY: &str = "std::time::Duration";

impl Rust<'_> {
    /// The addresses of what paths lead to: links of the pages that rustdoc makes of modules with a link for each path.
    ///
    /// # Errors
    ///
    /// When rustdoc does not answer.
    pub fn addresses(&self, paths: &BTreeSet<String>) -> Result<Answers> {
        /// More links on a page take rustdoc more time for each.
        const PAGE: usize = 1000;
        static LINK: LazyLock<Regex> =
            LazyLock::new(|| pattern(r#"<a href="(?:\.\./)*([^"]+\.html[^"]*)"[^>]*>n(\d+)</a>"#));
        super::kept(self.cache, "addresses", paths, |paths| {
            let paths: Vec<&str> = paths.iter().copied().chain([CANARY]).collect();
            let mut source = "extern crate alloc;\n".to_owned();
            for (page, paths) in paths.chunks(PAGE).enumerate() {
                let _ = writeln!(source, "pub mod m{page} {{");
                for (number, path) in paths.iter().enumerate() {
                    // What is also a macro, such as `std::vec`, is not meant as that.
                    let _ = writeln!(source, "//! [n{number}](type@{path}) [n{number}]({path})");
                }
                source.push_str("}\n");
            }
            // With a folder in the place of its documentation, a crate is linked to.
            let folder = self.scratch.join("names");
            let _ = fs::remove_dir_all(&folder);
            let of_crates: BTreeMap<String, String> = crates(self.root)
                .into_iter()
                .map(|(name, address)| (name.replace('-', "_"), address))
                .collect();
            fs::create_dir_all(folder.join("doc"))?;
            for name in of_crates.keys() {
                fs::create_dir_all(folder.join("doc").join(name))?;
            }
            let said = self.document(&folder, &source)?;
            let mut found = Answers::new();
            for (page, paths) in paths.chunks(PAGE).enumerate() {
                let page = folder.join(format!("doc/names/m{page}/index.html"));
                let html = fs::read_to_string(page)
                    .with_context(|| format!("rustdoc has not looked at the names:\n{said}"))?;
                for link in LINK.captures_iter(&html) {
                    let (_, [address, number]) = link.extract();
                    let of_crate = of_crates.get(address.split('/').next().unwrap_or_default());
                    let address = of_crate.map_or_else(
                        || address.to_owned(),
                        |of_crate| format!("{of_crate}/{address}"),
                    );
                    if let Some(path) = number.parse().ok().and_then(|at: usize| paths.get(at)) {
                        found.entry((*path).to_owned()).or_insert(vec![address]);
                    }
                }
            }
            ensure!(
                found.contains_key(CANARY),
                "rustdoc has not looked at the names:\n{said}"
            );
            Ok(found)
        })
    }

    /// Runs rustdoc on a source; returns its messages.
    fn document(&self, folder: &Path, source: &str) -> Result<String> {
        fs::write(folder.join("names.rs"), source)?;
        let output = Command::new("rustdoc")
            .current_dir(folder)
            .stdin(Stdio::null())
            .args(["names.rs", "-Awarnings", "--out-dir=doc"])
            .args(self.artifacts.compiler_arguments())
            .output()
            .context("rustdoc cannot be started")?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The address of an error code, if there is such an error.
#[must_use]
pub fn error(code: &str) -> Option<String> {
    let explained = Command::new("rustc").args(["--explain", code]).output();
    let is_known = explained.is_ok_and(|output| output.status.success());
    is_known.then(|| format!("https://doc.rust-lang.org/error_codes/{code}.html"))
}
