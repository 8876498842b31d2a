//! The evidence of a chapter's claims.

use std::fs;
use std::path::{Path, PathBuf};

use book::diagnostic::Diagnostic;
use book::files::files_below;
use book::ledger::{Kind, Ledger, RECORDED};
use book::project::{Project, module};
use book::task::{Claim, Finding, Task};
use measurements::record::Record;
use reader::directives::Fault;
use reader::directives::claims::findings;
use reader::directives::value::{nothing_recorded, ratio, recorded};
use regex::Regex;

use crate::tests::{Results, TestResult};

/// Sources of evidence.
#[derive(Clone, Copy, Default)]
pub struct Sources<'a> {
    /// The benchmark record.
    pub record: Option<&'a Record>,
    /// Results of the tests of `listings`; `None` if they could not be run.
    pub tests: Option<&'a Results>,
    /// Results of Go tests; `None` if they are those of the record.
    pub go: Option<&'a Results>,
}

/// Tests the evidence of a chapter's claims: conditions on ratios against the whole interval, and tests that must
/// exist and pass.
#[must_use]
pub fn check(
    project: &Project,
    sources: Sources<'_>,
    slug: &str,
    ledger: &mut Ledger,
) -> Vec<Diagnostic> {
    let Some(task) = project.tasks.get(slug) else {
        return Vec::new();
    };
    let page = project
        .page(slug)
        .map_or_else(PathBuf::new, |page| page.file.clone());
    let file = Task::file(slug);
    let mut problems = Vec::new();
    for claim in &task.claims {
        let line = task.strings.line("claim.id", &claim.id);
        for (language, finding) in findings(claim) {
            let (ways, faults) = evidence(&project.root, sources, slug, finding);
            // Without the tests' results nothing is known of them, although nothing is wrong.
            let is_known = finding.test.is_none() || sources.tests.is_some();
            if faults.is_empty() && is_known {
                let how = ways.join(", ");
                ledger.held(&page, Kind::Claim, subject(claim, language), &how);
            }
            for fault in faults
                .into_iter()
                .filter(|fault| !fault.follows(project, slug))
                .filter(|fault| !fault.is_unmeasured(project, sources.record, slug))
            {
                let what = format!("claim `{}`, {language}: {}", claim.id, fault.what);
                problems.push(Diagnostic::new(&file, line, what).help(fault.help));
            }
        }
    }
    problems
}

/// The subject of the check of a verdict.
pub(crate) fn subject(claim: &Claim, language: &str) -> String {
    format!("claim {}, {language}", claim.id)
}

/// The ways in which the evidence of a verdict was checked, and what is wrong with it.
fn evidence(
    root: &Path,
    sources: Sources<'_>,
    slug: &str,
    finding: &Finding,
) -> (Vec<&'static str>, Vec<Fault>) {
    let Sources { record, tests, go } = sources;
    let ratio = finding.ratio.as_ref().map(|[first, second]| {
        check_ratio(record, slug, finding, first, second)?;
        Ok("ratio of the record")
    });
    let go_test = finding.go_test.as_ref().map(|test| match go {
        Some(results) if results.contains_key(slug) => passed(results, slug, test),
        _ => check_go_test(record, slug, test).map(|()| RECORDED),
    });
    let test = finding.test.as_ref().map(|test| {
        test_text(root, slug, test)?;
        tests.map_or(Ok(""), |results| passed(results, slug, test))
    });
    let mut ways = Vec::new();
    let mut faults = Vec::new();
    for checked in [ratio, go_test, test].into_iter().flatten() {
        match checked {
            Ok(how) => ways.push(how),
            Err(fault) => faults.push(fault),
        }
    }
    (ways, faults)
}

/// The way in which a test passed.
fn passed(results: &Results, slug: &str, test: &str) -> Result<&'static str, Fault> {
    match results.get(slug).and_then(|tests| tests.get(test)) {
        Some(TestResult { passed: true, how }) => Ok(how),
        Some(_) => Err(Fault::new(format!("test `{test}` fails"))
            .help("make it pass, or change the verdict and its evidence")),
        None => Err(Fault::new(format!("test `{test}` does not run"))
            .help("its program must list it, and it must not be ignored or skipped")),
    }
}

fn check_ratio(
    record: Option<&Record>,
    slug: &str,
    finding: &Finding,
    first: &str,
    second: &str,
) -> Result<(), Fault> {
    let ratio = ratio(recorded(record, slug)?, slug, first, second)?;
    let shown = || {
        format!(
            "`{first}` / `{second}` is {} (interval {})",
            ratio.times(),
            ratio.interval()
        )
    };
    const HELP: &str = "the evidence no longer carries the verdict: measure again on a quiet machine, or change the verdict and its condition";
    match (finding.above, finding.below) {
        (Some(above), _) if ratio.low <= above => {
            Err(Fault::new(format!("{}, not above {}", shown(), above)).help(HELP))
        }
        (_, Some(below)) if ratio.high >= below => {
            Err(Fault::new(format!("{}, not below {}", shown(), below)).help(HELP))
        }
        _ => Ok(()),
    }
}

