//! The Rust listings of a book, ready to be compiled.

use std::path::PathBuf;

use anyhow::Result;
use book::diagnostic::Diagnostics;
use book::fence::{Snippet, expectation};
use book::page::Page;
use book::project::Project;
use reader::includes;

/// The Rust fences of the pages, with their includes expanded.
///
/// # Errors
///
/// When mdBook cannot expand includes.
pub fn snippets<'a>(
    project: &Project,
    pages: &[&'a Page],
    problems: &mut Diagnostics,
) -> Result<Vec<Snippet<'a>>> {
    let mut wanted = Vec::new();
    for &page in pages {
        for fence in page.fences.iter().chain(&page.playgrounds) {
            let expect = expectation(page, fence, &project.settings, problems);
            wanted.extend(expect.map(|expect| (page, fence, expect)));
        }
    }
    let texts: Vec<_> = wanted
        .iter()
        .map(|(page, fence, _)| (*page, fence.body.as_str()))
        .collect();
    let codes = includes::expand(&project.root, &texts)?;
    let snippets = wanted.into_iter().zip(codes);
    Ok(snippets
        .map(|((page, fence, expect), code)| Snippet {
            page,
            fence,
            code,
            expect,
        })
        .collect())
}

/// The place of the `{{#diagnostic NAME}}` that shows a snippet's message: the first one between
/// its fence and the next.
#[must_use]
pub fn captured_diagnostic(snippet: &Snippet<'_>) -> Option<(PathBuf, usize)> {
    let (page, fence) = (snippet.page, snippet.fence);
    let next = page
        .fences
        .iter()
        .map(|other| other.span.start)
        .find(|start| *start > fence.span.start);
    let directive = page.directives.iter().find(|directive| {
        directive.name == "diagnostic"
            && directive.span.start > fence.span.end
            && next.is_none_or(|next| directive.span.start < next)
    })?;
    Some((
        Project::captured(page.slug()?, &directive.arguments),
        directive.line,
    ))
}
