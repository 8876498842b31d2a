//! The results of a check and a learner's progress, as text and as one JSON document.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::code::{Group, Refusal, Stage};
use super::progress::{Chapter, Progress};
use super::text::Checked as Text;
use super::words::{CompileError, Failure, Place};
use super::{Checked, GivenHint};
use book::diagnostic::Diagnostic;
use book::diagnostic::Exit;
use book::project::Project;
use book::task::{Group as Asked, Part, Task, Visibility};

/// The number of compiler errors that are shown, the first of them in full.
const ERRORS: usize = 4;

/// The words of `cargo course check --help` on all this.
pub const HELP: &str = "\
Only the files that are yours are taken from DIR; the tests are the book's. Without DIR it is the folder you are in, the
one named like the chapter, or the one you used before. Nothing is downloaded.

Tests that draw their cases print a seed when they fail, and the same cases are drawn until they pass: --seed N draws those
of another time.

Exit code:
  0  all public tests pass; a text has the form that is asked for
  1  something is left to do: it is listed, the first failing test first
  2  a fault of use (an unknown chapter, no such folder): nothing is said about what you have written

With --json, standard output is one JSON document with these keys, always all of them:
  format    1; another number when a key changes its meaning or goes; new keys may come without
  command   \"check\"
  exit      the exit code
  error     what went wrong when exit is 2, otherwise null
  chapter   its slug
  status    \"passed\", \"failed\", \"does not compile\", \"refused\", or \"fault\" when exit is 2
  points    earned; `of` is what public tests can give, `hidden` what the others give, of which nothing is known
  groups    [{name, part, points, hidden, tests, failed}]: failed are tests
  first     the first failing test: {test, says, at: {file, line}, code, test_at, seeded}, or null
  errors    [{at, code, message, picture}]: the compiler's
  refused   why it was not compiled at all: [{at, what}]
  problems  of a text: [{file, line, what, detail, help}]
  altered   files that are not yours and differ from the book's, whose own were used
  seed      what tests drew their cases with
  hint      {exercise, number, of, says, reveals}, or null
  warnings  about progress that could not be read or kept";

/// The document.
#[derive(Debug, Default, Serialize)]
pub struct Document<'a> {
    format: u32,
    command: &'static str,
    exit: u8,
    error: Option<String>,
    chapter: &'a str,
    status: &'static str,
    points: u32,
    of: u32,
    hidden: u32,
    groups: &'a [Group],
    first: Option<&'a Failure>,
    errors: &'a [CompileError],
    refused: &'a [Refusal],
    problems: &'a [Diagnostic],
    altered: &'a [String],
    seed: u64,
    hint: Option<&'a GivenHint>,
    warnings: &'a [String],
}

impl<'a> Document<'a> {
    /// The document of a check of code.
    #[must_use]
    pub fn of_code(chapter: &'a str, checked: &'a Checked) -> Self {
        let assessment = &checked.assessment;
        let mut document = Self {
            altered: &assessment.altered,
            seed: assessment.seed,
            hint: checked.hint.as_ref().and_then(|hint| hint.as_ref().ok()),
            warnings: &checked.warnings,
            ..Self::new(chapter, exit(&assessment.stage))
        };
        match &assessment.stage {
            Stage::Refused(why) => (document.status, document.refused) = ("refused", why),
            Stage::DoesNotCompile(errors) => {
                (document.status, document.errors) = ("does not compile", errors)
            }
            Stage::Ran { groups, first } => {
                document.status = if first.is_none() { "passed" } else { "failed" };
                document.first = first.as_ref();
                document.groups = groups;
                (document.points, document.of, document.hidden) = points(groups);
            }
        }
        document
    }

    /// The document of a check of a text.
    #[must_use]
    pub fn of_text(
        chapter: &'a str,
        text: &'a Text,
        hint: Option<&'a Result<GivenHint, String>>,
        warnings: &'a [String],
    ) -> Self {
        let (exit, status) = if text.problems.is_empty() {
            (Exit::Well, "passed")
        } else {
            (Exit::Problems, "failed")
        };
        let hint = hint.and_then(|hint| hint.as_ref().ok());
        Self {
            problems: &text.problems,
            status,
            hint,
            warnings,
            ..Self::new(chapter, exit)
        }
    }