/// Checks that a Go test passed when it was recorded.
///
/// # Errors
///
/// When it failed, or is not recorded.
fn check_go_test(record: Option<&Record>, slug: &str, test: &str) -> Result<(), Fault> {
    let again = format!("run `cargo course bench {slug} --record` where a Go is installed");
    let chapter = recorded(record, slug)?.chapters.get(slug);
    let chapter = chapter.ok_or_else(|| nothing_recorded(slug))?;
    match chapter.go_tests.get(test) {
        Some(true) => Ok(()),
        Some(false) => {
            Err(Fault::new(format!("Go test `{test}` failed when it was recorded")).help(again))
        }
        None => Err(Fault::new(format!("Go test `{test}` is not recorded")).help(again)),
    }
}

/// `bonus::retries_stop` is a `fn retries_stop` in `listings/tests/<module>/bonus.rs`.
///
/// `core::by_hand::ends` may also come from a macro that writes the same tests for several modules:
/// then `core.rs` names `by_hand`, and `fn ends` is in a file of the chapter's tests with a
/// `macro_rules!`.
///
/// Returns the test as it is written.
pub fn test_text(root: &Path, slug: &str, test: &str) -> Result<String, Fault> {
    let folder = Path::new("listings/tests").join(module(slug));
    let parts: Vec<_> = test.split("::").collect();
    let [group, modules @ .., name] = parts.as_slice() else {
        return Err(Fault::new(format!("`{test}` is not the path of a test"))
            .help("write `group::test_name`"));
    };
    let has = |text: &str, word: &str| {
        Regex::new(&format!(r"\b{word}\b")).is_ok_and(|pattern| pattern.is_match(text))
    };
    let function = format!(r"fn\s+{}", regex::escape(name));
    let read = |file: String| fs::read_to_string(root.join(&folder).join(file)).unwrap_or_default();
    let inside = parts[..parts.len() - 1].join("/");
    let own = [
        format!("{group}.rs"),
        format!("{group}/mod.rs"),
        format!("{inside}.rs"),
    ]
    .map(read)
    .concat();
    let from_macro = || {
        let named = modules
            .iter()
            .all(|module| has(&own, &regex::escape(module)));
        let texts = files_below(&root.join(&folder)).into_iter();
        let mut texts = texts.filter_map(|file| fs::read_to_string(file).ok());
        (!modules.is_empty() && named)
            .then(|| {
                texts.find_map(|text| {
                    text.contains("macro_rules!")
                        .then(|| written(&text, &function))?
                })
            })
            .flatten()
    };
    written(&own, &function).or_else(from_macro).ok_or_else(|| {
        Fault::new(format!("there is no test `{test}`")).help(format!(
            "it should be `fn {name}` in {}/{group}.rs",
            folder.display()
        ))
    })
}

