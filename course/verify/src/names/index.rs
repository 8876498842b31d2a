//! The names that the book itself gives: in the code of its chapters, and of benchmarks, crates, files, and what a
//! `task.toml` calls so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::grammar::tokens;
use book::files::{files_below, slashed, wanted_files_below};
use book::page::Lines;
use book::project::{Project, module};
use book::task::line_of;
use measurements::record::Record;
use reader::site::pattern;

/// Names, each with its place: a file and perhaps a line, or the address of a crate.
type Names = BTreeMap<String, String>;

/// A piece of code: a file of a chapter, or a block of a page.
#[derive(Debug, Default)]
pub struct Code {
    file: String,
    words: BTreeMap<String, usize>,
    /// By their last word, the paths that it writes.
    paths: BTreeMap<String, BTreeSet<String>>,
}

impl Code {
    /// Reads a text in a file; `line` is the line of one of its bytes.
    pub fn new(file: String, text: &str, line: impl Fn(usize) -> usize) -> Self {
        let mut code = Self {
            file,
            ..Self::default()
        };
        // What the braces around continue, as in `use std::{fs, io}`; and the path so far.
        let (mut outer, mut path) = (Vec::new(), String::new());
        for token in tokens(text) {
            match token.as_str() {
                "::" => path += "::",
                "{" => outer.push(if path.ends_with("::") {
                    path.clone()
                } else {
                    String::new()
                }),
                "}" => drop(outer.pop()),
                "," | ";" => path.clear(),
                word => {
                    if !path.ends_with("::") || outer.last() == Some(&path) {
                        path = outer.last().cloned().unwrap_or_default();
                    }
                    path += word;
                    let known = code.words.entry(word.to_owned());
                    known.or_insert_with(|| line(token.start()));
                    if path.contains("::") {
                        let known = code.paths.entry(word.to_owned()).or_default();
                        known.insert(path.clone());
                    }
                }
            }
        }
        code
    }

    /// The place of the last word of a path, if all its words are here or name the file.
    pub fn place(&self, path: &str) -> Option<String> {
        let is_of_file = |word: &str| self.file.split(['/', '.']).any(|part| part == word);
        let mut line = None;
        for word in path.split([':', '.']).filter(|word| !word.is_empty()) {
            line = self.words.get(word);
            if line.is_none() && !is_of_file(word) {
                return None;
            }
        }
        Some(line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file)))
    }

    /// The paths that it writes of something.
    pub fn paths(&self, word: &str) -> impl Iterator<Item = &String> {
        self.paths.get(word).into_iter().flatten()
    }

    /// Its words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.keys().map(String::as_str)
    }
}

/// The things of the book.
#[derive(Debug, Default)]
pub struct Book {
    names: Names,
    /// The code of each chapter: its tests, its listings, its Go.
    chapters: BTreeMap<String, Vec<Code>>,
    /// Files and folders, from the root.
    files: Vec<String>,
}

