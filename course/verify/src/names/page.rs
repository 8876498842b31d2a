//! The names of one page, and what they may stand for there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use regex::Regex;

use super::grammar::{Kind, words};
use super::index::Book;
use super::occurrences::Occurrence;
use super::{Answers, Asked, allowed};
use book::diagnostic::Diagnostic;
use book::fence::Snippet;
use book::files::files_below;
use book::nearest::near;
use book::page::Page;
use book::project::{Project, module};

/// The answer to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It exists, and this is its address.
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
    /// The words of its Rust listings, of its Go listings and of its other blocks, with their lines.
    code: [BTreeMap<String, usize>; 3],
    /// Roots of paths: std, a crate.
    roots: Vec<String>,
    /// The page's code and the chapter's modules.
    sources: Vec<Source>,
    /// Types whose methods the page may name, and what the compiler says of the first words of paths.
    types: BTreeSet<String>,
    imports: Answers,
}

/// A text in Rust, and what its words may stand for.
struct Source {
    words: BTreeSet<String>,
    /// Modules: itself, and those that it writes, as in `use tokio::time::{…}`.
    roots: BTreeSet<String>,
    /// The paths of the types that it declares.
    declared: Vec<String>,
}

impl Source {
    fn new(root: Option<String>, text: &str, crates: &[String]) -> Self {
        let types = root.iter().flat_map(|root| {
            let types = TYPE.captures_iter(text);
            types.map(move |found| format!("{root}::{}", &found[1]))
        });
        let declared = types.collect();
        let modules = MODULE.captures_iter(text);
        let modules = modules.filter(|found| crates.iter().any(|name| *name == found[2]));
        let modules = modules.map(|found| found[1].to_owned());
        Self {
            words: words(text).map(str::to_owned).collect(),
            roots: modules.chain(root).collect(),
            declared,
        }
    }

    fn types(&self) -> impl Iterator<Item = &String> {
        self.words.iter().filter(|word| {
            word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains(char::is_lowercase)
        })
    }
}

static TYPE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^pub (?:struct|enum|trait|union|type) (\w+)").expect("a valid pattern")
});
static MODULE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b((\w+)(?:::[a-z]\w*)+)::").expect("a valid pattern"));

/// Types that dereference to another, whose items they offer too.
const DEREF: [(&str, &str); 3] = [
    ("String", "str"),
    ("Vec", "slice"),
    ("PathBuf", "std::path::Path"),
];

/// The types that have no other name, but for those whose methods are the same as another's.
const PRIMITIVES: [&str; 8] = ["bool", "char", "f64", "slice", "str", "u64", "array", "fn"];

