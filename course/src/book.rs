//! mdBook, in process: our preprocessor, and the build.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mdbook_driver::MDBook;
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::checks::fences::{self, Expect};
use crate::directives::{self, Place};
use crate::page::Page;
use crate::problem::{Problem, Problems};
use crate::project::Project;
use crate::site::{Form, OneFile, Site};
use crate::verify::{self, Options};
use crate::{diagrams, includes};

/// The preprocessor `course` of `book.toml`.
///
/// For the `test` renderer, which `mdbook test` uses, it verifies the book and hands on empty pages: what stock rustdoc
/// would compile again, without our crates, has been compiled and run.
#[derive(Debug, Clone, Copy)]
pub struct Course;

impl Preprocessor for Course {
    fn name(&self) -> &'static str {
        "course"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        if context.renderer == "test" {
            let report = verify::verify(&context.root, &Options::default())?;
            anstream::eprintln!("{}", report.summary());
            refuse(report.problems)?;
            book.for_each_chapter_mut(|chapter| chapter.content.clear());
            return Ok(book);
        }
        let project = Project::load(&context.root)?;
        let mut problems = Problems::default();
        problems.extend(project.problems.iter().cloned());
        includes::check(&project, &mut problems);
        for item in &mut book.items {
            render_item(&project, item, &mut problems);
        }
        refuse(problems.sorted())?;
        Ok(book)
    }
}

fn render_item(project: &Project, item: &mut BookItem, problems: &mut Problems) {
    let BookItem::Chapter(chapter) = item else {
        return;
    };
    if let Some(path) = &chapter.source_path {
        let page = Page::parse(&Path::new("src").join(path), &chapter.content);
        match render_page(project, &page) {
            Ok(content) => chapter.content = content,
            Err(found) => problems.extend(found),
        }
    }
    for item in &mut chapter.sub_items {
        render_item(project, item, problems);
    }
}

/// A page as mdBook's own preprocessors and renderer are to see it.
pub(crate) fn render_page(project: &Project, page: &Page) -> Result<String, Vec<Problem>> {
    let text = expanded(project, page)?;
    diagrams::show(&project.root, page, &text)
}

/// A page with its directives replaced and its listings marked, but for its diagrams.
pub(crate) fn expanded(project: &Project, page: &Page) -> Result<String, Vec<Problem>> {
    let text = directives::expand(Place { project, page })?;
    without_run_button(project, &Page::parse(&page.file, &text)).map_err(|problem| vec![problem])
}

/// Crates that the public playground has. A listing that needs another one gets no run button there.
const ON_THE_PLAYGROUND: &[&str] = &[
    "std",
    "core",
    "alloc",
    "crossbeam",
    "futures",
    "serde",
    "serde_json",
    "thiserror",
    "tokio",
    "tokio_util",
];

/// Marks where listings come from, and those that cannot run on the public playground.
fn without_run_button(project: &Project, page: &Page) -> Result<String, Problem> {
    let mut out = String::with_capacity(page.text.len());
    let mut done = 0;
    for fence in &page.fences {
        let Ok(Some(expect)) = fences::expectation(page, fence) else {
            continue;
        };
        let code = includes::expand(&project.root, &[(page, &fence.body)]).map_err(|error| {
            Problem::new(&page.file, fence.line, format!("{error:#}"))
                .help("mend the include in this block")
        })?;
        let mut words = String::new();
        // Where it comes from, for the site: stock mdBook makes a class of it, which nothing uses.
        if let Some(from) = included(&fence.body) {
            words.push_str(&format!(",from={from}"));
        }
        if code.iter().any(|code| needs_linux(code)) {
            words.push_str(",linux");
        }
        if expect != Expect::Runs || !code.iter().all(|code| runs_on_the_playground(code)) {
            words.push_str(",noplayground");
        }
        let info = fence.span.start + page.text[fence.span.start..].find(&fence.info).unwrap_or(0);
        out.push_str(&page.text[done..info + fence.info.len()]);
        out.push_str(&words);
        done = info + fence.info.len();
    }
    out.push_str(&page.text[done..]);
    Ok(out)
}

/// The file and anchor of a listing that is one include and nothing else.
fn included(body: &str) -> Option<&str> {
    let inner = body.trim().strip_prefix("{{#")?.strip_suffix("}}")?;
    let (directive, from) = inner.split_once(' ')?;
    let whole =
        matches!(directive, "include" | "rustdoc_include") && !from.contains(['{', '}', ' ', ',']);
    whole.then_some(from)
}

fn needs_linux(code: &str) -> bool {
    ["target_os = \"linux\"", "/proc/", "/sys/fs/"]
        .iter()
        .any(|sign| code.contains(sign))
}

