//! The book as PDF: all pages in one, printed by a Chromium.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use mdbook_renderer::RenderContext;
use regex::{Captures, Regex};

use crate::plain;
use book::files::{lexical, slashed};
use book::html::escape_text;
use reader::site::names::Links;
use reader::site::{files, pages, pattern};

static ID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#" (id|for|name|aria-labelledby|aria-describedby|href|xlink:href)="([^"]*)"|url\(#([^)"]*)\)"#,
    )
});

/// Writes the book.
///
/// # Errors
///
/// When there is no Chromium, when it fails, or when a file cannot be read or written.
pub fn write(context: &RenderContext, bare: &Path, to: &Path) -> Result<()> {
    let chromium = chromium().context(
        "no Chromium found, which prints the PDF: install chromium or Google Chrome, or name one in CHROMIUM",
    )?;
    let page = context.root.join("target/course/print.html");
    fs::write(&page, whole(context, bare)?)?;
    let profile = tempfile::tempdir()?;
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    // If printing fails, an old file must not look like the new one.
    let _ = fs::remove_file(to);
    let mut command = Command::new(&chromium);
    command
        .args([
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-pdf-header-footer",
        ])
        .args(["--generate-pdf-document-outline", "--export-tagged-pdf"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--print-to-pdf={}", to.display()))
        .arg(page);
    #[cfg(target_os = "linux")]
    if rustix::process::geteuid().is_root() {
        // Its sandbox refuses root, and the page to print is our own.
        command.arg("--no-sandbox");
    }
    let said = command
        .output()
        .with_context(|| format!("{} cannot be started", chromium.display()))?;
    if !said.status.success() || !to.is_file() {
        bail!(
            "{} ended with {} and made no PDF:\n{}",
            chromium.display(),
            said.status,
            String::from_utf8_lossy(&said.stderr)
        );
    }
    Ok(())
}

/// Finds a Chromium on this machine.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let folders: Vec<PathBuf> =
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let in_path = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let elsewhere =
        ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"].map(PathBuf::from);
    in_path.chain(elsewhere).find(|file| file.is_file())
}

/// The HTML of all pages in one.
fn whole(context: &RenderContext, bare: &Path) -> Result<String> {
    let book = &context.config.book;
    let title = escape_text(&book.title.clone().unwrap_or_default());
    let mut contents = String::new();
    let mut sections = String::new();
    let links = Links::new(context);
    for (chapter, url, html) in pages(context, bare)? {
        let html = links
            .add(chapter, &plain::page(&html))
            .replace("<details", "<details open=\"\"");
        let name = prefix(&url);
        let _ = writeln!(
            contents,
            "<li class=\"level-{}\"><a href=\"#{name}\">{}</a></li>",
            chapter.parent_names.len(),
            escape_text(&chapter.name)
        );
        let _ = writeln!(
            sections,
            "<section class=\"page\" id=\"{name}\">\n{}\n</section>",
            joined(&html, &url)
        );
    }
    let css = files::style(context)?;
    let css = plain::in_the_light(&css, &plain::variables(&css));
    Ok(format!(
        "<!doctype html>\n<html lang=\"{}\" data-theme=\"light\">\n<head><meta charset=\"utf-8\"><title>{title}</title><style>{css}</style></head>\n\
         <body class=\"paper\"><div class=\"content\"><main>\n<section class=\"page\"><h1>{title}</h1>\n<p>{}</p>\n<ul class=\"contents\">\n{contents}</ul>\n</section>\n{sections}</main></div></body>\n</html>\n",
        book.language.as_deref().unwrap_or("en"),
        escape_text(book.description.as_deref().unwrap_or_default())
    ))
}

/// The prefix of a page's ids in the whole book.
fn prefix(url: &str) -> String {
    url.trim_end_matches(".html").replace('/', "--")
}

/// Makes the ids of a page unique in the whole book, and its links lead to its sections.
fn joined(html: &str, url: &str) -> String {
    let name = prefix(url);
    let rewritten = ID.replace_all(html, |found: &Captures<'_>| {
        if let Some(id) = found.get(3) {
            return format!("url(#{name}--{})", id.as_str());
        }
        let (attribute, value) = (&found[1], &found[2]);
        let value = match attribute {
            "href" | "xlink:href" => link(value, url),
            _ => value
                .split(' ')
                .map(|id| format!("{name}--{id}"))
                .collect::<Vec<_>>()
                .join(" "),
        };
        format!(" {attribute}=\"{value}\"")
    });
    styled(&rewritten, &name)
}

/// Adapts the style sheets of drawings, which refer to their ids.
fn styled(html: &str, name: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<style>") {
        let (style, after) = after.split_once("</style>").unwrap_or((after, ""));
        out.push_str(before);
        let _ = write!(
            out,
            "<style>{}</style>",
            style.replace("#diagram-", &format!("#{name}--diagram-"))
        );
        rest = after;
    }
    out + rest
}

fn link(value: &str, url: &str) -> String {
    if value.contains(':') {
        return value.to_owned();
    }
    let (path, id) = value.split_once('#').unwrap_or((value, ""));
    let page = if path.is_empty() {
        url.to_owned()
    } else {
        let folder = Path::new(url).parent().unwrap_or(Path::new(""));
        slashed(&lexical(&folder.join(path)))
    };
    match id {
        "" => format!("#{}", prefix(&page)),
        id => format!("#{}--{id}", prefix(&page)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_in_one_keep_their_links_and_do_not_share_ids() {
        let html = joined(
            "<h2 id=\"a\"><a href=\"#a\">A</a></h2><a href=\"weak.html#b\">b</a><a href=\"../scope.html\">s</a><a href=\"https://x.org/#c\">c</a>",
            "proposals/x.html",
        );
        assert_eq!(
            html,
            "<h2 id=\"proposals--x--a\"><a href=\"#proposals--x--a\">A</a></h2><a href=\"#proposals--weak--b\">b</a><a href=\"#scope\">s</a><a href=\"https://x.org/#c\">c</a>"
        );
    }

    #[test]
    fn drawings_keep_their_style_and_their_marks() {
        let html = joined(
            "<svg id=\"diagram-1\"><style>#diagram-1 .a{fill:red}</style><path marker-end=\"url(#tip)\"/></svg>",
            "a.html",
        );
        assert_eq!(
            html,
            "<svg id=\"a--diagram-1\"><style>#a--diagram-1 .a{fill:red}</style><path marker-end=\"url(#a--tip)\"/></svg>"
        );
    }
}
