//! Artifacts of cargo: exact paths of the libraries a fence may use, and of the examples whose output a page shows.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;

use crate::process::read_all;
use crate::rustc;
use book::diagnostic::{Diagnostic, Diagnostics};

/// The crate of a book's listings.
#[derive(Debug, Clone)]
pub struct Listings<'a> {
    /// Its folder, relative to the book's root.
    pub folder: &'a Path,
    /// Its features that are asked for, besides the default ones.
    pub features: &'a [String],
    /// The edition of listings outside of it; its own if none is given.
    pub edition: Option<&'a str>,
    /// True if its examples are built, too.
    pub examples: bool,
}

impl Default for Listings<'_> {
    fn default() -> Self {
        Self {
            folder: Path::new("listings"),
            features: &[],
            edition: None,
            examples: true,
        }
    }
}

/// The built crate of listings and what it depends on.
#[derive(Debug, Clone)]
pub struct Artifacts {
    /// Crate name as code writes it, and its library file: the crate of listings and its direct dependencies.
    pub externs: BTreeMap<String, PathBuf>,
    /// The folder of the dependencies of the dependencies.
    pub dependency_dir: PathBuf,
    /// Examples of `listings`, by name.
    pub examples: BTreeMap<String, PathBuf>,
    /// `rustc --version`.
    pub rustc: String,
    /// The edition of listings.
    pub edition: String,
    /// The library of the crate of listings, which keeps its file's name when it changes.
    library: PathBuf,
}

impl Artifacts {
    /// Builds `listings` with its examples, and asks cargo where everything went.
    ///
    /// # Errors
    ///
    /// As [`Artifacts::try_build`], and when the crate does not compile.
    pub fn build(root: &Path) -> Result<Self> {
        Self::try_build(root, &Listings::default(), || ())?
            .map_err(|problems| does_not_compile(&problems))
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
        Self::try_build_some(root, &Listings::default(), &one, || ())?
            .map_err(|problems| does_not_compile(&problems))
    }

    /// The compiler alone, for a book whose listings use nothing but std.
    ///
    /// # Errors
    ///
    /// When there is no compiler.
    pub fn std_only(edition: Option<&str>) -> Result<Self> {
        Ok(Self {
            externs: BTreeMap::new(),
            dependency_dir: PathBuf::from("."),
            examples: BTreeMap::new(),
            rustc: rustc_version()?,
            // What rustdoc takes without a word, and so `mdbook test`.
            edition: edition.unwrap_or("2015").to_owned(),
            library: PathBuf::new(),
        })
    }

    /// Builds the crate with its examples, and asks cargo where everything went. `built` is called for every crate.
    ///
    /// # Errors
    ///
    /// The outer error when cargo cannot do its work at all; the inner one when code does not compile: the compiler's
    /// errors at their places.
    pub fn try_build(
        root: &Path,
        listings: &Listings<'_>,
        built: impl FnMut(),
    ) -> Result<Result<Self, Vec<Diagnostic>>> {
        let examples = match listings.examples {
            true => examples(root),
            false => Vec::new(),
        };
        Self::try_build_some(root, listings, &examples, built)
    }

    fn try_build_some(
        root: &Path,
        listings: &Listings<'_>,
        examples: &[String],
        mut built: impl FnMut(),
    ) -> Result<Result<Self, Vec<Diagnostic>>> {
        let folder = root.join(listings.folder);
        let features = listings.features.iter();
        let features = features.map(|feature| format!("--features={feature}"));
        let arguments: Vec<_> = selected(examples).into_iter().chain(features).collect();
        let built_artifacts = match build(root, listings.folder, &arguments, &mut built)? {
            Ok(artifacts) => artifacts,
            Err(problems) => return Ok(Err(problems)),
        };
        let Package {
            name: own,
            edition,
            dependencies,
        } = Package::load(&folder)?;
        let edition = listings.edition.unwrap_or(&edition);
        let mut artifacts = Self::std_only(Some(edition))?;
        // A crate that is also needed by a macro is built twice; the one for our code is optimised, the macro's is not.
        let mut optimised = BTreeMap::new();
        for artifact in built_artifacts {
            if artifact.target.is("example") {
                if let Some(executable) = artifact.executable {
                    artifacts.examples.insert(artifact.target.name, executable);
                }
                continue;
            }
            let Some(name) = dependencies.get(&artifact.package_id) else {
                continue;
            };
            if artifact.target.is("custom-build") {
                continue;
            }
            let is_library = |file: &PathBuf| {
                let extension = file.extension().and_then(OsStr::to_str);
                matches!(extension, Some("rlib" | "so" | "dylib" | "dll"))
            };
            let library = artifact.filenames.into_iter().find(is_library);
            let level = artifact.profile.opt_level;
            if let Some(library) = library
                && optimised.get(name).is_none_or(|seen| *seen <= level)
            {
                optimised.insert(name.clone(), level);
                artifacts.externs.insert(name.clone(), library);
            }
        }
        let library = artifacts.externs.get(&own);
        artifacts.library = library
            .with_context(|| format!("cargo built no library {own}"))?
            .clone();
        // `target/debug/liblistings.rlib` is a link to the file in `deps/`, where everything else is.
        let folder = artifacts.library.parent();
        let folder = folder.context("a library is in a folder")?;
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
        self.arguments_for(&self.edition)
    }

