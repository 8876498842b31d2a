//! What a page, its chapter and the book know of a name, without asking anybody.

use std::collections::{BTreeMap, BTreeSet};

use super::grammar::{Kind, Name};
use super::imports::Imports;
use super::known::Known;
use super::lexer::words;
use super::occurrences::Occurrence;
use super::{allowed, compiler};
use book::fence::Snippet;
use book::nearest::near;
use book::page::Page;
use book::problem::Problem;

/// What is known of a name without asking rustdoc and Go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It exists.
    Resolved,
    /// One of these paths must exist.
    Paths(BTreeSet<String>),
    /// This must exist.
    Go(String),
    /// It may be the end of a Go selector of the page.
    Unknown,
}

/// A page and what it knows of names by itself.
pub(super) struct Context<'a> {
    pub(super) page: &'a Page,
    known: &'a Known,
    imports: Imports,
    /// The words of its Rust listings, its Go listings, and its other code blocks.
    rust: BTreeSet<String>,
    go: BTreeSet<String>,
    data: BTreeSet<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        chapters: &BTreeMap<String, Imports>,
        page: &'a Page,
        snippets: &[Snippet<'_>],
        known: &'a Known,
        crates: &[String],
    ) -> Self {
        let mut imports = Imports::of_crates(crates.iter());
        known
            .chapters(page.slug())
            .into_iter()
            .filter_map(|slug| chapters.get(slug))
            .for_each(|chapter| imports.add(chapter));
        let mut context = Self {
            page,
            known,
            imports,
            rust: BTreeSet::new(),
            go: BTreeSet::new(),
            data: BTreeSet::new(),
        };
        for snippet in snippets
            .iter()
            .filter(|snippet| snippet.page.file == page.file)
        {
            context.imports.add_code(&without_marks(&snippet.code));
            context
                .rust
                .extend(words(&shown(&snippet.code)).map(str::to_owned));
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

    /// What is known without asking anybody.
    pub(super) fn answer(&self, found: &Occurrence) -> Answer {
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
                Kind::File => self
                    .known
                    .has_file(&self.page.file, self.page.slug(), &name.text),
                Kind::Hyphens => self.known.has(self.page.slug(), &here),
                Kind::Code => self.data.contains(&name.text),
            };
        if resolved {
            return Answer::Resolved;
        }
        match &name.kind {
            Kind::Path(path) => Answer::Paths(self.imports.candidates(path)),
            Kind::Method(word) => Answer::Paths(self.imports.of_types(word).collect()),
            Kind::Macro(path) => Answer::Paths(
                self.imports
                    .candidates(path)
                    .into_iter()
                    .map(|path| path + "!")
                    .collect(),
            ),
            Kind::Attribute(path) => Answer::Paths(self.imports.candidates(path)),
            Kind::Go(_) => Answer::Go(name.text.clone()),
            Kind::File
                if name.text.starts_with(|c: char| c.is_ascii_lowercase())
                    && !name.text.contains('.') =>
            {
                Answer::Go(name.text.clone())
            }
            Kind::File | Kind::Hyphens | Kind::Code => Answer::Unknown,
        }
    }

    /// What to say of a name that nothing knows; `resolved` are names of the book that something does.
    pub(super) fn problem(&self, found: &Occurrence, resolved: &BTreeSet<&str>) -> Problem {
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
            what = format!(
                "{what} (shown in line {line} of {})",
                self.page.file.display()
            );
        }
        let allow = format!("or allow it, with a reason, in {}", allowed::FILE);
        let help = match self.meant(&found.name, resolved)[..] {
            [] => format!("correct it, {allow}"),
            ref meant => {
                let meant: Vec<_> = meant.iter().map(|name| format!("`{name}`")).collect();
                format!("did you mean {}? Correct it, {allow}", meant.join(", "))
            }
        };
        Problem::new(&found.file, found.line, what).help(help)
    }

    /// What the author may have meant: all of a name, or its last word.
    fn meant(&self, name: &Name, resolved: &BTreeSet<&str>) -> Vec<String> {
        let slug = self.page.slug();
        if name.kind == Kind::File {
            return near(&name.text, self.known.files());
        }
        let listed = self
            .rust
            .iter()
            .chain(&self.go)
            .chain(&self.data)
            .map(String::as_str);
        let book = self
            .imports
            .names()
            .chain(self.known.names(slug))
            .chain(resolved.iter().copied());
        let all = listed.chain(book);
        let all: BTreeSet<&str> = all.collect();
        let whole = near(&name.text, all.iter().copied());
        if !whole.is_empty() {
            return whole;
        }
        let last = name.text.rsplit([':', '.']).next().unwrap_or_default();
        near(last.trim_matches(['!', '(', ')', '#', '[', ']']), all)
    }
}

/// The lines of a listing that a reader sees.
fn shown(code: &str) -> String {
    let is_hidden = |line: &str| line.trim_start() == "#" || line.trim_start().starts_with("# ");
    code.lines()
        .filter(|line| !is_hidden(line))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// All lines of a listing, those that are hidden without their mark.
fn without_marks(code: &str) -> String {
    let unmarked = |line: &'_ str| {
        line.trim_start()
            .strip_prefix("# ")
            .map_or(line.to_owned(), str::to_owned)
    };
    code.lines().map(|line| unmarked(line) + "\n").collect()
}
