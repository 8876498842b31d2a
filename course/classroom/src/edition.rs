//! The book without solutions, for a class: `cargo course build --edition class`.
//!
//! Every listing has the starter's text where learners write. Folded answers and notes for
//! instructors go. Then the finished site is searched for every line of every solution, wherever it
//! may have come from; if one is found, there is no site.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result};
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use regex::{Captures, Regex};

use book::diagnostic::{Diagnostic, Unwell};
use book::fence::unhide;
use book::html;
use book::page::Page;
use book::project::Project;
use book::regions;
use exercise::Exercise;
use reader::build;
use reader::includes;
use reader::preprocess::Course;
use reader::site::Site;

/// The folder of the edition.
const FOLDER: &str = "book-class";

/// The shortest line, in letters, that gives something away by itself. A shorter one is looked for with the line below it.
const MIN_LENGTH: usize = 24;

/// The replacement of lines that are left out.
const LEFT_OUT: &str = "// yours to write";

/// `<details>` that hold an answer, or notes for instructors.
static ANSWER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?s)<details(?: class="instructor")?>\s*<summary>(?:Answer|One possible answer|Instructor notes)</summary>.*?</details>\n?"#,
    )
    .expect("a valid pattern")
});

/// The beginning of a directive, or of one that is shown as text.
static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\\?)\{\{#(\s*\w*)").expect("a valid pattern"));

/// Builds the edition without solutions, and returns its folder.
///
/// # Errors
///
/// If the book has problems, or something of a solution is left in it ([`Unwell`]): then there is no such folder.
pub fn build(root: &Path) -> Result<PathBuf> {
    let project = Project::load(root)?;
    let secrets = Secrets::load(&project)?;
    let mut book = build::load(root)?;
    let title = book.config.book.title.clone().unwrap_or_default();
    book.config
        .set("book.title", format!("{title}: class edition"))?;
    book.config.set("build.build-dir", FOLDER)?;
    book.with_preprocessor(ClassEdition {
        secrets: secrets.clone(),
    });
    book.with_renderer(Site::default()).build()?;
    let folder = book.build_dir_for("html");
    let found = secrets.in_site(&folder, &project)?;
    if !found.is_empty() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
        return Err(Unwell::from(found).into());
    }
    Ok(folder)
}

/// Texts that no page of the edition may have.
#[derive(Debug, Clone)]
struct Secrets {
    /// Files of solutions as learners get them, by path from the book's root, with their anchors.
    files: BTreeMap<PathBuf, String>,
    /// Lines that give something away by themselves, or two that do together, as [`collapse_spaces`] has
    /// them; and their chapter.
    lines: BTreeMap<String, String>,
}

impl Secrets {
    fn load(project: &Project) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for (slug, task) in project.tasks.iter().filter(|(_, task)| !task.is_text()) {
            let exercise = Exercise::load(project, slug)?;
            for file in exercise.allowed() {
                let path = Path::new("listings").join(file);
                let text = fs::read_to_string(project.root.join(&path))
                    .with_context(|| format!("{} cannot be read", path.display()))?
                    .replace("\r\n", "\n");
                let found = regions::find(&path, &text).map_err(Unwell::from)?;
                files.insert(
                    path,
                    regions::covered(&text, &found, &task.solution.stubs, LEFT_OUT),
                );
            }
            // What is handed out is no secret.
            let given: String = exercise
                .starter()
                .values()
                .map(|bytes| collapse_spaces(&String::from_utf8_lossy(bytes)) + "\n")
                .collect();
            let own: Vec<String> = exercise
                .secrets()
                .map(|(_, line)| collapse_spaces(line))
                .filter(|line| !line.is_empty())
                .collect();
            let mut add = |line: String| {
                if line.chars().count() >= MIN_LENGTH && !given.contains(&line) {
                    lines.insert(line, slug.clone());
                }
            };
            own.windows(2)
                .filter(|two| two.iter().any(|line| line.chars().count() < MIN_LENGTH))
                .for_each(|two| {
                    add(format!("{} {}", two[0], two[1]));
                });
            own.into_iter().for_each(add);
        }
        Ok(Self { files, lines })
    }

    /// Marks the lines of code that are a solution's, by themselves or with their neighbour.
    fn find_secrets(&self, lines: &[&str]) -> Vec<bool> {
        let mut secret = vec![false; lines.len()];
        let collapse_spaces: Vec<(usize, String)> = lines
            .iter()
            .map(|line| collapse_spaces(line))
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
            .collect();
        for (at, line) in &collapse_spaces {
            secret[*at] |= self.lines.contains_key(line);
        }
        for two in collapse_spaces.windows(2) {
            if self
                .lines
                .contains_key(&format!("{} {}", two[0].1, two[1].1))
            {
                (secret[two[0].0], secret[two[1].0]) = (true, true);
            }
        }
        secret
    }

    /// Lines of solutions in a site, as problems of the pages that they came from.
    fn in_site(&self, folder: &Path, project: &Project) -> Result<Vec<Diagnostic>> {
        let patterns: Vec<&String> = self.lines.keys().collect();
        let search =
            AhoCorasick::new(&patterns).context("the lines of the solutions are too many")?;
        let mut problems = BTreeMap::new();
        for file in book::files::files_below(folder) {
            let bytes = fs::read(&file)?;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            let text = if file.extension().is_some_and(|it| it == "html") {
                // What is read, and what is not: attributes and comments.
                format!(
                    "{} {}",
                    collapse_spaces(&html::words(&text)),
                    collapse_spaces(&text)
                )
            } else {
                collapse_spaces(
                    &text
                        .replace("\\n", " ")
                        .replace("\\\"", "\"")
                        .replace("\\\\", "\\"),
                )
            };
            let relative = file.strip_prefix(folder)?;
            for found in search.find_overlapping_iter(&text) {
                let line = patterns[found.pattern().as_usize()];
                let (page, number) = origin(project, relative, line);
                let what = format!(
                    "the class edition says a line of the solution of `{}`: `{line}`",
                    self.lines[line]
                );
                problems.entry((page.clone(), line)).or_insert_with(|| {
                    Diagnostic::new(page, number, what).help(
                        "put what learners write between `// ANCHOR: solution_NAME` and its end, or the text into a folded answer",
                    )
                });
            }
        }
        // What a page says, the first page and the search index repeat.
        let pages: BTreeSet<&String> = problems
            .keys()
            .filter(|(page, _)| page.starts_with("src"))
            .map(|(_, line)| *line)
            .collect();
        let repeated = |page: &Path, line| !page.starts_with("src") && pages.contains(line);
        let problems = problems
            .iter()
            .filter(|((page, line), _)| !repeated(page, line));
        Ok(problems.map(|(_, problem)| problem.clone()).collect())
    }
}

