//! The files of the site: those of the theme, those beside the pages, and the folder they are written to.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use book::files::{files_below, slashed};
use mdbook_renderer::RenderContext;
use regex::Regex;

use super::pattern;

/// The theme of a book without one of its own.
const THEME: &[(&str, &str)] = &[
    ("card.svg", include_str!("../../../../theme/card.svg")),
    ("favicon.svg", include_str!("../../../../theme/favicon.svg")),
    ("page.hbs", include_str!("../../../../theme/page.hbs")),
    ("site.css", include_str!("../../../../theme/site.css")),
    ("site.js", include_str!("../../../../theme/site.js")),
    ("sw.js", include_str!("../../../../theme/sw.js")),
];

static COMMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)/\*.*?\*/\s*"));

/// A file of the book's theme.
///
/// # Errors
///
/// When it exists and cannot be read.
pub fn theme(root: &Path, name: &str) -> Result<String> {
    let file = root.join("theme").join(name);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            match THEME.iter().find(|(of, _)| *of == name) {
                Some((_, text)) => Ok((*text).to_owned()),
                None => bail!("the theme has no {name}"),
            }
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}

/// The style sheet of the site: `site.css` for the frame, and those that `book.toml` names for the pages.
///
/// # Errors
///
/// When a file cannot be read.
pub fn style(context: &RenderContext) -> Result<String> {
    let mut css = theme(&context.root, "site.css")?;
    let html = context.config.html_config().unwrap_or_default();
    for file in html
        .additional_css
        .iter()
        .filter(|file| !file.ends_with("mdbook.css"))
    {
        css += &fs::read_to_string(context.root.join(file))
            .with_context(|| format!("{} cannot be read", file.display()))?;
    }
    Ok(css)
}

/// Removes comments and indentation from a style sheet.
pub fn without_comments(css: &str) -> String {
    let css = COMMENT.replace_all(css, "");
    css.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The files in `src/` that are not pages, and mdBook's redirects.
pub fn others(context: &RenderContext, bare: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let source = context.source_dir();
    for path in files_below(&source) {
        if path.extension().is_none_or(|ending| ending != "md") {
            let name = slashed(path.strip_prefix(&source)?);
            files.insert(name, fs::read(path)?);
        }
    }
    for from in context
        .config
        .html_config()
        .unwrap_or_default()
        .redirect
        .keys()
    {
        let name = from.trim_start_matches('/').to_owned();
        // A redirect of a heading is part of its page.
        if !name.contains('#') {
            let html = fs::read(bare.join(&name))
                .with_context(|| format!("no redirect was made of {from}"))?;
            files.insert(name, html);
        }
    }
    Ok(files)
}

/// Makes a folder hold these files and no others. A file with the right content is not written again.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in files {
        let file = folder.join(name);
        if fs::read(&file).is_ok_and(|there| there == *bytes) {
            continue;
        }
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, bytes).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    for path in files_below(folder) {
        if !files.contains_key(&slashed(path.strip_prefix(folder)?)) {
            fs::remove_file(&path)?;
            let mut around = path.ancestors().skip(1).take_while(|it| *it != folder);
            // This fails for a folder that is not empty, which stays, and so do those around it.
            while around.next().is_some_and(|it| fs::remove_dir(it).is_ok()) {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_holds_what_is_written_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let files = |names: &[&str]| {
            names
                .iter()
                .map(|name| ((*name).to_owned(), name.as_bytes().to_vec()))
                .collect()
        };
        write(folder.path(), &files(&["a.html", "old/b.html"])).unwrap();
        write(folder.path(), &files(&["a.html", "c/d.html"])).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("c/d.html")).unwrap(),
            "c/d.html"
        );
        assert!(folder.path().join("a.html").exists() && !folder.path().join("old").exists());
    }

    #[test]
    fn style_sheets_lose_comments_only() {
        assert_eq!(
            without_comments("/* why\n */\na {\n    b: c; /* d */\n}\n"),
            "a {\nb: c; }"
        );
    }

    #[test]
    fn book_without_a_theme_has_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(theme(folder.path(), "page.hbs").unwrap().contains("<main"));
        assert!(theme(folder.path(), "none").is_err());
    }
}
