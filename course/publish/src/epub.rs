//! The book as EPUB 3: a zip of pages in XHTML, a manifest, a table of contents and a style sheet.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use mdbook_driver::book::{BookItem, Chapter};
use mdbook_renderer::RenderContext;
use regex::Regex;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::plain;
use book::html::escape_text;
use reader::site::names::Links;
use reader::site::{files, pages, pattern, url};

static HREF: LazyLock<Regex> = LazyLock::new(|| pattern(r#" href="([^":]*?)\.html((?:#[^"]*)?)""#));

const CONTAINER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="book/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"#;

/// The style sheet, with only what reading systems support: `course.css` is for browsers.
const STYLE: &str = include_str!("../../../theme/book.css");

/// Writes the book.
///
/// # Errors
///
/// When a file cannot be read or written.
pub fn write(context: &RenderContext, bare: &Path, to: &Path) -> Result<()> {
    let book = &context.config.book;
    let title = book.title.clone().unwrap_or_default();
    let language = book.language.clone().unwrap_or_else(|| "en".to_owned());
    let variables = plain::variables(&files::style(context)?);
    let links = Links::new(context);
    let page_of = |chapter: &Chapter, html: &str| {
        let html = links.add(chapter, &plain::page(html));
        let html = plain::xhtml(&plain::in_the_light(&html, &variables));
        HREF.replace_all(&html, " href=\"$1.xhtml$2\"").into_owned()
    };
    let pages: Vec<_> = pages(context, bare)?
        .into_iter()
        .map(|(chapter, url, html)| (renamed(&url), chapter.name.clone(), page_of(chapter, &html)))
        .collect();
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::create(to).with_context(|| format!("{} cannot be written", to.display()))?;
    let mut zip = ZipWriter::new(file);
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let packed = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    // EPUB requires that this file is the first, and not compressed.
    zip.start_file("mimetype", stored)?;
    zip.write_all(b"application/epub+zip")?;
    let mut add = |name: &str, text: &str| -> Result<()> {
        zip.start_file(name, packed)?;
        Ok(zip.write_all(text.as_bytes())?)
    };
    add("META-INF/container.xml", CONTAINER)?;
    add(
        "book/style.css",
        &plain::in_the_light(&files::without_comments(STYLE), &variables),
    )?;
    for (name, title, html) in &pages {
        add(
            &format!("book/{name}"),
            &page(
                &language,
                title,
                &"../".repeat(name.matches('/').count()),
                html,
            ),
        )?;
    }
    let contents = format!(
        "<h1>Contents</h1>\n<nav epub:type=\"toc\" id=\"toc\">\n<ol>\n{}</ol>\n</nav>\n",
        contents(&context.book.items)
    );
    add(
        "book/contents.xhtml",
        &page(&language, "Contents", "", &contents),
    )?;
    add(
        "book/book.opf",
        &package(
            &title,
            &language,
            &book.authors,
            book.description.as_deref(),
            &pages,
        ),
    )?;
    zip.finish()?;
    Ok(())
}

fn renamed(url: &str) -> String {
    url.trim_end_matches(".html").to_owned() + ".xhtml"
}

fn page(language: &str, title: &str, root: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\" lang=\"{language}\" xml:lang=\"{language}\">\n\
         <head><title>{}</title><link rel=\"stylesheet\" type=\"text/css\" href=\"{root}style.css\"/></head>\n<body>\n{body}\n</body>\n</html>\n",
        escape_text(title)
    )
}

fn contents(items: &[BookItem]) -> String {
    let mut out = String::new();
    for item in items {
        let BookItem::Chapter(chapter) = item else {
            continue;
        };
        let Some(path) = &chapter.path else { continue };
        let _ = write!(
            out,
            "<li><a href=\"{}\">{}</a>",
            renamed(&url(path)),
            escape_text(&chapter.name)
        );
        if !chapter.sub_items.is_empty() {
            let _ = write!(out, "\n<ol>\n{}</ol>\n", contents(&chapter.sub_items));
        }
        out.push_str("</li>\n");
    }
    out
}

fn package(
    title: &str,
    language: &str,
    authors: &[String],
    description: Option<&str>,
    pages: &[(String, String, String)],
) -> String {
    let mut items = String::new();
    let mut order = String::new();
    for (at, (name, _, html)) in pages.iter().enumerate() {
        let drawn = if html.contains("<svg") {
            " properties=\"svg\""
        } else {
            ""
        };
        let _ = writeln!(
            items,
            "<item id=\"page-{at}\" href=\"{name}\" media-type=\"application/xhtml+xml\"{drawn}/>"
        );
        let _ = writeln!(order, "<itemref idref=\"page-{at}\"/>");
    }
    let who = authors.iter().fold(String::new(), |who, author| {
        who + &format!("<dc:creator>{}</dc:creator>\n", escape_text(author))
    });
    let what = description.map_or(String::new(), |what| {
        format!("<dc:description>{}</dc:description>\n", escape_text(what))
    });
    // The identifier stays the same from edition to edition.
    let name = blake3::hash(title.as_bytes()).to_hex();
    let name = format!(
        "{}-{}-4{}-8{}-{}",
        &name[..8],
        &name[8..12],
        &name[13..16],
        &name[17..20],
        &name[20..32]
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\" xml:lang=\"{language}\">\n\
         <metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <dc:identifier id=\"id\">urn:uuid:{name}</dc:identifier>\n<dc:title>{}</dc:title>\n<dc:language>{language}</dc:language>\n{who}{what}\
         <meta property=\"dcterms:modified\">{}</meta>\n\
         </metadata>\n<manifest>\n\
         <item id=\"contents\" href=\"contents.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>\n\
         <item id=\"style\" href=\"style.css\" media-type=\"text/css\"/>\n{items}</manifest>\n<spine>\n{order}</spine>\n</package>\n",
        escape_text(title),
        jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ")
    )
}
