//! The names that the compiler knows: rustc says what can be imported, rustdoc where a path leads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde_json::Value;

use super::Answers;
use super::index::crates;
use book::task::line_of;
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

/// A word and a path that exist: where an answer lacks them, the compiler has not looked.
const CANARY: (&str, &str) = ("Duration", "std::time::Duration");

impl Rust<'_> {
    /// The paths under which words can be imported.
    ///
    /// # Errors
    ///
    /// When rustc does not answer.
    pub fn imports(&self, words: &BTreeSet<String>) -> Result<Answers> {
        static USE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"use ([\w:]+::(\w+));").expect("a valid pattern"));
        super::kept(self.cache, "imports", words, |words| {
            // A library is looked into once it is named.
            let libraries = self.artifacts.externs.keys();
            let mut source: String = libraries
                .map(|name| format!("extern crate {name};\n"))
                .collect();
            for (number, word) in words.iter().copied().chain([CANARY.0]).enumerate() {
                let _ = writeln!(source, "fn f{number}() {{ let _ = r#{word}::x; r#{word} }}");
            }
            let mut found = Answers::new();
            for message in self.compile(&source)? {
                for path in USE.captures_iter(&message.to_string()) {
                    let paths = found.entry(path[2].to_owned()).or_default();
                    if !paths.contains(&path[1].to_owned()) {
                        paths.push(path[1].to_owned());
                    }
                }
            }
            ensure!(
                found.contains_key(CANARY.0),
                "rustc has not looked at the names"
            );
            Ok(found)
        })
    }

    /// The attributes that there are, with the address of their list.
    ///
    /// # Errors
    ///
    /// When rustc does not answer.
    pub fn attributes(&self, names: &BTreeSet<String>) -> Result<Answers> {
        super::kept(self.cache, "attributes", names, |names| {
            let lines = names.iter().enumerate();
            let source = lines.fold(String::new(), |text, (number, name)| {
                text + &format!("#[{name}] fn f{number}() {{}}\n")
            });
            let mut unknown = BTreeSet::new();
            for message in self.compile(&source)? {
                let said = message["message"].as_str().unwrap_or_default();
                if [
                    "cannot find",
                    "could not find",
                    "failed to resolve",
                    "unknown diagnostic",
                ]
                .iter()
                .any(|words| said.contains(words))
                {
                    let lines = message["spans"].as_array().into_iter().flatten();
                    unknown.extend(lines.filter_map(|span| span["line_start"].as_u64()));
                }
            }
            let address =
                "https://doc.rust-lang.org/reference/attributes.html#built-in-attributes-index";
            let known = (1..).zip(names).filter(|(line, _)| !unknown.contains(line));
            Ok(known
                .map(|(_, name)| ((*name).to_owned(), vec![address.to_owned()]))
                .collect())
        })
    }

    /// The compiler's messages about a source.
    fn compile(&self, source: &str) -> Result<Vec<Value>> {
        let output = self.start(
            "rustc",
            source,
            &["--crate-type=lib", "--emit=metadata", "-Aunused"],
        )?;
        let messages = output
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Ok(messages.collect())
    }

    fn start(&self, tool: &str, source: &str, arguments: &[&str]) -> Result<String> {
        let folder = self.scratch.join("names");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("names.rs"), source)?;
        let output = Command::new(tool)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .args(["names.rs", "--error-format=json"])
            .args(arguments)
            .args(self.artifacts.compiler_arguments())
            .output()
            .with_context(|| format!("{tool} cannot be started"))?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The addresses of what paths lead to: links of the page that rustdoc makes of a crate with a link for each path.
    ///
    /// # Errors
    ///
    /// When rustdoc does not answer.
    pub fn addresses(&self, paths: &BTreeSet<String>) -> Result<Answers> {
        static LINK: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"<a href="([^"]+\.html[^"]*)"[^>]*>n(\d+)</a>"#).expect("a valid pattern")
        });
        super::kept(self.cache, "addresses", paths, |paths| {
            let paths: Vec<&str> = paths.iter().copied().chain([CANARY.1]).collect();
            let mut source = "extern crate alloc;\n".to_owned();
            for (number, path) in paths.iter().enumerate() {
                if number % 1000 == 0 {
                    let _ = writeln!(
                        source,
                        "{}pub mod m{number} {{",
                        if number == 0 { "" } else { "}\n" }
                    );
                }
                let _ = writeln!(source, "//! [n{number}]({path})");
                // What is a module and a macro, such as `std::vec`, is meant as the module.
                if path.matches("::").count() < 2 {
                    let _ = writeln!(source, "//! [n{number}](type@{path})");
                }
            }
            source.push('}');
            // With a folder in the place of its documentation, a crate is linked to.
            let folder = self.scratch.join("names/doc");
            let crates: BTreeMap<String, String> = crates(self.root)
                .into_iter()
                .map(|(name, address)| (name.replace('-', "_"), address))
                .collect();
            let _ = fs::remove_dir_all(&folder);
            for name in crates.keys().map(String::as_str).chain(["listings"]) {
                fs::create_dir_all(folder.join(name))?;
            }
            let said = self.start("rustdoc", &source, &["-Awarnings", "--out-dir=doc"])?;
            let mut found = Answers::new();
            for number in (0..paths.len()).step_by(1000) {
                let page =
                    fs::read_to_string(folder.join(format!("names/m{number}/index.html")))
                        .with_context(|| format!("rustdoc has not looked at the names:\n{said}"))?;
                for link in LINK.captures_iter(&page) {
                    let (_, [address, number]) = link.extract();
                    let path = number
                        .parse()
                        .ok()
                        .and_then(|number: usize| paths.get(number));
                    let address = address.trim_start_matches("../");
                    let (first, rest) = address.split_once('/').unwrap_or((address, ""));
                    let address = match crates.get(first) {
                        Some(of_crate) => format!("{of_crate}/{address}"),
                        None if first == "listings" => source_of(self.root, rest),
                        None => address.to_owned(),
                    };
                    if let Some(path) = path {
                        found
                            .entry((*path).to_owned())
                            .or_insert_with(|| vec![address]);
                    }
                }
            }
            ensure!(
                found.contains_key(CANARY.1),
                "rustdoc has not looked at the names:\n{said}"
            );
            Ok(found)
        })
    }
}

