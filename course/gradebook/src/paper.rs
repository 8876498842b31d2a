//! A page for itself: Markdown as one HTML file that needs nothing else, reads on a telephone, and prints well.

use pulldown_cmark::{Parser, html};

use book::html::{escape, escape_text};
use book::page::markdown_options;

/// The whole style. Two columns of numbers fit a telephone; a table that does not is scrolled by itself.
const STYLE: &str = include_str!("paper.css");

/// Makes a page. What is in the Markdown as HTML stays HTML: it is for text of our own.
#[must_use]
pub fn page(title: &str, markdown: &str) -> String {
    let mut body = String::new();
    html::push_html(&mut body, Parser::new_ext(markdown, markdown_options()));
    let body = body
        .replace(
            "<table>",
            "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>",
        )
        .replace("</table>", "</table></div>")
        .replace("<th></th>", "<td></td>");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// A stranger's text in Markdown: nothing in it is markup, and what could be none is left as it is.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    // What HTML takes for markup, Markdown has no way to say but as a reference.
    let text = escape_text(text.trim());
    for (at, c) in text.char_indices() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => out.extend(['\\', c]),
            // A heading, a list, a rule or an underline, but only where a line begins.
            '#' | '-' | '+' | '=' if at == 0 => out.extend(['\\', c]),
            '.' | ')' if text[..at].bytes().all(|it| it.is_ascii_digit()) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_needs_nothing_else() {
        let page = page("A & B", "# T\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n");
        for link in ["href=", "src=", "@import", "url(", "<script"] {
            assert!(!page.contains(link), "{link}");
        }
        assert!(page.contains("<title>A &amp; B</title>") && page.contains("width=device-width"));
    }

    #[test]
    fn strangers_text_is_no_markup() {
        let nasty =
            "# <script>alert(1)</script> *a* [x](http://y) `z` | b &amp; 1. \\ ![i](j)\n- q";
        let html = page("t", &format!("Name: {}\n", plain(nasty)));
        let body = html.split("<main>").nth(1).unwrap();
        for tag in ["<script", "<em", "<a ", "<code", "<li", "<h1", "<img"] {
            assert!(!body.contains(tag), "{tag}: {body}");
        }
        assert!(
            body.contains(
                "&lt;script&gt;alert(1)&lt;/script&gt; *a* [x](http://y) `z` | b &amp;amp; 1."
            ),
            "{body}"
        );
    }

    #[test]
    fn line_that_begins_like_markup_is_none() {
        for nasty in [
            "# a",
            "- a",
            "+ a",
            "* a",
            "1. a",
            "12) a",
            "> a",
            "===",
            "---",
            "    a",
            "~~~",
            "```",
            "| a |\n|---|",
        ] {
            let html = page("t", &plain(nasty));
            let body = html
                .split("<main>")
                .nth(1)
                .unwrap()
                .split("</main>")
                .next()
                .unwrap();
            let tags = body.matches('<').count()
                - body.matches("<p>").count()
                - body.matches("</p>").count();
            assert_eq!(tags, 0, "{nasty}: {body}");
        }
    }

    #[test]
    fn name_stays_legible() {
        for name in [
            "Dubois, Zoé",
            "O'Neil, Sean",
            "Lee-Chan (B.)",
            "a.b+c@example.org",
            "=João",
            "C# 5",
        ] {
            let message = format!("Name: {name}");
            assert_eq!(plain(&message), message);
        }
    }
}
