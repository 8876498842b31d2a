//! One Markdown page, read for what can be checked: its fences, includes, directives, headings, links and images.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::tags::tags;

/// A page and its parts. Lines count from 1.
#[derive(Debug, Clone)]
pub struct Page {
    /// The file, relative to the book's root, such as `src/coroutines.md`.
    pub file: PathBuf,
    /// The folder of `SUMMARY.md`, which the file is below, relative to the book's root.
    pub src: PathBuf,
    /// The Markdown as written, before any directive is replaced.
    pub text: String,
    /// The fenced code blocks, in order.
    pub fences: Vec<Fence>,
    /// The listings that `{{#playground}}` makes of a file, in order.
    pub playgrounds: Vec<Fence>,
    /// The `{{#…}}` directives and includes, in order, inside fences and out.
    pub directives: Vec<Directive>,
    /// The headings, in order.
    pub headings: Vec<Heading>,
    /// The terms of definition lists, with their lines. mdBook gives each an id, as it does a heading.
    pub terms: Vec<(usize, String)>,
    /// Link targets, those of images and of raw HTML included, with their lines. A mail address is none.
    pub links: Vec<(usize, String)>,
    /// Lines of images without alternative text.
    pub images_without_alt: Vec<usize>,
    /// Lines of code blocks made by indentation.
    pub indented_code: Vec<usize>,
}

/// A fenced code block.
#[derive(Debug, Clone)]
pub struct Fence {
    /// The line of the opening fence.
    pub line: usize,
    /// The info string, as written.
    pub info: String,
    /// The words of the info string.
    pub words: Vec<String>,
    /// The text inside, before includes are expanded.
    pub body: String,
    /// The comments on the lines above, one a line, as key and value: `<!-- no_run: needs a cgroup -->`.
    pub notes: Vec<(String, String)>,
    /// The bytes of the whole block in the page.
    pub span: Range<usize>,
}

impl Fence {
    /// True if rustdoc takes it for Rust: it says so, or has nothing but words for Rust.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        RUST_WORDS.contains(&self.language())
    }

    /// True if neither rustdoc nor we look at it.
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        self.is_rust() && self.has("ignore")
    }

    /// The edition of Rust that it asks for.
    #[must_use]
    pub fn edition(&self) -> Option<&str> {
        let mut words = self.words.iter();
        words.find_map(|word| word.strip_prefix("edition"))
    }

    /// The language: the first word.
    #[must_use]
    pub fn language(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// True if the info string has this word.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    /// The value of the note above the fence that has this key.
    #[must_use]
    pub fn noted(&self, key: &str) -> Option<&str> {
        self.notes
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }
}

/// A `{{#name arguments}}` on a page.
#[derive(Debug, Clone)]
pub struct Directive {
    /// Its line.
    pub line: usize,
    /// The word after `#`.
    pub name: String,
    /// The text after it, trimmed.
    pub arguments: String,
    /// The bytes it occupies in the page.
    pub span: Range<usize>,
    /// The index of the fence it is in.
    pub fence: Option<usize>,
}

impl Directive {
    /// The file that mdBook would read: the first word.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.arguments.split_whitespace().next()
    }

    /// The listing that mdBook makes of a `{{#playground file.rs words}}`.
    fn playground(&self, text: &str) -> Option<Fence> {
        if !matches!(self.name.as_str(), "playground" | "playpen") {
            return None;
        }
        let words = self.arguments.split_whitespace().skip(1);
        let info = std::iter::once("rust").chain(words).collect::<Vec<_>>();
        Some(Fence {
            line: self.line,
            info: info.join(","),
            words: words_of(&info.join(",")),
            body: format!("{{{{#include {}}}}}\n", self.path()?),
            notes: notes_above(text, self.span.start),
            span: self.span.clone(),
        })
    }
}

/// A heading.
#[derive(Debug, Clone)]
pub struct Heading {
    /// Its line.
    pub line: usize,
    /// 1 for `#`, 2 for `##`, …
    pub level: HeadingLevel,
    /// Its text without markup.
    pub text: String,
}

/// The words of an info string after which rustdoc takes a block for Rust.
pub const RUST_WORDS: &[&str] = &[
    "rust",
    "compile_fail",
    "ignore",
    "no_run",
    "should_panic",
    "test_harness",
];