/// The place in the listings of an item that rustdoc calls `module/struct.Name.html#method.name`.
fn source_of(root: &Path, address: &str) -> String {
    let (page, fragment) = address.split_once('#').unwrap_or((address, ""));
    let (module, item) = page.rsplit_once('/').unwrap_or(("", page));
    let base = Path::new("listings/src").join(module);
    let file = [
        base.with_extension("rs"),
        base.join("mod.rs"),
        base.join("lib.rs"),
    ]
    .into_iter()
    .find(|file| root.join(file).is_file())
    .unwrap_or(base);
    let item = item
        .split('.')
        .nth(1)
        .filter(|item| *item != "html")
        .unwrap_or_default();
    let name = fragment
        .rsplit('.')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(item);
    let text = fs::read_to_string(root.join(&file)).unwrap_or_default();
    let declared = |pattern: String| {
        let found = Regex::new(&pattern).ok()?.find(&text)?;
        Some(line_of(&text, found.start()))
    };
    let kinds = "fn|struct|enum|trait|type|union|const|static|macro_rules!";
    let line = declared(format!(r"\b(?:{kinds})\s+{name}\b"))
        .or_else(|| declared(format!(r"(?m)^\s+(?:pub )?{name}\b")));
    format!(
        "{}:{}",
        file.display(),
        line.filter(|_| !name.is_empty()).unwrap_or(1)
    )
}

