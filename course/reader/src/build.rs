//! mdBook in process: the site.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
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

/// The text of `cargo course build --help`. Three programs build, each its own forms of the book.
pub const HELP: &str = "\
Build the site into book/, that for a class into book-class/, or the book as one file into target/

Usage: cargo course build [OPTIONS]

Options:
      --epub               The book as EPUB, instead of the site
      --pdf                The book as PDF, instead of the site; needs a Chromium
      --edition <EDITION>  full: everything, in book/; class: without what learners write, answers, and notes for
                           instructors, in book-class/, after checking that none is left [default: full]
  -h, --help               Print help

Exit code:
  0  it is built
  1  the book has problems, which are reported
  2  the tool could not do its work: for the PDF, there is no Chromium. CHROMIUM names one that is not in PATH.
";

/// Prints the path of what was built, and the time that took.
pub fn report(start: Instant, file: &Path) {
    anstream::println!(
        "built in {:.2} s: {}",
        start.elapsed().as_secs_f64(),
        file.display()
    );
}
