//! Terms: a link to the glossary shows the term's meaning in place.
//!
//! Without a script it is only a link. The meaning is in the page itself, so that this works from a file and offline.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use book::html;
use regex::{Captures, Regex};

use super::{Chapter, pattern, to_root};

static TERM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?s)<dt id="([^"]*)">(.*?)</dt>\s*<dd>(.*?)</dd>"#));
static LINK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"<a href="(?:\.\./)*glossary\.html#([^"]*)">"#));
static INNER: LazyLock<Regex> = LazyLock::new(|| pattern(r#" href="([^":]*)""#));

/// The page with the terms.
const PAGE: &str = "glossary.html";

/// Adds to each page the meanings of the terms that it links to.
pub fn explain(chapters: &mut [Chapter]) {
    let Some(glossary) = chapters.iter().find(|chapter| chapter.url == PAGE) else {
        return;
    };
    let terms: BTreeMap<String, (String, String)> = TERM
        .captures_iter(&glossary.html)
        .map(|found| {
            (
                found[1].to_owned(),
                (html::words(&found[2]), found[3].trim().to_owned()),
            )
        })
        .collect();
    for chapter in chapters.iter_mut().filter(|chapter| chapter.url != PAGE) {
        let mut used = BTreeSet::new();
        let html = LINK.replace_all(&chapter.html, |found: &Captures<'_>| {
            if !terms.contains_key(&found[1]) {
                return found[0].to_owned();
            }
            used.insert(found[1].to_owned());
            found[0].replacen("<a ", "<a class=\"term\" ", 1)
        });
        let mut html = html.into_owned();
        let root = to_root(&chapter.url);
        for id in used {
            let (term, meaning) = &terms[&id];
            // Its links are relative to the glossary.
            let meaning = INNER.replace_all(meaning, |found: &Captures<'_>| {
                let page = if found[1].starts_with('#') { PAGE } else { "" };
                format!(" href=\"{root}{page}{}\"", &found[1])
            });
            let _ = write!(
                html,
                "<div popover role=\"dialog\" tabindex=\"-1\" autofocus class=\"meaning\" id=\"term-{id}\" aria-label=\"{}\">\n<p><strong>{}</strong></p>\n<div>{meaning}</div>\n</div>\n",
                html::escape(term),
                html::escape_text(term)
            );
        }
        chapter.html = html;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(url: &str, html: &str) -> Chapter {
        Chapter {
            name: url.to_owned(),
            url: url.to_owned(),
            html: html.to_owned(),
            digest: String::new(),
            description: String::new(),
            headings: Vec::new(),
        }
    }

    #[test]
    fn linked_terms_bring_their_meaning_and_others_do_not() {
        let mut chapters = [
            chapter(
                "glossary.html",
                "<dl>\n<dt id=\"a-b\"><a class=\"header\" href=\"#a-b\">A b</a></dt>\n<dd>See <a href=\"scope.html\">it</a>, <a href=\"#c\">c</a>.</dd>\n<dt id=\"c\">C</dt>\n<dd>Third.</dd>\n</dl>",
            ),
            chapter(
                "proposals/x.html",
                "<p><a href=\"../glossary.html#a-b\">a b</a> <a href=\"../glossary.html\">all</a></p>",
            ),
        ];
        explain(&mut chapters);
        let html = &chapters[1].html;
        assert!(
            html.contains("<a class=\"term\" href=\"../glossary.html#a-b\">")
                && html.contains("<a href=\"../glossary.html\">"),
            "{html}"
        );
        assert!(
            html.contains("id=\"term-a-b\"") && !html.contains("term-c\""),
            "{html}"
        );
        assert!(
            html.contains("href=\"../scope.html\"") && html.contains("href=\"../glossary.html#c\""),
            "{html}"
        );
    }
}
