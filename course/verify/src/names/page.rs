//! The names of one page, and what they may mean there.

use std::collections::{BTreeMap, BTreeSet};

use super::grammar::Kind;
use super::index::{Book, Code};
use super::occurrences::{Occurrence, occurrences};
use super::{Asked, allowed, rust};
use book::diagnostic::Diagnostic;
use book::fence::{Snippet, hidden};
use book::files::slashed;
use book::nearest::near;
use book::page::Page;
use book::project::Project;

/// The answer to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It exists, and this is its address; there is none if it may be one of several things.
    At(String),
    /// Nothing knows it.
    Nowhere,
    /// Nobody who might know it could be asked.
    Unasked,
}

/// A page and its names.
pub(super) struct PageNames<'a> {
    pub(super) page: &'a Page,
    book: &'a Book,
    pub(super) found: Vec<(Occurrence, Found)>,
    /// Its blocks, as far as they are shown.
    code: Vec<Code>,
    /// Its listings with hidden lines, and its names: what they write tells what is imported.
    whole: Code,
}

impl<'a> PageNames<'a> {
    pub(super) fn new(
        project: &Project,
        page: &'a Page,
        snippets: &[Snippet<'_>],
        book: &'a Book,
    ) -> Self {
        let file = slashed(&page.file);
        let block = |text: &str, line: usize| Code::new(file.clone(), text, |_| line);
        let found = occurrences(project, page);
        let mut text: String = found.iter().map(|it| it.span.clone() + "\n").collect();
        let mut code = Vec::new();
        for snippet in snippets.iter().filter(|it| it.page.file == page.file) {
            let shown = snippet.code.lines().filter(|line| hidden(line).is_none());
            let shown: String = shown.flat_map(|line| [line, "\n"]).collect();
            code.push(block(&shown, snippet.fence.line));
            text += &snippet.code;
        }
        for fence in &page.fences {
            match fence.language() {
                "go" | "json" | "toml" | "yaml" => code.push(block(&fence.body, fence.line)),
                // What such a block says has been checked.
                "rust" => code.push(block(&fence.words.join(" "), fence.line)),
                _ => {}
            }
        }
        Self {
            page,
            book,
            found: found.into_iter().map(|it| (it, Found::Nowhere)).collect(),
            code,
            whole: block(&text, 0),
        }
    }

    fn of(&self, kinds: &[Kind]) -> impl Iterator<Item = &Occurrence> {
        let found = self.found.iter().map(|(it, _)| it);
        found.filter(move |it| kinds.contains(&it.name.kind) && it.cited.is_none())
    }

    /// Questions for Go: selectors, and packages, which look like folders.
    pub(super) fn selectors(&self) -> BTreeSet<String> {
        let names = self.of(&[Kind::Thing, Kind::Go]).map(|it| &it.name);
        let names = names.filter(|name| name.kind == Kind::Go || is_package(&name.path));
        names.map(|name| name.path.clone()).collect()
    }

    /// Questions for rustdoc.
    pub(super) fn paths(&self) -> BTreeSet<String> {
        let names = self.of(&[Kind::Path, Kind::Macro, Kind::Attribute]);
        names
            .flat_map(|it| self.paths_of(it).into_iter().flatten())
            .collect()
    }

    /// The paths that a name may mean: itself; what the page writes, its chapter, the book.
    fn paths_of(&self, it: &Occurrence) -> [Vec<String>; 4] {
        let path = &it.name.path;
        let (word, rest) = path.split_at(path.find(':').unwrap_or(path.len()));
        let end = if it.name.kind == Kind::Macro { "!" } else { "" };
        let heads = [
            [word.to_owned()].into(),
            heads(word, [&self.whole]),
            heads(word, self.book.code(self.page.slug())),
            heads(word, self.book.code(None)),
        ];
        heads.map(|heads: BTreeSet<String>| {
            let paths = heads.into_iter().map(|head| format!("{head}{rest}{end}"));
            paths.collect()
        })
    }

    /// Judges every name.
    pub(super) fn resolve(&mut self, asked: &Asked) {
        let names = self.found.iter();
        let found: Vec<Found> = names.map(|(it, _)| self.look_up(it, asked)).collect();
        // The end of a selector means it on the same page, and so does the text of a link.
        let ends = self.found.iter().zip(&found).filter(|((it, _), found)| {
            (it.name.kind == Kind::Go || it.cited.is_some()) && **found != Found::Nowhere
        });
        let ends: BTreeMap<String, Found> = ends
            .filter_map(|((it, _), found)| {
                Some((it.name.path.rsplit('.').next()?.to_owned(), found.clone()))
            })
            .collect();
        for ((it, own), found) in self.found.iter_mut().zip(found) {
            let is_known = matches!(found, Found::At(_));
            let end = ends.get(&it.name.path).filter(|_| !is_known);
            *own = end.cloned().unwrap_or(found);
        }
    }

    fn look_up(&self, it: &Occurrence, asked: &Asked) -> Found {
        let (kind, path) = (it.name.kind, &it.name.path);
        let is_go = kind == Kind::Go || kind == Kind::Thing && is_package(path);
        let of_go = || asked.go.as_ref()?.get(path)?.first().cloned();
        let known = match kind {
            _ if it.cited.is_some() => it.cited.clone(),
            Kind::Go => of_go().or_else(|| self.on_page(path)),
            Kind::Thing => self
                .thing(path)
                .or_else(|| self.on_page(path))
                .or_else(of_go),
            Kind::Code => rust::error(path),
            Kind::Method => self.in_code(path),
            Kind::Path | Kind::Macro | Kind::Attribute => self.item(it, asked),
        };
        let is_asked = match kind {
            _ if is_go => asked.go.is_some(),
            Kind::Thing | Kind::Code => true,
            _ => asked.paths.is_some(),
        };
        match known {
            Some(address) => Found::At(address),
            None if is_asked => Found::Nowhere,
            None => Found::Unasked,
        }
    }

    /// The place of a file, or of what else the book calls so.
    fn thing(&self, path: &str) -> Option<String> {
        // What a build makes is there, and nobody else's file is.
        let is_built = path.split('/').next() == Some("target");
        let file = || self.book.file(self.page.slug(), path);
        let known = is_built.then(String::new).or_else(file);
        known.or_else(|| self.book.named(path))
    }

    /// The address of an item's documentation, or its place; it is empty if it may be one of several.
    fn item(&self, it: &Occurrence, asked: &Asked) -> Option<String> {
        let (kind, path) = (it.name.kind, &it.name.path);
        let paths = self.paths_of(it);
        let [itself, on_page, near, far] = &paths;
        let found = |paths: &[String]| -> BTreeSet<&String> {
            let answers = paths
                .iter()
                .filter_map(|path| asked.paths.as_ref()?.get(path)?.first());
            answers.collect()
        };
        let link = |paths: &[String]| {
            let address = one(found(paths))?;
            let is_macro = MACROS.iter().any(|page| address.contains(page));
            (!is_macro || kind != Kind::Path).then(|| address.clone())
        };
        // A word in lower case alone may be a method, or no Rust, but a library.
        let is_vague = kind == Kind::Path && !path.contains(|c: char| c == ':' || c.is_uppercase());
        let written = |paths: &[String]| link(paths).filter(|_| !is_vague);
        let library = |address: &String| !is_vague || !address.starts_with(STD);
        let linked = link(itself).filter(library).or_else(|| written(on_page));
        // Of the code of other chapters, only what it has from std is likely to be meant.
        let is_std = |address: &String| address.starts_with(STD);
        let is_chapter = self.book.has(self.page.slug());
        let near = || written(near).filter(|address| is_chapter || is_std(address));
        let linked = linked.or_else(near).or_else(|| self.on_page(path));
        let placed = linked.or_else(|| self.book.named(path));
        let placed = placed
            .or_else(|| self.in_code(path))
            .or_else(|| written(far).filter(is_std));
        let all = paths.iter().flat_map(|paths| found(paths));
        let known = placed.or_else(|| all.map(|_| String::new()).next());
        // What is no macro and in code that compiles is built in.
        known.map(|place| {
            if kind == Kind::Attribute && !place.contains("://") {
                ATTRIBUTES.to_owned()
            } else {
                place
            }
        })
    }

    /// The line of the page whose code has a name.
    fn on_page(&self, path: &str) -> Option<String> {
        self.code.iter().find_map(|code| code.place(path))
    }

    /// The place of a name in the code of the page or of its chapter. That of a test in a module of its group may be in
    /// another file.
    fn in_code(&self, path: &str) -> Option<String> {
        let code = || self.book.code(self.page.slug());
        let place = self
            .on_page(path)
            .or_else(|| code().find_map(|code| code.place(path)));
        place.or_else(|| {
            let (group, name) = path
                .rsplit_once("::")
                .filter(|(group, _)| group.contains("::"))?;
            code().find_map(|code| code.place(group))?;
            code().find_map(|code| code.place(name))
        })
    }

    /// The names that resolve, with their addresses.
    pub(super) fn resolved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.found.iter().filter_map(|(it, found)| match found {
            Found::At(address) => Some((it.name.text.as_str(), address.as_str())),
            _ => None,
        })
    }