static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    // mdBook's own way of writing what is no directive: a backslash, which holds to the end of the
    // last one on the line.
    Regex::new(r"\\\{\{#.*\}\}|\{\{\s*#([A-Za-z0-9_]+)\s*([^}]*?)\s*\}\}").expect("a valid pattern")
});
static NOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)^[\s>]*<!--\s*([a-z_]+):\s*(.*?)\s*-->\s*$").expect("a valid pattern")
});

impl Page {
    /// Reads a page. Any text is a page; nothing fails here.
    #[must_use]
    pub fn parse(file: &Path, text: &str) -> Self {
        Self::parse_in(Path::new("src"), file, text)
    }

    /// Reads a page of a book whose `SUMMARY.md` may be elsewhere than in `src`.
    #[must_use]
    pub fn parse_in(src: &Path, file: &Path, text: &str) -> Self {
        let mut page = Self {
            file: file.to_owned(),
            src: src.to_owned(),
            text: text.to_owned(),
            fences: Vec::new(),
            playgrounds: Vec::new(),
            directives: Vec::new(),
            headings: Vec::new(),
            terms: Vec::new(),
            links: Vec::new(),
            images_without_alt: Vec::new(),
            indented_code: Vec::new(),
        };
        page.scan_markdown();
        page.scan_directives();
        page
    }

    fn scan_markdown(&mut self) {
        let text = self.text.clone();
        let lines = Lines::new(&text);
        let mut heading: Option<Heading> = None;
        let mut image: Option<(usize, bool)> = None;
        let mut term: Option<(usize, String)> = None;
        for (event, span) in Parser::new_ext(&text, markdown_options()).into_offset_iter() {
            let line = lines.at(span.start);
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    self.fences.push(Fence {
                        line,
                        words: words_of(&info),
                        info: info.into_string(),
                        body: String::new(),
                        notes: notes_above(&text, span.start),
                        span,
                    });
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => {
                    self.indented_code.push(line)
                }
                Event::Text(part) if self.inside_last_fence(span.start) => {
                    if let Some(fence) = self.fences.last_mut() {
                        fence.body.push_str(&part);
                    }
                }
                Event::Start(Tag::Heading { level, .. }) => {
                    heading = Some(Heading {
                        line,
                        level,
                        text: String::new(),
                    });
                }
                Event::End(TagEnd::Heading(_)) => self.headings.extend(heading.take()),
                Event::Start(Tag::DefinitionListTitle) => term = Some((line, String::new())),
                Event::End(TagEnd::DefinitionListTitle) => self.terms.extend(term.take()),
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    ..
                }) if link_type != LinkType::Email => self.links.push((line, dest_url.into())),
                Event::Start(Tag::HtmlBlock) => self.raw(&text[span.clone()], span.start, &lines),
                Event::InlineHtml(html) => self.raw(&html, span.start, &lines),
                Event::Start(Tag::Image { dest_url, .. }) => {
                    self.links.push((line, dest_url.into()));
                    image = Some((line, false));
                }
                Event::End(TagEnd::Image) => {
                    if let Some((line, false)) = image.take() {
                        self.images_without_alt.push(line);
                    }
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.text.push_str(&part);
                    }
                    if let Some((_, term)) = &mut term {
                        term.push_str(&part);
                    }
                    if let Some((_, has_alt)) = &mut image {
                        *has_alt |= !part.trim().is_empty();
                    }
                }
                _ => {}
            }
        }
    }

    fn inside_last_fence(&self, at: usize) -> bool {
        self.fences
            .last()
            .is_some_and(|fence| fence.span.contains(&at))
    }

    /// Notes the links and images of raw HTML.
    fn raw(&mut self, html: &str, at: usize, lines: &Lines) {
        for tag in tags(html) {
            let line = lines.at(at + tag.at);
            let target = match tag.name.as_str() {
                "a" => tag.attribute("href"),
                "img" => tag.attribute("src"),
                _ => None,
            };
            self.links.extend(target.map(|it| (line, it.to_owned())));
            if tag.name == "img" && tag.attribute("alt").is_none() {
                self.images_without_alt.push(line);
            }
        }
    }

    fn scan_directives(&mut self) {
        let lines = Lines::new(&self.text);
        for found in DIRECTIVE.captures_iter(&self.text) {
            let whole = found.get(0).expect("the whole match");
            let (Some(name), Some(arguments)) = (found.get(1), found.get(2)) else {
                continue;
            };
            let directive = Directive {
                line: lines.at(whole.start()),
                name: name.as_str().to_owned(),
                arguments: arguments.as_str().to_owned(),
                span: whole.range(),
                fence: self
                    .fences
                    .iter()
                    .position(|fence| fence.span.contains(&whole.start())),
            };
            self.playgrounds.extend(directive.playground(&self.text));
            self.directives.push(directive);
        }
    }

    /// The text of the first heading.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.headings.first().map(|heading| heading.text.as_str())
    }

    /// The file's path below the folder of `SUMMARY.md`.
    #[must_use]
    pub fn inside(&self) -> &Path {
        self.file.strip_prefix(&self.src).unwrap_or(&self.file)
    }

    /// The page's name: its path below the folder of `SUMMARY.md`, without the ending, such as `proposals/weak`.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.inside().with_extension("");
        name.to_string_lossy().replace('\\', "/")
    }

    /// The chapter's slug: the page's name, if the page is directly in the folder of `SUMMARY.md`.
    #[must_use]
    pub fn slug(&self) -> Option<&str> {
        (self.file.parent()? == self.src)
            .then(|| self.file.file_stem()?.to_str())
            .flatten()
    }
}

