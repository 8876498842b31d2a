//! Every figure among measurements has a source.
//!
//! A figure is a number with a unit in which this book measures: a time from ns to seconds, a
//! ratio, %, bytes, allocations, `per step`; [`quantity`] has the whole list. Between two headings
//! with `{{#value}}`, `{{#bench}}` or `{{#claims}}` between them, a typed figure might be a measured
//! one that no record holds any more. There it must be the text of a link to somewhere outside, or
//! allowed by a comment in the section, with a reason: `<!-- figures: 100 ms: asserted by
//! bonus::sleeps_once -->`. What `{{#claims}}` shows of a claim itself has a verdict, and needs
//! neither.
//!
//! A test that a reason names must exist and have the figures.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use self::prose::{Prose, prose};
use self::quantity::{Figure, figures};
use crate::claims::test_text;
use book::diagnostic::{Diagnostic, Diagnostics};
use book::ledger::{Expected, Kind, Ledger};
use book::page::{Lines, Page};
use book::project::Project;
use book::task::{Exercise, Hint, Task};
use reader::directives::Fault;

pub mod prose;
pub mod quantity;

/// Checks the figures of the pages.
pub fn check(project: &Project, pages: &[&Page], problems: &mut Diagnostics, ledger: &mut Ledger) {
    for page in pages {
        let mut check = Check {
            page,
            allowed: Vec::new(),
            ledger: &mut *ledger,
            problems: &mut *problems,
        };
        check.run(project);
    }
}

/// The figures of a page that need a check: those with a source, and each that a comment allows.
pub(crate) fn expected(project: &Project, page: &Page) -> Vec<Expected> {
    let Prose { blocks, comments } = prose(page);
    let cited = blocks.iter().flat_map(|block| {
        let figures = figures(&block.text).into_iter();
        figures.filter(|figure| block.is_cited(figure))
    });
    let allowed = comments.iter().flat_map(|(comment, _)| {
        // A comment that is not in order is reported.
        allowance(project, page, comment).unwrap_or_default()
    });
    // One comment may allow what another allows, too.
    let allowed: BTreeSet<String> = allowed.map(|figure| figure.key()).collect();
    let subjects = cited.map(|figure| figure.key()).chain(allowed);
    subjects.map(|subject| (Kind::Figure, subject)).collect()
}

struct Check<'a> {
    page: &'a Page,
    allowed: Vec<Allowed>,
    ledger: &'a mut Ledger,
    problems: &'a mut Diagnostics,
}

/// A figure that a comment allows in some lines.
struct Allowed {
    figure: Figure,
    line: usize,
    section: Range<usize>,
    is_used: Cell<bool>,
}

impl Check<'_> {
    fn run(&mut self, project: &Project) {
        let lines = Lines::new(&self.page.text);
        let Prose { blocks, comments } = prose(self.page);
        for (comment, at) in &comments {
            let line = lines.at(*at);
            match allowance(project, self.page, comment) {
                Ok(figures) => {
                    let section = self.section(line);
                    self.allowed
                        .extend(figures.into_iter().map(|figure| Allowed {
                            figure,
                            line,
                            section: section.clone(),
                            is_used: Cell::new(false),
                        }));
                }
                Err(fault) => self.report(&self.page.file, line, fault),
            }
        }
        for block in &blocks {
            for figure in figures(&block.text) {
                if block.is_cited(&figure) {
                    let page = &self.page.file;
                    let how = "the text of a link to its source";
                    self.ledger.held(page, Kind::Figure, figure.key(), how);
                } else {
                    let line = lines.at(block.place(figure.span.start));
                    if let Err(fault) = self.judge(&figure, line) {
                        self.report(&self.page.file, line, fault);
                    }
                }
            }
        }
        if let Some((slug, task)) = self
            .page
            .slug()
            .and_then(|it| project.tasks.get_key_value(it))
        {
            self.run_on_task(&Task::file(slug), task);
        }
        let unused = self.allowed.iter().filter(|it| !it.is_used.get());
        for Allowed { figure, line, .. } in unused {
            let what = format!("`{figure}` is allowed, but does not occur in this section");
            let problem = Diagnostic::new(&self.page.file, *line, what);
            self.problems
                .push(problem.help("take it out of the comment"));
        }
    }

    /// The texts of `task.toml`, each as if it were in place of its directive.
    fn run_on_task(&mut self, file: &Path, task: &Task) {
        let page = self.page;
        let whole = page.directives.iter().filter(|it| it.arguments.is_empty());
        for directive in whole {
            for text in texts(task, &directive.name) {
                for block in prose(&Page::parse(file, text)).blocks {
                    for figure in figures(&block.text) {
                        if let Err(mut fault) = self.judge(&figure, directive.line) {
                            let (line, page) = (directive.line, page.file.display());
                            fault.what += &format!(" (shown in line {line} of {page})");
                            let at = block.place(figure.span.start);
                            self.report(file, task.strings.line_in(text, at), fault);
                        }
                    }
                }
            }
        }
    }

    fn report(&mut self, file: &Path, line: usize, Fault { what, help, .. }: Fault) {
        self.problems
            .push(Diagnostic::new(file, line, what).help(help));
    }

    /// Notes a figure that is allowed, and reports one that should have a source.
    fn judge(&mut self, figure: &Figure, line: usize) -> Result<(), Fault> {
        let mut is_allowed = false;
        for allowed in &self.allowed {
            if allowed.figure == *figure && allowed.section.contains(&line) {
                allowed.is_used.set(true);
                is_allowed = true;
            }
        }
        if is_allowed {
            let (page, how) = (&self.page.file, "allowed by a comment");
            let kind = Kind::AllowedFigure;
            self.ledger.held(page, kind, figure.key(), how);
        }
        if is_allowed || !self.is_measuring(line) {
            return Ok(());
        }
        Err(Fault::new(format!("`{figure}` is among measurements without a source")).help(format!(
            "if it was measured, write `{{{{#value …}}}}`; if somebody else says so, make it the text of a link to them; \
             if it is neither, allow it in this section: `<!-- figures: {figure}: the reason -->`"
        )))
    }

    /// The lines of the section that a line is in, its subsections included.
    fn section(&self, line: usize) -> Range<usize> {
        let mut headings = self.page.headings.iter();
        let Some(own) = headings.rfind(|heading| heading.line <= line) else {
            return 0..usize::MAX;
        };
        let mut after = self.page.headings.iter().filter(|it| it.line > line);
        let end = after.find(|heading| heading.level <= own.level);
        own.line..end.map_or(usize::MAX, |heading| heading.line)
    }

    /// True if measurements are shown between the headings around a line.
    fn is_measuring(&self, line: usize) -> bool {
        let headings = self.page.headings.iter().map(|heading| heading.line);
        self.page.directives.iter().any(|directive| {
            let between = directive.line.min(line) + 1..=directive.line.max(line);
            matches!(directive.name.as_str(), "bench" | "claims" | "value")
                && directive.fence.is_none()
                && !headings.clone().any(|heading| between.contains(&heading))
        })
    }
}