fn runs_on_the_playground(code: &str) -> bool {
    let foreign = |line: &str| {
        let line = line.trim_start_matches(['#', ' ']);
        let path = line
            .strip_prefix("use ")
            .or_else(|| line.strip_prefix("pub use "))?;
        let name = path.split("::").next()?.trim_end_matches(';');
        let local =
            matches!(name, "self" | "super" | "crate") || name.starts_with(char::is_uppercase);
        (!local && !ON_THE_PLAYGROUND.contains(&name)).then_some(())
    };
    !code.contains("listings::") && !code.lines().any(|line| foreign(line).is_some())
}

/// A book that has problems, as an error: what `verify` and a build report.
#[derive(Debug)]
pub struct Unwell(Vec<Problem>);

impl fmt::Display for Unwell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 problem"),
            count => write!(f, "{count} problems"),
        }
    }
}

impl std::error::Error for Unwell {}

impl From<Vec<Problem>> for Unwell {
    fn from(problems: Vec<Problem>) -> Self {
        Self(problems)
    }
}

/// Fails if there is a problem.
///
/// # Errors
///
/// [`Unwell`], when `problems` is not empty.
pub fn refuse(problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Unwell(problems).into())
    }
}

/// Answers mdBook's preprocessor protocol on standard input and output.
///
/// # Errors
///
/// When the input is not mdBook's, or the book has problems.
pub fn preprocess() -> Result<()> {
    let mut input = String::new();
    std::io::stdin()
        .read_to_string(&mut input)
        .context("mdBook's book cannot be read")?;
    let (context, book) = mdbook_preprocessor::parse_input(input.as_bytes())?;
    check_version(&context.mdbook_version)?;
    let book = Course.run(&context, book)?;
    serde_json::to_writer(std::io::stdout().lock(), &book).context("the book cannot be handed back")
}

fn check_version(theirs: &str) -> Result<()> {
    let version = semver::Version::parse(theirs)
        .with_context(|| format!("mdBook calls itself `{theirs}`"))?;
    let ours = semver::VersionReq::parse("0.5").context("a valid requirement")?;
    anyhow::ensure!(
        ours.matches(&version),
        "this book is written for mdBook 0.5, and this is {version}: `cargo course serve` brings the right one"
    );
    Ok(())
}

/// Builds the static site, and returns where it lies.
///
/// # Errors
///
/// When the book has problems ([`Unwell`]), or mdBook fails.
pub fn build(root: &Path, live_reload: bool) -> Result<PathBuf> {
    let mut book = load(root)?;
    if live_reload {
        book.config
            .set("output.html.live-reload-endpoint", crate::serve::ENDPOINT)?;
    }
    book.with_renderer(Site).build()?;
    Ok(book.build_dir_for("html"))
}

/// Writes the book as one file, and returns where it lies: `target/<title>.epub` or `.pdf`.
///
/// # Errors
///
/// When the book has problems ([`Unwell`]), when mdBook fails, or when there is nothing here that prints.
pub fn build_form(root: &Path, form: Form) -> Result<PathBuf> {
    let mut book = load(root)?;
    let title = book
        .config
        .book
        .title
        .clone()
        .unwrap_or_else(|| "book".to_owned())
        .to_lowercase();
    let words: Vec<_> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let ending = match form {
        Form::Epub => "epub",
        Form::Pdf => "pdf",
    };
    let to = root
        .join("target")
        .join(format!("{}.{ending}", words.join("-")));
    book.with_renderer(OneFile {
        form,
        to: to.clone(),
    })
    .build()?;
    Ok(to)
}

/// The book with our preprocessor in process: it takes the place that `book.toml` gives to the command.
///
/// # Errors
///
/// When mdBook cannot load the book.
pub fn load(root: &Path) -> Result<MDBook> {
    let mut book = MDBook::load(root)?;
    book.with_preprocessor(Course);
    Ok(book)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_button_is_for_what_the_playground_has() {
        assert!(runs_on_the_playground(
            "use std::time::Duration;\nuse tokio::time;\nlet x = 1;"
        ));
        assert!(runs_on_the_playground("fn f() {}\n# use std::fmt;"));
        assert!(!runs_on_the_playground(
            "# use listings::virtual_time::bubble;"
        ));
        assert!(!runs_on_the_playground("use corosensei::Coroutine;"));
    }

    #[test]
    fn other_mdbook_versions_are_told_what_to_do() {
        assert!(check_version("0.5.4").is_ok());
        assert!(
            check_version("0.4.40")
                .unwrap_err()
                .to_string()
                .contains("cargo course serve")
        );
    }
}
