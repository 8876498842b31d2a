//! Addresses that the world may link to stay: a page or heading that was published is there, or says where it went.
//!
//! `anchors.txt` is the list, an address a line; a book that has one, if an empty one, keeps it.
//! `cargo course bless` adds what is new. Nothing is ever taken from it: what is gone has a
//! redirect, mdBook's own, in `book.toml`:
//!
//! ```toml
//! [output.html.redirect]
//! "/old-page.html" = "new-page.html"
//! "/page.html#old-heading" = "page.html#new-heading"
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use book::diagnostic::{Diagnostic, Diagnostics};
use book::files::lexical;
use book::ids::Ids;
use book::nearest::or_nearest;
use book::page::Lines;
use book::project::Project;

/// The list, in the book's root.
const FILE: &str = "anchors.txt";
const HEAD: &str = "# Addresses that were published. What is gone needs a redirect in book.toml. \
                    `cargo course bless` adds what is new.\n";

/// Checks the list and the redirects, and returns how many addresses are new.
pub fn check(project: &Project, problems: &mut Diagnostics) -> usize {
    let current = current(project);
    let redirects = redirects(project, problems);
    for (from, to, line) in &redirects {
        if current.contains(from) {
            problems.push(
                Diagnostic::new(
                    "book.toml",
                    *line,
                    format!("a redirect of `{from}`, which is still there"),
                )
                .help("remove the redirect, or rename the heading"),
            );
        }
        if !to.contains("://") && !current.contains(to) {
            problems.push(
                Diagnostic::new(
                    "book.toml",
                    *line,
                    format!("the redirect of `{from}` leads to `{to}`, which is nowhere"),
                )
                .help(or_nearest(
                    to,
                    current.iter().map(String::as_str),
                    "the book has no pages",
                )),
            );
        }
    }
    let recorded = recorded(&project.root);
    for (line, address) in &recorded {
        // Whoever comes for a heading of a page that has moved is led to the page.
        let page = address.split('#').next().unwrap_or_default();
        let moved = |(from, ..): &(String, String, usize)| from == address || from == page;
        if current.contains(address) || redirects.iter().any(moved) {
            continue;
        }
        let help = match current.contains(page) {
            true => {
                let of_page = current
                    .iter()
                    .filter(|other| other.starts_with(&format!("{page}#")));
                format!(
                    "put the heading back, or write `\"/{address}\" = \"…\"` under [output.html.redirect] in book.toml: {}",
                    or_nearest(
                        address,
                        of_page.map(String::as_str),
                        "the page has no headings"
                    )
                )
            }
            false => format!(
                "put the page back, or write `\"/{page}\" = \"…\"` under [output.html.redirect] in book.toml"
            ),
        };
        problems.push(
            Diagnostic::new(
                FILE,
                *line,
                format!("`{address}` is gone, and what links to it would lead nowhere"),
            )
            .help(help),
        );
    }
    if !project.root.join(FILE).exists() {
        return 0;
    }
    let recorded: BTreeSet<&str> = recorded
        .iter()
        .map(|(_, address)| address.as_str())
        .collect();
    current
        .iter()
        .filter(|address| !recorded.contains(address.as_str()))
        .count()
}

/// Adds what is new to the list, if the book keeps one, and returns the lines that were added.
///
/// # Errors
///
/// When the list cannot be written.
pub fn record(project: &Project) -> Result<Vec<String>> {
    if !project.root.join(FILE).exists() {
        return Ok(Vec::new());
    }
    let old: BTreeSet<String> = recorded(&project.root)
        .into_iter()
        .map(|(_, address)| address)
        .collect();
    let current = current(project);
    let new: Vec<String> = current.difference(&old).cloned().collect();
    if !new.is_empty() {
        let all = old
            .union(&current)
            .fold(HEAD.to_owned(), |text, address| text + address + "\n");
        fs::write(project.root.join(FILE), all)
            .with_context(|| format!("{FILE} cannot be written"))?;
    }
    Ok(new)
}

/// The file of the list.
#[must_use]
pub fn file() -> PathBuf {
    FILE.into()
}

/// The addresses of the pages and of their headings and terms, from the root of the site.
fn current(project: &Project) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for page in &project.pages {
        let url = address(page.inside());
        let ids = Ids::collect(&page.text, &project.settings).headings;
        all.extend(ids.into_iter().map(|id| format!("{url}#{id}")));
        all.insert(url);
    }
    all
}

fn address(file: &Path) -> String {
    file.with_extension("html")
        .iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// The list, with lines from 1.
fn recorded(root: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
    let lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| (number, line.to_owned()))
        .collect()
}

/// The redirects of `book.toml`, from and to as addresses from the root of the site, with their lines.
fn redirects(project: &Project, problems: &mut Diagnostics) -> Vec<(String, String, usize)> {
    let Ok(text) = fs::read_to_string(project.root.join("book.toml")) else {
        return Vec::new();
    };
    let Ok(book) = text.parse::<toml::Table>() else {
        return Vec::new();
    };
    let table = ["output", "html", "redirect"]
        .iter()
        .try_fold(&book, |table, key| {
            table.get(*key).and_then(toml::Value::as_table)
        });
    let lines = Lines::new(&text);
    let mut all = Vec::new();
    for (from, to) in table.into_iter().flatten() {
        let line = text
            .find(&format!("\"{from}\""))
            .map_or(0, |at| lines.at(at));
        let (Some(path), Some(to)) = (from.strip_prefix('/'), to.as_str()) else {
            problems.push(
                Diagnostic::new(
                    "book.toml",
                    line,
                    format!("the redirect of `{from}` does not begin at the root"),
                )
                .help(format!("write `\"/{from}\"`, and where it leads as a text")),
            );
            continue;
        };
        all.push((path.to_owned(), resolved(path, to), line));
    }
    all
}

/// The target of a redirect: as a link on the page that was there would.
fn resolved(from: &str, to: &str) -> String {
    if to.contains("://") {
        return to.to_owned();
    }
    let (path, id) = to
        .split_once('#')
        .map_or((to, None), |(path, id)| (path, Some(id)));
    let page = from.split('#').next().unwrap_or_default();
    let path = match path.strip_prefix('/') {
        _ if path.is_empty() => page.to_owned(),
        Some(absolute) => absolute.to_owned(),
        None => address(&lexical(
            &Path::new(page).parent().unwrap_or(Path::new("")).join(path),
        )),
    };
    id.map_or(path.clone(), |id| format!("{path}#{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_where_links_on_the_old_page_would() {
        assert_eq!(resolved("a.html", "b.html#c"), "b.html#c");
        assert_eq!(resolved("p/a.html", "../b.html"), "b.html");
        assert_eq!(resolved("p/a.html#x", "#y"), "p/a.html#y");
        assert_eq!(resolved("p/a.html", "/b.html"), "b.html");
        assert_eq!(
            resolved("a.html", "https://example.org/#a"),
            "https://example.org/#a"
        );
    }
}
