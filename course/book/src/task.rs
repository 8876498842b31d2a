//! `task.toml`: a chapter's exercises, points, wrong solutions and claims.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::diagnostic::Diagnostic;
use crate::nearest::near;
use crate::project::module;
use crate::toml_text::{Strings, parse};

/// A chapter's `listings/src/<module>/task.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The chapter's title, as its page has it.
    pub title: String,
    /// The number of the task in the original list.
    pub original: u32,
    /// Minutes for the reading and the core exercise together.
    pub minutes: u32,
    /// The difficulty.
    pub level: Level,
    /// Slugs of the chapters to read first.
    #[serde(default)]
    pub prerequisites: Vec<String>,
    /// The abilities a reader gains.
    pub objectives: Vec<String>,
    /// The files that a learner writes.
    pub solution: Solution,
    /// The limits of a graded test.
    #[serde(default)]
    pub limits: Limits,
    /// The exercises, part by part.
    #[serde(rename = "exercise")]
    pub exercises: Vec<Exercise>,
    /// Groups of tests, each a module of `listings/tests/<module>/`.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    /// Tests in which threads race. Whether a wrong solution fails them depends on which thread runs when, so they lose
    /// it no group, unless it names them.
    #[serde(default)]
    pub races: Vec<String>,
    /// Plausible wrong solutions that the tests must reject.
    #[serde(default, rename = "mutant")]
    pub mutants: Vec<Mutant>,
    /// Rules for comparing the outputs of examples; an example not named here is deterministic.
    #[serde(default, rename = "output")]
    pub outputs: BTreeMap<String, Output>,
    /// The claims of the original list, with verdicts.
    #[serde(default, rename = "claim")]
    pub claims: Vec<Claim>,
    /// The lines of all strings in the file.
    #[serde(skip)]
    pub strings: Strings,
}

/// The difficulty of a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Needs ownership and closures.
    Introductory,
    /// Needs async or threads.
    Intermediate,
    /// Needs atomics, `unsafe` or both.
    Advanced,
}

impl Level {
    /// The word a page shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Introductory => "introductory",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }
}

/// The files that are the learner's to write.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solution {
    /// Files in `listings/src/<module>/`.
    pub files: Vec<String>,
    /// True if they may use `unsafe`.
    #[serde(default, rename = "unsafe")]
    pub allows_unsafe: bool,
    /// Stubs in place of the solution's regions, by name; `todo!("NAME")` for the rest.
    #[serde(default)]
    pub stubs: BTreeMap<String, String>,
}

/// Limits of one test when submissions are graded, where they differ from the usual ones: `[limits]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// CPU time, in seconds: many times what the solution uses, and little enough for a loop
    /// without end to cost little.
    pub cpu_seconds: Option<u64>,
    /// Address space, in MiB.
    pub memory_mib: Option<u64>,
    /// Threads and processes.
    pub processes: Option<u64>,
}

/// A part of the exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The part for everyone, within the hour.
    Core,
    /// A step further.
    Bonus,
    /// The part for those who want more.
    Stretch,
}

impl Part {
    /// The word a page shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "Core",
            Self::Bonus => "Bonus",
            Self::Stretch => "Stretch",
        }
    }
}

/// One exercise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its part.
    pub part: Part,
    /// A short name.
    pub title: String,
    /// Its duration in minutes.
    pub minutes: u32,
    /// The task, in Markdown.
    pub asks: String,
    /// Hints, each saying more than the one before, in Markdown.
    #[serde(default)]
    pub hints: Vec<Hint>,
}

/// A hint, in Markdown; it may say which regions of the solution it gives away, and which tests pass with them.
#[derive(Debug, Clone, PartialEq)]
pub enum Hint {
    /// Words.
    Text(String),
    /// Words, and code.
    Code(CodeHint),
}

/// A hint that gives a part of the solution away.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeHint {
    /// The words, in Markdown.
    pub says: String,
    /// Regions of the solution. They are applied on top of those of the hints before it, in the same exercise.
    pub reveals: Vec<String>,
    /// Tests that fail before it is applied, and pass after.
    pub moves: Vec<String>,
}

