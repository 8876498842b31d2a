//! The table of contents, as plain HTML in every page.

use std::fmt::Write as _;

use book::html::escape_text;
use mdbook_driver::book::{Book, BookItem};

use super::{Chapter, url};

/// The contents, with the current page's own headings below it.
pub fn html(book: &Book, chapters: &[Chapter], current: Option<usize>, root: &str) -> String {
    let nav = Nav {
        chapters,
        current: current.map(|at| &chapters[at]),
        root,
    };
    let mut out = String::from("<ol>\n");
    nav.items(&book.items, &mut out);
    out + "</ol>\n"
}

struct Nav<'a> {
    chapters: &'a [Chapter],
    current: Option<&'a Chapter>,
    root: &'a str,
}

impl Nav<'_> {
    fn items(&self, items: &[BookItem], out: &mut String) {
        for item in items {
            match item {
                BookItem::Chapter(chapter) => self.chapter(chapter, out),
                // A list may only hold list items, so a separator is one, too.
                BookItem::Separator => {
                    out.push_str("<li class=\"rule\" aria-hidden=\"true\"></li>\n")
                }
                BookItem::PartTitle(title) => {
                    let _ = writeln!(out, "<li class=\"part\">{}</li>", escape_text(title));
                }
            }
        }
    }

    fn chapter(&self, item: &mdbook_driver::book::Chapter, out: &mut String) {
        let number = item
            .number
            .as_ref()
            .map(|number| format!("<span>{number}</span> "))
            .unwrap_or_default();
        let name = escape_text(&item.name);
        let found = item
            .path
            .as_ref()
            .map(|path| url(path))
            .and_then(|url| self.chapters.iter().find(|c| c.url == url));
        let Some(chapter) = found else {
            let _ = write!(out, "<li><span class=\"draft\">{number}{name}</span>");
            self.below(item, false, out);
            out.push_str("</li>\n");
            return;
        };
        let here = self
            .current
            .is_some_and(|current| current.url == chapter.url);
        let mark = if here { " aria-current=\"page\"" } else { "" };
        let _ = write!(
            out,
            "<li><a href=\"{}{}\" data-digest=\"{}\"{mark}>{number}{name}</a>",
            self.root, chapter.url, chapter.digest
        );
        if here && chapter.headings.len() > 1 {
            out.push_str("\n<ul class=\"here\">\n");
            for (id, text) in &chapter.headings {
                let _ = writeln!(out, "<li><a href=\"#{id}\">{}</a></li>", escape_text(text));
            }
            out.push_str("</ul>\n");
        }
        self.below(item, here, out);
        out.push_str("</li>\n");
    }

    /// The pages below a page: folded, unless the current page is one of them or the page itself.
    fn below(&self, item: &mdbook_driver::book::Chapter, here: bool, out: &mut String) {
        if item.sub_items.is_empty() {
            return;
        }
        let open = here
            || self
                .current
                .is_some_and(|current| contains(&item.sub_items, &current.url));
        let _ = write!(
            out,
            "\n<details{}><summary>{} pages</summary>\n<ol>\n",
            if open { " open" } else { "" },
            item.sub_items.len()
        );
        self.items(&item.sub_items, out);
        out.push_str("</ol>\n</details>\n");
    }
}

fn contains(items: &[BookItem], wanted: &str) -> bool {
    items.iter().any(|item| match item {
        BookItem::Chapter(chapter) => {
            chapter
                .path
                .as_ref()
                .is_some_and(|path| url(path) == wanted)
                || contains(&chapter.sub_items, wanted)
        }
        _ => false,
    })
}
