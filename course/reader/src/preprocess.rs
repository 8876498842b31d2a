//! The mdBook preprocessor: a page of directives in, the Markdown that mdBook renders out.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::directives::{self, Place};
use crate::{diagrams, includes};
use book::diagnostic::{Diagnostic, Diagnostics, refuse};
use book::fence::{Expect, expectation, unhide};
use book::page::Page;
use book::project::Project;
use measurements::record::Record;
use toolchain::program;

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
            verify(&context.root)?;
            book.for_each_chapter_mut(|chapter| chapter.content.clear());
            return Ok(book);
        }
        let project = Project::load(&context.root)?;
        let mut problems = Diagnostics::default();
        problems.extend(project.problems.iter().cloned());
        includes::check(&project, &mut problems);
        let record = problems.take(Record::load_reference(&project)).flatten();
        for item in &mut book.items {
            render_item(&project, record.as_ref(), item, &mut problems);
        }
        refuse(problems.sorted())?;
        Ok(book)
    }
}

/// Verifies the book with the program that does, whose words go to standard error: standard output is mdBook's.
fn verify(root: &Path) -> Result<()> {
    let status = program::command("course-verify")?
        .arg("verify")
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .context("course-verify cannot be started")?;
    anyhow::ensure!(
        status.success(),
        "the book has problems, which are reported above"
    );
    Ok(())
}

fn render_item(
    project: &Project,
    record: Option<&Record>,
    item: &mut BookItem,
    problems: &mut Diagnostics,
) {
    let BookItem::Chapter(chapter) = item else {
        return;
    };
    if let Some(path) = &chapter.source_path {
        let src = &project.settings.src;
        let page = Page::parse_in(src, &src.join(path), &chapter.content);
        match render_page(project, record, &page) {
            Ok(content) => chapter.content = content,
            Err(found) => problems.extend(found),
        }
    }
    for item in &mut chapter.sub_items {
        render_item(project, record, item, problems);
    }
}

/// A page as mdBook's own preprocessors and renderer are to see it.
///
/// # Errors
///
/// All that is wrong with the page.
pub fn render_page(
    project: &Project,
    record: Option<&Record>,
    page: &Page,
) -> Result<String, Vec<Diagnostic>> {
    let text = expanded(project, record, page)?;
    diagrams::show(&project.root, page, &text)
}

/// Replaces the directives of a page and marks its listings; its diagrams stay fences.
///
/// # Errors
///
/// All that is wrong with the page, except its diagrams.
pub fn expanded(
    project: &Project,
    record: Option<&Record>,
    page: &Page,
) -> Result<String, Vec<Diagnostic>> {
    let text = directives::expand(Place {
        project,
        record,
        page,
    })?;
    without_run_button(project, &Page::parse_in(&page.src, &page.file, &text))
        .map_err(|problem| vec![problem])
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
fn without_run_button(project: &Project, page: &Page) -> Result<String, Diagnostic> {
    let mut out = String::with_capacity(page.text.len());
    let mut done = 0;
    for fence in &page.fences {
        // What is wrong with it is reported by `verify`.
        let mut unsaid = Diagnostics::default();
        let Some(expect) = expectation(page, fence, &project.settings, &mut unsaid) else {
            continue;
        };
        let code = includes::expand(&project.root, &[(page, &fence.body)]).map_err(|error| {
            Diagnostic::new(&page.file, fence.line, format!("{error:#}"))
                .help("fix the include in this block")
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
        let line = unhide(line).trim_start();
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
    anyhow::ensure!(
        theirs == "0.5" || theirs.starts_with("0.5."),
        "this book is written for mdBook 0.5, and this is {theirs}: `cargo course serve` brings the right one"
    );
    Ok(())
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
