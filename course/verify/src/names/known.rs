//! What the book itself gives names to: tests, groups, wrong solutions, examples, outputs, benchmarks, chapters, crates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use walkdir::{DirEntry, WalkDir};

use crate::claims;
use book::files::files_below;
use book::files::lexical;
use book::project::{Project, module};
use measurements::record::Record;

/// The things of the book.
#[derive(Debug, Default)]
pub struct Known {
    root: PathBuf,
    /// Tests and what they declare by chapter, as `group::name` and by their name alone.
    tests: BTreeMap<String, BTreeSet<String>>,
    /// Go functions and types by chapter.
    go: BTreeMap<String, BTreeSet<String>>,
    /// Everything else that has one word for its name.
    words: BTreeSet<String>,
    /// Benchmarks and their groups.
    benchmarks: BTreeSet<String>,
    /// Files and folders, from the root.
    files: BTreeSet<PathBuf>,
}

impl Known {
    /// Looks through the book.
    #[must_use]
    pub fn of(project: &Project, record: Option<&Record>) -> Self {
        let mut known = Self {
            root: project.root.clone(),
            files: files(&project.root),
            ..Self::default()
        };
        known.read_crates();
        for page in &project.pages {
            known.words.extend(
                page.file
                    .file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
        for (slug, task) in &project.tasks {
            known.words.insert(module(slug));
            known
                .words
                .extend(task.groups.iter().map(|group| group.name.clone()));
            known
                .words
                .extend(task.mutants.iter().map(|mutant| mutant.name.clone()));
            known
                .words
                .extend(task.claims.iter().map(|claim| claim.id.clone()));
            known.read_tests(slug);
            known.read_go(slug);
        }
        let stem = |file: &PathBuf| Some(file.file_stem()?.to_string_lossy().into_owned());
        let named = [
            "listings/examples",
            "listings/captured",
            "listings/src",
            "benches",
        ];
        let programs = known
            .files
            .iter()
            .filter(|file| named.iter().any(|folder| file.starts_with(folder)));
        let programs: Vec<String> = programs.filter_map(stem).collect();
        known.words.extend(programs);
        for id in record
            .iter()
            .flat_map(|record| record.chapters.values())
            .flat_map(|c| c.benchmarks.keys())
        {
            // `chapter/group/name`: a page of the chapter leaves out the first part; and each part has a name.
            for (at, _) in id.match_indices('/') {
                known
                    .benchmarks
                    .extend([id[..at].to_owned(), id[at + 1..].to_owned()]);
            }
            let from_group = id
                .trim_start_matches("go/")
                .split_once('/')
                .map_or("", |(_, rest)| rest);
            for (at, _) in from_group.match_indices('/') {
                known.benchmarks.insert(from_group[..at].to_owned());
            }
            known.benchmarks.insert(id.clone());
            known.words.extend(id.split('/').map(str::to_owned));
        }
        known
    }

    /// Crates of the lock file, as Cargo and as code writes them, and what the manifests quote, such as features.
    fn read_crates(&mut self) {
        static QUOTED: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#""([A-Za-z0-9_-]+)""#).expect("a valid pattern"));
        let manifests = self
            .files
            .iter()
            .filter(|file| file.ends_with("Cargo.toml"));
        let texts = manifests.cloned().chain([PathBuf::from("Cargo.lock")]);
        let texts: Vec<String> = texts
            .filter_map(|file| fs::read_to_string(self.root.join(file)).ok())
            .collect();
        for text in &texts {
            for found in QUOTED.captures_iter(text) {
                self.words
                    .extend([found[1].to_owned(), found[1].replace('-', "_")]);
            }
        }
    }

    fn read_tests(&mut self, slug: &str) {
        static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\b(?:fn|trait|struct|enum)\s+(\w+)").expect("a valid pattern")
        });
        let folder = self.root.join("listings/tests").join(module(slug));
        let tests = self.tests.entry(slug.to_owned()).or_default();
        for file in files_below(&folder) {
            let Ok(text) = fs::read_to_string(&file) else {
                continue;
            };
            let group = file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            tests.insert(group.clone());
            for found in DECLARED.captures_iter(&text) {
                tests.extend([format!("{group}::{}", &found[1]), found[1].to_owned()]);
            }
        }
    }

    fn read_go(&mut self, slug: &str) {
        static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?m)^(?:func|type) (?:\([^)]*\) )?(\w+)").expect("a valid pattern")
        });
        let names = self.go.entry(slug.to_owned()).or_default();
        for file in files_below(&self.root.join("benches/go").join(module(slug))) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            names.extend(
                DECLARED
                    .captures_iter(&text)
                    .map(|found| found[1].to_owned()),
            );
        }
    }

    /// Whether a word or a path is a test, a Go function of ours, or has one of the other names.
    ///
    /// A page that is no chapter, such as the one on how the book is checked, may name those of any.
    #[must_use]
    pub fn has(&self, slug: Option<&str>, path: &[String]) -> bool {
        let name = path.join("::");
        let slugs: Vec<&String> = self.chapters(slug);
        let is_of = |slug: &String| {
            self.tests[slug].contains(&name)
                || self.go.get(slug).is_some_and(|names| names.contains(&name))
                || path.len() > 1
                    && path
                        .last()
                        .is_some_and(|last| self.tests[slug].contains(last))
                    && claims::test_text(&self.root, slug, &name).is_ok()
        };
        self.words.contains(&name) || slugs.into_iter().any(is_of)
    }

    /// Whether a file, a folder or a benchmark is called this, as seen from a page.
    #[must_use]
    pub fn has_file(&self, page: &Path, slug: Option<&str>, name: &str) -> bool {
        // What a build makes lies there, and nobody else's file does.
        if name == "target" || name.starts_with("target/") {
            return true;
        }
        let folders = [
            "listings/src",
            "listings/tests",
            "listings/examples",
            "listings/captured",
        ]
        .map(PathBuf::from);
        let of_chapters = self.chapters(slug).into_iter().flat_map(|slug| {
            [
                Path::new("listings/src").join(module(slug)),
                Path::new("listings/tests").join(module(slug)),
            ]
        });
        let places = [
            PathBuf::new(),
            page.parent().unwrap_or(Path::new("")).to_owned(),
        ];
        let mut places = places.into_iter().chain(folders).chain(of_chapters);
        let is_anywhere = !name.contains('/') && self.files.iter().any(|file| file.ends_with(name));
        self.benchmarks.contains(name)
            || is_anywhere
            || places.any(|place| self.files.contains(&lexical(&place.join(name))))
    }

    /// The chapters that a page may speak of without naming them.
    #[must_use]
    pub fn chapters(&self, slug: Option<&str>) -> Vec<&String> {
        match slug.and_then(|slug| self.tests.get_key_value(slug)) {
            Some((own, _)) => vec![own],
            None => self.tests.keys().collect(),
        }
    }

    /// All names, for suggestions.
    pub fn names(&self, slug: Option<&str>) -> impl Iterator<Item = &str> {
        let of_chapters = self
            .chapters(slug)
            .into_iter()
            .flat_map(|slug| self.tests[slug].iter().chain(&self.go[slug]));
        of_chapters
            .chain(&self.words)
            .chain(&self.benchmarks)
            .map(String::as_str)
    }

    /// All files, for suggestions.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter_map(|file| file.to_str())
    }
}

/// Every file and folder of the book, without what is built and what is hidden, but for the folders of CI and cargo.
fn files(root: &Path) -> BTreeSet<PathBuf> {
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
    entries
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_owned()))
        .collect()
}