/// The page that a file of the site came from, and the line of it if it has the text as it is.
fn origin(project: &Project, file: &Path, line: &str) -> (PathBuf, usize) {
    let page = Path::new("src").join(file.with_extension("md"));
    let Some(page) = project.pages.iter().find(|it| it.file == page) else {
        return (Path::new(FOLDER).join(file), 0);
    };
    let at = page
        .text
        .lines()
        .position(|text| collapse_spaces(text).contains(line));
    (page.file.clone(), at.map_or(0, |at| at + 1))
}

/// A text with single spaces.
fn collapse_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes the place of [`Course`], and leaves the solutions out before it and after it.
struct ClassEdition {
    secrets: Secrets,
}

impl Preprocessor for ClassEdition {
    fn name(&self) -> &'static str {
        "course"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        // A book whose listings are what learners get: mdBook's own includes are pointed there.
        let shadow = tempfile::tempdir().context("no temporary folder can be made")?;
        copy(
            &context.root.join("listings"),
            &shadow.path().join("listings"),
        )?;
        copy(&context.root.join("src"), &shadow.path().join("src"))?;
        for (path, text) in &self.secrets.files {
            fs::write(shadow.path().join(path), text)?;
        }
        for_each(&mut book, &mut |chapter| {
            let Some(path) = &chapter.source_path else {
                return Ok(());
            };
            let page = Page::parse(&Path::new("src").join(path), "");
            let text = ANSWER.replace_all(&chapter.content, "");
            // mdBook expands its own directives now. Ours are for `Course`, and what looks like one
            // in a listing is text.
            let text = DIRECTIVE.replace_all(&text, |found: &Captures<'_>| {
                let theirs =
                    matches!(found[2].trim(), "include" | "rustdoc_include") && found[1].is_empty();
                format!(
                    "{}{}{}",
                    &found[1],
                    if theirs { "{{#" } else { "\u{0}" },
                    &found[2]
                )
            });
            let mut expanded = includes::expand(shadow.path(), &[(&page, &text)])?;
            chapter.content = expanded
                .remove(0)
                .replace("{{#", "\\{{#")
                .replace('\u{0}', "{{#");
            Ok(())
        })?;
        let mut book = Course.run(context, book)?;
        for_each(&mut book, &mut |chapter| {
            chapter.content = self.without_solutions(&chapter.content);
            Ok(())
        })?;
        Ok(book)
    }
}

impl ClassEdition {
    /// A page without a solution's lines in its code blocks.
    fn without_solutions(&self, text: &str) -> String {
        let page = Page::parse(Path::new("page.md"), text);
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for fence in &page.fences {
            let block = &text[fence.span.clone()];
            // Of a diff, without the first column.
            let column = usize::from(fence.language() == "diff");
            let code = block
                .lines()
                .map(|line| unhide(line.get(column..).unwrap_or_default()));
            let secret = self.secrets.find_secrets(&code.collect::<Vec<_>>());
            if !secret.contains(&true) {
                continue;
            }
            out.push_str(&text[done..fence.span.start]);
            done = fence.span.end;
            let mut left_out = false;
            for (line, secret) in block.split_inclusive('\n').zip(secret) {
                if !secret {
                    out.push_str(line);
                } else if !left_out {
                    let indent = line.len() - line.trim_start().len();
                    out.push_str(&format!("{}{LEFT_OUT}\n", &line[..indent]));
                }
                left_out = secret;
            }
        }
        out.push_str(&text[done..]);
        out
    }
}

fn for_each(book: &mut Book, change: &mut dyn FnMut(&mut Chapter) -> Result<()>) -> Result<()> {
    fn visit(
        item: &mut BookItem,
        change: &mut dyn FnMut(&mut Chapter) -> Result<()>,
    ) -> Result<()> {
        let BookItem::Chapter(chapter) = item else {
            return Ok(());
        };
        change(chapter)?;
        chapter
            .sub_items
            .iter_mut()
            .try_for_each(|sub| visit(sub, change))
    }
    book.items.iter_mut().try_for_each(|it| visit(it, change))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in book::files::files_below(from) {
        let target = to.join(file.strip_prefix(from)?);
        fs::create_dir_all(target.parent().context("a file is in a folder")?)?;
        fs::copy(&file, target).with_context(|| format!("{} cannot be read", file.display()))?;
    }
    Ok(())
}
