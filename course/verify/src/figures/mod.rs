//! Every figure among measurements has a source.
//!
//! A figure is a number with a unit in which this book measures: a time from ns to seconds, a
//! ratio, %, bytes, allocations, `per step`; [`quantity`] has the whole list. In a section that
//! measures, one with `{{#value}}`, `{{#bench}}` or `{{#claims}}`, a typed figure might be a
//! measured one that no record holds any more. There it must be the text of a link to somewhere
//! outside, or allowed by a comment in the section, with a reason: `<!-- figures: 100 ms: asserted
//! by bonus::sleeps_once -->`. What `{{#claims}}` shows of a claim itself has a verdict, and needs
//! neither.
//!
//! A test that a reason names must exist and have the figures. So a comment that names one may stand in any section.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use self::prose::{Prose, prose};
use self::quantity::{Figure, Quantity, figures};
use crate::claims;
use book::diagnostic::{Diagnostic, Diagnostics};
use book::page::{Lines, Page};
use book::project::{Project, module};
use book::task::{Exercise, Hint, Task};
use measurements::record::Record;
use reader::directives::Fault;

pub mod prose;
pub mod quantity;

/// The figures of a page that are typed, by what makes them right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// With a source outside of the book.
    pub sourced: usize,
    /// Allowed by a comment.
    pub allowed: usize,
}

/// Checks the figures of the pages.
pub fn check(
    project: &Project,
    record: Option<&Record>,
    pages: &[&Page],
    problems: &mut Diagnostics,
) -> BTreeMap<PathBuf, Tally> {
    let run = |page: &&Page| {
        let tally = Check::new((project, record), page, problems).run(problems);
        (page.file.clone(), tally)
    };
    pages.iter().map(run).collect()
}

/// A page and what makes its figures right.
struct Check<'a> {
    project: &'a Project,
    record: Option<&'a Record>,
    page: &'a Page,
    lines: Lines,
    prose: Prose,
    allowances: Vec<Allowance>,
    tally: Tally,
}

/// A comment that allows figures.
struct Allowance {
    line: usize,
    /// The lines of the section it stands in.
    section: Range<usize>,
    names_a_test: bool,
    figures: Vec<(Figure, Cell<bool>)>,
}

impl<'a> Check<'a> {
    fn new(
        (project, record): (&'a Project, Option<&'a Record>),
        page: &'a Page,
        problems: &mut Diagnostics,
    ) -> Self {
        let mut check = Self {
            project,
            record,
            page,
            lines: Lines::new(&page.text),
            prose: prose(page),
            allowances: Vec::new(),
            tally: Tally::default(),
        };
        check.read_allowances(problems);
        check
    }

    fn read_allowances(&mut self, problems: &mut Diagnostics) {
        for (comment, at) in &self.prose.comments {
            let line = self.lines.at(*at);
            let Some(parsed) = parse_allowance(comment) else {
                continue;
            };
            let parsed = parsed.and_then(|(figures, reason)| {
                let names_a_test = self.check_reason(&figures, reason)?;
                Ok((figures, names_a_test))
            });
            match parsed {
                Ok((figures, names_a_test)) => self.allowances.push(Allowance {
                    line,
                    section: self.section(line),
                    names_a_test,
                    figures: figures
                        .into_iter()
                        .map(|figure| (figure, Cell::new(false)))
                        .collect(),
                }),
                Err(Fault { what, help, .. }) => {
                    problems.push(Diagnostic::new(&self.page.file, line, what).help(help));
                }
            }
        }
    }

