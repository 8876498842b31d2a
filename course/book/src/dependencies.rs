//! The files that the checks of one page depend on.
//!
//! A page depends on itself, on what it includes and what is captured for it, on the listings that its code names and
//! those that they name in turn, on its chapter's tests and task, and on its chapters in the benchmark records.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex::Regex;

use crate::files::{files_below, lexical};
use crate::ids::Ids;
use crate::page::Page;
use crate::project::{Project, module};

/// Paths to modules of the listings: `crate::x`, `listings::{x, y}`.
static OF_LISTINGS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:listings|crate)::(\{[^}]*|\w+)").expect("a valid pattern"));

/// The words that code has directly below paths that the pattern's group finds. Comments are passed over.
pub fn named_below<'a>(path: &Regex, code: &'a str) -> BTreeSet<&'a str> {
    let in_comment = |at: usize| {
        let line = code[..at].rsplit('\n').next().unwrap_or_default();
        line.trim_start().starts_with("//")
    };
    path.captures_iter(code)
        .filter_map(|found| found.get(1))
        .filter(|names| !in_comment(names.start()))
        .flat_map(|names| {
            names
                .as_str()
                .split(|c: char| !c.is_alphanumeric() && c != '_')
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// The words that code has directly below `listings::` or `crate::`: modules of the listings, and names like them.
#[must_use]
pub fn listings_named(code: &str) -> BTreeSet<&str> {
    named_below(&OF_LISTINGS, code)
}

/// The files that the checks of a page depend on, from the book's root.
#[must_use]
pub fn files(project: &Project, page: &Page) -> BTreeSet<PathBuf> {
    let root = &project.root;
    let mut named: BTreeSet<PathBuf> = ["Cargo.lock", "book.toml", "names.toml"]
        .map(PathBuf::from)
        .into();
    named.insert(page.file.clone());
    named.insert(crate::session::file(page));
    named.extend(
        page.directives
            .iter()
            .flat_map(|it| arguments(page, &it.arguments)),
    );
    let mut below = Vec::new();
    let name = page.name();
    below.extend(files_below(&root.join("listings/captured").join(&name)));
    below.extend(files_below(&root.join(&project.settings.src).join(&name)));
    let mut modules: BTreeSet<String> = listings_named(&page.text)
        .into_iter()
        .map(str::to_owned)
        .collect();
    named.extend(from_root(root, below));
    if let Some(slug) = page.slug().filter(|slug| project.tasks.contains_key(*slug)) {
        named.extend(tests_and_examples(root, slug));
        modules.insert(module(slug));
    }
    with_listings(root, named, modules)
}

/// The files that the tests of a chapter depend on, from the book's root.
#[must_use]
pub fn of_tests(root: &Path, slug: &str) -> BTreeSet<PathBuf> {
    let mut files = tests_and_examples(root, slug);
    files.extend(["Cargo.lock", "listings/Cargo.toml"].map(PathBuf::from));
    with_listings(root, files, BTreeSet::from([module(slug)]))
}

fn tests_and_examples(root: &Path, slug: &str) -> BTreeSet<PathBuf> {
    let own = module(slug);
    let is_own = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(&own)
    };
    let examples = files_below(&root.join("listings/examples"));
    let tests = files_below(&root.join("listings/tests").join(&own));
    from_root(
        root,
        tests.into_iter().chain(examples.into_iter().filter(is_own)),
    )
}

fn from_root(root: &Path, files: impl IntoIterator<Item = PathBuf>) -> BTreeSet<PathBuf> {
    let inside = files.into_iter().map(|file| match file.strip_prefix(root) {
        Ok(inside) => inside.to_owned(),
        Err(_) => file,
    });
    inside.collect()
}

/// Files, and those of the modules of the listings that these files or the caller name.
fn with_listings(
    root: &Path,
    mut files: BTreeSet<PathBuf>,
    mut modules: BTreeSet<String>,
) -> BTreeSet<PathBuf> {
    modules.extend(files.iter().filter_map(|file| module_of(file)));
    for file in files.iter().filter(|file| file.starts_with("listings")) {
        let code = fs::read_to_string(root.join(file)).unwrap_or_default();
        modules.extend(listings_named(&code).into_iter().map(str::to_owned));
    }
    files.extend(listings(root, modules));
    files.retain(|file| root.join(file).is_file());
    files
}

/// The files that a directive's arguments name, with or without an anchor.
fn arguments<'a>(page: &'a Page, arguments: &'a str) -> impl Iterator<Item = PathBuf> + 'a {
    let folder = page.file.parent().unwrap_or(Path::new(""));
    let words = arguments.split_whitespace();
    words.map(move |word| lexical(&folder.join(word.split(':').next().unwrap_or(word))))
}

/// The module of the listings that a file is of.
fn module_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix("listings/src").ok()?;
    let first = inside.iter().next()?.to_string_lossy();
    Some(first.trim_end_matches(".rs").to_owned())
}