    /// The same for a listing with an edition of its own.
    #[must_use]
    pub fn arguments_for(&self, edition: &str) -> Vec<String> {
        let mut arguments = vec![format!("--edition={edition}")];
        for (name, path) in &self.externs {
            arguments.extend(["--extern".to_owned(), format!("{name}={}", path.display())]);
        }
        arguments.extend([
            "-L".to_owned(),
            format!("dependency={}", self.dependency_dir.display()),
        ]);
        arguments
    }

    /// True if this is the compiler whose messages the book shows: the one of `rust-version`.
    #[must_use]
    pub fn is_reference_compiler(&self) -> bool {
        self.rustc
            .starts_with(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), "."))
    }

    /// A digest of the compiler and of the libraries that `listings` depends on, without `listings` itself.
    #[must_use]
    pub fn digest_of_dependencies(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.rustc.as_bytes());
        // Every dependency's file name carries cargo's own hash.
        for (_, file) in self.externs.iter().filter(|(name, _)| *name != "listings") {
            hasher.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// A digest of compiler and libraries: when it is the same, a fence that compiled still compiles.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.rustc.as_bytes());
        hasher.update(self.edition.as_bytes());
        for (name, path) in &self.externs {
            hasher.update(name.as_bytes());
            hasher.update(path.to_string_lossy().as_bytes());
            // Every dependency's file name carries cargo's own hash; the crate itself keeps its name when it changes.
            if *path == self.library
                && let Ok(bytes) = std::fs::read(path)
            {
                hasher.update(&bytes);
            }
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Builds what the arguments select in the crate of the listings, whose folder is relative to the root.
fn build(
    root: &Path,
    listings: &Path,
    arguments: &[String],
    built: &mut impl FnMut(),
) -> Result<Result<Vec<Artifact>, Vec<Diagnostic>>> {
    let mut child = cargo(&root.join(listings))
        .args(["build", "--quiet", "--keep-going"])
        .args(arguments)
        .arg("--message-format=json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?;
    let stderr = read_all(child.stderr.take());
    let (mut artifacts, mut messages) = (Vec::new(), Vec::new());
    for line in BufReader::new(child.stdout.take().context("a pipe was asked for")?).lines() {
        let line = line.context("cargo's messages cannot be read")?;
        let message = serde_json::from_str(&line)
            .with_context(|| format!("cargo's message cannot be read: {line}"))?;
        match message {
            Message::CompilerArtifact(artifact) => {
                built();
                artifacts.push(artifact);
            }
            Message::CompilerMessage(message) => messages.push(message),
            Message::Other => {}
        }
    }
    let status = child.wait()?;
    let stderr = stderr.join().expect("the reader does not panic");
    if status.success() {
        return Ok(Ok(artifacts));
    }
    let problems = compile_errors(root, listings, &messages);
    // Without a word from the compiler it is not the code: no network, a lock file that may not change.
    ensure!(
        !problems.is_empty(),
        "cargo cannot build the crate of the listings:\n{}",
        stderr.trim()
    );
    Ok(Err(problems))
}

/// Builds the test programs of chapters, and returns them by the name of the test target, such as `virtual_time`.
///
/// # Errors
///
/// As [`Artifacts::try_build`].
pub fn test_programs(
    root: &Path,
    targets: &[String],
) -> Result<Result<BTreeMap<String, PathBuf>, Vec<Diagnostic>>> {
    // With the whole workspace, as `selected` says.
    let tests = targets.iter().flat_map(|name| ["--test", name]);
    let arguments: Vec<_> = std::iter::once("--workspace")
        .chain(tests)
        .map(str::to_owned)
        .collect();
    let built = build(root, Listings::default().folder, &arguments, &mut || ())?;
    Ok(built.map(|artifacts| {
        let tests = artifacts
            .into_iter()
            .filter(|artifact| artifact.target.is("test"));
        tests
            .filter_map(|test| Some((test.target.name, test.executable?)))
            .collect()
    }))
}

fn does_not_compile(problems: &[Diagnostic]) -> anyhow::Error {
    let listed: Vec<_> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("the listings crate does not compile\n{}", listed.join("\n"))
}

/// The compiler's errors as diagnostics of the files they are in.
fn compile_errors(root: &Path, listings: &Path, messages: &[CompilerMessage]) -> Vec<Diagnostic> {
    let mut problems = Diagnostics::default();
    let errors = messages.iter().filter(|it| it.message.is_error());
    for CompilerMessage { target, message } in errors {
        let place = message.primary().and_then(|span| {
            let file = Path::new(&span.file_name);
            // A dependency's own file is no file of the book.
            let file = file.strip_prefix(root).unwrap_or(file);
            // rustc names files from the root of the workspace, which may be the crate itself.
            let file = match listings.join(file) {
                inside if !root.join(file).is_file() && root.join(&inside).is_file() => inside,
                _ => file.to_owned(),
            };
            file.is_relative().then_some((file, span.line_start))
        });
        let (file, line) = place.unwrap_or((listings.join("Cargo.toml"), 0));
        let what = format!(
            "`{}` should compile, but rustc says: {}",
            target.name, message.message
        );
        problems.push(
            Diagnostic::new(file, line, what)
                .detail(message.rendered())
                .help("fix it: until it compiles, no listing and no output is checked"),
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
        [] => vec!["--lib"],
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
    // The variables that cargo sets for a build script or a test must not reach another build.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("CARGO_PKG_") || name_text == "CARGO_MANIFEST_DIR" {
            command.env_remove(&name);
        }
    }
    command
}

/// The crate of listings, as cargo knows it.
struct Package {
    /// Its name as code writes it.
    name: String,
    edition: String,
    /// Its own package id and those that it depends on directly, with the names its code uses.
    dependencies: BTreeMap<String, String>,
}

impl Package {
    fn load(folder: &Path) -> Result<Self> {
        let output = cargo(folder)
            // This machine's crates are downloaded by now; those of other platforms need not be.
            .args([
                "metadata",
                "--format-version=1",
                "--locked",
                "--offline",
                "--filter-platform",
                host()?,
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
        let metadata = serde_json::from_slice(&output.stdout)
            .context("the output of cargo metadata cannot be read")?;
        Self::find(metadata, folder)
    }

    fn find(metadata: Metadata, folder: &Path) -> Result<Self> {
        let manifest = folder.join("Cargo.toml").canonicalize()?;
        let is_it = |package: &MetadataPackage| {
            let path = package.manifest_path.canonicalize();
            path.is_ok_and(|path| path == manifest)
        };
        let package = metadata
            .packages
            .into_iter()
            .find(is_it)
            .with_context(|| format!("{} is no package of its own", folder.display()))?;
        let is_library = |target: &&Target| target.kind.iter().any(|kind| kind.ends_with("lib"));
        let library = package.targets.iter().find(is_library);
        let library = library.with_context(|| format!("{} has no library", folder.display()))?;
        let name = library.name.replace('-', "_");
        let mut nodes = metadata.resolve.nodes.into_iter();
        let node = nodes.find(|node| node.id == package.id);
        let node = node.context("the package is not in the graph")?;
        let direct = node.deps.into_iter().map(|it| (it.pkg, it.name));
        Ok(Self {
            dependencies: direct.chain([(package.id, name.clone())]).collect(),
            name,
            edition: package.edition,
        })
    }
}

/// A line of `cargo build --message-format=json`.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact(Artifact),
    CompilerMessage(CompilerMessage),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct CompilerMessage {
    target: Target,
    message: rustc::Message,
}

#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    target: Target,
    profile: Profile,
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Profile {
    opt_level: String,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Target {
    fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|it| it == kind)
    }
}

/// The parts of `cargo metadata` that are used here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct MetadataPackage {
    id: String,
    edition: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    pkg: String,
}

/// The answer of `rustc -vV`, asked once: behind rustup it takes a while.
fn rustc_says() -> Result<&'static str> {
    static ANSWER: OnceLock<std::result::Result<String, String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let output = Command::new("rustc").arg("-vV").output();
        let output = output.map_err(|error| format!("rustc cannot be started: {error}"))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    });
    answer.as_deref().map_err(|error| anyhow!("{error}"))
}

/// The platform the compiler builds for here, such as `x86_64-unknown-linux-gnu`.
fn host() -> Result<&'static str> {
    let mut lines = rustc_says()?.lines();
    let host = lines.find_map(|line| line.strip_prefix("host: "));
    host.context("rustc -vV names no host")
}

/// The compiler's name and version, such as `rustc 1.95.0 (59807616e 2026-04-14)`.
///
/// # Errors
///
/// When rustc cannot be started.
pub fn rustc_version() -> Result<String> {
    let first = rustc_says()?.lines().next();
    Ok(first.unwrap_or_default().trim().to_owned())
}
