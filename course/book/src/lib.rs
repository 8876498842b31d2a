//! The model of a book: pages, fences, directives, tasks, and diagnostics.
//!
//! In: the folder of a book, its Markdown and its `task.toml`s. Out: typed values with their lines,
//! and a diagnostic for everything that cannot be read. Nothing here runs a program or writes HTML.
//!
//! ```
//! use std::path::Path;
//!
//! use book::page::Page;
//!
//! let text = "# Greeting\n\n```rust\nprintln!(\"hello\");\n```\n\nSee [the end](#end).\n";
//! let page = Page::parse(Path::new("src/greeting.md"), text);
//! assert_eq!(page.headings[0].text, "Greeting");
//! assert_eq!(page.links, [(7, "#end".to_owned())]);
//! assert_eq!(page.fences[0].line, 3);
//! assert_eq!(page.fences[0].language(), "rust");
//! ```

pub mod dependencies;
pub mod diagnostic;
pub mod evidence;
pub mod fence;
pub mod files;
pub mod html;
pub mod ids;
pub mod includes;
pub mod ledger;
pub mod nearest;
pub mod page;
pub mod project;
pub mod proposals;
pub mod regions;
pub mod session;
pub mod settings;
pub mod tags;
pub mod task;
pub mod toml_text;
