//! The glossary, `src/glossary.md`: one definition list, in order, and every term is linked to from another page.

use std::path::Path;

use book::diagnostic::{Diagnostic, Diagnostics};
use book::files::lexical;
use book::ids::id_from;
use book::page::Page;
use book::project::Project;

/// The file of the terms.
const FILE: &str = "src/glossary.md";

/// Checks the glossary, if the book has one.
pub fn check(project: &Project, problems: &mut Diagnostics) {
    let Some(glossary) = project
        .pages
        .iter()
        .find(|page| page.file == Path::new(FILE))
    else {
        return;
    };
    for pair in glossary.terms.windows(2) {
        if pair[0].1.to_lowercase() >= pair[1].1.to_lowercase() {
            problems.push(
                Diagnostic::new(
                    FILE,
                    pair[1].0,
                    format!("`{}` is after `{}`", pair[1].1, pair[0].1),
                )
                .help("keep the terms in alphabetical order, each once"),
            );
        }
    }
    for (line, term) in &glossary.terms {
        let id = id_from(term);
        let others = project
            .pages
            .iter()
            .filter(|page| page.file != glossary.file);
        if !others.flat_map(targets).any(|target| target == id) {
            problems.push(Diagnostic::new(FILE, *line, format!("no page links to the term `{term}`")).help(
                format!("write `[{term}](glossary.md#{id})` where a reader meets it, or remove the term"),
            ));
        }
    }
}

/// The terms that a page links to.
fn targets(page: &Page) -> impl Iterator<Item = &str> {
    page.links.iter().filter_map(|(_, target)| {
        let (path, id) = target.split_once('#')?;
        let file = lexical(&page.file.parent().unwrap_or(Path::new("")).join(path));
        (file == Path::new(FILE)).then_some(id)
    })
}