/// By hand: an untagged enum would say neither which key is unknown nor which is missing.
impl<'de> Deserialize<'de> for Hint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Hint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a hint: a text, or a table with `says`, `reveals` and `moves`")
            }

            fn visit_str<E: de::Error>(self, says: &str) -> Result<Hint, E> {
                Ok(Hint::Text(says.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Hint, A::Error> {
                CodeHint::deserialize(MapAccessDeserializer::new(map)).map(Hint::Code)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Hint {
    /// The words.
    #[must_use]
    pub fn says(&self) -> &str {
        match self {
            Self::Text(says) | Self::Code(CodeHint { says, .. }) => says,
        }
    }

    /// The regions of the solution that it gives away.
    #[must_use]
    pub fn reveals(&self) -> &[String] {
        match self {
            Self::Text(_) => &[],
            Self::Code(hint) => &hint.reveals,
        }
    }

    /// The tests that it says it moves.
    #[must_use]
    pub fn moves(&self) -> &[String] {
        match self {
            Self::Text(_) => &[],
            Self::Code(hint) => &hint.moves,
        }
    }
}

/// A group of tests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The test module, a prefix of its tests' paths.
    pub name: String,
    /// The part whose points it carries.
    pub part: Part,
    /// Points for passing all of it.
    pub points: u32,
    /// Its visibility to learners.
    pub visibility: Visibility,
}

/// The visibility of a group of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Handed out with the exercise.
    Public,
    /// Kept by the instructor.
    Hidden,
}

/// A plausible wrong solution: one edit of one file, and the tests that must fail for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// A short name, unique in the chapter.
    pub name: String,
    /// The reason why someone might write it.
    pub story: String,
    /// The file in `listings/src/<module>/`.
    pub file: String,
    /// The text to replace; it must occur exactly once.
    pub find: String,
    /// The replacement.
    pub replace: String,
    /// Paths of tests that must fail, as `cargo test` prints them. Of every group that is lost at least one is named.
    pub caught_by: Vec<String>,
}

/// The rule for comparing an example's output with the captured one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// The way of comparing.
    #[serde(default)]
    pub mode: Mode,
    /// For `normalised`: what is replaced before comparing, on both sides.
    #[serde(default)]
    pub normalise: Vec<Normalise>,
    /// The reason why the output varies.
    #[serde(default)]
    pub why: String,
}

/// The ways of comparing an output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Byte for byte.
    #[default]
    Deterministic,
    /// Byte for byte after the declared replacements.
    Normalised,
    /// Run, and must succeed, but not compared; the page says so.
    Varies,
}

/// One replacement before a comparison.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalise {
    /// A regular expression.
    pub pattern: String,
    /// The replacement of each match.
    pub with: String,
}

/// A claim, with its verdicts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// A name, unique in the chapter.
    pub id: String,
    /// The claim, in the book's words.
    pub says: String,
    /// True if the claim is this book's own, and not of the original list.
    #[serde(default)]
    pub ours: bool,
    /// The verdict for Go.
    pub go: Option<Finding>,
    /// The verdict for Rust.
    pub rust: Option<Finding>,
}

/// A verdict and the evidence that it rests on. The evidence is checked; the verdict is the author's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The verdict; none if the claim does not apply to the language.
    pub verdict: Option<Verdict>,
    /// The reason, in Markdown, one or two sentences. `{above}` and `{below}` are the bounds of the ratio.
    pub because: String,
    /// A test of `listings/tests/<module>/` that shows it.
    pub test: Option<String>,
    /// A Go test of `benches/go/<module>/` that shows it; its result is in the record, too.
    pub go_test: Option<String>,
    /// Two benchmarks whose ratio shows it: the first divided by the second.
    pub ratio: Option<[String; 2]>,
    /// The whole confidence interval of the ratio must be above this.
    pub above: Option<f64>,
    /// The whole confidence interval of the ratio must be below this.
    pub below: Option<f64>,
}

impl Finding {
    /// The bounds of the ratio, by their placeholders in `because`.
    pub fn bounds(&self) -> impl Iterator<Item = (&'static str, f64)> {
        [("{above}", self.above), ("{below}", self.below)]
            .into_iter()
            .filter_map(|(name, bound)| Some((name, bound?)))
    }

    /// The reason, with the bounds in place of their placeholders.
    #[must_use]
    pub fn reason(&self) -> String {
        let put = |text: String, (name, bound): (&str, f64)| text.replace(name, &bound.to_string());
        self.bounds().fold(self.because.clone(), put)
    }
}