/// A test from its head to the next test.
fn written(text: &str, head: &str) -> Option<String> {
    let start = Regex::new(&format!(r"\b{head}\b")).ok()?.find(text)?;
    let end = text[start.end()..]
        .find("#[test]")
        .map_or(text.len(), |next| start.end() + next);
    Some(text[start.start()..end].to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use book::task::Task;
    use measurements::record::sample::record;

    fn finding(toml: &str) -> Finding {
        toml::from_str(&format!(
            "verdict = \"holds\"\nbecause = \"*So* it is.\"\n{toml}"
        ))
        .unwrap()
    }

    fn faults_of(toml: &str) -> Vec<Fault> {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("listings/tests/coroutines");
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("core.rs"),
            "#[test]\nfn fibonacci_starts_at_zero() {}\nsuite!(by_hand);\n",
        )
        .unwrap();
        fs::write(
            folder.join("suite.rs"),
            "macro_rules! suite { ($m:ident) => { mod $m { fn ends() {} } } }",
        )
        .unwrap();
        let record = record();
        let sources = Sources {
            record: Some(&record),
            ..Sources::default()
        };
        evidence(root.path(), sources, "coroutines", &finding(toml)).1
    }

    const RATIO: &str = "ratio = [\"go/coroutines/step/pull\", \"step/corosensei\"]\n";

    const TASK: &str = r#"
title = "Pull values out of a coroutine"
original = 2
minutes = 60
level = "intermediate"
objectives = ["x"]
exercise = []
group = []
[solution]
files = ["s1.rs"]

[[claim]]
id = "switch-cost"
says = "A switch is **cheap**."
[claim.go]
verdict = "does not hold here"
because = "It takes {{#value go/step/pull}}, more than {above} times as long."
ratio = ["go/step/pull", "step/corosensei"]
above = 10
[claim.rust]
verdict = "holds"
because = "See the test."
test = "core::fibonacci_starts_at_zero"
"#;

    fn task() -> Task {
        Task::parse(Path::new("task.toml"), TASK).unwrap()
    }

    #[test]
    fn condition_must_hold_for_the_whole_interval() {
        // The ratio is 3.51, its interval 3.42 to 3.59.
        assert_eq!(faults_of(&format!("{RATIO}above = 3.4\nbelow = 3.6")), []);
        for condition in ["above = 3.5", "below = 3.55", "above = 4.0", "below = 3.0"] {
            let faults = faults_of(&format!("{RATIO}{condition}"));
            assert_eq!(faults.len(), 1, "{condition}");
            assert!(
                faults[0]
                    .what
                    .contains("is 3.5× (interval 3.42 to 3.59), not"),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn ratio_of_time_to_memory_is_a_fault() {
        let faults = faults_of("ratio = [\"held/stackful\", \"step/corosensei\"]\nabove = 1.0");
        assert!(
            faults[0].what.contains("so there is no ratio"),
            "{faults:?}"
        );
        assert_eq!(
            faults_of("ratio = [\"held/stackful\", \"go/held/pull\"]\nabove = 1.2"),
            []
        );
    }

    #[test]
    fn ratio_of_unknown_benchmarks_is_a_fault() {
        let faults = faults_of("ratio = [\"step/x\", \"step/corosensei\"]\nabove = 1.0");
        assert!(faults[0].what.contains("`step/x`"));
    }

    #[test]
    fn go_test_must_be_recorded_and_have_passed() {
        assert_eq!(faults_of("go_test = \"TestPasses\""), []);
        assert!(
            faults_of("go_test = \"TestFails\"")[0]
                .what
                .contains("failed")
        );
        assert!(
            faults_of("go_test = \"TestNone\"")[0]
                .what
                .contains("not recorded")
        );
    }

    #[test]
    fn test_must_exist() {
        assert_eq!(faults_of("test = \"core::fibonacci_starts_at_zero\""), []);
        for test in [
            "core::fibonacci_starts",
            "bonus::fibonacci_starts_at_zero",
            "fibonacci_starts_at_zero",
        ] {
            assert_eq!(faults_of(&format!("test = \"{test}\"")).len(), 1, "{test}");
        }
    }

    #[test]
    fn test_must_run_and_pass() {
        let result = |passed| TestResult { passed, how: "now" };
        let results = |name: &str, passed| {
            let tests = BTreeMap::from([(name.to_owned(), result(passed))]);
            Results::from([("coroutines".to_owned(), tests)])
        };
        let found =
            |results: &Results| passed(results, "coroutines", "core::ends").map_err(|it| it.what);
        assert_eq!(found(&results("core::ends", true)).unwrap(), "now");
        let said = |results| found(&results).unwrap_err();
        assert_eq!(
            said(results("core::ends", false)),
            "test `core::ends` fails"
        );
        assert_eq!(
            said(results("core::begins", true)),
            "test `core::ends` does not run"
        );
    }

    #[test]
    fn test_may_come_from_a_macro_that_its_group_calls() {
        assert_eq!(faults_of("test = \"core::by_hand::ends\""), []);
        for test in [
            "core::elsewhere::ends",
            "core::ends",
            "bonus::by_hand::ends",
            "core::by_hand::starts",
        ] {
            assert_eq!(faults_of(&format!("test = \"{test}\"")).len(), 1, "{test}");
        }
    }

    #[test]
    fn evidence_without_a_record_is_a_fault() {
        let finding = finding("go_test = \"TestPasses\"");
        let (_, faults) = evidence(Path::new("."), Sources::default(), "coroutines", &finding);
        assert!(
            faults[0]
                .help
                .contains("cargo course bench coroutines --record")
        );
    }

    #[test]
    fn problems_have_the_line_of_the_claim() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("listings/src/coroutines");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("task.toml"), TASK).unwrap();
        let project = Project {
            root: root.path().to_owned(),
            settings: book::settings::Settings::default(),
            pages: Vec::new(),
            tasks: BTreeMap::from([("coroutines".to_owned(), task())]),
            problems: Vec::new(),
            digests: book::dependencies::Digests::default(),
        };
        let record = record();
        let sources = Sources {
            record: Some(&record),
            ..Sources::default()
        };
        let problems = check(&project, sources, "coroutines", &mut Ledger::default());
        let places: Vec<_> = problems.iter().map(Diagnostic::place).collect();
        assert_eq!(
            places,
            [
                "listings/src/coroutines/task.toml:13",
                "listings/src/coroutines/task.toml:13"
            ]
        );
        assert!(
            problems[0].what.starts_with("claim `switch-cost`, Go: "),
            "{}",
            problems[0].what
        );
        assert!(
            problems[1].what.contains("there is no test"),
            "{}",
            problems[1].what
        );
    }
}
