//! The book as readers see it.
//!
//! In: the folder of a book. Out: Markdown and HTML: directives become the text that mdBook renders
//! ([`preprocess`]), and mdBook's HTML becomes the site ([`build`]), which [`serve`] shows on this
//! machine.
//!
//! ```
//! use std::{fs, path::Path};
//!
//! use book::{page::Page, project::Project};
//! use reader::directives::{Place, expand};
//!
//! let folder = tempfile::tempdir()?;
//! fs::create_dir(folder.path().join("src"))?;
//! fs::write(folder.path().join("src/SUMMARY.md"), "# Summary\n")?;
//! let project = Project::load(folder.path())?;
//! let page = Page::parse(Path::new("src/a.md"), "# A\n\n{{#seal}}\n");
//! let shown = expand(Place { project: &project, record: None, page: &page }).unwrap();
//! assert!(shown.contains("<strong>Not verified</strong>"));
//! # anyhow::Ok(())
//! ```

pub mod build;
pub mod diagrams;
pub mod directives;
pub mod includes;
pub mod plot;
pub mod preprocess;
pub mod serve;
pub mod site;
