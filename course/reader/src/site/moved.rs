//! Headings that have moved: `"/page.html#old" = "page.html#new"` among mdBook's redirects.
//!
//! A heading that is still on its page gets the old id, too. For one that is on another page, the
//! old page gets a note with a link, shown only to readers who follow an old link; the script then
//! follows it.

use std::collections::HashMap;

use book::html::escape_text;

use super::Chapter;

/// Puts the old ids, or notes, on the pages that had the headings.
pub fn mark(chapters: &mut [Chapter], redirects: &HashMap<String, String>) {
    for chapter in chapters {
        let here = format!("/{}#", chapter.url);
        let file = chapter.url.rsplit('/').next().unwrap_or_default();
        let mut old: Vec<_> = redirects
            .iter()
            .filter_map(|(from, to)| Some((from.strip_prefix(&here)?, to)))
            .collect();
        old.sort();
        for (id, to) in old {
            let on_this_page = to.strip_prefix(file).unwrap_or(to).strip_prefix('#');
            let heading = on_this_page.and_then(|new| chapter.html.find(&format!(" id=\"{new}\"")));
            let start = heading.and_then(|at| chapter.html[..at].rfind('<'));
            let title = chapter
                .html
                .find("</h1>")
                .map_or(0, |at| at + "</h1>".len());
            match start {
                Some(start) => chapter.html.insert_str(start, &format!("<span id=\"{}\"></span>", escape_text(id))),
                None => chapter.html.insert_str(
                    title,
                    &format!(
                        "\n<p class=\"moved\" id=\"{}\">This part has moved. <a href=\"{}\">Go to it</a>.</p>",
                        escape_text(id),
                        escape_text(to)
                    ),
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_headings_are_where_the_new_ones_are_or_say_so() {
        let mut chapters = [Chapter {
            name: String::new(),
            url: "p/a.html".to_owned(),
            html: "<h1 id=\"a\">A</h1>\n<h2 id=\"new\">New</h2>".to_owned(),
            digest: String::new(),
            description: String::new(),
            headings: Vec::new(),
        }];
        let redirects = [
            ("/p/a.html#old", "a.html#new"),
            ("/p/a.html#gone", "../b.html#there"),
            ("/b.html#c", "d.html"),
        ];
        mark(
            &mut chapters,
            &redirects
                .map(|(from, to)| (from.to_owned(), to.to_owned()))
                .into(),
        );
        assert_eq!(
            chapters[0].html,
            "<h1 id=\"a\">A</h1>\n<p class=\"moved\" id=\"gone\">This part has moved. <a href=\"../b.html#there\">Go to it</a>.</p>\n<span id=\"old\"></span><h2 id=\"new\">New</h2>"
        );
    }
}