    /// True if a reason names tests. They exist, and have the figures.
    fn check_reason(&self, figures: &[Figure], reason: &str) -> Result<bool, Fault> {
        static TEST: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\b[a-z_][a-z0-9_]*(?:::[a-z_][a-z0-9_]*)+|\bTest[A-Z]\w*")
                .expect("a valid pattern")
        });
        // A page that is no chapter may name a test of any.
        let slugs: Vec<&String> = match self
            .page
            .slug()
            .and_then(|slug| self.project.tasks.get_key_value(slug))
        {
            Some((slug, _)) => vec![slug],
            None => self.project.tasks.keys().collect(),
        };
        let mut tests = String::new();
        for name in TEST.find_iter(reason) {
            let mut fault = None;
            let text = slugs.iter().find_map(|slug| {
                test_text((self.project, self.record), slug, name.as_str())
                    .map_err(|unknown| fault = Some(unknown))
                    .ok()
            });
            match (text, fault) {
                (Some(text), _) => tests.push_str(&text),
                (None, Some(fault)) => return Err(fault),
                (None, None) => {
                    return Err(Fault::new(format!("there is no test `{}`", name.as_str()))
                        .help("name tests of a chapter that has a task.toml"));
                }
            }
        }
        let missing = figures
            .iter()
            .find(|figure| !tests.is_empty() && !has(&tests, figure));
        missing.map_or(Ok(!tests.is_empty()), |figure| {
            Err(Fault::new(format!(
                "`{figure}` occurs in none of the tests that the reason names"
            ))
            .help("name the test that asserts it, or give another reason in a comment of its own"))
        })
    }

    fn run(mut self, problems: &mut Diagnostics) -> Tally {
        for block in std::mem::take(&mut self.prose.blocks) {
            for figure in figures(&block.text) {
                let line = self.lines.at(block.place(figure.span.start));
                let holds = |link: &Range<usize>| {
                    link.start <= figure.span.start && figure.span.end <= link.end
                };
                if block.cited.iter().any(holds) {
                    self.tally.sourced += 1;
                } else if let Err(Fault { what, help, .. }) = self.judge(&figure, line) {
                    problems.push(Diagnostic::new(&self.page.file, line, what).help(help));
                }
            }
        }
        self.run_on_task(problems);
        for allowance in &self.allowances {
            let unused = allowance.figures.iter().filter(|(_, used)| !used.get());
            for (figure, _) in unused {
                let place = if allowance.names_a_test {
                    "in"
                } else {
                    "among measurements of"
                };
                let what =
                    format!("`{figure}` is allowed, but does not occur {place} this section");
                problems.push(
                    Diagnostic::new(&self.page.file, allowance.line, what)
                        .help("take it out of the comment"),
                );
            }
        }
        self.tally
    }

    /// The texts of `task.toml`, each as if it stood where its directive stands.
    fn run_on_task(&mut self, problems: &mut Diagnostics) {
        let tasks = &self.project.tasks;
        let Some((slug, task)) = self.page.slug().and_then(|slug| tasks.get_key_value(slug)) else {
            return;
        };
        let file = Task::file(slug);
        for directive in self
            .page
            .directives
            .iter()
            .filter(|directive| directive.arguments.is_empty())
        {
            for text in texts(task, &directive.name) {
                for block in prose(&Page::parse(&file, text)).blocks {
                    for figure in figures(&block.text) {
                        if let Err(Fault { what, help, .. }) = self.judge(&figure, directive.line) {
                            let what = format!(
                                "{what} (shown in line {} of {})",
                                directive.line,
                                self.page.file.display()
                            );
                            let line = task.strings.line_in(text, block.place(figure.span.start));
                            problems.push(Diagnostic::new(&file, line, what).help(help));
                        }
                    }
                }
            }
        }
    }

    /// Counts a figure that is right where it stands.
    fn judge(&mut self, figure: &Figure, line: usize) -> Result<(), Fault> {
        let is_measuring = self.is_measuring(line);
        let mut allowed = false;
        let holds =
            |it: &&Allowance| it.section.contains(&line) && (is_measuring || it.names_a_test);
        for (entry, used) in self
            .allowances
            .iter()
            .filter(holds)
            .flat_map(|it| &it.figures)
        {
            if entry.quantity == figure.quantity {
                used.set(true);
                allowed = true;
            }
        }
        self.tally.allowed += usize::from(allowed);
        if allowed || !is_measuring {
            return Ok(());
        }
        Err(Fault::new(format!("`{figure}` stands among measurements without a source")).help(format!(
            "if it was measured, write `{{{{#value …}}}}`; if somebody else says so, make it the text of a link to them; \
             if it is neither, allow it in this section: `<!-- figures: {figure}: the reason -->`"
        )))
    }

    /// The lines of the section that a line stands in, its subsections included.
    fn section(&self, line: usize) -> Range<usize> {
        let headings = &self.page.headings;
        let Some(own) = headings.iter().rposition(|heading| heading.line <= line) else {
            return 0..usize::MAX;
        };
        let after = headings[own + 1..]
            .iter()
            .find(|heading| heading.level <= headings[own].level);
        headings[own].line..after.map_or(usize::MAX, |heading| heading.line)
    }

    /// True if measurements are shown between the headings around a line.
    fn is_measuring(&self, line: usize) -> bool {
        let headings = self.page.headings.iter().map(|heading| heading.line);
        let start = headings.clone().rfind(|heading| *heading <= line);
        let end = headings.clone().find(|heading| *heading > line);
        let section = start.unwrap_or(0)..end.unwrap_or(usize::MAX);
        self.page.directives.iter().any(|directive| {
            matches!(directive.name.as_str(), "bench" | "claims" | "value")
                && directive.fence.is_none()
                && section.contains(&directive.line)
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

/// Reads `figures: 100 ms, 200 ms: the reason`; `None` when the comment is about something else.
fn parse_allowance(comment: &str) -> Option<Result<(Vec<Figure>, &str), Fault>> {
    let list = comment.trim_start().strip_prefix("figures")?.trim_start();
    let parts = list
        .strip_prefix(':')
        .and_then(|list| list.split_once(": "));
    let read = parts
        .ok_or_else(|| "this comment on figures has no list and reason".to_owned())
        .and_then(|(list, reason)| {
            if reason.trim().is_empty() {
                return Err("this comment allows figures without a reason".to_owned());
            }
            let figures =
                listed(list).ok_or_else(|| format!("`{}` is no list of figures", list.trim()))?;
            Ok((figures, reason))
        });
    Some(read.map_err(|what| {
        Fault::new(what).help("write `<!-- figures: 100 ms, 1500 ms: the reason -->`")
    }))
}

/// The figures of a list of nothing else.
fn listed(list: &str) -> Option<Vec<Figure>> {
    let found = figures(list);
    let mut rest = list.to_owned();
    for figure in &found {
        rest.replace_range(figure.span.clone(), &" ".repeat(figure.span.len()));
    }
    let only = rest
        .split([' ', '\n', ','])
        .all(|word| matches!(word, "" | "and" | "or"));
    (only && !found.is_empty()).then_some(found)
}

/// The durations that code makes: `from_millis(100 + 200)` is 100, 200 and 300 ms. Comments are not code.
fn durations(code: &str) -> Vec<Quantity> {
    static DURATION: LazyLock<Regex> = LazyLock::new(|| {
        // `ms(100)` is what tests abbreviate it to.
        Regex::new(r"\b(?:from_)?(nanos|ns|micros|us|millis|ms|secs)\(([\d_+*\s]+)\)")
            .expect("a valid pattern")
    });
    let code: String = code
        .lines()
        .flat_map(|line| [line.split("//").next().unwrap_or_default(), "\n"])
        .collect();
    let mut found = Vec::new();
    for duration in DURATION.captures_iter(&code) {
        let unit = match &duration[1] {
            "nanos" | "ns" => 1.0,
            "micros" | "us" => 1e3,
            "millis" | "ms" => 1e6,
            _ => 1e9,
        };
        let product = |term: &str| -> Option<f64> {
            term.split('*')
                .map(|number| number.trim().replace('_', "").parse::<f64>().ok())
                .product()
        };
        let Some(terms) = duration[2]
            .split('+')
            .map(product)
            .collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        found.push(Quantity::nanoseconds(unit * terms.iter().sum::<f64>()));
        found.extend(
            terms
                .iter()
                .filter(|_| terms.len() > 1)
                .map(|term| Quantity::nanoseconds(unit * term)),
        );
    }
    found
}

/// A test of a chapter, in Rust or in Go, as it is written.
fn test_text(
    (project, record): (&Project, Option<&Record>),
    slug: &str,
    test: &str,
) -> Result<String, Fault> {
    if test.contains("::") {
        return claims::test_text(&project.root, slug, test);
    }
    claims::check_go_test(record, slug, test)?;
    let folder = project.root.join("benches/go").join(module(slug));
    let files = book::files::files_below(&folder);
    let mut texts = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    let found = texts.find_map(|text| {
        let start = text.find(&format!("func {test}("))?;
        let end = text[start + 1..]
            .find("\nfunc ")
            .map_or(text.len(), |next| start + 1 + next);
        Some(text[start..end].to_owned())
    });
    Ok(found.unwrap_or_default())
}

/// True if a test has a figure: as a duration, or its number by itself.
fn has(test: &str, figure: &Figure) -> bool {
    let number = format!(
        r"(?:^|[^\d.]){}(?:$|[^\d.])",
        regex::escape(&figure.number.to_string())
    );
    durations(test).contains(&figure.quantity)
        || Regex::new(&number).is_ok_and(|number| number.is_match(&test.replace('_', "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_code_are_terms_and_sums_without_comments() {
        let ms = |ms: f64| Quantity::nanoseconds(ms * 1e6);
        assert_eq!(
            durations("let x = Duration::from_millis(1_00 + 2 * 100); // from_millis(7)"),
            [ms(300.0), ms(100.0), ms(200.0)]
        );
        assert_eq!(
            durations("from_secs(1); from_micros(2); from_nanos(n);"),
            [ms(1000.0), ms(0.002)]
        );
    }

    #[test]
    fn allowances_have_figures_and_a_reason() {
        let figures = |comment| {
            let parsed = parse_allowance(comment).unwrap();
            parsed.map(|(figures, reason)| {
                (
                    figures.iter().map(Figure::to_string).collect::<Vec<_>>(),
                    reason.trim().to_owned(),
                )
            })
        };
        let expected = |list: &[&str]| {
            Ok((
                list.iter().map(|s| (*s).to_owned()).collect(),
                "why: so".to_owned(),
            ))
        };
        assert_eq!(
            figures(" figures: 100 ms, 1.5×: why: so "),
            expected(&["100 ms", "1.5×"])
        );
        assert_eq!(
            figures(" figures:\n100, 200 and 400 ms: why: so"),
            expected(&["100 ms", "200 ms", "400 ms"])
        );
        for comment in [
            "figures",
            "figures: 100 ms",
            "figures: 100: so",
            "figures: 1 ms or so: why",
            "figures: 1 ms:  ",
            "figures: : x",
        ] {
            assert!(parse_allowance(comment).unwrap().is_err(), "{comment}");
        }
        assert!(parse_allowance(" no_run: 100 ms: so ").is_none());
    }

    #[test]
    fn tests_have_a_figure_as_a_duration_or_a_number() {
        let figure = |text: &str| figures(text).remove(0);
        for test in [
            "from_millis(1500)",
            "after_1500_ms()",
            "1500*time.Millisecond",
            "from_millis(700 + 800)",
        ] {
            assert!(has(test, &figure("1500 ms")), "{test}");
        }
        for test in ["from_millis(150)", "15000", "1500.5", "from_secs(2)"] {
            assert!(!has(test, &figure("1500 ms")), "{test}");
        }
        assert!(has("from_secs(3)", &figure("three seconds")));
        assert!(!has("x", &figure("three seconds")));
    }
}
