//! The names that the book itself gives: tests, groups, wrong solutions, examples, outputs,
//! benchmarks, chapters, crates, files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use walkdir::{DirEntry, WalkDir};

use crate::claims;
use book::files::files_below;
use book::files::lexical;
use book::project::{Project, module};
use book::task::{Task, line_of};
use measurements::record::Record;

/// Names, each with its place: a file and perhaps a line, or the address of a crate.
type Names = BTreeMap<String, String>;

/// The things of the book.
#[derive(Debug, Default)]
pub struct Book {
    root: PathBuf,
    /// The names of everything but what a chapter's tests declare.
    words: Names,
    /// The declarations of a chapter's tests, in Rust and Go: `name`, and in Rust also `group::name`.
    chapters: BTreeMap<String, Names>,
    /// Files and folders, from the root.
    files: Vec<PathBuf>,
}

impl Book {
    /// Looks through the book.
    #[must_use]
    pub fn of(project: &Project, record: Option<&Record>) -> Self {
        let root = project.root.clone();
        let files = files(&root);
        let mut book = Self {
            root,
            files,
            ..Self::default()
        };
        book.read_crates();
        for page in &project.pages {
            book.name(&page.file, &page.file.display().to_string());
        }
        for (slug, task) in &project.tasks {
            let file = Task::file(slug);
            let module = module(slug);
            for path in ["group.name", "mutant.name", "claim.id"] {
                let places = task.strings.at(path);
                let place = |line| format!("{}:{line}", file.display());
                book.words
                    .extend(places.map(|(name, line)| (name.to_owned(), place(line))));
            }
            let mut names = Names::new();
            book.declared(&Path::new("listings/tests").join(&module), &mut names);
            book.declared(&Path::new("benches/go").join(&module), &mut names);
            book.chapters.insert(slug.clone(), names);
            book.words
                .insert(module.clone(), format!("listings/src/{module}"));
        }
        let named = [
            "listings/examples",
            "listings/captured",
            "listings/src",
            "benches",
        ];
        for file in book.files.clone() {
            if named.iter().any(|folder| file.starts_with(folder)) {
                book.name(&file, &file.display().to_string());
            }
        }
        for chapter in record.iter().flat_map(|record| &record.chapters) {
            let place = format!("benches/{}.rs", module(chapter.0));
            for id in chapter.1.benchmarks.keys() {
                book.name_benchmark(id, &place);
            }
        }
        book
    }

    fn name(&mut self, file: &Path, place: &str) {
        let stem = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        if let Some(stem) = stem {
            self.words.entry(stem).or_insert_with(|| place.to_owned());
        }
    }

    /// `chapter/group/name`: each part has a name, and a page of the chapter leaves out the first.
    fn name_benchmark(&mut self, id: &str, place: &str) {
        let parts: Vec<&str> = id.split('/').collect();
        for start in 0..parts.len() {
            for end in start + 1..=parts.len() {
                let name = parts[start..end].join("/");
                self.words.entry(name).or_insert_with(|| place.to_owned());
            }
        }
    }

    /// Crates of the lock file, as Cargo and as code writes them, and what the manifests quote, such as features.
    fn read_crates(&mut self) {
        static QUOTED: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#""([A-Za-z0-9_-]+)""#).expect("a valid pattern"));
        for (name, address) in crates(&self.root) {
            self.words.insert(name.replace('-', "_"), address.clone());
            self.words.insert(name, address);
        }
        for file in self
            .files
            .iter()
            .filter(|file| file.ends_with("Cargo.toml"))
        {
            let text = fs::read_to_string(self.root.join(file)).unwrap_or_default();
            for found in QUOTED.captures_iter(&text) {
                let place = format!(
                    "{}:{}",
                    file.display(),
                    line_of(&text, found.get_match().start())
                );
                for name in [found[1].to_owned(), found[1].replace('-', "_")] {
                    self.words.entry(name).or_insert_with(|| place.clone());
                }
            }
        }
    }

