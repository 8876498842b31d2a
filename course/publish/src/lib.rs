//! The book as one file, EPUB or PDF, and the cards that links to its pages show.

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

/// The renderer `html`, in place of mdBook's own, that writes such a form.
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

/// Writes the book as one file, and returns where it lies: `target/<title>.epub` or `.pdf`.
///
/// # Errors
///
/// When the book has problems , when mdBook fails, or when there is nothing here that prints.
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
