//! The site.
//!
//! mdBook turns the pages into HTML, as usual. This module puts its own frame around them, in place of mdBook's:
//! `theme/page.hbs` with one style sheet and one small script. The navigation is part of the page, code is highlighted
//! here, and what few readers need (search, the copy for offline) is fetched on demand.
//!
//! `mdbook build` without this tool shows the same pages in mdBook's own theme.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use ::book::files::slashed;
use ::book::html;
use anyhow::{Context, Result};
use handlebars::Handlebars;
use mdbook_driver::book::{self, BookItem};
use mdbook_html::HtmlHandlebars;
use mdbook_renderer::{RenderContext, Renderer};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use serde_json::{Value, json};

mod answers;
pub mod code;
pub mod content;
pub mod files;
mod glossary;
mod highlight;
mod moved;
pub mod names;
mod nav;
mod search;

/// Compiles a pattern that this program contains.
pub fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

/// Draws a page's card as PNG, from the SVG template, the book's title and the page's.
pub type DrawCard = fn(&str, &str, &str) -> Result<Vec<u8>>;

/// The size of a card in pixels, as social networks ask for it.
pub const CARD: (u32, u32) = (1200, 630);

/// The renderer `html`, in place of mdBook's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Site {
    /// Draws the cards, if the book has an address; if `None`, pages have no cards.
    pub cards: Option<DrawCard>,
}

impl Renderer for Site {
    fn name(&self) -> &str {
        "html"
    }

    fn render(&self, context: &RenderContext) -> Result<()> {
        let bare = bare(context)?;
        let chapters = chapters(context, &bare)?;
        let files = Build::new(context, &chapters, self.cards)?.files(&bare)?;
        files::write(&context.destination, &files)
    }
}

/// A page of the book.
struct Chapter {
    name: String,
    /// The address, relative to the root of the site: `proposals/weak.html`.
    url: String,
    /// The content, rewritten.
    html: String,
    /// A digest of its words.
    digest: String,
    /// The first sentences.
    description: String,
    /// The second-level headings, as identifier and text.
    headings: Vec<(String, String)>,
}

/// mdBook's HTML of every page, with nothing around it.
pub fn bare(context: &RenderContext) -> Result<PathBuf> {
    let scratch = context.root.join("target/course");
    let theme = scratch.join("bare-theme");
    fs::create_dir_all(&theme)?;
    fs::write(theme.join("index.hbs"), "{{{ content }}}")?;
    let mut context = context.clone();
    context.destination = scratch.join("bare");
    let html = "output.html";
    context.config.set(format!("{html}.theme"), &theme)?;
    context
        .config
        .set(format!("{html}.additional-css"), Vec::<PathBuf>::new())?;
    context
        .config
        .set(format!("{html}.additional-js"), Vec::<PathBuf>::new())?;
    context.config.set(format!("{html}.search.enable"), false)?;
    HtmlHandlebars::new().render(&context)?;
    Ok(context.destination)
}

/// The pages that have a file: mdBook's chapter, the address, and mdBook's HTML of each.
pub fn pages<'a>(
    context: &'a RenderContext,
    bare: &Path,
) -> Result<Vec<(&'a book::Chapter, String, String)>> {
    let mut pages = Vec::new();
    for item in context.book.iter() {
        let BookItem::Chapter(chapter) = item else {
            continue;
        };
        let Some(path) = &chapter.path else { continue };
        let url = url(path);
        let file = bare.join(&url);
        let html = fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        pages.push((chapter, url, html));
    }
    Ok(pages)
}

fn chapters(context: &RenderContext, bare: &Path) -> Result<Vec<Chapter>> {
    let links = names::Links::new(context);
    let chapter = |(chapter, url, html): &(&book::Chapter, String, String)| {
        let digest = digest(html::words(&content::without_asides(html)).as_bytes());
        let html = links.add(chapter, &content::rewrite(html));
        Chapter {
            name: chapter.name.clone(),
            digest,
            description: content::description(&html),
            headings: content::headings(&html),
            url: url.clone(),
            html,
        }
    };
    let pages = pages(context, bare)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = pages.len().div_ceil(threads).max(1);
    let mut chapters: Vec<Chapter> = thread::scope(|scope| {
        let parts = pages.chunks(share);
        let running: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(chapter).collect::<Vec<_>>()))
            .collect();
        let parts = running.into_iter().map(|part| part.join());
        parts
            .flat_map(|part| part.expect("no page panics"))
            .collect()
    });
    glossary::explain(&mut chapters);
    moved::mark(
        &mut chapters,
        &context.config.html_config().unwrap_or_default().redirect,
    );
    Ok(chapters)
}