impl<'a> PageNames<'a> {
    pub(super) fn new(
        project: &Project,
        page: &'a Page,
        snippets: &[Snippet<'_>],
        book: &'a Book,
        crates: &[&String],
        found: Vec<Occurrence>,
    ) -> Self {
        let mut code = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
        let mut add = |language: usize, text: &str, line: usize| {
            for word in words(text) {
                code[language].entry(word.to_owned()).or_insert(line);
            }
        };
        for snippet in snippets
            .iter()
            .filter(|snippet| snippet.page.file == page.file)
        {
            add(0, &shown(&snippet.code), snippet.fence.line);
        }
        for fence in &page.fences {
            match fence.language() {
                "go" => add(1, &fence.body, fence.line),
                "json" | "toml" | "yaml" => add(2, &fence.body, fence.line),
                // What such a block says has been checked.
                "rust" => add(2, &fence.words.join(" "), fence.line),
                _ => {}
            }
        }
        let mut roots = vec!["std".to_owned()];
        roots.extend(crates.iter().map(|name| (*name).clone()));
        let spans = found.iter().map(|occurrence| occurrence.span.clone());
        let texts: String = spans
            .chain(snippets_of(page, snippets))
            .map(|text| text + "\n")
            .collect();
        let mut sources = vec![Source::new(None, &texts, &roots)];
        let listings = project.root.join("listings/src");
        for (slug, _) in book.chapters(page.slug()) {
            for file in files_below(&listings.join(module(slug))) {
                let inside = file
                    .strip_prefix(&listings)
                    .unwrap_or(&file)
                    .with_extension("");
                let inside = inside.to_string_lossy().replace(['/', '\\'], "::");
                let root = format!("listings::{}", inside.trim_end_matches("::mod"));
                let text = fs::read_to_string(&file).unwrap_or_default();
                sources.push(Source::new(Some(root), &text, &roots));
            }
        }
        Self {
            page,
            book,
            types: sources.iter().flat_map(Source::types).cloned().collect(),
            sources,
            found: found
                .into_iter()
                .map(|occurrence| (occurrence, Found::Nowhere))
                .collect(),
            code,
            roots,
            imports: Answers::new(),
        }
    }

    fn paths(&self, kinds: &[Kind]) -> impl Iterator<Item = &Occurrence> {
        let found = self.found.iter().map(|(occurrence, _)| occurrence);
        found.filter(move |occurrence| kinds.contains(&occurrence.name.kind))
    }

    /// Questions for Go: selectors, and packages, which look like folders.
    pub(super) fn selectors(&self) -> BTreeSet<String> {
        let packages = self.paths(&[Kind::File]).map(|it| &it.name.path);
        let packages =
            packages.filter(|path| is_package(path) && self.here(Kind::File, path).is_none());
        let selectors = self.paths(&[Kind::Go]).map(|it| &it.name.path);
        packages.chain(selectors).cloned().collect()
    }

    /// Words that the compiler may list.
    pub(super) fn words_of_the_compiler(&self) -> BTreeSet<String> {
        let names = self
            .paths(&[Kind::Code, Kind::Path])
            .map(|it| &it.name.path);
        let names = names.filter(|path| path.len() > 1 && !path.contains(':'));
        names
            .filter(|path| self.here(Kind::File, path).is_none())
            .cloned()
            .collect()
    }

    pub(super) fn attributes(&self) -> BTreeSet<String> {
        self.paths(&[Kind::Attribute])
            .map(|it| it.name.path.clone())
            .collect()
    }

    /// The words that must be imported before a path begins with them.
    pub(super) fn heads(&self) -> BTreeSet<String> {
        let paths = self
            .paths(&[Kind::Path])
            .map(|it| it.name.path.split(':').next().unwrap_or_default());
        let heads = paths.chain(self.types.iter().map(String::as_str));
        let raw = |word: &&str| syn::parse_str::<syn::Ident>(&format!("r#{word}")).is_ok();
        heads.filter(raw).map(str::to_owned).collect()
    }

    /// Takes what can be imported: from the page's own chapter, or from a library.
    pub(super) fn import(&mut self, imports: &Answers) {
        let own: Vec<String> = self
            .book
            .chapters(self.page.slug())
            .map(|(slug, _)| format!("listings::{}::", module(slug)))
            .collect();
        let is_near = |path: &&String| {
            !path.starts_with("listings::") || own.iter().any(|own| path.starts_with(own))
        };
        let near = imports.iter().map(|(word, paths)| {
            let paths = paths.iter().filter(is_near).cloned().collect();
            (word.clone(), paths)
        });
        self.imports = near.collect();
    }

    /// Every path that rustdoc is asked about first.
    pub(super) fn candidates(&self) -> BTreeSet<String> {
        let names = self.paths(&[Kind::Path, Kind::Macro, Kind::Attribute]);
        names
            .flat_map(|occurrence| self.paths_of(occurrence))
            .collect()
    }

    /// The members of types that rustdoc is asked about for want of a path.
    pub(super) fn members(&self, found: &Answers) -> BTreeSet<String> {
        let is_found = |path: &String| found.get(path).is_some_and(|found| !found.is_empty());
        let names = self.paths(&[Kind::Path, Kind::Method]).filter(|it| {
            let is_known = it.cited.is_some() || self.here(it.name.kind, &it.name.path).is_some();
            !is_known && !self.paths_of(it).iter().any(is_found)
        });
        names
            .flat_map(|occurrence| self.members_of(occurrence))
            .collect()
    }

    /// The paths that a name may stand for, the likeliest first: the one with most words in the page's code.
    fn paths_of(&self, occurrence: &Occurrence) -> Vec<String> {
        let name = &occurrence.name;
        if name.kind == Kind::Method {
            return Vec::new();
        }
        let (first, rest) = name
            .path
            .split_at(name.path.find(':').unwrap_or(name.path.len()));
        let end = if name.kind == Kind::Macro { "!" } else { "" };
        let sources = self
            .sources
            .iter()
            .filter(|source| source.words.contains(first));
        let roots = self
            .roots
            .iter()
            .chain(sources.flat_map(|source| &source.roots));
        let roots = roots.map(|root| format!("{root}::{first}"));
        let heads = self.heads_of(first).chain(roots);
        let mut paths: Vec<String> = heads.map(|head| format!("{head}{rest}{end}")).collect();
        let written = |path: &String| {
            let words = path.split("::");
            words
                .filter(|word| self.code[0].contains_key(*word))
                .count()
        };
        paths.sort_by_key(|path| std::cmp::Reverse(written(path)));
        paths
    }

    /// The methods, fields and variants that a name may stand for.
    fn members_of(&self, occurrence: &Occurrence) -> Vec<String> {
        let name = &occurrence.name;
        if !matches!(name.kind, Kind::Path | Kind::Method) || name.path.contains(':') {
            return Vec::new();
        }
        let types = self.types.iter().flat_map(|of| self.heads_of(of));
        let declared = self.sources.iter().flat_map(|source| &source.declared);
        let types = types.chain(declared.cloned());
        let types = types.chain(PRIMITIVES.map(str::to_owned));
        types.map(|of| format!("{of}::{}", name.path)).collect()
    }

    fn heads_of(&self, word: &str) -> impl Iterator<Item = String> {
        let dereferenced = DEREF.into_iter().filter(move |(from, _)| *from == word);
        let imports = self.imports.get(word).into_iter().flatten().cloned();
        let itself = std::iter::once(word.to_owned());
        itself
            .chain(imports)
            .chain(dereferenced.map(|(_, to)| to.to_owned()))
    }

    /// The thing of the book with this name.
    fn here(&self, kind: Kind, path: &str) -> Option<String> {
        let slug = self.page.slug();
        let file = (kind == Kind::File).then(|| self.book.file(&self.page.file, slug, path));
        file.flatten().or_else(|| self.book.place(slug, path))
    }

    /// Judges every name.
    pub(super) fn resolve(&mut self, asked: &Asked) {
        let found: Vec<Found> = self
            .found
            .iter()
            .map(|(it, _)| self.look_up(it, asked))
            .collect();
        // The end of a selector stands for it on the same page, and so does the text of a link.
        let selectors = self.found.iter().zip(&found);
        let selectors =
            selectors.filter(|((it, _), _)| it.name.kind == Kind::Go || it.cited.is_some());
        let selectors: Vec<(String, Found)> = selectors
            .filter_map(|((it, _), found)| {
                Some((it.name.path.rsplit('.').next()?.to_owned(), found.clone()))
            })
            .collect();
        for ((occurrence, own), found) in self.found.iter_mut().zip(found) {
            let selected = |wanted: fn(&Found) -> bool| {
                let mut named = selectors
                    .iter()
                    .filter(|(last, _)| *last == occurrence.name.path);
                named
                    .find(|(_, found)| wanted(found))
                    .map(|(_, found)| found.clone())
            };
            *own = match found {
                Found::At(address) => Found::At(address),
                other => selected(|found| matches!(found, Found::At(_)))
                    .or_else(|| selected(|found| *found == Found::Unasked))
                    .unwrap_or(other),
            };
        }
    }

    fn look_up(&self, occurrence: &Occurrence, asked: &Asked) -> Found {
        let (kind, path) = (occurrence.name.kind, &occurrence.name.path);
        let mut is_asked = true;
        let mut of = |answers: &Option<Answers>, path: &str| -> Option<String> {
            is_asked &= answers.is_some();
            answers.as_ref()?.get(path)?.first().cloned()
        };
        let documented = match kind {
            Kind::Hyphens | Kind::Code => None,
            Kind::File if !is_package(path) => None,
            Kind::File | Kind::Go => of(&asked.go, path),
            Kind::Path | Kind::Method | Kind::Macro | Kind::Attribute => {
                let paths = self.paths_of(occurrence).into_iter();
                let mut paths = paths.chain(self.members_of(occurrence));
                let found = paths.find_map(|path| of(&asked.paths, &path));
                let is_attribute = found.is_none() && kind == Kind::Attribute;
                found.or_else(|| of(&asked.attributes, path).filter(|_| is_attribute))
            }
        };
        let in_code = self.in_code(occurrence);
        let in_book = match kind {
            Kind::Go | Kind::Method | Kind::Code => None,
            // A word of a listing is rather the method than the benchmark of this name.
            _ if in_code.is_some() && documented.is_some() => None,
            _ => self.here(kind, path),
        };
        let listed = || asked.listed.get(path)?.first().cloned();
        let cited = occurrence.cited.clone();
        let known = cited.or(in_book).or(documented);
        let found = known.or_else(listed).or(in_code);
        match found {
            Some(address) => Found::At(address),
            None if is_asked => Found::Nowhere,
            None => Found::Unasked,
        }
    }

    /// The line of the page whose code has a name.
    fn in_code(&self, occurrence: &Occurrence) -> Option<String> {
        let name = &occurrence.name;
        let [rust, go, data] = &self.code;
        let (blocks, words) = match name.kind {
            Kind::Go => (vec![go], name.path.split('.').collect()),
            Kind::Code | Kind::Hyphens | Kind::File => (Vec::new(), vec![name.path.as_str()]),
            _ => (vec![rust, go], name.path.split("::").collect()),
        };
        let has_all = |block: &BTreeMap<String, usize>| -> Option<usize> {
            let lines: Option<Vec<_>> =
                words.iter().map(|word| block.get(*word).copied()).collect();
            lines?.last().copied()
        };
        let line = blocks.into_iter().find_map(has_all);
        let line = line.or_else(|| data.get(&name.path).copied())?;
        Some(format!("{}:{line}", self.page.file.display()))
    }

    /// The names that resolve, with their addresses.
    pub(super) fn resolved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.found
            .iter()
            .filter_map(|(occurrence, found)| match found {
                Found::At(address) => Some((occurrence.name.text.as_str(), address.as_str())),
                _ => None,
            })
    }