impl Book {
    /// Looks through the book.
    #[must_use]
    pub fn new(project: &Project, record: Option<&Record>) -> Self {
        /// Quoted words: of a manifest, such as features, and names in a `task.toml`.
        static QUOTED: LazyLock<Regex> = LazyLock::new(|| pattern(r#""([A-Za-z0-9_-]+)""#));
        let root = project.root.clone();
        let files = files(&root);
        let mut names = Names::new();
        for (name, address) in crates(&root) {
            names.insert(name.replace('-', "_"), address.clone());
            names.insert(name, address);
        }
        let mut add = |name: &str, place: &str| {
            let place = || place.to_owned();
            names.entry(name.to_owned()).or_insert_with(place);
        };
        for chapter in record.iter().flat_map(|record| &record.chapters) {
            // `chapter/group/name`: each part has a name, and a page of the chapter leaves out the first.
            for id in chapter.1.benchmarks.keys() {
                let parts: Vec<&str> = id.split('/').collect();
                for (start, end) in
                    (0..parts.len()).flat_map(|it| (it..parts.len()).map(move |end| (it, end)))
                {
                    add(
                        &parts[start..=end].join("/"),
                        &format!("benches/{}.rs", module(chapter.0)),
                    );
                }
            }
        }
        let src = slashed(&project.settings.src);
        for file in &files {
            let path = Path::new(file);
            let folders = [
                &src,
                "listings/examples",
                "listings/captured",
                "listings/src",
                "benches",
            ];
            if folders.iter().any(|folder| path.starts_with(folder)) {
                add(
                    &path.file_stem().unwrap_or_default().to_string_lossy(),
                    file,
                );
            }
            if path.ends_with("Cargo.toml") || path.ends_with("task.toml") {
                let text = fs::read_to_string(root.join(file)).unwrap_or_default();
                for found in QUOTED.captures_iter(&text) {
                    let place = format!("{file}:{}", line_of(&text, found.get_match().start()));
                    add(&found[1], &place);
                    add(&found[1].replace('-', "_"), &place);
                }
            }
        }
        let code = |slug: &String| {
            let folders = ["listings/tests", "listings/src", "benches/go"].into_iter();
            let files =
                folders.flat_map(|folder| files_below(&root.join(folder).join(module(slug))));
            let codes = files.map(|path| {
                let text = fs::read_to_string(&path).unwrap_or_default();
                let lines = Lines::new(&text);
                let file = slashed(path.strip_prefix(&root).unwrap_or(&path));
                Code::new(file, &text, |at| lines.at(at))
            });
            (slug.clone(), codes.collect())
        };
        Self {
            chapters: project.tasks.keys().map(code).collect(),
            names,
            files,
        }
    }

    /// The place of a benchmark, a crate, an example, a group, a wrong solution and their like.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<String> {
        self.names.get(name).cloned()
    }

    /// True if a page is a chapter, with code of its own.
    pub fn has(&self, slug: Option<&str>) -> bool {
        slug.is_some_and(|slug| self.chapters.contains_key(slug))
    }

    /// The code that a page may speak of without naming the chapter; of one that is no chapter, that of any.
    pub fn code(&self, slug: Option<&str>) -> impl Iterator<Item = &Code> {
        let own = slug.filter(|slug| self.has(Some(slug)));
        let chapters = self.chapters.iter();
        let chapters = chapters.filter(move |(slug, _)| own.is_none_or(|own| own == *slug));
        chapters.flat_map(|(_, code)| code)
    }

    /// The path of a file or a folder: from the root, or the end of one, best of the chapter's own.
    #[must_use]
    pub fn file(&self, slug: Option<&str>, name: &str) -> Option<String> {
        let name = name.trim_start_matches("../");
        let module = slug.map(module).unwrap_or_default();
        let is_own = |file: &str| file.split('/').any(|part| part == module);
        let files = self
            .files
            .iter()
            .filter(|file| Path::new(file).ends_with(name));
        let file = files.min_by_key(|file| (*file != name, !is_own(file)));
        file.cloned()
    }

    /// All names, for suggestions.
    pub fn names(&self, slug: Option<&str>) -> impl Iterator<Item = &str> {
        let names = self.names.keys().map(String::as_str);
        names.chain(self.code(slug).flat_map(Code::words))
    }

    /// All files, for suggestions.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }
}

/// The crates of the lock file, with the addresses of their documentation.
#[must_use]
pub fn crates(root: &Path) -> Names {
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let lock: toml::Table = lock.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let of_registry = packages.into_iter().flatten().filter_map(|package| {
        let name = package.get("name")?.as_str()?;
        let version = package.get("version")?.as_str()?;
        package.get("source")?;
        Some((name.to_owned(), format!("https://docs.rs/{name}/{version}")))
    });
    of_registry.collect()
}

/// Every file and folder of the book, without what is built and what is hidden, but for the folders of CI and cargo.
fn files(root: &Path) -> Vec<String> {
    const SHOWN: [&str; 4] = [".cargo", ".ci", ".github", ".gitignore"];
    let is_wanted = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_built = path.parent() == Some(root) && matches!(&*name, "target" | "book");
        !is_built && (!name.starts_with('.') || SHOWN.contains(&&*name))
    };
    let files = wanted_files_below(root, is_wanted);
    let inside = files.iter().filter_map(|file| file.strip_prefix(root).ok());
    let all: BTreeSet<String> = inside.flat_map(Path::ancestors).map(slashed).collect();
    all.into_iter().collect()
}
