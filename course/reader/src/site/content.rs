//! The content of a page: mdBook's HTML, rewritten for readers.

use std::borrow::Cow;
use std::sync::LazyLock;

use book::html;
use regex::{Captures, Regex};

use super::{answers, code, pattern};

static HEADING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?s)<h([1-6]) id="([^"]*)"[^>]*>(.*?)</h[1-6]>"#));
static PARAGRAPH: LazyLock<Regex> = LazyLock::new(|| pattern("(?s)<p>(.*?)</p>"));
static ASIDE: LazyLock<Regex> = LazyLock::new(|| pattern("(?s)<aside.*?</aside>"));

/// The length of a description that search engines show, in letters.
const DESCRIPTION: usize = 155;

static TABLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)<thead>\s*<tr>\s*<td></td>.*?</table>"));
static FIRST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<tr>\s*<td>(.*?)</td>"));

/// Rewrites a page.
pub fn rewrite(html: &str) -> String {
    code::rewrite(&answers::rewrite(&tables(html)))
}

/// Makes tables accessible by keyboard and screen reader.
pub fn tables(html: &str) -> String {
    // A table that scrolls needs to be reachable by keyboard.
    let html = html.replace(
        "<div class=\"table-wrapper\">",
        "<div class=\"table-wrapper\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">",
    );
    // An empty `<th>` is not a heading, and the box of a task list needs a name.
    let html = html.replace("<th></th>", "<td></td>").replace(
        "<input disabled=\"\" type=\"checkbox\"",
        "<input disabled=\"\" type=\"checkbox\" aria-label=\"to do\"",
    );
    // Below an empty corner are the headings of the rows.
    TABLE
        .replace_all(&html, |table: &Captures<'_>| {
            let row = |row: &Captures<'_>| match &row[1] {
                "" => row[0].to_owned(),
                heading => format!("<tr><th scope=\"row\">{heading}</th>"),
            };
            FIRST.replace_all(&table[0], row).into_owned()
        })
        .into_owned()
}

/// A page without its header and its seal, whose dates change without the page.
pub fn without_asides(html: &str) -> Cow<'_, str> {
    ASIDE.replace_all(html, "")
}

/// The first long paragraph, cut at a word.
pub fn description(html: &str) -> String {
    let html = without_asides(html);
    let paragraphs = PARAGRAPH
        .captures_iter(&html)
        .map(|found| html::words(&found[1]));
    let Some(first) = paragraphs
        .into_iter()
        .find(|text| text.chars().count() > 60)
    else {
        return String::new();
    };
    if first.chars().count() <= DESCRIPTION {
        return first;
    }
    let cut: String = first.chars().take(DESCRIPTION - 1).collect();
    let words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end_matches([',', ';', ':', '.']))
}

/// The second-level headings: identifier and text.
pub fn headings(html: &str) -> Vec<(String, String)> {
    let second = |found: Captures<'_>| {
        (&found[1] == "2").then(|| (found[2].to_owned(), html::words(&found[3])))
    };
    HEADING.captures_iter(html).filter_map(second).collect()
}

/// A page's parts, each with the identifier and text of its heading, and its own text.
pub fn sections(html: &str) -> Vec<(String, String, String)> {
    let found: Vec<_> = HEADING.captures_iter(html).collect();
    let ends = found
        .iter()
        .skip(1)
        .map(|next| next.get(0).expect("the whole match").start())
        .chain([html.len()]);
    let section = |(heading, end): (&Captures<'_>, usize)| {
        let start = heading.get(0).expect("the whole match").end();
        (
            heading[2].to_owned(),
            html::words(&heading[3]),
            html::words(&html[start..end]),
        )
    };
    found.iter().zip(ends).map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<h1 id=\"a\"><a class=\"header\" href=\"#a\">A <code>B</code></a></h1>\n<aside><p>Not this one, which is long enough, but stands in an aside.</p></aside>\n\
        <p>Short.</p>\n<h2 id=\"c\"><a class=\"header\" href=\"#c\">C</a></h2>\n<p>This paragraph is the first that says something, and it goes on and on, so that \
        it has to be cut somewhere before its very end, but at a word, and not in the middle of one.</p>";

    #[test]
    fn description_is_the_first_real_paragraph_cut_at_a_word() {
        let description = description(PAGE);
        assert!(
            description.starts_with("This paragraph") && description.ends_with('…'),
            "{description}"
        );
        assert!(description.chars().count() <= DESCRIPTION);
    }

    #[test]
    fn rows_below_an_empty_corner_have_headings() {
        let row = |cell: &str| format!("<tr>{cell}<td>1</td></tr>");
        let table = |corner: &str| {
            format!(
                "<table><thead>{}</thead><tbody>{}</tbody></table>",
                row(corner),
                row("<td>a</td>")
            )
        };
        assert!(
            rewrite(&table("<th></th>")).contains(
                "<tr><td></td><td>1</td></tr></thead><tbody><tr><th scope=\"row\">a</th>"
            )
        );
        assert!(rewrite(&table("<th>what</th>")).contains("<tr><td>a</td>"));
    }

    #[test]
    fn sections_have_their_heading_and_their_own_text() {
        let sections = sections(PAGE);
        assert_eq!(sections.len(), 2);
        assert_eq!(
            (sections[0].0.as_str(), sections[0].1.as_str()),
            ("a", "A B")
        );
        assert!(sections[0].2.ends_with("Short.") && sections[1].2.starts_with("This"));
        assert_eq!(headings(PAGE), [("c".to_owned(), "C".to_owned())]);
    }
}
