//! Conclusions are tied to data.
//!
//! A comment directly above a paragraph or list says on which numbers of the record its words depend:
//!
//! ```text
//! <!-- holds: stack/indexed/2 / stack/mutex-vec/2 < 0.9 -->
//! On two threads the lock-free stack is the faster one.
//! ```
//!
//! [`measurements::condition`] defines the conditions. Each table or plot of benchmarks is followed, in its section and
//! before the next one, by a paragraph with a condition on its numbers; those without prose between them share it.

use std::fmt;
use std::path::PathBuf;

use anyhow::Result;
use book::diagnostic::{Diagnostic, Diagnostics, Exit, with_slashes};
use book::page::{Lines, Page};
use book::project::Project;
use measurements::condition::{Compared, Condition, Verdict};
use measurements::record::Record;
use serde::Serialize;

use self::blocks::{Block, Comment, Measured, blocks};
use crate::Options;

mod blocks;

/// A condition of a page, held against the record.
#[derive(Debug, Clone, Serialize)]
pub struct Conclusion {
    /// The page.
    #[serde(serialize_with = "with_slashes")]
    pub file: PathBuf,
    /// The line of the comment.
    pub line: usize,
    /// The condition.
    pub condition: String,
    /// True if it holds.
    pub holds: bool,
    /// The comparison in it that is the first to break.
    pub tightest: String,
    /// The factor by which the worse end of an interval could move before that; below 1, by which it is broken.
    pub margin: f64,
}

/// Checks the conclusions of pages, and returns the page and line of each condition that holds.
pub fn check(
    project: &Project,
    record: Option<&Record>,
    pages: &[&Page],
    problems: &mut Diagnostics,
) -> Vec<(PathBuf, usize)> {
    if !project.settings.ours {
        return Vec::new();
    }
    let mut held = Vec::new();
    for page in pages {
        let mut check = Check::new(project, record, page, problems);
        check.run();
        let found = check.found.into_iter().filter(|it| it.holds);
        held.extend(found.map(|it| (it.file, it.line)));
    }
    held
}

/// The conditions of a book with their margins, the tightest first, and what is wrong with them.
#[derive(Debug, Serialize)]
pub struct List {
    format: u32,
    command: &'static str,
    exit: u8,
    error: Option<String>,
    /// The diagnostics, sorted by place.
    pub problems: Vec<Diagnostic>,
    /// The conditions.
    pub conclusions: Vec<Conclusion>,
}

impl List {
    /// Reads the pages of a book that are named, or all.
    ///
    /// # Errors
    ///
    /// When the book cannot be read, or has no such page.
    pub fn read(project: &Project, options: &Options) -> Result<Self> {
        let mut problems = Diagnostics::default();
        let record = problems.take(Record::load_reference(project)).flatten();
        let mut conclusions = Vec::new();
        for page in options.select(project)? {
            let mut check = Check::new(project, record.as_ref(), page, &mut problems);
            check.run();
            conclusions.extend(check.found);
        }
        conclusions.sort_by(|a, b| a.margin.total_cmp(&b.margin));
        let problems = problems.sorted();
        let exit = exit(&problems);
        Ok(Self {
            format: 1,
            command: "conclusions",
            exit: exit as u8,
            error: None,
            problems,
            conclusions,
        })
    }

    /// The exit code of the run.
    #[must_use]
    pub fn exit(&self) -> Exit {
        exit(&self.problems)
    }
}

fn exit(problems: &[Diagnostic]) -> Exit {
    if problems.is_empty() {
        Exit::Well
    } else {
        Exit::Problems
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |it: &Conclusion| format!("{}:{}", it.file.display(), it.line);
        let places: Vec<_> = self.conclusions.iter().map(place).collect();
        let width = places.iter().map(String::len).max().unwrap_or(0);
        for (conclusion, place) in self.conclusions.iter().zip(&places) {
            let margin = shown(conclusion.margin);
            writeln!(f, "{margin:>8}  {place:width$}  {}", conclusion.tightest)?;
        }
        match self.conclusions.len() {
            1 => write!(f, "1 condition"),
            count => write!(f, "{count} conditions, the tightest first"),
        }
    }
}

/// A margin in words: `4.2 %`, or `3.1×` where it is wide; with a minus where the condition is broken.
fn shown(margin: f64) -> String {
    match margin {
        _ if margin >= 2.0 => format!("{margin:.1}×"),
        _ if margin >= 1.0 => format!("{:.1} %", (margin - 1.0) * 100.0),
        _ => format!("-{:.1} %", (1.0 - margin) * 100.0),
    }
}

/// The check of one page.
struct Check<'a> {
    project: &'a Project,
    record: Option<&'a Record>,
    page: &'a Page,
    slug: &'a str,
    lines: Lines,
    problems: &'a mut Diagnostics,
    found: Vec<Conclusion>,
    /// Tables and plots that no conclusion has followed.
    open: Vec<Measured>,
}