/// The address of a page's file on the site, with `/` on every system.
pub fn url(path: &Path) -> String {
    slashed(&path.with_extension("html"))
}

/// The path of a page's card on the site.
fn card_name(url: &str) -> String {
    format!("cards/{}.png", url.trim_end_matches(".html"))
}

/// A short digest, for names.
fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..8].to_owned()
}

/// A build of the site: all that its pages have in common.
struct Build<'a> {
    context: &'a RenderContext,
    chapters: &'a [Chapter],
    handlebars: Handlebars<'static>,
    /// The names of the style sheet, the script and the search index.
    css: (String, String),
    js: (String, String),
    search: (String, String),
    favicon: Vec<u8>,
    cards: Option<DrawCard>,
    /// The address the site will have, without a slash at the end, if it is known.
    address: Option<String>,
}

impl<'a> Build<'a> {
    fn new(
        context: &'a RenderContext,
        chapters: &'a [Chapter],
        cards: Option<DrawCard>,
    ) -> Result<Self> {
        let html = context.config.html_config().unwrap_or_default();
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        handlebars.register_template_string("page", files::theme(&context.root, "page.hbs")?)?;
        let css = files::style(context)?;
        let js = files::theme(&context.root, "site.js")?;
        let named = |name: &str, ending: &str, text: String| {
            (format!("{name}-{}.{ending}", digest(text.as_bytes())), text)
        };
        let site_url = html.site_url.unwrap_or_default();
        Ok(Self {
            context,
            chapters,
            cards,
            handlebars,
            css: named("site", "css", files::without_comments(&css)),
            js: named("site", "js", js),
            search: named("search", "js", search::index(chapters)?),
            favicon: files::theme(&context.root, "favicon.svg")?.into_bytes(),
            address: site_url
                .starts_with("http")
                .then(|| site_url.trim_end_matches('/').to_owned()),
        })
    }

    /// Every file of the site.
    fn files(&self, bare: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for (at, chapter) in self.chapters.iter().enumerate() {
            files.insert(
                chapter.url.clone(),
                self.page(at, &chapter.url)?.into_bytes(),
            );
        }
        if !self.chapters.is_empty() {
            files.insert(
                "index.html".to_owned(),
                self.page(0, "index.html")?.into_bytes(),
            );
        }
        files.insert("404.html".to_owned(), self.missing()?.into_bytes());
        for (name, text) in [&self.css, &self.js, &self.search] {
            files.insert(name.clone(), text.clone().into_bytes());
        }
        files.insert("favicon.svg".to_owned(), self.favicon.clone());
        files.extend(files::others(self.context, bare)?);
        files.insert("robots.txt".to_owned(), self.robots().into_bytes());
        if let Some(address) = &self.address {
            files.insert("sitemap.xml".to_owned(), self.sitemap(address).into_bytes());
        }
        if let Some((_, draw)) = self.cards() {
            let template = files::theme(&self.context.root, "card.svg")?;
            let book = self.context.config.book.title.clone().unwrap_or_default();
            for chapter in self.chapters {
                let picture = draw(&template, &book, &chapter.name)?;
                files.insert(card_name(&chapter.url), picture);
            }
        }
        files.insert("sw.js".to_owned(), self.worker(&files)?.into_bytes());
        Ok(files)
    }

    /// The address and the function for cards, which are linked by absolute addresses only.
    fn cards(&self) -> Option<(&String, DrawCard)> {
        self.address.as_ref().zip(self.cards)
    }

    fn page(&self, at: usize, url: &str) -> Result<String> {
        let chapter = &self.chapters[at];
        let link = |chapter: &Chapter| json!({ "title": chapter.name, "link": chapter.url });
        let mut data = self.data(&chapter.name, &chapter.description, url);
        data["content"] = json!(chapter.html);
        data["nav"] = json!(nav::html(
            &self.context.book,
            self.chapters,
            Some(at),
            &to_root(url)
        ));
        data["previous"] = at
            .checked_sub(1)
            .map_or(Value::Null, |at| link(&self.chapters[at]));
        data["next"] = self.chapters.get(at + 1).map_or(Value::Null, link);
        data["page"] = json!(chapter.url);
        data["digest"] = json!(chapter.digest);
        // The first page has two addresses; this is the canonical one.
        let own = if at == 0 { "" } else { &chapter.url };
        data["canonical"] = json!(
            self.address
                .as_ref()
                .map(|address| format!("{address}/{own}"))
        );
        let card = self.cards().map(|(address, _)| {
            let (width, height) = CARD;
            json!({ "url": format!("{address}/{}", card_name(&chapter.url)), "width": width, "height": height })
        });
        data["card"] = json!(card);
        self.handlebars
            .render("page", &data)
            .context("theme/page.hbs cannot be rendered")
    }

