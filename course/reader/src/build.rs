//! mdBook in process: the site.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use clap::{Args, ValueEnum};
use mdbook_driver::MDBook;

use crate::preprocess::Course;
use crate::site::Site;

/// Builds the static site, and returns its folder.
///
/// # Errors
///
/// When the book has problems ([`Unwell`]), or mdBook fails.
pub fn build(root: &Path, site: Site, live_reload: bool) -> Result<PathBuf> {
    let mut book = load(root)?;
    if live_reload {
        book.config
            .set("output.html.live-reload-endpoint", crate::serve::ENDPOINT)?;
    }
    book.with_renderer(site).build()?;
    Ok(book.build_dir_for("html"))
}

/// Loads the book with our preprocessor in process, in place of the command in `book.toml`.
///
/// # Errors
///
/// When mdBook cannot load the book.
pub fn load(root: &Path) -> Result<MDBook> {
    let mut book = MDBook::load(root)?;
    book.with_preprocessor(Course);
    Ok(book)
}

/// The arguments of `cargo course build`. Three programs build, each its own forms of the book.
#[derive(Debug, Args)]
pub struct Options {
    /// The book as EPUB, instead of the site
    #[arg(long)]
    pub epub: bool,
    /// The book as PDF, instead of the site; needs a Chromium
    #[arg(long)]
    pub pdf: bool,
    /// Leave out what learners write, answers, and notes for instructors, and check that none is left
    #[arg(long, value_enum, default_value_t = Edition::Full, conflicts_with_all = ["epub", "pdf"])]
    pub edition: Edition,
}

/// An edition of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Edition {
    /// Everything, in book/
    Full,
    /// Without solutions, in book-class/
    Class,
}

/// The exit codes of `cargo course build`, for its `--help`.
pub const HELP: &str = "\
Exit code:
  0  it is built
  1  the book has problems, which are reported
  2  the tool could not do its work: for the PDF, there is no Chromium. CHROMIUM names one that is not in PATH.";

/// Prints the path of what was built, and the time that took.
pub fn report(start: Instant, file: &Path) {
    anstream::println!(
        "built in {:.2} s: {}",
        start.elapsed().as_secs_f64(),
        file.display()
    );
}