/// Offsets of the lines of a text, to find a line by a byte offset.
pub struct Lines(Vec<usize>);

impl Lines {
    /// Finds the lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(
            std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
        )
    }

    /// The line, from 1.
    pub fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}

/// The Markdown dialect of mdBook 0.5, but for smart punctuation, which changes the text.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

fn words_of(info: &str) -> Vec<String> {
    info.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The `<!-- key: value -->` on the lines directly above a byte offset, the nearest first.
fn notes_above(text: &str, at: usize) -> Vec<(String, String)> {
    let indentation = [' ', '\t', '>'];
    let Some(before) = text[..at].trim_end_matches(indentation).strip_suffix('\n') else {
        return Vec::new();
    };
    let notes = before.rsplit('\n').map_while(|line| NOTE.captures(line));
    notes
        .map(|found| (found[1].to_owned(), found[2].to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page::parse(Path::new("src/a-page.md"), text)
    }

    #[test]
    fn fences_know_their_line_words_and_note() {
        let page = page("# T\n\n<!-- no_run: waits for ever -->\n```rust,no_run\nloop {}\n```\n");
        let fence = &page.fences[0];
        assert_eq!(
            (fence.line, fence.language(), fence.has("no_run")),
            (4, "rust", true)
        );
        assert_eq!(fence.noted("no_run"), Some("waits for ever"));
        assert_eq!(fence.body, "loop {}\n");
    }

    #[test]
    fn fences_have_the_notes_of_all_comment_lines_above() {
        let page = page("<!-- no_run: far -->\n\n<!-- a: 1 -->\n<!-- b: 2 -->\n```rust\nx\n```\n");
        let fence = &page.fences[0];
        assert_eq!(
            (fence.noted("a"), fence.noted("b"), fence.noted("no_run")),
            (Some("1"), Some("2"), None)
        );
    }

    #[test]
    fn directives_know_their_fence_and_escapes_are_text() {
        let page = page("{{#task}}\n```rust\n{{#include a.rs:x}}\n```\n\\{{#output a}}\n");
        let seen: Vec<_> = page
            .directives
            .iter()
            .map(|d| (d.line, d.name.as_str(), d.fence))
            .collect();
        assert_eq!(seen, [(1, "task", None), (3, "include", Some(0))]);
        assert_eq!(page.directives[1].arguments, "a.rs:x");
    }

    #[test]
    fn images_need_alternative_text() {
        let page = page("![](a.png)\n\n![a cat](b.png)\n");
        assert_eq!(page.images_without_alt, [1]);
        assert_eq!(page.links.len(), 2);
    }

    #[test]
    fn slug_is_the_file_name_of_a_page_in_src() {
        assert_eq!(page("").slug(), Some("a-page"));
        assert_eq!(
            Page::parse(Path::new("src/proposals/x.md"), "").slug(),
            None
        );
    }
}
