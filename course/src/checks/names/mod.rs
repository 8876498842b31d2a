//! Every name in prose resolves.
//!
//! [`grammar`] says which code spans claim that something exists. What they name is looked for where it can be known, and
//! the first place that knows it will do:
//!
//! 1. a block of code on the same page has the word, all words of a path;
//! 2. the book has given the name itself ([`known`]): a test, a group, a wrong solution, an example, a benchmark, a file;
//! 3. [`mod@rustdoc`] finds the path in std, in `listings` or in a crate it uses, with a module or type in front that the
//!    chapter declares or imports from ([`imports`]);
//! 4. [`mod@go`] documents the selector; or the word is the end of a selector on the same page;
//! 5. the compiler lists it: attributes, lints, error codes ([`compiler`]).
//!
//! Cheap ones come first; which one answers makes no difference. The text of a link to the outside has its source there.
//! What is left must be allowed, with a reason, in `names.toml` ([`allowed`]).
//!
//! What only rustdoc or Go could know is skipped where they cannot be asked, and counted as such.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use self::allowed::{Allowed, Use};
use self::go::Go;
use self::grammar::{Kind, Name};
use self::imports::Imports;
use self::known::Known;
use self::lexer::words;
use self::spans::spans;
use super::fences::Snippet;
use super::figures::{line_with, texts};
use crate::cache::Cache;
use crate::cargo::Artifacts;
use crate::nearest::near;
use crate::page::{Lines, Page};
use crate::problem::{Problem, Problems};
use crate::project::Project;
use crate::task::{Task, line_of_key};

pub mod allowed;
pub mod compiler;
pub mod go;
pub mod grammar;
pub mod imports;
pub mod known;
pub mod lexer;
pub mod rustdoc;
pub mod spans;

/// The names of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that resolve.
    pub resolved: usize,
    /// Those that `names.toml` allows.
    pub allowed: usize,
    /// Those that could not be looked up here.
    pub skipped: usize,
}

/// What the names are looked up with.
pub struct Sources<'a> {
    /// The built crates and what is kept of earlier runs; `None` when they do not compile.
    pub built: Option<(&'a Artifacts, &'a Cache)>,
    /// The Go that was asked for its version.
    pub go: Go,
}

/// Checks the names of the pages; `snippets` are their Rust listings, expanded.
///
/// # Errors
///
/// When rustdoc cannot do its work.
pub fn check(
    project: &Project,
    pages: &[&Page],
    snippets: &[Snippet<'_>],
    sources: Sources<'_>,
    problems: &mut Problems,
) -> Result<BTreeMap<PathBuf, Tally>> {
    let stems: Vec<String> = project.pages.iter().map(stem).collect();
    let allowed = allowed::read(&project.root, &stems, problems);
    let known = Known::of(project);
    let crates: Vec<String> =
        sources.built.iter().flat_map(|(artifacts, _)| artifacts.externs.keys().cloned()).collect();
    let contexts: Vec<Context<'_>> =
        pages.iter().map(|page| Context::new(project, page, snippets, &known, &crates)).collect();

    let open: Vec<(&Context<'_>, Occurrence, Answer)> = contexts
        .iter()
        .flat_map(|context| context.occurrences(project).into_iter().map(move |found| (context, found)))
        .map(|(context, found)| {
            let answer = context.answer(&found);
            (context, found, answer)
        })
        .collect();
    let asked = Asked::ask(project, sources, &open)?;

    let mut tallies: BTreeMap<PathBuf, Tally> =
        pages.iter().map(|page| (page.file.clone(), Tally::default())).collect();
    for (context, found, answer) in &open {
        let tally = tallies.entry(context.page.file.clone()).or_default();
        let page = stem(context.page);
        let entries = || allowed.iter().filter(|entry| entry.is_about(&found.name.text, &page));
        let verdict = asked.verdict(context, found, answer);
        entries().for_each(|entry| {
            entry.note(if verdict == Verdict::Resolved { Use::Resolves } else { Use::Needed })
        });
        match verdict {
            Verdict::Resolved => tally.resolved += 1,
            _ if entries().next().is_some() => tally.allowed += 1,
            Verdict::Skipped => tally.skipped += 1,
            Verdict::Unknown => problems.push(context.problem(found)),
        }
    }
    // Of an entry that holds on every page, a part of the pages says nothing.
    let is_whole = pages.len() == project.pages.len();
    let checked: Vec<String> = pages.iter().map(|page| stem(page)).collect();
    let is_judged = |entry: &&Allowed| entry.page.as_ref().map_or(is_whole, |page| checked.contains(page));
    problems.extend(allowed.iter().filter(is_judged).filter_map(Allowed::problem));
    Ok(tallies)
}

/// A page's path below `src/`, without its ending.
fn stem(page: &Page) -> String {
    let inside = page.file.strip_prefix("src").unwrap_or(&page.file).with_extension("");
    inside.to_string_lossy().replace('\\', "/")
}

/// A name and where it stands.
#[derive(Debug)]
struct Occurrence {
    name: Name,
    /// The span it stands in.
    span: String,
    /// The file, its line, and the line of the page that shows the file, if that is another.
    file: PathBuf,
    line: usize,
    shown: Option<usize>,
    is_cited: bool,
}

/// What is known of a name without asking rustdoc and Go.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Resolved,
    /// One of these paths must exist.
    Paths(BTreeSet<String>),
    /// This must exist.
    Go(String),
    /// It may be the end of a Go selector of the page.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Resolved,
    Unknown,
    Skipped,
}

/// A page and what it knows of names by itself.
struct Context<'a> {
    page: &'a Page,
    task: Option<(&'a str, &'a Task)>,
    known: &'a Known,
    imports: Imports,
    /// The words of its Rust listings, its Go listings, and its other code blocks.
    rust: BTreeSet<String>,
    go: BTreeSet<String>,
    data: BTreeSet<String>,
}

