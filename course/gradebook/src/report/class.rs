//! The report of the whole class for instructors. It names hidden tests: it is for no student.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Results;
use crate::mark::Mark;
use crate::paper::plain;
use book::task::Mutant;
use grader::result::{Grade, Status, TestOutcome, TestResult};

/// The number of bars.
const BARS: u32 = 10;
/// The least share of a submission's failures that a known mistake must explain, in percent.
const MIN_EXPLAINED: usize = 75;

/// The data of the report.
pub struct ClassReport<'a> {
    /// The task's title.
    pub title: String,
    /// A mark a student.
    pub marks: &'a [Mark],
    /// The results as the grader has them, with hidden tests.
    pub raw: &'a Results,
    /// The wrong solutions that the task knows.
    pub known: &'a [KnownMistake<'a>],
    /// Earlier results.
    pub before: Option<&'a Results>,
    /// Remarks for the instructor.
    pub notes: &'a [String],
}

/// A wrong solution, and the tests that fail for it.
pub struct KnownMistake<'a> {
    /// The wrong solution.
    pub mutant: &'a Mutant,
    /// Paths of the tests that fail for it.
    pub fails: BTreeSet<String>,
}

impl ClassReport<'_> {
    /// The report, in Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}: the class\n\n", plain(&self.title));
        self.spread(&mut out);
        self.groups(&mut out);
        self.mistakes(&mut out);
        self.by_hand(&mut out);
        self.changed(&mut out);
        while out.ends_with("\n\n") {
            out.pop();
        }
        out
    }

    fn spread(&self, out: &mut String) {
        let statuses = Status::counts(self.marks.iter().map(|mark| mark.grade.status));
        let _ = writeln!(out, "{} submissions: {statuses}.\n", self.marks.len());
        let mut scores: Vec<u32> = self.marks.iter().filter_map(Mark::score).collect();
        scores.sort_unstable();
        let Some(most) = self
            .marks
            .iter()
            .map(|mark| mark.grade.max_score)
            .max()
            .filter(|most| *most > 0)
        else {
            return;
        };
        if scores.is_empty() {
            return;
        }
        let sum: u32 = scores.iter().sum();
        let mean = f64::from(sum) / scores.len() as f64;
        let median = (scores[(scores.len() - 1) / 2] + scores[scores.len() / 2]) as f64 / 2.0;
        let _ = writeln!(
            out,
            "Of {most} points the mean is {mean:.1}, the median {median:.1}, the lowest {}, the highest {}.\n",
            scores[0],
            scores[scores.len() - 1]
        );
        out.push_str("| Points | Students | |\n|---|---:|---|\n");
        let bars = BARS.min(most + 1);
        let mut from = 0;
        for bar in 0..bars {
            let to = if bar + 1 == bars {
                most
            } else {
                ((most + 1) * (bar + 1) / bars).max(1) - 1
            };
            let count = scores
                .iter()
                .filter(|score| (from..=to).contains(*score))
                .count();
            let _ = writeln!(
                out,
                "| {from}–{to} | {count} | {} |",
                "█".repeat(count.min(60))
            );
            from = to + 1;
        }
        out.push('\n');
    }

    fn groups(&self, out: &mut String) {
        let mut failed: BTreeMap<usize, usize> = BTreeMap::new();
        let grade: Vec<&Mark> = self
            .marks
            .iter()
            .filter(|mark| mark.grade.has_verdict())
            .collect();
        let Some(first) = grade.first() else { return };
        for mark in &grade {
            for (at, its) in mark.groups().enumerate() {
                *failed.entry(at).or_default() += usize::from(!its.passed);
            }
        }
        let mut order: Vec<_> = failed.into_iter().collect();
        order.sort_by_key(|(at, count)| (std::cmp::Reverse(*count), *at));
        out.push_str("## What failed most\n\n| Group | Part | Failed | |\n|---|---|---:|---|\n");
        for (at, count) in order {
            let group = &first.grade.groups[at];
            let _ = writeln!(
                out,
                "| `{}` | {} | {count} of {} | {} |",
                group.name,
                group.part.name(),
                grade.len(),
                "█".repeat(count.min(60))
            );
        }
        let mut tests: BTreeMap<&str, usize> = BTreeMap::new();
        for test in self
            .raw
            .values()
            .flat_map(|grade| &grade.groups)
            .flat_map(|group| &group.tests)
        {
            if test.outcome != TestOutcome::Passed && test.outcome != TestOutcome::NotRun {
                *tests.entry(&test.name).or_default() += 1;
            }
        }
        let mut tests: Vec<_> = tests.into_iter().collect();
        tests.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
        if !tests.is_empty() {
            out.push_str("\nThe tests that failed most:\n\n");
            for (name, count) in tests.iter().take(5) {
                let _ = writeln!(out, "- `{name}`: {count}");
            }
        }
        out.push('\n');
    }

    /// Writes which known mistakes explain the failures of submissions.
    fn mistakes(&self, out: &mut String) {
        let mut made: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, grade) in self.raw {
            for name in self.similar_mistakes(grade) {
                made.entry(name).or_default().push(id);
            }
        }
        if self.known.is_empty() {
            return;
        }
        out.push_str("## Known mistakes\n\n");
        if made.is_empty() {
            out.push_str("No submission fails what a wrong solution of the task fails.\n\n");
            return;
        }
        out.push_str(
            "These submissions fail what a wrong solution of the task fails, and little else. Look before you say so.\n\n",
        );
        for KnownMistake { mutant, .. } in self.known {
            let Some(students) = made.get(mutant.name.as_str()) else {
                continue;
            };
            let students: Vec<String> = students.iter().map(|id| plain(id)).collect();
            let _ = writeln!(
                out,
                "- **`{}`** ({}): {}\n  {}",
                mutant.name,
                students.len(),
                students.join(", "),
                mutant.story.replace('\n', " ")
            );
        }
        out.push('\n');
    }

    /// The wrong solutions that a submission is most like: all that fails for them fails here too, and that is most of
    /// what does.
    fn similar_mistakes<'a>(&'a self, grade: &'a Grade) -> Vec<&'a str> {
        if grade.unchanged {
            return Vec::new();
        }
        let ran = || {
            let tests = grade.groups.iter().flat_map(|group| &group.tests);
            tests.filter(|test| {
                !matches!(
                    test.outcome,
                    TestOutcome::CompileError | TestOutcome::NotRun
                )
            })
        };
        let names = |test: &'a TestResult| test.name.as_str();
        let failed: BTreeSet<&str> = ran()
            .filter(|test| test.outcome != TestOutcome::Passed)
            .map(names)
            .collect();
        let ran: BTreeSet<&str> = ran().map(names).collect();
        let mut best = 0;
        let mut found = Vec::new();
        for KnownMistake { mutant, fails } in self.known {
            let caught: BTreeSet<&str> = fails
                .iter()
                .map(String::as_str)
                .filter(|test| ran.contains(test))
                .collect();
            if caught.is_empty()
                || !caught.is_subset(&failed)
                || caught.len() * 100 < failed.len() * MIN_EXPLAINED
            {
                continue;
            }
            if caught.len() > best {
                best = caught.len();
                found.clear();
            }
            if caught.len() == best {
                found.push(mutant.name.as_str());
            }
        }
        found
    }

    fn by_hand(&self, out: &mut String) {
        let mut notes: Vec<String> = self.notes.to_vec();
        for grade in self.raw.values() {
            let id = &grade.student.id;
            match grade.status {
                Status::Tampered => {
                    notes.push(format!("{id}: the result cannot be trusted; read the code"))
                }
                Status::InfrastructureError => {
                    notes.push(format!("{id} is ungraded: grade again with --resume"));
                }
                _ => {}
            }
            if grade.unchanged {
                notes.push(format!("{id} has handed in the starter as it was"));
            }
            let flaky: Vec<&str> = grade
                .groups
                .iter()
                .flat_map(|group| &group.tests)
                .filter(|test| test.flaky)
                .map(|test| test.name.as_str())
                .collect();
            if !flaky.is_empty() {
                notes.push(format!(
                    "{id}: failed, and passed when run once more: {}",
                    flaky.join(", ")
                ));
            }
        }
        let weak = self
            .raw
            .values()
            .filter(|grade| grade.sandbox != "full")
            .count();
        if weak > 0 {
            notes.push(format!("{weak} were graded without the full sandbox"));
        }
        if self.raw.values().any(|grade| grade.forgeable) {
            notes.push(
                "the task allows unsafe code, with which a pass can be forged in principle"
                    .to_owned(),
            );
        }
        if notes.is_empty() {
            return;
        }
        out.push_str("## To look at\n\n");
        for note in notes {
            let _ = writeln!(out, "- {}", plain(&note));
        }
        out.push('\n');
    }

    fn changed(&self, out: &mut String) {
        let Some(before) = self.before else { return };
        out.push_str("## Since the earlier results\n\n");
        let number = |score: Option<u32>| {
            score.map_or_else(|| "ungraded".to_owned(), |score| score.to_string())
        };
        let mut lines = Vec::new();
        let ids: BTreeSet<&String> = before.keys().chain(self.raw.keys()).collect();
        for id in ids {
            let says = match (before.get(id), self.raw.get(id)) {
                (Some(old), Some(new)) if old.score == new.score => continue,
                (Some(old), Some(new)) => {
                    let reason = match (
                        old.key.submission == new.key.submission,
                        old.key.task == new.key.task,
                    ) {
                        (false, _) => "another submission",
                        (true, false) => "the task has changed",
                        (true, true) => "the same submission and task",
                    };
                    format!("{} → {} ({reason})", number(old.score), number(new.score))
                }
                (None, Some(new)) => format!("new, {}", number(new.score)),
                (Some(_), None) => "is not there any more".to_owned(),
                (None, None) => continue,
            };
            lines.push(format!("- {}: {says}", plain(id)));
        }
        if lines.is_empty() {
            out.push_str("Nobody's points have changed.\n");
        } else {
            out.push_str("Before weights and lateness:\n\n");
            for line in lines {
                let _ = writeln!(out, "{line}");
            }
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::samples::{SECRET, grade};

    fn mutant(name: &str) -> Mutant {
        Mutant {
            name: name.to_owned(),
            story: format!("The story of {name}."),
            file: String::new(),
            find: String::new(),
            replace: String::new(),
            caught_by: Vec::new(),
        }
    }

    fn class<'a>(
        raw: &'a Results,
        known: &'a [KnownMistake<'a>],
        before: Option<&'a Results>,
    ) -> ClassReport<'a> {
        ClassReport {
            title: "T".to_owned(),
            marks: &[],
            raw,
            known,
            before,
            notes: &[],
        }
    }

    fn results(all: Vec<Grade>) -> Results {
        all.into_iter()
            .map(|grade| (grade.student.id.clone(), grade))
            .collect()
    }

    #[test]
    fn known_mistake_is_one_whose_tests_fail_and_few_others() {
        let mutants = ["one-test", "two-tests", "another-test", "everything"].map(mutant);
        let fails: [&[&str]; 4] = [
            &["core::second_holds"],
            &["core::second_holds", SECRET],
            &["bonus::third_holds"],
            &["core::second_holds", "bonus::third_holds", SECRET],
        ];
        let known: Vec<_> = mutants
            .iter()
            .zip(fails)
            .map(|(mutant, fails)| KnownMistake {
                mutant,
                fails: fails.iter().map(|it| (*it).to_owned()).collect(),
            })
            .collect();
        let raw = Results::new();
        let class = class(&raw, &known, None);
        // 16: only the hidden test fails. 10: that and the bonus. 14: the bonus.
        assert_eq!(
            class.similar_mistakes(&grade("ann", 16)),
            Vec::<&str>::new()
        );
        assert_eq!(class.similar_mistakes(&grade("bob", 14)), ["another-test"]);
        assert_eq!(class.similar_mistakes(&grade("eve", 0)), ["everything"]);
        // Half of what fails is not explained.
        assert_eq!(
            class.similar_mistakes(&grade("dan", 10)),
            Vec::<&str>::new()
        );
        // Who has changed nothing has made no mistake.
        assert_eq!(
            class.similar_mistakes(&Grade {
                unchanged: true,
                ..grade("fay", 0)
            }),
            Vec::<&str>::new()
        );
        // A test that was not run says nothing.
        let mut stopped = grade("gus", 14);
        stopped.groups[1].tests[0].outcome = TestOutcome::NotRun;
        assert_eq!(class.similar_mistakes(&stopped), Vec::<&str>::new());
    }

    #[test]
    fn regrade_says_whose_points_have_changed_and_why() {
        let mut other_task = grade("cid", 16);
        other_task.key.task = "another".to_owned();
        let mut other_files = grade("dan", 20);
        other_files.key.submission = "another".to_owned();
        let (before, now) = (
            results(
                ["ann", "bob", "cid", "dan", "eve"]
                    .map(|id| grade(id, 10))
                    .to_vec(),
            ),
            results(vec![
                grade("ann", 10),
                grade("bob", 14),
                other_task,
                other_files,
                grade("fay", 0),
            ]),
        );
        let mut out = String::new();
        class(&now, &[], Some(&before)).changed(&mut out);
        assert_eq!(
            out,
            "## Since the earlier results\n\nBefore weights and lateness:\n\n\
             - bob: 10 → 14 (the same submission and task)\n\
             - cid: 10 → 16 (the task has changed)\n\
             - dan: 10 → 20 (another submission)\n\
             - eve: is not there any more\n\
             - fay: new, 0\n\n"
        );
        let mut out = String::new();
        class(&now, &[], Some(&now)).changed(&mut out);
        assert!(out.contains("Nobody's points have changed."), "{out}");
    }
}
