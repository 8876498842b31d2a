//! Diagrams: drawn again by the program that can, and compared with the captured drawings.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use book::diagnostic::Diagnostics;
use book::page::Page;
use book::project::Project;
use measurements::record::Record;
use reader::diagrams::{Diagram, Redrawn};
use reader::preprocess;
use toolchain::cache::Cache;
use toolchain::program;

use crate::outputs;

/// Redraws the pages with a drawing that is not known to be current, and returns their number.
///
/// # Errors
///
/// When the program that draws cannot be started.
pub fn check(
    (project, record): (&Project, Option<&Record>),
    pages: &[&Page],
    bless: bool,
    problems: &mut Diagnostics,
    blessed: &mut Vec<(PathBuf, String)>,
) -> Result<usize> {
    // What draws is a library.
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).unwrap_or_default();
    let cache = Cache::new(project.scratch().join("cache"), lock);
    let found = |page: &Page| match preprocess::expanded(project, record, page) {
        Ok(text) => Diagram::find(page, &text),
        // Rendering reports it.
        Err(_) => Ok(Vec::new()),
    };
    let key = |diagram: &Diagram| {
        let svg = diagram.read(&project.root).ok()?;
        Some(format!("{} {svg}", diagram.header()))
    };
    let known = |diagram: &Diagram| key(diagram).is_some_and(|key| cache.has(&key));
    let pages: Vec<&Page> = pages
        .iter()
        .copied()
        .filter(|page| Diagram::is_on(page))
        .filter(|page| !found(page).is_ok_and(|diagrams| diagrams.iter().all(known)))
        .collect();
    if pages.is_empty() {
        return Ok(0);
    }
    let redrawn = redraw(&project.root, &pages, bless)?;
    if redrawn.problems.is_empty() {
        let diagrams = pages.iter().filter_map(|page| found(page).ok()).flatten();
        let keys = diagrams.filter_map(|diagram| key(&diagram));
        keys.for_each(|key| cache.add(&key));
    }
    problems.extend(redrawn.problems);
    blessed.extend(redrawn.written.into_iter().map(|it| {
        let difference = outputs::difference(&it.before, &it.now);
        (it.file, difference)
    }));
    Ok(pages.len())
}

/// Draws the diagrams of pages with the program that can.
fn redraw(root: &Path, pages: &[&Page], bless: bool) -> Result<Redrawn> {
    let output = program::command("course-publish")?
        .arg("diagrams")
        .args(bless.then_some("--bless"))
        .args(pages.iter().map(|page| &page.file))
        .current_dir(root)
        .output()
        .context("course-publish cannot be started")?;
    ensure!(
        output.status.success(),
        "the diagrams cannot be drawn: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    serde_json::from_slice(&output.stdout).context("course-publish prints no JSON")
}