impl<'a> Context<'a> {
    fn new(
        project: &'a Project,
        page: &'a Page,
        snippets: &[Snippet<'_>],
        known: &'a Known,
        crates: &[String],
    ) -> Self {
        let task = page.slug().and_then(|slug| project.tasks.get_key_value(slug));
        let mut imports = Imports::of_crates(crates.iter());
        let chapters: Vec<&String> = match &task {
            Some((slug, _)) => vec![slug],
            None => project.tasks.keys().collect(),
        };
        chapters.into_iter().for_each(|slug| imports.add_chapter(&project.root, slug));
        let mut context = Self {
            page,
            task: task.map(|(slug, task)| (slug.as_str(), task)),
            known,
            imports,
            rust: BTreeSet::new(),
            go: BTreeSet::new(),
            data: BTreeSet::new(),
        };
        for snippet in snippets.iter().filter(|snippet| snippet.page.file == page.file) {
            context.imports.add_code(&without_marks(&snippet.code));
            context.rust.extend(words(&shown(&snippet.code)).map(str::to_owned));
        }
        for fence in &page.fences {
            let words = words(&fence.body).map(str::to_owned);
            match fence.language() {
                "go" => context.go.extend(words),
                "json" | "toml" | "yaml" => context.data.extend(words),
                // What such a block says has been checked.
                "rust" => context.data.extend(fence.words.iter().cloned()),
                _ => {}
            }
        }
        context
    }

    /// The names of the page, and of what it shows of its `task.toml`.
    fn occurrences(&self, project: &Project) -> Vec<Occurrence> {
        let lines = Lines::of(&self.page.text);
        let mut found = Vec::new();
        for span in spans(self.page) {
            for name in grammar::names(&span.text) {
                let written = span.text.get(name.span.clone()).unwrap_or_default();
                let line = lines.at(span.place_of(self.page, written));
                let (file, span, is_cited) = (self.page.file.clone(), span.text.clone(), span.is_cited);
                found.push(Occurrence { name, span, file, line, shown: None, is_cited });
            }
        }
        let Some((slug, task)) = self.task else { return found };
        let file = Task::file(slug);
        let toml = fs::read_to_string(project.root.join(&file)).unwrap_or_default();
        for directive in self.page.directives.iter().filter(|directive| directive.arguments.is_empty()) {
            let titles = task.exercises.iter().filter(|_| directive.name == "exercises").map(|e| &e.title);
            let claims = task.claims.iter().filter(|_| directive.name == "claims").map(|claim| &claim.says);
            let titles = titles.map(|title| (title.as_str(), Some(line_of_key(&toml, "title", title))));
            let others =
                claims.map(String::as_str).chain(texts(task, &directive.name)).map(|text| (text, None));
            for (text, line) in titles.chain(others) {
                let page = Page::parse(&file, text);
                for span in spans(&page) {
                    for name in grammar::names(&span.text) {
                        let written = span.text.get(name.span.clone()).unwrap_or_default();
                        let line =
                            line.unwrap_or_else(|| line_with(&toml, text, span.place_of(&page, written)));
                        let (file, span) = (file.clone(), span.text.clone());
                        let shown = Some(directive.line);
                        found.push(Occurrence { name, span, file, line, shown, is_cited: false });
                    }
                }
            }
        }
        found
    }

    /// What is known without asking anybody.
    fn answer(&self, found: &Occurrence) -> Answer {
        let name = &found.name;
        let is_known = |path: &[String]| {
            path.iter().all(|word| self.rust.contains(word))
                || path.iter().all(|word| self.go.contains(word))
                || self.known.has(self.page.slug(), path)
        };
        let here = [name.text.clone()];
        let resolved = found.is_cited
            || match &name.kind {
                Kind::Path(path) => is_known(path) || self.data.contains(&name.text),
                Kind::Macro(path) => is_known(path),
                Kind::Method(word) => self.rust.contains(word) || self.go.contains(word),
                Kind::Attribute(path) => compiler::is_attribute(&path.join("::")) || is_known(path),
                Kind::Go(selector) => selector.iter().all(|word| self.go.contains(word)),
                Kind::File => self.known.has_file(&self.page.file, self.page.slug(), &name.text),
                Kind::Hyphens => self.known.has(self.page.slug(), &here),
                Kind::Code => self.data.contains(&name.text),
            };
        if resolved {
            return Answer::Resolved;
        }
        match &name.kind {
            Kind::Path(path) => Answer::Paths(self.imports.candidates(path)),
            Kind::Method(word) => Answer::Paths(self.imports.of_types(word).collect()),
            Kind::Macro(path) => {
                Answer::Paths(self.imports.candidates(path).into_iter().map(|path| path + "!").collect())
            }
            Kind::Attribute(path) => Answer::Paths(self.imports.candidates(path)),
            Kind::Go(_) => Answer::Go(name.text.clone()),
            Kind::File
                if name.text.starts_with(|c: char| c.is_ascii_lowercase()) && !name.text.contains('.') =>
            {
                Answer::Go(name.text.clone())
            }
            Kind::File | Kind::Hyphens | Kind::Code => Answer::Unknown,
        }
    }

    fn problem(&self, found: &Occurrence) -> Problem {
        let name = &found.name.text;
        let tried = match found.name.kind {
            Kind::Go(_) => "`go doc` has no such symbol, and no Go listing on the page has it",
            Kind::File => "there is no such file, benchmark or Go package",
            Kind::Hyphens => "there is no such crate, chapter, wrong solution or benchmark",
            Kind::Code => "rustc has no such error",
            Kind::Path(_) | Kind::Method(_) | Kind::Macro(_) | Kind::Attribute(_) => {
                "it is in no listing on the page, rustdoc does not find it, and nothing in the book is called so"
            }
        };
        let mut what = format!("`{name}` names nothing: {tried}");
        if found.span != *name {
            what = format!("in `{}`, {what}", found.span);
        }
        if let Some(line) = found.shown {
            what = format!("{what} (shown in line {line} of {})", self.page.file.display());
        }
        let allow = format!("or allow it, with a reason, in {}", allowed::FILE);
        let help = match self.meant(&found.name)[..] {
            [] => format!("correct it, {allow}"),
            ref meant => {
                let meant: Vec<_> = meant.iter().map(|name| format!("`{name}`")).collect();
                format!("did you mean {}? Correct it, {allow}", meant.join(", "))
            }
        };
        Problem::new(&found.file, found.line, what).help(help)
    }

    /// What the author may have meant: all of a name, or its last word.
    fn meant(&self, name: &Name) -> Vec<String> {
        let slug = self.page.slug();
        if name.kind == Kind::File {
            return near(&name.text, self.known.files());
        }
        let listed = self.rust.iter().chain(&self.go).chain(&self.data).map(String::as_str);
        let all = listed.chain(self.imports.names()).chain(self.known.names(slug));
        let all: BTreeSet<&str> = all.collect();
        let whole = near(&name.text, all.iter().copied());
        if !whole.is_empty() {
            return whole;
        }
        let last = name.text.rsplit([':', '.']).next().unwrap_or_default();
        near(last.trim_matches(['!', '(', ')', '#', '[', ']']), all)
    }
}

/// What rustdoc, Go and the compiler have said.
struct Asked {
    /// `None` where they cannot be asked.
    paths: Option<BTreeSet<String>>,
    go: Option<BTreeSet<String>>,
    compiler: BTreeSet<String>,
    /// By page: the last words of selectors that Go knows, and those that nobody could ask about.
    selected: BTreeMap<PathBuf, BTreeMap<String, Verdict>>,
}

impl Asked {
    fn ask(
        project: &Project,
        sources: Sources<'_>,
        open: &[(&Context<'_>, Occurrence, Answer)],
    ) -> Result<Self> {
        let answers = || open.iter().map(|(_, _, answer)| answer);
        let paths: BTreeSet<String> = answers()
            .filter_map(|answer| if let Answer::Paths(paths) = answer { Some(paths) } else { None })
            .flatten()
            .cloned()
            .collect();
        let names: BTreeSet<String> = answers()
            .filter_map(|answer| if let Answer::Go(name) = answer { Some(name.clone()) } else { None })
            .collect();
        let scratch = project.scratch();
        let built = sources.built;
        let (paths, go) = std::thread::scope(|scope| {
            let go = scope.spawn(|| sources.go.known(&scratch, &names));
            let paths = built.map(|(artifacts, cache)| rustdoc::resolved(&scratch, artifacts, cache, &paths));
            (paths.transpose(), go.join().expect("asking Go does not panic"))
        });
        let paths = paths?;
        let mut asked = Self { paths, go, compiler: BTreeSet::new(), selected: BTreeMap::new() };
        let left = open
            .iter()
            .filter(|(context, found, answer)| asked.verdict(context, found, answer) != Verdict::Resolved);
        let left: BTreeSet<&str> = left.map(|(_, found, _)| found.name.text.as_str()).collect();
        asked.compiler = compiler::known(built.map(|(_, cache)| cache), &left);
        for (context, found, answer) in open {
            if let Kind::Go(selector) = &found.name.kind {
                let verdict = asked.verdict(context, found, answer);
                let of_page = asked.selected.entry(context.page.file.clone()).or_default();
                of_page.extend(selector.last().map(|last| (last.clone(), verdict)));
            }
        }
        Ok(asked)
    }

    fn verdict(&self, context: &Context<'_>, found: &Occurrence, answer: &Answer) -> Verdict {
        let name = &found.name.text;
        let selected = self.selected.get(&context.page.file).and_then(|words| words.get(name));
        let judge = |is_known: Option<bool>| match is_known {
            Some(true) => Verdict::Resolved,
            Some(false) => Verdict::Unknown,
            None => Verdict::Skipped,
        };
        if self.compiler.contains(name) {
            return Verdict::Resolved;
        }
        let verdict = match answer {
            Answer::Resolved => Verdict::Resolved,
            Answer::Paths(paths) => judge(self.paths.as_ref().map(|found| !found.is_disjoint(paths))),
            Answer::Go(name) => judge(self.go.as_ref().map(|known| known.contains(name))),
            Answer::Unknown => Verdict::Unknown,
        };
        match (verdict, selected) {
            (Verdict::Unknown, Some(selected)) => *selected,
            (Verdict::Skipped, Some(Verdict::Resolved)) => Verdict::Resolved,
            _ => verdict,
        }
    }
}

/// The lines of a listing that a reader sees.
fn shown(code: &str) -> String {
    let is_hidden = |line: &str| line.trim_start() == "#" || line.trim_start().starts_with("# ");
    code.lines().filter(|line| !is_hidden(line)).flat_map(|line| [line, "\n"]).collect()
}

/// All lines of a listing, those that are hidden without their mark.
fn without_marks(code: &str) -> String {
    let unmarked =
        |line: &'_ str| line.trim_start().strip_prefix("# ").map_or(line.to_owned(), str::to_owned);
    code.lines().map(|line| unmarked(line) + "\n").collect()
}