    /// The page for an address that does not exist.
    fn missing(&self) -> Result<String> {
        let html = self.context.config.html_config().unwrap_or_default();
        let mut data = self.data(
            "No such page",
            "There is no page at this address.",
            "404.html",
        );
        let mut list = String::new();
        for chapter in self
            .chapters
            .iter()
            .filter(|chapter| !chapter.url.contains('/'))
        {
            list += &format!(
                "<li><a href=\"{}\">{}</a></li>\n",
                chapter.url,
                html::escape_text(&chapter.name)
            );
        }
        data["content"] = json!(format!(
            "<h1>No such page</h1>\n<p>Nothing is at this address. It may have been misspelt, or the page has moved.</p>\n\
             <p id=\"nearest\" hidden></p>\n<p>These are the chapters:</p>\n<ul>\n{list}</ul>\n"
        ));
        data["nav"] = json!(nav::html(&self.context.book, self.chapters, None, ""));
        // It is shown at any depth, so it has a base for its links, and its style sheet and script
        // inline. A book without an address may be in any folder of its host: then the script finds
        // out which.
        data["guess"] = json!(html.site_url.is_none());
        data["base"] = json!(html.site_url.unwrap_or_else(|| "/".to_owned()));
        data["inline"] = json!({
            "css": self.css.1,
            "js": self.js.1,
            "favicon": utf8_percent_encode(&String::from_utf8_lossy(&self.favicon), NON_ALPHANUMERIC).to_string(),
        });
        self.handlebars
            .render("page", &data)
            .context("theme/page.hbs cannot be rendered")
    }

    fn data(&self, title: &str, description: &str, url: &str) -> Value {
        let config = &self.context.config;
        let html = config.html_config().unwrap_or_default();
        let book_title = config.book.title.clone().unwrap_or_default();
        let of_the_book = config.book.description.clone().unwrap_or_default();
        let description = if description.is_empty() {
            &of_the_book
        } else {
            description
        };
        json!({
            "language": config.book.language,
            "title": title,
            "full_title": if book_title.is_empty() { title.to_owned() } else { format!("{title} · {book_title}") },
            "book_title": book_title,
            "description": description,
            "root": to_root(url),
            "css": self.css.0,
            "js": self.js.0,
            "search": self.search.0,
            "limit": html.search.unwrap_or_default().limit_results,
            "repository": html.git_repository_url,
            "live_reload": html.live_reload_endpoint,
            "previous": null,
            "next": null,
            "page": null,
            "digest": null,
            "canonical": null,
            "card": null,
            "base": null,
            "guess": null,
            "inline": null,
        })
    }

    fn robots(&self) -> String {
        let sitemap = self
            .address
            .as_ref()
            .map(|address| format!("Sitemap: {address}/sitemap.xml\n"));
        format!("User-agent: *\nAllow: /\n{}", sitemap.unwrap_or_default())
    }

    fn sitemap(&self, address: &str) -> String {
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                       <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
            .to_owned();
        for (at, chapter) in self.chapters.iter().enumerate() {
            let own = if at == 0 { "" } else { &chapter.url };
            out += &format!(
                "<url><loc>{}/{}</loc></url>\n",
                html::escape_text(address),
                html::escape_text(own)
            );
        }
        out + "</urlset>\n"
    }

    /// The service worker, which stores the book for offline reading under a digest of all its files.
    fn worker(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<String> {
        let kept: Vec<_> = files
            .keys()
            .filter(|name| !matches!(name.as_str(), "robots.txt" | "sitemap.xml"))
            .collect();
        let mut all = Vec::new();
        for name in &kept {
            all.extend_from_slice(&files[*name]);
        }
        let script = files::theme(&self.context.root, "sw.js")?;
        let kept: Vec<_> = kept
            .into_iter()
            .filter(|name| !name.ends_with(".png"))
            .collect();
        Ok(script
            .replace("EDITION", &digest(&all))
            .replace("[\"FILES\"]", &serde_json::to_string(&kept)?))
    }
}

/// The relative path from a page to the root of the site.
fn to_root(url: &str) -> String {
    "../".repeat(url.matches('/').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_know_the_way_to_the_root() {
        assert_eq!(
            (to_root("a.html").as_str(), to_root("a/b/c.html").as_str()),
            ("", "../../")
        );
        assert_eq!(url(Path::new("proposals/weak.md")), "proposals/weak.html");
    }
}