    /// The document of a check that could not be done.
    #[must_use]
    pub fn of_fault(chapter: &'a str, error: &anyhow::Error) -> Self {
        Self {
            error: Some(format!("{error:#}")),
            status: "fault",
            ..Self::new(chapter, Exit::Fault)
        }
    }

    fn new(chapter: &'a str, exit: Exit) -> Self {
        Self {
            format: 1,
            command: "check",
            exit: exit as u8,
            chapter,
            ..Self::default()
        }
    }
}

/// The exit code of a check.
#[must_use]
pub fn exit(stage: &Stage) -> Exit {
    match stage {
        Stage::Ran { first: None, .. } => Exit::Well,
        _ => Exit::Problems,
    }
}

/// Points earned; that public tests can give; that the others give.
fn points(groups: &[Group]) -> (u32, u32, u32) {
    let sum = |which: &dyn Fn(&&Group) -> bool| {
        groups.iter().filter(which).map(|group| group.points).sum()
    };
    (
        sum(&|group| group.passed()),
        sum(&|group| !group.hidden),
        sum(&|group| group.hidden),
    )
}

/// A place as a learner's editor finds it.
fn shown(folder: &Path, place: &Place) -> String {
    let file = folder.join(&place.file);
    let file = file
        .strip_prefix(".")
        .unwrap_or(&file)
        .display()
        .to_string()
        .replace('\\', "/");
    if place.line == 0 {
        file
    } else {
        format!("{file}:{}", place.line)
    }
}

fn indented(out: &mut String, indent: &str, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "{}", format!("{indent}{line}").trim_end());
    }
}

/// The result of a check of code, for a terminal.
#[must_use]
pub fn text(slug: &str, task: &Task, folder: &Path, checked: &Checked) -> String {
    let mut out = format!("{}\n\n", task.title);
    let assessment = &checked.assessment;
    match &assessment.stage {
        Stage::Refused(why) => {
            let _ = writeln!(
                out,
                "It is not compiled, because it is not what is asked for."
            );
            for Refusal { at, what } in why {
                let _ = writeln!(out, "\n{}: {what}", shown(folder, at));
            }
        }
        Stage::DoesNotCompile(errors) => not_compiled(&mut out, folder, errors),
        Stage::Ran { groups, first } => {
            table(&mut out, groups);
            match first {
                Some(first) => failing(&mut out, slug, folder, first, assessment.seed),
                None => all_passed(&mut out, groups),
            }
        }
    }
    for file in &assessment.altered {
        let _ = writeln!(
            out,
            "\n{file} is not as in the book, and not yours to change: the book's was used."
        );
    }
    out += &hint(checked.hint.as_ref());
    if checked.hint.is_none() && matches!(assessment.stage, Stage::Ran { first: Some(_), .. }) {
        let _ = writeln!(
            out,
            "\nA hint, if you want one: cargo course check {slug} --hint"
        );
    }
    out
}

/// A hint that was asked for, or why there is none.
#[must_use]
pub fn hint(hint: Option<&Result<GivenHint, String>>) -> String {
    let mut out = String::new();
    match hint {
        Some(Ok(hint)) => given(&mut out, hint),
        Some(Err(why)) => _ = writeln!(out, "\n{why}"),
        None => {}
    }
    out
}

fn not_compiled(out: &mut String, folder: &Path, errors: &[CompileError]) {
    let _ = match errors.len() {
        1 => writeln!(out, "It does not compile yet."),
        many => writeln!(
            out,
            "It does not compile yet: {many} errors. The first one first."
        ),
    };
    for (number, error) in errors.iter().take(ERRORS).enumerate() {
        let place = error
            .at
            .as_ref()
            .map_or_else(String::new, |at| format!("{}: ", shown(folder, at)));
        let code = if error.code.is_empty() {
            String::new()
        } else {
            format!(" ({})", error.code)
        };
        let _ = writeln!(out, "\n{place}{}{code}", error.message);
        if number == 0 {
            indented(out, "  ", &error.picture);
        }
    }
    if let Some(more) = errors.len().checked_sub(ERRORS).filter(|more| *more > 0) {
        let _ = writeln!(out, "\nand {more} more");
    }
    if errors
        .first()
        .and_then(|error| error.at.as_ref())
        .is_some_and(|at| at.file.starts_with("tests/"))
    {
        let _ = writeln!(
            out,
            "\nThe tests do not fit your code: signatures must stay as they were handed out."
        );
    }
}