/// The files of some modules of the listings, and of those that they name in turn.
fn listings(root: &Path, modules: BTreeSet<String>) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut todo: Vec<String> = modules.into_iter().collect();
    let mut known: BTreeSet<String> = todo.iter().cloned().collect();
    let source = Path::new("listings/src");
    while let Some(module) = todo.pop() {
        let mut own = files_below(&root.join(source).join(&module));
        own.push(root.join(source).join(module).with_extension("rs"));
        own.retain(|file| file.is_file());
        for file in own {
            let code = fs::read_to_string(&file).unwrap_or_default();
            for name in listings_named(&code) {
                if known.insert(name.to_owned()) {
                    todo.push(name.to_owned());
                }
            }
            files.insert(file.strip_prefix(root).unwrap_or(&file).to_owned());
        }
    }
    if !files.is_empty() {
        files.extend(["lib.rs"].map(|file| source.join(file)));
    }
    files
}

/// A digest of what the checks of a page depend on. Another digest means that they have to be done again.
#[must_use]
pub fn digest(project: &Project, page: &Page) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut item = |name: &str, content: &[u8]| {
        hasher
            .update(&(name.len() as u64).to_le_bytes())
            .update(name.as_bytes());
        hasher
            .update(&(content.len() as u64).to_le_bytes())
            .update(content);
    };
    item(
        "files",
        digest_of(&project.root, &files(project, page)).as_bytes(),
    );
    for (record, chapter) in recorded(project, page) {
        item(&record, chapter.as_bytes());
    }
    // Links depend on what there is to link to.
    for linked in project.pages.iter().filter(|other| is_linked(page, other)) {
        let ids = Ids::collect(&linked.text, &project.settings);
        item(
            &linked.name(),
            ids.all().collect::<Vec<_>>().join(" ").as_bytes(),
        );
    }
    hasher.finalize().to_hex().to_string()
}