/// True if a number is in a text by itself.
fn has_number(text: &str, number: f64) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    words.any(|word| word.trim_end_matches('.').parse() == Ok(number))
}

/// The verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Verdict {
    /// It is so.
    #[serde(rename = "holds")]
    Holds,
    /// It is so under conditions the page names.
    #[serde(rename = "holds in part")]
    HoldsInPart,
    /// It was not found so.
    #[serde(rename = "does not hold here")]
    DoesNotHold,
}

impl Verdict {
    /// The words a page shows.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::HoldsInPart => "holds in part",
            Self::DoesNotHold => "does not hold here",
        }
    }
}

impl Task {
    /// Reads a `task.toml`.
    ///
    /// # Errors
    ///
    /// Diagnostics with their lines, when the text is not TOML, a key is missing or unknown, or
    /// what it says does not fit together.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<Diagnostic>> {
        match Self::read(file, text) {
            (Some(task), problems) if problems.is_empty() => Ok(task),
            (_, problems) => Err(problems),
        }
    }

    /// Reads a `task.toml`, and keeps what can be understood although its parts do not fit together.
    #[must_use]
    pub fn read(file: &Path, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut task: Self = match parse(text) {
            Ok(task) => task,
            Err((line, message)) => {
                let what = in_words(&message);
                let help = meant(&what);
                return (None, vec![Diagnostic::new(file, line, what).help(help)]);
            }
        };
        task.strings = Strings::parse(text);
        let problems = task.flaws(file);
        (Some(task), problems)
    }

    /// The file of a chapter's task, from the book's root.
    #[must_use]
    pub fn file(slug: &str) -> PathBuf {
        Path::new("listings/src")
            .join(module(slug))
            .join("task.toml")
    }

    /// Inconsistencies that serde cannot see.
    fn flaws(&self, file: &Path) -> Vec<Diagnostic> {
        let mut flaws = Vec::new();
        let mut note = |line: usize, what: String, help: &str| {
            flaws.push(Diagnostic::new(file, line, what).help(help));
        };
        let line = |path: &str, value: &str| self.strings.line(path, value);
        // An exercise that is a text has no files, and no tests.
        let is_text = self.is_text();
        for exercise in self.exercises.iter().filter(|_| !is_text) {
            if !self.groups.iter().any(|group| group.part == exercise.part) {
                let what = format!(
                    "no test group carries the points of the {} part",
                    exercise.part.name()
                );
                note(
                    line("exercise.title", &exercise.title),
                    what,
                    "add a [[group]] with this part",
                );
            }
        }
        let is_group = |test: &String| {
            test.split_once("::")
                .is_some_and(|(name, _)| self.groups.iter().any(|group| group.name == name))
        };
        for hint in self.exercises.iter().flat_map(|exercise| &exercise.hints) {
            let Hint::Code(hint) = hint else { continue };
            if hint.reveals.is_empty() {
                let what = "a hint `reveals` nothing".to_owned();
                note(
                    line("exercise.hints.says", &hint.says),
                    what,
                    "name a region of the solution, or write the hint as a text",
                );
            }
            for test in hint.moves.iter().filter(|test| !is_group(test)) {
                let what = format!("a hint moves `{test}`, which is no test of a group");
                note(
                    line("exercise.hints.says", &hint.says),
                    what,
                    "name tests as `cargo test` prints them",
                );
            }
        }
        for group in &self.groups {
            if !self
                .exercises
                .iter()
                .any(|exercise| exercise.part == group.part)
            {
                let what = format!(
                    "group `{}` belongs to a part without an exercise",
                    group.name
                );
                note(
                    line("group.name", &group.name),
                    what,
                    "add an [[exercise]] with this part, or change the group's",
                );
            }
        }
        for mutant in &self.mutants {
            if mutant.caught_by.is_empty() {
                let what = format!("mutant `{}` names no test that must catch it", mutant.name);
                note(
                    line("mutant.name", &mutant.name),
                    what,
                    "name one in `caught_by`, as `cargo test` prints it",
                );
            }
        }
        for (name, output) in &self.outputs {
            for rule in &output.normalise {
                if let Err(error) = Regex::new(&rule.pattern) {
                    let what = format!(
                        "output `{name}`: `pattern` is no regular expression: {}",
                        last_line(&error)
                    );
                    let path = format!("output.{name}.normalise.pattern");
                    note(
                        line(&path, &rule.pattern),
                        what,
                        "correct it; the syntax is that of the regex crate",
                    );
                }
            }
        }
        for claim in &self.claims {
            if claim.go.is_none() && claim.rust.is_none() {
                let what = format!(
                    "claim `{}` has no verdict, neither for Go nor for Rust",
                    claim.id
                );
                note(
                    line("claim.id", &claim.id),
                    what,
                    "add [claim.go], [claim.rust] or both",
                );
            }
            for finding in claim.go.iter().chain(&claim.rust) {
                let has_evidence =
                    finding.test.is_some() || finding.go_test.is_some() || finding.ratio.is_some();
                if finding.verdict.is_some() && !has_evidence {
                    let what = format!("claim `{}` has a verdict without evidence", claim.id);
                    note(
                        line("claim.id", &claim.id),
                        what,
                        "name its `test`, `go_test` or `ratio`",
                    );
                }
                for (name, bound) in finding.bounds() {
                    if !finding.because.contains(name) && !has_number(&claim.says, bound) {
                        let what = format!(
                            "claim `{}` is judged by the bound {bound}, which no text of it has",
                            claim.id
                        );
                        let help =
                            "write `{above}` or `{below}` in `because`, or the number in `says`";
                        note(line("claim.id", &claim.id), what, help);
                    }
                }
                if finding.ratio.is_some() != (finding.above.is_some() || finding.below.is_some()) {
                    let what = format!(
                        "claim `{}` has a ratio without a condition, or a condition without a ratio",
                        claim.id
                    );
                    note(
                        line("claim.id", &claim.id),
                        what,
                        "`ratio` goes with `above`, `below` or both",
                    );
                }
            }
        }
        for (path, kind) in [
            ("group.name", "group"),
            ("mutant.name", "mutant"),
            ("claim.id", "claim"),
        ] {
            let mut seen = BTreeSet::new();
            for (name, line) in self
                .strings
                .at(path)
                .filter(|(name, _)| !seen.insert(*name))
            {
                let what = format!("two {kind}s are called `{name}`");
                note(line, what, "give each a name of its own");
            }
        }
        flaws
    }

    /// True if a learner writes a text: the task has no files of code and no tests.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.solution.files.is_empty() && self.groups.is_empty()
    }

    /// The points of a part: the sum over its groups.
    #[must_use]
    pub fn points(&self, part: Part) -> u32 {
        self.groups
            .iter()
            .filter(|group| group.part == part)
            .map(|group| group.points)
            .sum()
    }

    /// The rule for comparing the output of an example.
    #[must_use]
    pub fn output(&self, name: &str) -> Output {
        self.outputs.get(name).cloned().unwrap_or_default()
    }
}