/// The groups, part by part.
fn table(out: &mut String, groups: &[Group]) {
    let width = groups
        .iter()
        .map(|group| group.name.len())
        .max()
        .unwrap_or(0);
    for group in groups {
        let part = group.part.name();
        if group.hidden {
            let what = "its tests are not handed out";
            let _ = writeln!(
                out,
                "  {part:<8} {:<width$}   ? of {:>2} points   {what}",
                group.name, group.points
            );
            continue;
        }
        let earned = if group.passed() { group.points } else { 0 };
        let passed = group.tests - group.failed.len();
        let _ = writeln!(
            out,
            "  {part:<8} {:<width$}  {earned:>2} of {:>2} points   {passed} of {} tests pass",
            group.name, group.points, group.tests
        );
    }
}

fn failing(out: &mut String, slug: &str, folder: &Path, first: &Failure, seed: u64) {
    let _ = writeln!(out, "\nThe first that fails: {}", first.test);
    indented(out, "  ", &first.says);
    if let Some(at) = &first.at {
        let _ = writeln!(out, "\n  {}", shown(folder, at));
        indented(out, "    ", &first.code);
    }
    if let Some(at) = &first.test_at {
        let _ = writeln!(out, "\n  The test: {}", shown(folder, at));
    }
    if first.seeded {
        let _ = writeln!(
            out,
            "\n  It draws its cases, and draws these again until it passes. To draw them later:"
        );
        let _ = writeln!(out, "  cargo course check {slug} --seed {seed}");
    }
}

fn all_passed(out: &mut String, groups: &[Group]) {
    let (points, _, hidden) = points(groups);
    let _ = write!(out, "\nAll public tests passed: {points} points.");
    let _ = match hidden {
        0 => writeln!(out, " There are no others."),
        hidden => writeln!(
            out,
            " For the other {hidden} there are tests that you do not have."
        ),
    };
}

fn given(out: &mut String, hint: &GivenHint) {
    let _ = writeln!(
        out,
        "\nHint {} of {} for *{}*:\n",
        hint.number, hint.of, hint.exercise
    );
    indented(out, "  ", &hint.says);
    for (name, code) in &hint.reveals {
        let _ = writeln!(out, "\n  In place of `{name}`:\n");
        indented(out, "    ", code);
    }
}

/// The progress of a learner in these chapters, or in all, in the order of the book.
#[must_use]
pub fn progress(project: &Project, progress: &Progress, named: &[String]) -> String {
    let mut out = String::new();
    let is_asked_for = |slug: &str| named.is_empty() || named.iter().any(|it| it == slug);
    let slugs = project.pages.iter().filter_map(|page| page.slug());
    let tasks: Vec<_> = slugs
        .filter(|slug| is_asked_for(slug))
        .filter_map(|slug| Some((slug, project.tasks.get(slug)?)))
        .collect();
    let width = tasks.iter().map(|(slug, _)| slug.len()).max().unwrap_or(0);
    let (mut begun, mut done) = (0, 0);
    for (slug, task) in &tasks {
        let Some(chapter) = progress.chapters.get(*slug) else {
            let _ = writeln!(out, "  {slug:<width$}  not begun");
            continue;
        };
        begun += 1;
        done += usize::from(chapter.done);
        let _ = writeln!(out, "  {slug:<width$}  {}", line(task, chapter));
    }
    let _ = writeln!(
        out,
        "\n{begun} of {} chapters begun, {done} with all public tests passed.",
        tasks.len()
    );
    out
}

fn line(task: &Task, chapter: &Chapter) -> String {
    let hints: usize = chapter.hints.values().sum();
    let hints = match hints {
        0 => String::new(),
        1 => ", 1 hint".to_owned(),
        many => format!(", {many} hints"),
    };
    if task.is_text() {
        return format!(
            "{}{hints}",
            if chapter.done {
                "its form is right"
            } else {
                "begun"
            }
        );
    }
    let parts = [Part::Core, Part::Bonus, Part::Stretch].map(|part| {
        let own = || task.groups.iter().filter(|group| group.part == part);
        let public = |group: &&Asked| group.visibility == Visibility::Public;
        let of: u32 = own().filter(public).map(|group| group.points).sum();
        let earned: u32 = own()
            .filter(|group| chapter.passed.contains(&group.name))
            .map(|group| group.points)
            .sum();
        (of > 0).then(|| format!("{} {earned} of {of}", part.name().to_lowercase()))
    });
    format!(
        "{}{hints}",
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    )
}