    /// The message about a name that nothing knows; `resolved` are names of the book that something does.
    pub(super) fn problem(&self, it: &Occurrence, resolved: &BTreeSet<&str>) -> Diagnostic {
        let name = &it.name.text;
        let tried = match it.name.kind {
            Kind::Go => "`go doc` has no such symbol, and no Go listing on the page has it",
            Kind::Thing => {
                "there is no such file, crate, chapter, wrong solution, benchmark or Go package"
            }
            Kind::Code => "rustc has no such error",
            _ => {
                "it is in no listing on the page, rustdoc does not find it, and nothing in the book is called so"
            }
        };
        let mut what = format!("`{name}` names nothing: {tried}");
        if it.span != *name {
            what = format!("in `{}`, {what}", it.span);
        }
        if let Some(line) = it.shown {
            what += &format!(" (shown in line {line} of {})", self.page.file.display());
        }
        let allow = format!("or allow it, with a reason, in {}", allowed::FILE);
        let help = match self.meant(it, resolved)[..] {
            [] if it.name.kind == Kind::Path => {
                format!("correct it, write its whole path, {allow}")
            }
            [] => format!("correct it, {allow}"),
            ref meant => format!("did you mean `{}`? Correct it, {allow}", meant.join("`, `")),
        };
        Diagnostic::new(&it.file, it.line, what).help(help)
    }

