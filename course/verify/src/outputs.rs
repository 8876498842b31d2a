//! Outputs on a page are those of the programs: run again and compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;
use similar::TextDiff;

use book::diagnostic::{Diagnostic, Diagnostics};
use book::files::files_below;
use book::includes::{self, Target};
use book::project::{Project, nothing_captured};
use book::session;
use book::task::{Mode, Output};
use measurements::record::Record;
use reader::diagrams::Diagram;
use reader::preprocess;

/// Compares what was captured with what came out now.
///
/// # Errors
///
/// A [`Diagnostic`] with the difference, at `file:line`, when they differ or nothing was captured.
pub fn compare(
    root: &Path,
    captured: &Path,
    now: &str,
    how: &Output,
    (file, line): (&Path, usize),
) -> Result<(), Diagnostic> {
    let bless = |slug: &str| format!("if the new text is right: `cargo course bless {slug}`");
    let slug = file.file_stem().unwrap_or_default().to_string_lossy();
    let Ok(before) = fs::read_to_string(root.join(captured)) else {
        let (what, help) = nothing_captured(captured, &slug);
        return Err(Diagnostic::new(file, line, what).help(help));
    };
    let (before, now) = match how.mode {
        Mode::Varies => return Ok(()),
        Mode::Deterministic => (before, now.to_owned()),
        Mode::Normalised => {
            let normal = |text| normalise(text, how);
            let (Ok(before), Ok(now)) = (normal(&before), normal(now)) else {
                // An invalid pattern was reported when task.toml was read.
                return Ok(());
            };
            (before, now)
        }
    };
    // A checkout may have turned line endings.
    let before = before.replace("\r\n", "\n");
    if before == now {
        return Ok(());
    }
    Err(Diagnostic::new(
        file,
        line,
        format!("the output differs from `{}`", captured.display()),
    )
    .detail(difference(&before, &now))
    .help(bless(&slug)))
}

/// Reports captured files that no page shows. Where a page has a problem, it may be the one that should show them.
pub fn unshown(project: &Project, record: Option<&Record>, problems: &mut Diagnostics) {
    let mut shown = BTreeSet::new();
    if !problems.is_empty() {
        return;
    }
    for page in &project.pages {
        let slug = page.slug().unwrap_or_default();
        shown.extend(page.directives.iter().filter_map(|directive| {
            let name = &directive.arguments;
            match directive.name.as_str() {
                "output" | "trace" | "steps" | "diagnostic" => Some(Project::captured(slug, name)),
                "session" => Some(session::captured(page, name)),
                _ => None,
            }
        }));
        shown.extend(includes::on(page).map(|it| Target::resolve(page, it).file));
        if Diagram::is_on(page) {
            let text = preprocess::expanded(project, record, page);
            let Some(diagrams) = text.ok().and_then(|text| Diagram::find(page, &text).ok()) else {
                // Rendering reports it, and until then nobody knows what the page shows.
                return;
            };
            shown.extend(diagrams.iter().map(Diagram::captured));
        }
    }
    for file in files_below(&project.root.join("listings/captured")) {
        let file = file.strip_prefix(&project.root).unwrap_or(&file);
        if !shown.contains(file) {
            let problem = Diagnostic::new(file, 0, "no page shows this captured text");
            problems.push(problem.help("remove it, or show it on its page"));
        }
    }
}

/// Applies the declared replacements.
pub(super) fn normalise(text: &str, how: &Output) -> Result<String, regex::Error> {
    how.normalise
        .iter()
        .try_fold(text.to_owned(), |text, rule| {
            let pattern = Regex::new(&rule.pattern)?;
            Ok(pattern.replace_all(&text, rule.with.as_str()).into_owned())
        })
}

/// The difference as `diff -u` shows it.
#[must_use]
pub fn difference(before: &str, now: &str) -> String {
    TextDiff::from_lines(before, now)
        .unified_diff()
        .context_radius(2)
        .header("captured", "now")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use book::task::Normalise;

    fn compared(before: &str, now: &str, how: &Output) -> Result<(), Diagnostic> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.txt"), before).unwrap();
        compare(
            folder.path(),
            Path::new("x.txt"),
            now,
            how,
            (Path::new("src/p.md"), 3),
        )
    }

    #[test]
    fn deterministic_output_is_compared_byte_for_byte() {
        assert!(compared("a\n", "a\n", &Output::default()).is_ok());
        assert!(compared("a\r\n", "a\n", &Output::default()).is_ok());
        let problem = compared("a\nb\n", "a\nc\n", &Output::default()).unwrap_err();
        assert!(problem.detail.contains("-b\n+c"), "{}", problem.detail);
        assert!(problem.help.contains("cargo course bless p"));
    }

    #[test]
    fn normalised_output_is_compared_after_the_replacements() {
        let rule = Normalise {
            pattern: r"\d+ µs".into(),
            with: "N µs".into(),
        };
        let how = Output {
            mode: Mode::Normalised,
            normalise: vec![rule],
            why: String::new(),
        };
        assert!(compared("took 12 µs\n", "took 340 µs\n", &how).is_ok());
        assert!(compared("took 12 µs\n", "takes 12 µs\n", &how).is_err());
    }

    #[test]
    fn varying_output_must_be_captured_but_is_not_compared() {
        let how = Output {
            mode: Mode::Varies,
            ..Output::default()
        };
        assert!(compared("a\n", "b\n", &how).is_ok());
        let folder = tempfile::tempdir().unwrap();
        let missing = compare(
            folder.path(),
            Path::new("x.txt"),
            "",
            &how,
            (Path::new("src/p.md"), 3),
        );
        assert!(missing.unwrap_err().what.contains("nothing is captured"));
    }
}
