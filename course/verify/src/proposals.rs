//! The summaries of proposals that the book has.

use std::path::Path;

use book::diagnostic::{Diagnostic, Diagnostics};
use book::files::files_below;
use book::project::Project;
use book::proposals::{FOLDER, TEMPLATE, is_summary, read};
use exercise::proposals::judge;

/// Judges the summaries of the book, and finds those that no page shows.
pub fn check(project: &Project, problems: &mut Diagnostics) {
    for page in project.pages.iter().filter(|page| is_summary(page)) {
        problems.extend(judge(&page.file, &read(&page.text), true));
    }
    // A summary that `SUMMARY.md` does not list would be missing from the index as well, and nobody would notice.
    for path in files_below(&project.root.join(FOLDER)) {
        let file = path.strip_prefix(&project.root).unwrap_or(&path);
        let is_summary =
            file.extension().is_some_and(|it| it == "md") && file != Path::new(TEMPLATE);
        if is_summary && !project.pages.iter().any(|page| page.file == file) {
            let what = "this summary is not in src/SUMMARY.md, so no page and no index shows it";
            let help = "list it below the chapter `proposals`";
            problems.push(Diagnostic::new(file, 0, what).help(help));
        }
    }
}
