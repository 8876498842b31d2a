//! The book's folder: where things are, and the pages and tasks in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::page::Page;
use crate::problem::{Problem, Problems, unreadable};
use crate::task::Task;

/// The book as it lies on disk.
#[derive(Debug)]
pub struct Project {
    /// The folder of `book.toml`.
    pub root: PathBuf,
    /// The pages, in the order of `SUMMARY.md`.
    pub pages: Vec<Page>,
    /// The chapters that have a task, by slug.
    pub tasks: BTreeMap<String, Task>,
    /// What was wrong while reading.
    pub problems: Vec<Problem>,
}

impl Project {
    /// Finds the book's root from a folder: the nearest ancestor with a `book.toml`.
    ///
    /// # Errors
    ///
    /// When no ancestor has one.
    pub fn find_root(from: &Path) -> Result<PathBuf> {
        for folder in from.ancestors() {
            if folder.join("book.toml").is_file() {
                return Ok(folder.to_owned());
            }
        }
        bail!(
            "no book.toml here or above {}: run this inside the book",
            from.display()
        )
    }

    /// Reads the pages named by `SUMMARY.md`, and the tasks.
    ///
    /// # Errors
    ///
    /// When `SUMMARY.md` cannot be read. A page or task that cannot be read is a problem of the book, kept in `problems`.
    pub fn load(root: &Path) -> Result<Self> {
        let summary_path = root.join("src/SUMMARY.md");
        let summary = fs::read_to_string(&summary_path).context("src/SUMMARY.md cannot be read")?;
        let mut problems = Problems::default();
        let mut pages = Vec::new();
        for (line, target) in Page::parse(Path::new("src/SUMMARY.md"), &summary).links {
            let file = Path::new("src").join(&target);
            match fs::read_to_string(root.join(&file)) {
                Ok(text) => pages.push(Page::parse(&file, &text)),
                Err(error) => problems.push(
                    Problem::new(
                        "src/SUMMARY.md",
                        line,
                        format!("`{target}` cannot be read: {}", unreadable(&error)),
                    )
                    .help("list only pages that exist, written as UTF-8"),
                ),
            }
        }
        let mut project = Self {
            root: root.to_owned(),
            pages,
            tasks: BTreeMap::new(),
            problems: Vec::new(),
        };
        project.load_tasks(&mut problems);
        project.problems = problems.sorted();
        Ok(project)
    }

    fn load_tasks(&mut self, problems: &mut Problems) {
        for slug in self.pages.iter().filter_map(Page::slug) {
            let file = Task::file(slug);
            let text = match fs::read_to_string(self.root.join(&file)) {
                Ok(text) => text,
                // Not every page is a chapter.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    let problem = Problem::new(
                        file,
                        0,
                        format!("task.toml cannot be read: {}", unreadable(&error)),
                    );
                    problems.push(problem.help("write it as UTF-8, in a file you may read"));
                    continue;
                }
            };
            let (task, found) = Task::read(&file, &text);
            problems.extend(found);
            self.tasks.extend(task.map(|task| (slug.to_owned(), task)));
        }
    }

    /// The page of a chapter.
    #[must_use]
    pub fn page(&self, slug: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.slug() == Some(slug))
    }

    /// Where the tool keeps what it can always make again.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        self.root.join("target/course")
    }

    /// The captured output of a chapter's example, expected failure or trace.
    #[must_use]
    pub fn captured(slug: &str, name: &str) -> PathBuf {
        Path::new("listings/captured")
            .join(slug)
            .join(format!("{name}.txt"))
    }
}

/// The Rust module of a chapter: its slug with underscores.
#[must_use]
pub fn module(slug: &str) -> String {
    slug.replace('-', "_")
}

/// What to say where a text should have been captured, and what to do: the same for who renders and who compares.
pub fn nothing_captured(captured: &Path, slug: &str) -> (String, String) {
    (
        format!("nothing is captured in `{}`", captured.display()),
        format!("run `cargo course bless {slug}`, and look at what it captures"),
    )
}