impl<'a> Check<'a> {
    fn new(
        project: &'a Project,
        record: Option<&'a Record>,
        page: &'a Page,
        problems: &'a mut Diagnostics,
    ) -> Self {
        Self {
            project,
            record,
            page,
            slug: page.slug().unwrap_or_default(),
            lines: Lines::new(&page.text),
            problems,
            found: Vec::new(),
            open: Vec::new(),
        }
    }

    fn run(&mut self) {
        let mut prose_since = false;
        for block in blocks(self.page) {
            match block {
                Block::Heading => self.close(),
                Block::Measured(measured) => {
                    if prose_since {
                        self.close();
                    }
                    self.open.push(measured);
                    prose_since = false;
                }
                Block::Prose(comments) => {
                    prose_since = true;
                    for comment in comments {
                        self.conclude(&comment);
                    }
                }
                Block::Misplaced(line) => {
                    self.problem(
                        line,
                        "this condition is not directly above a paragraph or a list",
                        "put it on the line above the words that it holds for, with no empty line between them",
                    );
                }
            }
        }
        self.close();
    }

    fn problem(&mut self, line: usize, what: impl Into<String>, help: impl Into<String>) {
        let problem = Diagnostic::new(&self.page.file, line, what).help(help);
        self.problems.push(problem);
    }

    /// Reports the tables and plots that nothing was said of.
    fn close(&mut self) {
        for measured in std::mem::take(&mut self.open) {
            if !self.is_recorded(&measured) {
                continue;
            }
            let what = format!("no conclusion is drawn from {}", measured.shown);
            let example = measured.names.first().map_or("", String::as_str);
            let help = format!(
                "write below it, before the next heading or table, a paragraph that says what to see, and on the line \
                 above that `<!-- holds: CONDITION -->`, a condition on numbers of `{example}`"
            );
            self.problem(measured.line, what, help);
        }
    }

    /// False if nothing of it is in the record, which its directives report.
    fn is_recorded(&self, measured: &Measured) -> bool {
        self.record.is_none_or(|record| {
            let mut ids = record
                .chapters
                .values()
                .flat_map(|chapter| chapter.benchmarks.keys());
            ids.any(|id| measured.has(self.slug, id))
        })
    }

    fn conclude(&mut self, comment: &Comment) {
        let Some(text) = &comment.condition else {
            let help = "write `<!-- holds: CONDITION -->`";
            return self.problem(comment.line, "this comment has no condition", help);
        };
        let condition = match Condition::parse(text) {
            Ok(condition) => condition,
            Err(fault) => {
                let line = self.lines.at(comment.at + fault.at);
                return self.problem(line, fault.what, fault.help);
            }
        };
        let slug = self.slug;
        self.open
            .retain(|measured| !condition.ids().any(|id| measured.has(slug, id)));
        let Some(record) = self.record else {
            if !Record::is_expected(self.project) {
                let help = format!("run `{}`", self.measure());
                self.problem(comment.line, "there is no benchmark record", help);
            }
            return;
        };
        match condition.judge(record, slug) {
            Ok(verdict) => self.judged(comment.line, words(text), &verdict),
            Err(fault) => {
                let line = self.lines.at(comment.at + fault.at);
                self.problem(line, fault.what, fault.help);
            }
        }
    }

    fn judged(&mut self, line: usize, condition: String, verdict: &Verdict) {
        let missed: Vec<_> = verdict.comparisons.iter().filter(|it| !it.holds).collect();
        if !missed.is_empty() {
            let words: Vec<_> = missed.iter().map(|it| format!("`{it}`")).collect();
            let holds = if words.len() == 1 { "does" } else { "do" };
            let what = format!(
                "{} {holds} not hold for all that was measured",
                words.join(" and ")
            );
            let detail: Vec<_> = missed.iter().map(|it| detail(it)).collect();
            let help = format!(
                "change what is said below and its condition, or measure again on a quiet machine: `{}`",
                self.measure()
            );
            let problem = Diagnostic::new(&self.page.file, line, what);
            self.problems
                .push(problem.detail(detail.join("\n")).help(help));
        }
        let Some(tightest) = verdict.tightest() else {
            return;
        };
        self.found.push(Conclusion {
            file: self.page.file.clone(),
            line,
            condition,
            holds: missed.is_empty(),
            tightest: tightest.to_string(),
            margin: tightest.margin,
        });
    }

    /// The command that measures again.
    fn measure(&self) -> String {
        let chapter = self.project.tasks.get_key_value(self.slug);
        let slug = chapter.map_or(String::new(), |(slug, _)| format!(" {slug}"));
        format!("cargo course bench{slug} --record")
    }
}