    /// Adds what the files of a folder declare, in Rust or Go.
    fn declared(&self, folder: &Path, names: &mut Names) {
        static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(
                r"(?m)\b(?:fn|trait|struct|enum)\s+(\w+)|^(?:func|type) (?:\([^)]*\) )?(\w+)",
            )
            .expect("a valid pattern")
        });
        for file in files_below(&self.root.join(folder)) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let group = file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let file = file
                .strip_prefix(&self.root)
                .unwrap_or(&file)
                .display()
                .to_string();
            for found in DECLARED.captures_iter(&text) {
                let (_, [name]) = found.extract();
                let place = format!("{file}:{}", line_of(&text, found.get_match().start()));
                names.insert(format!("{group}::{name}"), place.clone());
                names.entry(name.to_owned()).or_insert(place);
            }
            names.entry(group).or_insert(file);
        }
    }

    /// The place of what has a name. A page that is no chapter may name the tests of any.
    #[must_use]
    pub fn place(&self, slug: Option<&str>, path: &str) -> Option<String> {
        // A test in a module of its group, or one that a macro makes.
        let made = |slug: &str, names: &'_ Names| {
            let place = names.get(path.rsplit_once("::")?.1)?.clone();
            claims::test_text(&self.root, slug, path)
                .ok()
                .map(|_| place)
        };
        let mut chapters = self.chapters(slug);
        chapters
            .find_map(|(slug, names)| names.get(path).cloned().or_else(|| made(slug, names)))
            .or_else(|| self.words.get(path).cloned())
    }

    /// The path of a file or a folder, as seen from a page.
    #[must_use]
    pub fn file(&self, page: &Path, slug: Option<&str>, name: &str) -> Option<String> {
        // What a build makes is there, and nobody else's file is.
        if name == "target" || name.starts_with("target/") {
            return Some(name.to_owned());
        }
        let mut places = vec![
            PathBuf::new(),
            page.parent().unwrap_or(Path::new("")).to_owned(),
        ];
        for folder in
            ["src", "tests", "examples", "captured"].map(|it| Path::new("listings").join(it))
        {
            places.extend(
                self.chapters(slug)
                    .map(|(slug, _)| folder.join(module(slug))),
            );
            places.push(folder);
        }
        let has = |file: &PathBuf| self.files.binary_search(file).is_ok();
        let there = places
            .iter()
            .map(|place| lexical(&place.join(name)))
            .find(has);
        let anywhere = || {
            let mut files = self.files.iter().filter(|_| !name.contains('/'));
            files.find(|file| file.ends_with(name)).cloned()
        };
        there
            .or_else(anywhere)
            .map(|file| file.display().to_string())
    }

    /// The chapters that a page may speak of without naming them.
    pub(super) fn chapters<'a>(
        &'a self,
        slug: Option<&str>,
    ) -> impl Iterator<Item = (&'a String, &'a Names)> {
        let own = slug.filter(|slug| self.chapters.contains_key(*slug));
        self.chapters
            .iter()
            .filter(move |(slug, _)| own.is_none_or(|own| own == *slug))
    }

    /// All names, for suggestions.
    pub fn names(&self, slug: Option<&str>) -> impl Iterator<Item = &str> {
        let tests = self.chapters(slug).flat_map(|(_, names)| names.keys());
        tests.chain(self.words.keys()).map(String::as_str)
    }

    /// All files, for suggestions.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter_map(|file| file.to_str())
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

/// Every file and folder of the book, sorted, without what is built and what is hidden, but for the
/// folders of CI and cargo.
fn files(root: &Path) -> Vec<PathBuf> {
    let is_kept = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_built = entry.depth() == 1 && matches!(&*name, "target" | "book");
        !is_built
            && (!name.starts_with('.')
                || entry.depth() == 0
                || matches!(&*name, ".cargo" | ".ci" | ".github" | ".gitignore"))
    };
    let entries = WalkDir::new(root)
        .into_iter()
        .filter_entry(is_kept)
        .flatten();
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_owned()))
        .collect();
    files.sort();
    files
}
