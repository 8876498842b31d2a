//! The book's folder: where things are, and the pages and tasks in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::dependencies::Digests;
use crate::diagnostic::{Diagnostic, Diagnostics, unreadable};
use crate::files::lexical;
use crate::nearest::or_nearest;
use crate::page::Page;
use crate::settings::Settings;
use crate::task::Task;

/// The book on disk.
#[derive(Debug)]
pub struct Project {
    /// The folder of `book.toml`.
    pub root: PathBuf,
    /// The settings of `book.toml`.
    pub settings: Settings,
    /// The pages, in the order of `SUMMARY.md`.
    pub pages: Vec<Page>,
    /// The chapters that have a task, by slug.
    pub tasks: BTreeMap<String, Task>,
    /// Diagnostics of reading.
    pub problems: Vec<Diagnostic>,
    /// Digests of what pages depend on, as of the first time each was asked for.
    pub digests: Digests,
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

    /// Reads the settings, the pages named by `SUMMARY.md`, and the tasks.
    ///
    /// # Errors
    ///
    /// When `SUMMARY.md` cannot be read. A page or task that cannot be read is a problem of the
    /// book, kept in `problems`.
    pub fn load(root: &Path) -> Result<Self> {
        let mut problems = Diagnostics::default();
        let (settings, found) = Settings::read(root);
        problems.extend(found);
        let mut project = Self {
            root: root.to_owned(),
            settings,
            pages: Vec::new(),
            tasks: BTreeMap::new(),
            problems: Vec::new(),
            digests: Digests::default(),
        };
        project.load_pages(&mut problems)?;
        // Only our own chapters have tasks.
        if project.settings.ours {
            project.load_tasks(&mut problems);
        }
        project.problems = problems.sorted();
        Ok(project)
    }

    fn load_pages(&mut self, problems: &mut Diagnostics) -> Result<()> {
        let src = self.settings.src.clone();
        let summary = src.join("SUMMARY.md");
        let text = read(&self.root.join(&summary))
            .with_context(|| format!("{} cannot be read", summary.display()))?;
        for (line, target) in Page::parse(&summary, &text).links {
            // A chapter without a file is one that is not written yet.
            if target.is_empty() {
                continue;
            }
            let problem = |what: String| Diagnostic::new(&summary, line, what);
            let file = lexical(&src.join(target.replace("%20", " ")));
            if self.pages.iter().any(|page| page.file == file) {
                let twice = problem(format!("`{target}` is listed twice"));
                problems.push(twice.help("mdBook renders a page once: remove one of them"));
                continue;
            }
            match read(&self.root.join(&file)) {
                Ok(text) => self.pages.push(Page::parse_in(&src, &file, &text)),
                Err(error) => problems.push(
                    problem(format!("`{target}` cannot be read: {}", unreadable(&error)))
                        .help("list only pages that exist, written as UTF-8"),
                ),
            }
        }
        Ok(())
    }

    fn load_tasks(&mut self, problems: &mut Diagnostics) {
        for slug in self.pages.iter().filter_map(Page::slug) {
            let file = Task::file(slug);
            let text = match fs::read_to_string(self.root.join(&file)) {
                Ok(text) => text,
                // Not every page is a chapter.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    let problem = Diagnostic::new(
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

    /// The page of a name, as its path below the folder of `SUMMARY.md` is without the ending.
    ///
    /// # Errors
    ///
    /// When there is none, with the nearest names.
    pub fn named(&self, name: &str) -> Result<&Page> {
        let plain = name.strip_suffix(".md").unwrap_or(name);
        let below = Path::new(plain).strip_prefix(&self.settings.src);
        let plain = below.map_or(plain.into(), |below| below.to_string_lossy());
        if let Some(page) = self.pages.iter().find(|page| page.name() == plain) {
            return Ok(page);
        }
        let names: Vec<String> = self.pages.iter().map(Page::name).collect();
        let names = names.iter().map(String::as_str);
        bail!(
            "no page `{name}`: {}",
            or_nearest(&plain, names, "SUMMARY.md lists none")
        )
    }

    /// The folder of what can always be made again.
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

/// The text of a page as mdBook takes it: without a byte order mark. Line endings are those of Unix.
fn read(file: &Path) -> std::io::Result<String> {
    let text = fs::read_to_string(file)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(text.replace("\r\n", "\n"))
}

/// The Rust module of a chapter: its slug with underscores.
#[must_use]
pub fn module(slug: &str) -> String {
    slug.replace('-', "_")
}

/// The message and help for a text that was never captured, the same for rendering and for comparing.
pub fn nothing_captured(captured: &Path, slug: &str) -> (String, String) {
    (
        format!("nothing is captured in `{}`", captured.display()),
        format!("run `cargo course bless {slug}`, and look at what it captures"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Project::load(folder.path()).unwrap()
    }

    #[test]
    fn pages_are_those_of_the_summary_wherever_it_is() {
        let project = load(&[
            ("book.toml", "[book]\nsrc = \"text\"\n"),
            (
                "text/SUMMARY.md",
                "[Before](before.md)\n\n# Part\n\n- [One](./01_one.md)\n- [Not yet]()\n  - [In](in/README.md)\n---\n- [A b](a%20b.md)\n\n[After](after.md)\n",
            ),
            ("text/before.md", "\u{feff}# Before\r\n\r\ntext\r\n"),
            ("text/01_one.md", "# One\n"),
            ("text/in/README.md", "# In\n"),
            ("text/a b.md", "# A b\n"),
            ("text/after.md", "# After\n"),
        ]);
        assert_eq!(project.problems, []);
        let names: Vec<_> = project.pages.iter().map(Page::name).collect();
        assert_eq!(names, ["before", "01_one", "in/README", "a b", "after"]);
        assert_eq!(project.pages[0].text, "# Before\n\ntext\n");
        assert_eq!(project.pages[1].slug(), Some("01_one"));
    }

    #[test]
    fn pages_are_found_by_their_name_or_their_path() {
        let project = load(&[
            ("book.toml", ""),
            (
                "src/SUMMARY.md",
                "- [A](a.md)\n- [B](p/weak.md)\n- [A](a.md)\n",
            ),
            ("src/a.md", "# A\n"),
            ("src/p/weak.md", "# B\n"),
        ]);
        for name in ["p/weak", "p/weak.md", "src/p/weak.md"] {
            assert_eq!(
                project.named(name).unwrap().file,
                Path::new("src/p/weak.md")
            );
        }
        let unknown = project.named("p/week").unwrap_err().to_string();
        assert_eq!(unknown, "no page `p/week`: the nearest are p/weak, a");
        assert_eq!(project.problems[0].what, "`a.md` is listed twice");
    }
}