    /// The message about a name that nothing knows; `resolved` are names of the book that something does.
    pub(super) fn problem(&self, found: &Occurrence, resolved: &BTreeSet<&str>) -> Diagnostic {
        let name = &found.name.text;
        let tried = match found.name.kind {
            Kind::Go => "`go doc` has no such symbol, and no Go listing on the page has it",
            Kind::File => "there is no such file, benchmark or Go package",
            Kind::Hyphens => "there is no such crate, chapter, wrong solution or benchmark",
            Kind::Code => "rustc has no such error",
            _ => {
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
        let help = match self.meant(found, resolved)[..] {
            [] => format!("correct it, {allow}"),
            ref meant => {
                let meant: Vec<_> = meant.iter().map(|name| format!("`{name}`")).collect();
                format!("did you mean {}? Correct it, {allow}", meant.join(", "))
            }
        };
        Diagnostic::new(&found.file, found.line, what).help(help)
    }

    /// Likely meanings: all of a name, or its last word.
    fn meant(&self, found: &Occurrence, resolved: &BTreeSet<&str>) -> Vec<String> {
        let name = &found.name.text;
        if found.name.kind == Kind::File {
            return near(name, self.book.files());
        }
        let code = self
            .code
            .iter()
            .flat_map(BTreeMap::keys)
            .map(String::as_str);
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

/// True if a folder may be a Go package.
fn is_package(path: &str) -> bool {
    path.starts_with(|c: char| c.is_ascii_lowercase()) && !path.contains('.')
}

fn snippets_of(page: &Page, snippets: &[Snippet<'_>]) -> impl Iterator<Item = String> {
    let own = snippets
        .iter()
        .filter(|snippet| snippet.page.file == page.file);
    own.map(|snippet| snippet.code.clone())
}

/// The lines of a listing that a reader sees.
fn shown(code: &str) -> String {
    let is_hidden = |line: &&str| line.trim_start() == "#" || line.trim_start().starts_with("# ");
    let lines = code.lines().filter(|line| !is_hidden(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}