/// The texts of a `task.toml` that a directive shows. What a claim says is not among them: it is
/// reported, with a verdict.
pub(super) fn texts<'t>(task: &'t Task, directive: &str) -> Vec<&'t str> {
    match directive {
        "task" => task.objectives.iter().map(String::as_str).collect(),
        "exercises" => {
            let hints = |exercise: &'t Exercise| exercise.hints.iter().map(Hint::says);
            task.exercises
                .iter()
                .flat_map(|it| std::iter::once(it.asks.as_str()).chain(hints(it)))
                .collect()
        }
        "claims" => {
            let findings = task
                .claims
                .iter()
                .flat_map(|claim| claim.go.iter().chain(&claim.rust));
            findings.map(|finding| finding.because.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// The figures that a comment allows, as in `figures: 100 ms, 200 ms: the reason`; none if it is about something else.
fn allowance(project: &Project, page: &Page, comment: &str) -> Result<Vec<Figure>, Fault> {
    static TEST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b[a-z_][a-z0-9_]*(?:::[a-z_][a-z0-9_]*)+").expect("a valid pattern")
    });
    let Some(list) = comment.trim_start().strip_prefix("figures") else {
        return Ok(Vec::new());
    };
    let parts = list
        .strip_prefix(':')
        .and_then(|list| list.split_once(": "))
        .map(|(list, reason)| (figures(list), reason.trim()))
        .filter(|(figures, reason)| !figures.is_empty() && !reason.is_empty());
    let (figures, reason) = parts.ok_or_else(|| {
        Fault::new("this comment on figures has no list of them, or no reason")
            .help("write `<!-- figures: 100 ms, 1500 ms: the reason -->`")
    })?;
    let mut tests = String::new();
    for test in TEST.find_iter(reason) {
        tests += &test_text(
            &project.root,
            page.slug().unwrap_or_default(),
            test.as_str(),
        )?;
    }
    match figures
        .iter()
        .find(|it| !tests.is_empty() && !has(&tests, it))
    {
        Some(figure) => Err(Fault::new(format!(
            "`{figure}` occurs in none of the tests that the reason names"
        ))
        .help("name the test that asserts it, or give another reason in a comment of its own")),
        None => Ok(figures),
    }
}

/// True if the number of a figure is in a test by itself or as a sum, in the unit of the figure or in a smaller one.
fn has(test: &str, figure: &Figure) -> bool {
    static NUMBERS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d+(?:\.\d+)?(?:\s*\+\s*\d+)*").expect("a valid pattern"));
    let (number, whole) = (&figure.number, figure.number.replace('.', ""));
    let is_it = |it: &str| [number, &whole, &format!("{number}000")].contains(&&it.to_owned());
    NUMBERS.find_iter(&test.replace('_', "")).any(|found| {
        let mut terms = found.as_str().split('+').map(str::trim);
        let sum: u64 = terms
            .clone()
            .filter_map(|term| term.parse::<u64>().ok())
            .sum();
        terms.any(is_it) || is_it(&sum.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_have_a_figure_as_a_number_by_itself() {
        let figure = figures("1500 ms").remove(0);
        for test in [
            "from_millis(1500)",
            "after_1500_ms()",
            "ms(700 + 800)",
            "ms(100 + 1500)",
            "from_micros(1_500_000)",
        ] {
            assert!(has(test, &figure), "{test}");
        }
        for test in ["from_millis(150)", "15000", "1500.5", "ms(150 + 0)"] {
            assert!(!has(test, &figure), "{test}");
        }
        assert!(has("from_nanos(200_000_003)", &figures("200.000003 ms")[0]));
    }
}
