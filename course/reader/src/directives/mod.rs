//! The directives of pages, beside mdBook's own includes. Each has a file here.
//!
//! A directive is a function from its arguments to Markdown (HTML where Markdown has no form for it). If it fails,
//! its [`Fault`] becomes a [`Diagnostic`] at the directive's line; it never becomes text on the page.

use book::diagnostic::Diagnostic;
use book::html::escape;
use book::page::{Directive, Page};
use book::project::Project;
use book::task::Task;
use measurements::record::{Age, Record};

mod bench;
pub mod claims;
mod diagnostic;
mod diff;
mod exercises;
mod output;
mod predict;
mod proposals;
mod seal;
mod session;
mod steps;
mod task;
mod totals;
mod trace;
pub mod value;
mod verdicts;

/// The place of a directive: the book and the page it is on.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The book.
    pub project: &'a Project,
    /// The benchmark record, if the book has one.
    pub record: Option<&'a Record>,
    /// The page.
    pub page: &'a Page,
}

impl<'a> Place<'a> {
    /// The number of times that the page has a directive with these arguments.
    fn count(self, name: &str, arguments: &str) -> usize {
        let same = |it: &&Directive| it.name == name && it.arguments == arguments;
        self.page.directives.iter().filter(same).count()
    }

    /// The chapter's slug and task.
    ///
    /// # Errors
    ///
    /// When the page is not a chapter with a `task.toml`.
    pub fn chapter(self) -> Result<(&'a str, &'a Task), Fault> {
        let slug = self.page.slug().unwrap_or_default();
        let (slug, task) = self.project.tasks.get_key_value(slug).ok_or_else(|| {
            Fault::new("this page has no readable task.toml")
                .help("chapters are pages in src/ with a listings/src/<module>/task.toml")
                .lacking(Lack::Task)
        })?;
        Ok((slug, task))
    }
}

/// A reason why a directive cannot be rendered, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The reason.
    pub what: String,
    /// A way to fix it.
    pub help: String,
    /// The file whose absence is the whole reason.
    lacks: Option<Lack>,
}

/// A file that a directive needs. If it exists and cannot be read, that is reported once, at the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Task,
    Record,
    /// The page's own chapter in the record.
    Chapter,
}

impl Fault {
    /// A fault in one sentence.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            help: String::new(),
            lacks: None,
        }
    }

    fn lacking(mut self, lack: Lack) -> Self {
        self.lacks = Some(lack);
        self
    }

    /// True if the only reason is a file that exists and cannot be read, which is reported once, at that file.
    #[must_use]
    pub fn follows(&self, project: &Project, slug: &str) -> bool {
        match self.lacks {
            Some(Lack::Task) => project.root.join(Task::file(slug)).exists(),
            Some(Lack::Record) => Record::is_expected(project),
            Some(Lack::Chapter) | None => false,
        }
    }

    /// True if the only reason is that a chapter with a bench has never been measured, which is reported at that bench.
    #[must_use]
    pub fn is_unmeasured(&self, project: &Project, record: Option<&Record>, slug: &str) -> bool {
        let is_of_record = matches!(self.lacks, Some(Lack::Record | Lack::Chapter));
        let age = || Age::of(project, record, slug).ok().flatten();
        is_of_record && age() == Some(Age::Never)
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

/// Renders a directive from its arguments.
type Render = fn(Place<'_>, &str) -> Result<String, Fault>;

/// Every directive, by name.
const DIRECTIVES: &[(&str, Render)] = &[
    ("bench", bench::render),
    ("claims", claims::render),
    ("diagnostic", diagnostic::render),
    ("diff", diff::render),
    ("exercises", exercises::render),
    ("output", output::render),
    ("predict", predict::render),
    ("proposals", proposals::render),
    ("seal", seal::render),
    ("session", session::render),
    ("steps", steps::render),
    ("task", task::render),
    ("totals", totals::render),
    ("trace", trace::render),
    ("value", value::render),
    ("verdicts", verdicts::render),
];

/// mdBook's own, which the `links` preprocessor expands after us.
const MDBOOK: &[&str] = &["include", "rustdoc_include", "playground", "title"];

/// Replaces every directive of a page.
///
/// # Errors
///
/// A problem for every directive that cannot be rendered.
pub fn expand(place: Place<'_>) -> Result<String, Vec<Diagnostic>> {
    let page = place.page;
    let mut problems = Vec::new();
    let mut out = String::with_capacity(page.text.len());
    let mut done = 0;
    for directive in &page.directives {
        if MDBOOK.contains(&directive.name.as_str()) {
            continue;
        }
        let slug = page.slug().unwrap_or_default();
        let rendered = match render(place, directive) {
            Err(fault) if fault.is_unmeasured(place.project, place.record, slug) => {
                Ok("<em>not measured yet</em>".to_owned())
            }
            rendered => rendered,
        };
        match rendered {
            Ok(text) => {
                out.push_str(&page.text[done..directive.span.start]);
                out.push_str(&text);
                done = directive.span.end;
            }
            Err(fault) if fault.follows(place.project, slug) => {}
            Err(fault) => problems
                .push(Diagnostic::new(&page.file, directive.line, fault.what).help(fault.help)),
        }
    }
    out.push_str(&page.text[done..]);
    if problems.is_empty() {
        Ok(out)
    } else {
        Err(problems)
    }
}

fn render(place: Place<'_>, directive: &Directive) -> Result<String, Fault> {
    let Some((_, render)) = DIRECTIVES.iter().find(|(name, _)| *name == directive.name) else {
        let known: Vec<_> = DIRECTIVES
            .iter()
            .map(|(name, _)| *name)
            .chain(MDBOOK.iter().copied())
            .collect();
        return Err(
            Fault::new(format!("unknown directive `{}`", directive.name))
                .help(format!("the directives are {}", known.join(", "))),
        );
    };
    if directive.fence.is_some() {
        return Err(
            Fault::new(format!("`{}` is inside a code block", directive.name))
                .help(r"write `\{{#…}}` to show a directive as text"),
        );
    }
    render(place, &directive.arguments)
}

/// Fails unless a directive was written without arguments.
fn no_arguments(arguments: &str) -> Result<(), Fault> {
    if arguments.is_empty() {
        Ok(())
    } else {
        Err(Fault::new(format!("expected no arguments, found `{arguments}`")).help("remove them"))
    }
}

/// The one name a directive was given.
fn one_name(arguments: &str) -> Result<&str, Fault> {
    let mut words = arguments.split_whitespace();
    match (words.next(), words.next()) {
        (Some(name), None) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            Ok(name)
        }
        (None, _) => Err(Fault::new("expected one name, found nothing")
            .help("write the name after the directive")),
        _ => Err(
            Fault::new(format!("expected one name, found `{arguments}`"))
                .help("names are letters, digits and underscores"),
        ),
    }
}
