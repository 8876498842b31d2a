//! The second path: the book's listings as skeptic reads them.
//!
//! skeptic knows neither includes nor `compile_fail`, and wants a `main`. So its input is written anew: includes
//! expanded, every listing a program, each under a heading that names its line on the page.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use book::diagnostic::Diagnostics;
use book::fence::{Expect, expectation, fence_for, program};
use book::page::Page;
use book::project::Project;
use reader::includes;

/// Writes a file of listings for README.md and for every page that has some; returns the files.
///
/// # Errors
///
/// When the book cannot be read. Listings whose info string says nothing are left to `verify`, which names them.
pub fn write(root: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let project = Project::load(root)?;
    let readme = fs::read_to_string(root.join("README.md")).context("README.md cannot be read")?;
    let readme = Page::parse(Path::new("README.md"), &readme);
    fs::create_dir_all(out)?;
    let mut files = Vec::new();
    for page in std::iter::once(&readme).chain(&project.pages) {
        let mut text = String::new();
        for fence in &page.fences {
            let mut unsaid = Diagnostics::default();
            let Some(expect) = expectation(page, fence, &project.settings, &mut unsaid) else {
                continue;
            };
            let code = includes::expand(root, &[(page, fence.body.as_str())])?.concat();
            let words = match expect {
                Expect::Runs => "",
                Expect::Compiles => ",no_run",
                Expect::Panics { .. } => ",should_panic",
                // A failing compilation fails skeptic's test; why it fails is `verify`'s to say.
                Expect::FailsToCompile { .. } => ",no_run,should_panic",
            };
            let code = program(&code);
            let ticks = fence_for(&code);
            let _ = write!(
                text,
                "# line {}\n\n{ticks}rust{words}\n{code}{ticks}\n\n",
                fence.line
            );
        }
        if text.is_empty() {
            continue;
        }
        let file = out.join(page.file.file_name().context("a page has a file name")?);
        fs::write(&file, text)?;
        files.push(file);
    }
    Ok(files)
}