/// serde's message in the words of TOML.
fn in_words(message: &str) -> String {
    const WORDS: [(&str, &str); 5] = [
        ("missing field", "missing key"),
        ("unknown field", "unknown key"),
        ("unknown variant", "unknown word"),
        ("expected u32", "expected a whole number, not below 0"),
        ("expected u64", "expected a whole number, not below 0"),
    ];
    WORDS
        .iter()
        .fold(message.to_owned(), |message, (from, to)| {
            message.replace(from, to)
        })
}

/// The likely meaning of an unknown word, and the place that lists all words.
fn meant(message: &str) -> String {
    const ALL: &str =
        "course/book/src/task.rs defines every key; listings/src/virtual_time/task.toml uses most";
    let Some((word, known)) = message
        .strip_prefix("unknown ")
        .and_then(|rest| rest.split_once(", expected "))
    else {
        return ALL.to_owned();
    };
    let word = word.split('`').nth(1).unwrap_or_default();
    let known = known.split('`').skip(1).step_by(2);
    match near(word, known).first() {
        Some(near) => format!("perhaps `{near}`? {ALL}"),
        None => ALL.to_owned(),
    }
}

/// The line, from 1, of a byte offset.
#[must_use]
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}

/// The line of an error that says what is wrong, without the picture above it.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}
