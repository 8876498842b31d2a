//! What cargo built: exact paths of the libraries a fence may use, and of the examples whose output a page shows.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::process::read_all;
use book::problem::{Problem, Problems};

/// The built `listings` crate and what it depends on.
#[derive(Debug, Clone)]
pub struct Artifacts {
    /// Crate name as code writes it, and its library file: `listings` and its direct dependencies.
    pub externs: BTreeMap<String, PathBuf>,
    /// Where the dependencies of the dependencies lie.
    pub dependency_dir: PathBuf,
    /// Examples of `listings`, by name.
    pub examples: BTreeMap<String, PathBuf>,
    /// `rustc --version`.
    pub rustc: String,
}

impl Artifacts {
    /// Builds `listings` with its examples, and asks cargo where everything went.
    ///
    /// # Errors
    ///
    /// As [`Artifacts::try_build`], and when the crate does not compile.
    pub fn build(root: &Path) -> Result<Self> {
        Self::try_build(root, || ())?.map_err(|problems| does_not_compile(&problems))
    }

    /// Builds `listings` and what its tests need, and nothing else. Once it is built, nothing is downloaded.
    ///
    /// # Errors
    ///
    /// As [`Artifacts::build`].
    pub fn for_exercises(root: &Path) -> Result<Self> {
        // Any one: cargo builds what only tests need for an example, too.
        let mut one = examples(root);
        one.truncate(1);
        Self::try_build_some(root, &one, || ())?.map_err(|problems| does_not_compile(&problems))
    }

    /// Builds `listings` with its examples, and asks cargo where everything went. `built` is called for every crate.
    ///
    /// # Errors
    ///
    /// The outer error when cargo cannot do its work at all; the inner one when code does not compile: the compiler's
    /// errors at their places.
    pub fn try_build(root: &Path, built: impl FnMut()) -> Result<Result<Self, Vec<Problem>>> {
        Self::try_build_some(root, &examples(root), built)
    }