/// A condition on one line.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The numbers of a comparison that does not hold, and by how much it does not.
fn detail(missed: &Compared) -> String {
    let mut numbers = missed.numbers.clone();
    for side in [&missed.left, &missed.right] {
        let is_exact = side.1.estimate.low == side.1.estimate.high;
        if !is_exact && !numbers.contains(side) {
            numbers.push(side.clone());
        }
    }
    let mut lines: Vec<_> = numbers
        .iter()
        .map(|(name, number)| format!("{name} is {number}"))
        .collect();
    let by = if missed.margin < 1.0 {
        let by = shown(missed.margin);
        format!("missed by {} at the worse ends", by.trim_start_matches('-'))
    } else {
        "missed: at the worse ends both sides are equal".to_owned()
    };
    lines.push(by);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use book::settings::Settings;
    use measurements::record::sample::record;

    use super::*;

    fn check_of(text: &str) -> (Vec<Conclusion>, Vec<String>) {
        let project = Project {
            root: PathBuf::new(),
            settings: Settings::default(),
            pages: Vec::new(),
            tasks: BTreeMap::new(),
            problems: Vec::new(),
            digests: book::dependencies::Digests::default(),
        };
        let page = Page::parse(Path::new("src/coroutines.md"), text);
        let record = record();
        let mut problems = Diagnostics::default();
        let mut check = Check::new(&project, Some(&record), &page, &mut problems);
        check.run();
        let found = check.found;
        let problems = problems.sorted().into_iter();
        let shown = problems.map(|it| format!("{}: {}", it.line, it.what));
        (found, shown.collect())
    }

    fn problems_of(text: &str) -> Vec<String> {
        check_of(text).1
    }

    const STEP: &str = "{{#bench step table}}\n\n";
    const HELD: &str = "{{#bench held}}\n\n";
    const ON_STEP: &str = "<!-- holds: go/step/pull > step/corosensei -->\nGo's takes longer.\n\n";
    const ON_HELD: &str = "<!-- holds: held/stackful < 5 kB -->\nIt is a page.\n\n";

    #[test]
    fn table_is_followed_by_a_conclusion_in_its_section() {
        let nothing: [&str; 0] = [];
        assert_eq!(problems_of(&format!("{STEP}{ON_STEP}")), nothing);
        assert_eq!(problems_of(&format!("{STEP}Prose.\n\n{ON_STEP}")), nothing);
        let missing = ["1: no conclusion is drawn from `{{#bench step table}}`"];
        assert_eq!(problems_of(STEP), missing);
        assert_eq!(problems_of(&format!("{STEP}Prose.\n")), missing);
        assert_eq!(problems_of(&format!("{STEP}## Next\n\n{ON_STEP}")), missing);
    }

    #[test]
    fn table_of_what_is_not_recorded_needs_no_conclusion() {
        assert_eq!(problems_of("{{#bench nothing}}\n"), [""; 0]);
    }

    #[test]
    fn conclusion_is_on_a_benchmark_that_is_shown() {
        assert_eq!(
            problems_of(&format!("{STEP}{ON_HELD}")),
            ["1: no conclusion is drawn from `{{#bench step table}}`"]
        );
    }

    #[test]
    fn tables_share_a_conclusion_only_without_prose_between_them() {
        let nothing: [&str; 0] = [];
        let plot = "{{#bench step plot}}\n\n";
        assert_eq!(problems_of(&format!("{STEP}{plot}{ON_STEP}")), nothing);
        assert_eq!(
            problems_of(&format!("{STEP}{HELD}{ON_HELD}{ON_STEP}")),
            nothing
        );
        assert_eq!(
            problems_of(&format!("{STEP}Prose.\n\n{plot}{ON_STEP}")),
            ["1: no conclusion is drawn from `{{#bench step table}}`"]
        );
    }

    #[test]
    fn conclusions_have_their_line_and_margin_whether_they_hold_or_not() {
        let text = "<!-- holds: go/step/pull /\n  step/corosensei > 3 -->\na\n\n<!-- holds: go/step/pull > 1 µs -->\nb\n";
        let (found, problems) = check_of(text);
        let shown: Vec<_> = found
            .iter()
            .map(|it| (it.line, it.condition.as_str(), it.holds, shown(it.margin)))
            .collect();
        assert_eq!(
            shown,
            [
                (
                    1,
                    "go/step/pull / step/corosensei > 3",
                    true,
                    "14.1 %".to_owned()
                ),
                (5, "go/step/pull > 1 µs", false, "-91.7 %".to_owned()),
            ]
        );
        assert_eq!(
            problems,
            ["5: `go/step/pull > 1 µs` does not hold for all that was measured"]
        );
    }

    #[test]
    fn fault_of_a_condition_is_at_its_own_line() {
        assert_eq!(
            problems_of(
                "a\n\n<!-- holds: go/step/pull > step/corosensei and\n  step/pul > 1 ns -->\nb\n"
            ),
            ["4: no benchmark `step/pul` is recorded"]
        );
        assert_eq!(
            problems_of("a\n\n<!-- holds: go/step/pull >\n  step/corosensei or 1 -->\nb\n"),
            ["4: unexpected `or`"]
        );
    }
}
