//! The book as one file, the cards of its pages, and its diagrams.
//!
//! In: the folder of a book, or the template and the words of a card. Out: EPUB or PDF in `target/`, and pictures. What
//! only these need (a zip, fonts, a rasteriser) is linked here, so that `cargo course serve` starts without it.
//!
//! ```
//! let template = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630">
//!     <text y="90" font-size="60">{{book}}</text>
//!     {{#each lines}}<text y="{{y}}" font-size="60">{{text}}</text>{{/each}}
//! </svg>"#;
//! let png = publish::card::draw(template, "A Book", "Its First Page")?;
//! assert!(png.starts_with(b"\x89PNG"));
//! # anyhow::Ok(())
//! ```

pub mod card;
pub mod diagrams;
mod epub;
mod pdf;
mod plain;

use std::path::{Path, PathBuf};

use anyhow::Result;
use mdbook_renderer::{RenderContext, Renderer};
use reader::build::load;
use reader::site;

/// A form of the book that is one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// EPUB 3.
    Epub,
    /// PDF, printed by a Chromium.
    Pdf,
}

/// A renderer `html`, in place of mdBook's own, that writes such a form.
#[derive(Debug, Clone)]
struct OneFile {
    form: Form,
    to: PathBuf,
}

impl Renderer for OneFile {
    fn name(&self) -> &str {
        "html"
    }

    fn render(&self, context: &RenderContext) -> Result<()> {
        let bare = site::bare(context)?;
        match self.form {
            Form::Epub => epub::write(context, &bare, &self.to),
            Form::Pdf => pdf::write(context, &bare, &self.to),
        }
    }
}

/// Writes the book as one file, and returns its path: `target/<title>.epub` or `.pdf`.
///
/// # Errors
///
/// When the book has problems, when mdBook fails, or when there is no Chromium to print the PDF.
pub fn build(root: &Path, form: Form) -> Result<PathBuf> {
    let mut book = load(root)?;
    let title = book
        .config
        .book
        .title
        .clone()
        .unwrap_or_else(|| "book".to_owned())
        .to_lowercase();
    let words: Vec<_> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let ending = match form {
        Form::Epub => "epub",
        Form::Pdf => "pdf",
    };
    let to = root
        .join("target")
        .join(format!("{}.{ending}", words.join("-")));
    book.with_renderer(OneFile {
        form,
        to: to.clone(),
    })
    .build()?;
    Ok(to)
}