    fn try_build_some(
        root: &Path,
        examples: &[String],
        mut built: impl FnMut(),
    ) -> Result<Result<Self, Vec<Problem>>> {
        let mut child = cargo(root)
            .args(["build", "--quiet", "--keep-going"])
            .args(selected(examples))
            .arg("--message-format=json")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cargo cannot be started")?;
        let stderr = read_all(child.stderr.take());
        let mut messages = Vec::new();
        for line in BufReader::new(child.stdout.take().context("a pipe was asked for")?).lines() {
            let line = line.context("cargo's messages cannot be read")?;
            let message: Value =
                serde_json::from_str(&line).context("cargo's message is not JSON")?;
            if message["reason"] == "compiler-artifact" {
                built();
            }
            messages.push(message);
        }
        let status = child.wait()?;
        let stderr = stderr.join().expect("the reader does not panic");
        if !status.success() {
            let problems = compile_errors(root, &messages);
            // Without a word from the compiler it is not the code: no network, a lock file that may not change.
            ensure!(
                !problems.is_empty(),
                "cargo cannot build the listings crate:\n{}",
                stderr.trim()
            );
            return Ok(Err(problems));
        }
        let dependencies = direct_dependencies(root)?;
        let mut artifacts = Self {
            externs: BTreeMap::new(),
            dependency_dir: PathBuf::new(),
            examples: BTreeMap::new(),
            rustc: rustc_version()?,
        };
        // A crate that a macro also needs may be built twice; the one for our code is optimised, the macro's is not.
        let mut optimised = BTreeMap::new();
        for message in &messages {
            if message["reason"] != "compiler-artifact" {
                continue;
            }
            let target = &message["target"];
            let kinds: Vec<_> = target["kind"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if kinds.contains(&"example") {
                if let (Some(name), Some(exe)) =
                    (target["name"].as_str(), message["executable"].as_str())
                {
                    artifacts.examples.insert(name.to_owned(), exe.into());
                }
                continue;
            }
            let Some(name) = message["package_id"]
                .as_str()
                .and_then(|id| dependencies.get(id))
            else {
                continue;
            };
            let library = message["filenames"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .find(|file| {
                    [".rlib", ".so", ".dylib", ".dll"]
                        .iter()
                        .any(|ending| file.ends_with(ending))
                });
            if kinds.contains(&"custom-build") {
                continue;
            }
            let level = message["profile"]["opt_level"]
                .as_str()
                .unwrap_or("0")
                .to_owned();
            if let Some(library) = library
                && optimised.get(name).is_none_or(|seen| *seen <= level)
            {
                optimised.insert(name.clone(), level);
                artifacts.externs.insert(name.clone(), library.into());
            }
        }
        let listings = artifacts
            .externs
            .get("listings")
            .context("cargo built no listings library")?;
        // `target/debug/liblistings.rlib` is a link to the file in `deps/`, where everything else lies.
        let folder = listings.parent().context("a library lies in a folder")?;
        artifacts.dependency_dir = if folder.ends_with("deps") {
            folder.into()
        } else {
            folder.join("deps")
        };
        Ok(Ok(artifacts))
    }

    /// The `--extern` and `-L` arguments of rustc and rustdoc: exact paths, never a search.
    #[must_use]
    pub fn compiler_arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--edition=2024".to_owned()];
        for (name, path) in &self.externs {
            arguments.extend(["--extern".to_owned(), format!("{name}={}", path.display())]);
        }
        arguments.extend([
            "-L".to_owned(),
            format!("dependency={}", self.dependency_dir.display()),
        ]);
        arguments
    }

    /// Whether this is the compiler whose messages the book shows: the one of `rust-version`.
    #[must_use]
    pub fn is_reference_compiler(&self) -> bool {
        self.rustc
            .starts_with(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), "."))
    }

    /// A digest of compiler and libraries: when it is the same, a fence that compiled still compiles.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.rustc.as_bytes());
        for (name, path) in &self.externs {
            hasher.update(name.as_bytes());
            hasher.update(path.to_string_lossy().as_bytes());
            // Every dependency's file name carries cargo's own hash; `listings` itself keeps its name when it changes.
            if name == "listings"
                && let Ok(bytes) = std::fs::read(path)
            {
                hasher.update(&bytes);
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn does_not_compile(problems: &[Problem]) -> anyhow::Error {
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("the listings crate does not compile\n{}", told.join("\n"))
}

/// The compiler's errors as problems of the files they stand in.
fn compile_errors(root: &Path, messages: &[Value]) -> Vec<Problem> {
    let mut problems = Problems::default();
    for message in messages
        .iter()
        .filter(|message| message["reason"] == "compiler-message")
    {
        let target = message["target"]["name"].as_str().unwrap_or_default();
        let message = &message["message"];
        let said = message["message"].as_str().unwrap_or_default();
        // rustc's last word only counts its errors.
        if message["level"] != "error" || said.starts_with("aborting due to") {
            continue;
        }
        let spans = message["spans"].as_array().map_or(&[][..], Vec::as_slice);
        let place = spans
            .iter()
            .find(|span| span["is_primary"] == true)
            .and_then(|span| {
                let file = Path::new(span["file_name"].as_str()?);
                // A dependency's own file is no file of the book.
                let file = file.strip_prefix(root).unwrap_or(file);
                file.is_relative()
                    .then_some((file.to_owned(), span["line_start"].as_u64()? as usize))
            });
        let (file, line) = place.unwrap_or(("listings/Cargo.toml".into(), 0));
        problems.push(
            Problem::new(
                file,
                line,
                format!("`{target}` should compile, but rustc says: {said}"),
            )
            .detail(message["rendered"].as_str().unwrap_or_default())
            .help("mend it: until it compiles, no listing and no output is checked"),
        );
    }
    problems.sorted()
}

/// The arguments that select all of what a page may show: the library and its examples.
pub(crate) fn selection(root: &Path) -> Vec<String> {
    selected(&examples(root))
}

/// The arguments that select examples, and with them the library.
fn selected(examples: &[String]) -> Vec<String> {
    // Features are those of all selected packages together, so with the whole workspace nothing that the tool or its
    // tests also use is compiled once more.
    let words = match examples {
        [] => vec!["--package", "listings", "--lib"],
        _ => std::iter::once("--workspace")
            .chain(examples.iter().flat_map(|name| ["--example", name]))
            .collect(),
    };
    words.into_iter().map(str::to_owned).collect()
}

/// The names of the examples of `listings`, sorted.
fn examples(root: &Path) -> Vec<String> {
    let folder = std::fs::read_dir(root.join("listings/examples"))
        .into_iter()
        .flatten()
        .flatten();
    let rust = folder
        .map(|entry| entry.path())
        .filter(|file| file.extension().is_some_and(|it| it == "rs"));
    let mut names: Vec<_> = rust
        .map(|file| {
            file.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// `cargo` in the book's folder, the same one that runs us.
#[must_use]
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).stdin(Stdio::null());
    // What cargo tells a build script or a test about its own package must not reach another build.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text == "CARGO_MANIFEST_DIR" {
            command.env_remove(&name);
        }
    }
    command
}

/// The package ids that `listings` depends on directly, with the names its code uses.
fn direct_dependencies(root: &Path) -> Result<BTreeMap<String, String>> {
    let output = cargo(root)
        // This machine's crates are downloaded by now; those of other platforms need not be.
        .args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--offline",
            "--filter-platform",
            &host()?,
        ])
        .stderr(Stdio::piped())
        .output()
        .context("cargo metadata cannot be started")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata has no packages")?;
    let listings = packages
        .iter()
        .find(|package| package["name"] == "listings" && package["source"].is_null())
        .and_then(|package| package["id"].as_str())
        .context("the workspace has no listings crate")?;
    let nodes = metadata["resolve"]["nodes"]
        .as_array()
        .context("cargo metadata has no graph")?;
    let node = nodes
        .iter()
        .find(|node| node["id"] == listings)
        .context("listings is not in the graph")?;
    let mut names = BTreeMap::from([(listings.to_owned(), "listings".to_owned())]);
    for dependency in node["deps"].as_array().into_iter().flatten() {
        if let (Some(id), Some(name)) = (dependency["pkg"].as_str(), dependency["name"].as_str()) {
            names.insert(id.to_owned(), name.to_owned());
        }
    }
    Ok(names)
}

/// The platform the compiler builds for here, such as `x86_64-unknown-linux-gnu`.
fn host() -> Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("rustc cannot be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}

/// The compiler's own word on its version.
///
/// # Errors
///
/// When rustc cannot be started.
pub fn rustc_version() -> Result<String> {
    let output = Command::new("rustc")
        .arg("--version")
        .output()
        .context("rustc cannot be started")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