/// A digest of files and their names.
#[must_use]
pub fn digest_of(root: &Path, files: &BTreeSet<PathBuf>) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let content = fs::read(root.join(file)).unwrap_or_default();
        for part in [file.to_string_lossy().as_bytes(), &content] {
            hasher
                .update(&(part.len() as u64).to_le_bytes())
                .update(part);
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// Digests that are computed at most once while a book is loaded, by name: several parts of a page ask for the same.
#[derive(Debug, Clone, Default)]
pub struct Digests(Arc<Mutex<BTreeMap<String, String>>>);

impl Digests {
    /// The digest of a name, as it was when first asked for.
    ///
    /// # Errors
    ///
    /// As `compute`, which is called again the next time.
    pub fn once<E>(
        &self,
        name: &str,
        compute: impl FnOnce() -> Result<String, E>,
    ) -> Result<String, E> {
        let known = |it: &Self| {
            it.0.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(name)
                .cloned()
        };
        if let Some(digest) = known(self) {
            return Ok(digest);
        }
        let digest = compute()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(all.entry(name.to_owned()).or_insert(digest).clone())
    }

    /// The digest of what the checks of a page depend on.
    pub fn page(&self, project: &Project, page: &Page) -> String {
        let compute = || Ok::<_, Infallible>(digest(project, page));
        match self.once(&format!("page {}", page.name()), compute) {
            Ok(digest) => digest,
            Err(never) => match never {},
        }
    }
}

/// True if a link of a page may lead to another.
fn is_linked(page: &Page, other: &Page) -> bool {
    let name = other.file.file_stem().unwrap_or_default().to_string_lossy();
    let leads = |(_, target): &(usize, String)| target.contains(&*name);
    other.file != page.file && page.links.iter().any(leads)
}

/// The chapters of the benchmark records that a page names, as text.
fn recorded(project: &Project, page: &Page) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in files_below(&project.root.join("benches/results")) {
        let record = fs::read(&file).ok();
        let record: Option<serde_json::Value> =
            record.and_then(|text| serde_json::from_slice(&text).ok());
        let chapters = record
            .as_ref()
            .and_then(|record| record["chapters"].as_object());
        for (slug, chapter) in chapters.into_iter().flatten() {
            if page.slug() == Some(slug) || page.text.contains(&format!("{slug}/")) {
                let name = format!(
                    "{} {slug}",
                    file.file_name().unwrap_or_default().to_string_lossy()
                );
                found.push((name, chapter.to_string()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A book of two pages, one with a listing that is built on another.
    fn book() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            (
                "book.toml",
                "[book]\n[preprocessor.course]\ncommand = \"x\"\n",
            ),
            ("Cargo.lock", "version = 4\n"),
            ("src/SUMMARY.md", "- [A](a.md)\n- [B](b.md)\n"),
            (
                "src/a.md",
                "# A\n\n```rust\nuse listings::upper::f;\n```\n\n[B](b.md#part) {{#value upper/x/y}}\n",
            ),
            (
                "src/b.md",
                "# B\n\n## Part\n\n{{#include ../listings/src/other.rs:part}}\n",
            ),
            (
                "listings/src/lib.rs",
                "pub mod upper;\npub mod lower;\npub mod other;\n",
            ),
            (
                "listings/src/upper/mod.rs",
                "// use crate::other;\nuse crate::{lower, x};\n",
            ),
            ("listings/src/lower.rs", "\n"),
            ("listings/src/other.rs", "\n"),
            (
                "benches/results/m.json",
                r#"{"chapters": {"upper": 1, "lower": 1}}"#,
            ),
        ] {
            write(root.path(), file, text);
        }
        root
    }

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// The pages whose digest changes with a file's text.
    fn changed(file: &str, text: &str) -> Vec<String> {
        let root = book();
        let digests = || {
            let project = Project::load(root.path()).unwrap();
            let pages = project.pages.iter();
            pages
                .map(|page| (page.name(), digest(&project, page)))
                .collect::<Vec<_>>()
        };
        let before = digests();
        write(root.path(), file, text);
        let both = before.into_iter().zip(digests());
        both.filter(|(before, now)| before != now)
            .map(|(before, _)| before.0)
            .collect()
    }

    #[test]
    fn digest_follows_what_the_page_is_built_on_and_nothing_else() {
        for (file, text, pages) in [
            ("src/a.md", "# A\n\nMore.\n", ["a"].as_slice()),
            ("listings/src/upper/mod.rs", "//\n", &["a"]),
            ("listings/src/lower.rs", "//\n", &["a"]),
            ("listings/src/other.rs", "//\n", &["b"]),
            ("listings/src/unnamed.rs", "//\n", &[]),
            (
                "src/b.md",
                "# B\n\n{{#include ../listings/src/other.rs:part}}\n",
                &["a", "b"],
            ),
            ("src/b.md", "# B\n\nText.\n\n## Part\n", &["b"]),
            ("Cargo.lock", "version = 5\n", &["a", "b"]),
            (
                "benches/results/m.json",
                r#"{"chapters": {"upper": 1, "lower": 2}}"#,
                &[],
            ),
            (
                "benches/results/m.json",
                r#"{"chapters": {"upper": 2, "lower": 1}}"#,
                &["a"],
            ),
        ] {
            assert_eq!(changed(file, text), pages, "{file}: {text}");
        }
    }
}