    /// Likely meanings: all of a name, or its last word.
    fn meant(&self, it: &Occurrence, resolved: &BTreeSet<&str>) -> Vec<String> {
        let name = &it.name.text;
        let code = self.code.iter().flat_map(Code::words);
        let book = self.book.names(self.page.slug());
        let all: BTreeSet<&str> = code.chain(book).chain(resolved.iter().copied()).collect();
        let whole = near(name, all.iter().copied());
        if !whole.is_empty() {
            return whole;
        }
        let last = name.rsplit([':', '.']).next().unwrap_or_default();
        near(last.trim_matches(['!', '(', ')', '#', '[', ']']), all)
    }
}

/// The paths to something that some code writes, from the crate if the code has a path to the first word as well.
fn heads<'a>(word: &str, code: impl IntoIterator<Item = &'a Code>) -> BTreeSet<String> {
    let code: Vec<&Code> = code.into_iter().collect();
    let written = |word: &str| -> BTreeSet<String> {
        code.iter()
            .flat_map(|code| code.paths(word))
            .cloned()
            .collect()
    };
    let mut paths = written(word);
    for path in paths.clone() {
        let (first, rest) = path.split_once("::").unwrap_or_default();
        paths.extend(
            written(first)
                .iter()
                .map(|before| format!("{before}::{rest}")),
        );
    }
    paths
}

const STD: &str = "https://doc.rust-lang.org/";

/// Pages of macros: a path without `!` means something else.
const MACROS: [&str; 3] = ["/macro.", "/attr.", "/derive."];

const ATTRIBUTES: &str =
    "https://doc.rust-lang.org/reference/attributes.html#built-in-attributes-index";

/// The address that is meant by one of several: the only one, or the only one in std.
fn one(addresses: BTreeSet<&String>) -> Option<&String> {
    let in_std = |address: &&&String| address.starts_with(STD);
    let std: Vec<_> = addresses.iter().filter(in_std).collect();
    match (&std[..], addresses.len()) {
        ([address], _) => Some(address),
        (_, 1) => addresses.first().copied(),
        _ => None,
    }
}

/// True if a folder may be a Go package.
fn is_package(path: &str) -> bool {
    path.starts_with(|c: char| c.is_ascii_lowercase()) && !path.contains('.')
}
