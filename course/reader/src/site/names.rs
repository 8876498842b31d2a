//! Names in prose become links to their documentation.
//!
//! `verify` keeps the addresses of the names that it has found, by page. Without them, and for a name that it has not
//! seen yet, the code is no link.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use book::html::{escape, unescape};
use mdbook_driver::book::Chapter;
use mdbook_renderer::RenderContext;
use regex::{Captures, Regex};

use super::{pattern, to_root, url};

/// The file of the names, below the folder of what can be made again.
pub const FILE: &str = "names.json";

/// By page and name, the address of what it names: of its documentation, or a place in the book's folder. It is empty
/// for one that may mean several things.
pub type Names = BTreeMap<PathBuf, BTreeMap<String, String>>;

/// Reads the names that were found, if they were.
#[must_use]
pub fn read(scratch: &Path) -> Names {
    let text = fs::read(scratch.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Code, and what has no room for a link: other links, headings, and what a click opens or chooses.
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    let without = ["a", "h[1-6]", "label", "pre", "summary", "svg"]
        .map(|tag| format!(r"<{tag}\b[^>]*>.*?</{tag}>"))
        .join("|");
    pattern(&format!("(?s){without}|<code>([^<]*)</code>"))
});

/// The links of a book.
#[derive(Debug)]
pub struct Links {
    names: Names,
    src: PathBuf,
    repository: Option<String>,
}

impl Links {
    /// Reads the links of a book.
    #[must_use]
    pub fn new(context: &RenderContext) -> Self {
        let html = context.config.html_config().unwrap_or_default();
        Self {
            names: read(&context.root.join("target/course")),
            src: context.config.book.src.clone(),
            repository: html.git_repository_url,
        }
    }

    /// Adds the links to the HTML of a page.
    #[must_use]
    pub fn add(&self, chapter: &Chapter, html: &str) -> String {
        let source = chapter.source_path.as_ref();
        let names = source.and_then(|source| self.names.get(&self.src.join(source)));
        let (Some(names), Some(path)) = (names, &chapter.path) else {
            return html.to_owned();
        };
        let root = to_root(&url(path));
        let link = |found: &Captures<'_>| {
            let code = found.get(1)?;
            let text = unescape(code.as_str());
            // Arguments do not belong to the name.
            let name = text.split(['(', '<']).next().unwrap_or_default();
            let address = names.get(&text).or_else(|| names.get(name))?;
            let href = self.href(address, &root)?;
            Some(format!(
                "<a class=\"name\" href=\"{}\">{}</a>",
                escape(&href),
                &found[0]
            ))
        };
        CODE.replace_all(html, |found: &Captures<'_>| {
            link(found).unwrap_or_else(|| found[0].to_owned())
        })
        .into_owned()
    }

    /// The link to an address, from a page that has a way to the root of the site.
    fn href(&self, address: &str, root: &str) -> Option<String> {
        if address.is_empty() {
            return None;
        }
        if address.contains("://") {
            return Some(address.to_owned());
        }
        let (file, line) = match address.rsplit_once(':') {
            Some((file, line)) => (file, format!("#L{line}")),
            None => (address, String::new()),
        };
        match Path::new(file).strip_prefix(&self.src) {
            Ok(page) if page.extension().is_some_and(|it| it == "md") => {
                // A line of a page is a block of code, which the reader has before them.
                line.is_empty().then(|| format!("{root}{}", url(page)))
            }
            _ => Some(format!(
                "{}/blob/HEAD/{file}{line}",
                self.repository.as_ref()?
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(html: &str, repository: Option<&str>) -> String {
        let addresses = [
            ("Vec::len", "https://doc.rust-lang.org/std/#len"),
            ("Rc", "https://doc.rust-lang.org/std/rc?a&b"),
            ("here", "src/deep/a.md:3"),
            ("weak", "src/weak.md"),
            ("answer", "listings/src/lib.rs:7"),
            ("several", ""),
        ];
        let addresses = addresses.map(|(name, address)| (name.to_owned(), address.to_owned()));
        let links = Links {
            names: [("src/deep/a.md".into(), addresses.into())].into(),
            src: "src".into(),
            repository: repository.map(str::to_owned),
        };
        let chapter = Chapter::new("A", String::new(), "deep/a.md", Vec::new());
        links.add(&chapter, html)
    }

    #[test]
    fn names_that_are_known_are_links_and_others_are_not() {
        for (code, href) in [
            ("Vec::len", "https://doc.rust-lang.org/std/#len"),
            ("Vec::len(&amp;self)", "https://doc.rust-lang.org/std/#len"),
            ("Rc&lt;u8&gt;", "https://doc.rust-lang.org/std/rc?a&amp;b"),
            ("weak", "../weak.html"),
        ] {
            let html = format!("<td><code>{code}</code></td>");
            let expected =
                format!("<td><a class=\"name\" href=\"{href}\"><code>{code}</code></a></td>");
            assert_eq!(linked(&html, None), expected);
        }
        for code in ["Vec::length", "here", "answer", ""] {
            let html = format!("<p><code>{code}</code></p>");
            assert_eq!(linked(&html, None), html);
        }
    }

    #[test]
    fn links_headings_blocks_and_controls_stay_as_they_are() {
        for html in [
            "<a href=\"#b\">a <code>weak</code></a>",
            "<h2 id=\"b\"><code>weak</code></h2>",
            "<pre><code>weak</code></pre>",
            "<details><summary><code>weak</code></summary></details>",
            "<label class=\"choice\"><input> <span><code>weak</code></span></label>",
        ] {
            assert_eq!(linked(html, None), html);
        }
    }

    #[test]
    fn listings_are_linked_to_in_the_repository_if_there_is_one() {
        let html = linked(
            "<code>answer</code><code>here</code><code>several</code>",
            Some("https://a.b/c"),
        );
        assert_eq!(
            html,
            "<a class=\"name\" href=\"https://a.b/c/blob/HEAD/listings/src/lib.rs#L7\"><code>answer</code></a>\
             <code>here</code><code>several</code>"
        );
    }
}