/// The compiler's lists: error codes, lints, `cfg`s.
#[must_use]
pub fn listed(names: &BTreeSet<String>) -> Answers {
    let said = |tool: &str, arguments: &[&str]| {
        let output = Command::new(tool)
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        let output = output.ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    const RUST: &str = "https://doc.rust-lang.org";
    let (codes, words): (Vec<&String>, Vec<&String>) = names
        .iter()
        .partition(|name| name.len() == 5 && name.starts_with('E'));
    let mut found = Answers::new();
    for code in codes {
        if said("rustc", &["--explain", code]).is_some() {
            found.insert(
                code.clone(),
                vec![format!("{RUST}/error_codes/{code}.html")],
            );
        }
    }
    if words.iter().all(|word| !word.contains('_')) {
        return found;
    }
    for name in said("rustc", &["--print=cfg"]).unwrap_or_default().lines() {
        let name = name.split('=').next().unwrap_or(name);
        let address = format!("{RUST}/reference/conditional-compilation.html#{name}");
        found.insert(name.to_owned(), vec![address]);
    }
    for tool in ["rustc", "clippy-driver"] {
        for line in said(tool, &["-W", "help"]).unwrap_or_default().lines() {
            let [lint, level, ..] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                continue;
            };
            let address = match lint.strip_prefix("clippy::") {
                Some(lint) => format!("https://rust-lang.github.io/rust-clippy/stable/#{lint}"),
                None => format!("{RUST}/rustc/lints/listing/{level}-by-default.html#{lint}"),
            };
            if matches!(level, "allow" | "warn" | "deny") {
                found
                    .entry(lint.replace('-', "_"))
                    .or_insert_with(|| vec![address]);
            }
        }
    }
    found.retain(|name, _| names.contains(name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiler_finds_what_there_is_and_nothing_else_and_is_asked_once() {
        let scratch = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::std_only(Some("2024")).unwrap();
        let cache = Cache::new(scratch.path().join("cache"), String::new());
        let rust = Rust {
            root: scratch.path(),
            scratch: scratch.path().to_owned(),
            artifacts: &artifacts,
            cache: &cache,
        };
        let set = |words: &str| words.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        let known = |answers: Answers| {
            let known = answers
                .into_iter()
                .filter(|(_, addresses)| !addresses.is_empty());
            known.map(|(name, _)| name).collect::<BTreeSet<_>>()
        };
        // `std::vec` is a module and a macro.
        let paths =
            "std::time::Duration::from_millis Iterator::next println! std::vec u64::checked_add";
        let none =
            "std::time::Duration::form_millis Iterator::previous printline! drop::x no_crate::x";
        for _ in 0..2 {
            let found = rust.addresses(&set(&format!("{paths} {none}"))).unwrap();
            assert_eq!(known(found), set(paths));
            let found = rust.imports(&set("Ordering Odering async")).unwrap();
            assert_eq!(
                found["Ordering"],
                ["std::cmp::Ordering", "std::sync::atomic::Ordering"]
            );
            assert_eq!(known(found), set("Ordering"));
            let found = rust
                .attributes(&set("track_caller track_called derive"))
                .unwrap();
            assert_eq!(known(found), set("derive track_caller"));
            // What is kept needs no compiler any more.
            let _ = fs::remove_dir_all(scratch.path().join("names"));
            fs::write(scratch.path().join("names"), "in the way of a folder").ok();
        }
    }

    #[test]
    fn error_codes_lints_and_cfgs_are_listed_and_others_are_not() {
        let names = [
            "E0382",
            "E9999",
            "unused_variables",
            "unused_variable",
            "target_os",
        ];
        let found = listed(&names.map(str::to_owned).into());
        assert!(found.keys().eq(["E0382", "target_os", "unused_variables"]));
        let lint =
            "https://doc.rust-lang.org/rustc/lints/listing/warn-by-default.html#unused-variables";
        assert_eq!(found["unused_variables"], [lint]);
    }
}
