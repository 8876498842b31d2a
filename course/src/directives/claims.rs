//! `{{#claims}}`: what the original list says, what was found, and the evidence.
//!
//! ```text
//! {{#claims}}               the claims of this chapter
//! {{#claims coroutines}}    those of another
//! ```
//!
//! becomes a section a claim, with a definition list of its findings, which a narrow screen shows as well as a wide one:
//!
//! ```html
//! <section class="claim" id="claim-coroutines-switch-cost">
//!
//! A switch costs less than a channel.
//!
//! <dl>
//! <dt>Go: <strong class="verdict holds">holds</strong></dt>
//! <dd>
//!
//! Both sides were measured.
//!
//! <p class="evidence"><code>go/step/channel</code> takes 3.7× as long as <code>go/step/pull</code> …</p>
//! </dd>
//! </dl>
//! </section>
//! ```
//!
//! `says` and `because` are Markdown, and may hold `{{#value}}`. [`check_claims`] tests the evidence.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use walkdir::WalkDir;

use super::value::{self, find, ratio, recorded};
use super::{Fault, Place, escape};
use crate::number::rounded;
use crate::problem::Problem;
use crate::project::{Project, module};
use crate::record::Record;
use crate::task::{Claim, Finding, Task, Verdict, line_of_key};

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let (slug, task) = match arguments {
        "" => place.chapter()?,
        slug => place
            .project
            .tasks
            .get_key_value(slug)
            .map(|(slug, task)| (slug.as_str(), task))
            .ok_or_else(|| {
                let known: Vec<_> = place.project.tasks.keys().map(String::as_str).collect();
                Fault::new(format!("no chapter `{slug}` has a readable task.toml"))
                    .help(format!("there are {}", known.join(", ")))
            })?,
    };
    if task.claims.is_empty() {
        return Err(
            Fault::new(format!("chapter `{slug}` makes no claims")).help(format!(
                "add a [[claim]] to listings/src/{}/task.toml",
                module(slug)
            )),
        );
    }
    // A claim has its id in its own chapter only, so that it stays unique where all pages are printed as one.
    let at_home = place.page.slug() == Some(slug);
    render_with(place.project.record.as_ref(), slug, task, at_home)
}

fn render_with(
    record: Option<&Record>,
    slug: &str,
    task: &Task,
    at_home: bool,
) -> Result<String, Fault> {
    let mut out = String::from("<div class=\"claims\">\n");
    for claim in &task.claims {
        let id = if at_home {
            format!(" id=\"claim-{slug}-{}\"", escape(&claim.id))
        } else {
            String::new()
        };
        let _ = write!(
            out,
            "<section class=\"claim\"{id}>\n\n{}\n\n<dl>\n",
            markdown(record, slug, &claim.says)?
        );
        for (language, finding) in findings(claim) {
            let (class, mark) = mark(finding.verdict);
            let _ = write!(
                out,
                "<dt>{language}: <strong class=\"verdict {class}\"><span aria-hidden=\"true\">{mark}</span> \
                 {}</strong></dt>\n<dd>\n\n{}\n\n<p class=\"evidence\">{}</p>\n</dd>\n",
                finding.verdict.words(),
                markdown(record, slug, &finding.because)?,
                evidence(record, slug, finding)?
            );
        }
        out.push_str("</dl>\n</section>\n");
    }
    out.push_str("</div>");
    Ok(out)
}

pub(super) fn findings(claim: &Claim) -> impl Iterator<Item = (&'static str, &Finding)> {
    [("Go", &claim.go), ("Rust", &claim.rust)]
        .into_iter()
        .filter_map(|(language, finding)| finding.as_ref().map(|finding| (language, finding)))
}

/// A class for the colour, and a mark of its own shape, since colour alone says nothing to some.
pub(super) fn mark(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Holds => ("holds", "✓"),
        Verdict::HoldsInPart => ("holds-in-part", "◐"),
        Verdict::DoesNotHold => ("does-not-hold", "✗"),
    }
}

/// Markdown of a `task.toml`, its `{{#value}}` replaced.
pub(super) fn markdown(record: Option<&Record>, slug: &str, text: &str) -> Result<String, Fault> {
    static DIRECTIVE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\{\{\s*#(\w+)\s*([^}]*?)\s*\}\}").expect("a valid pattern"));
    let mut out = String::new();
    let mut done = 0;
    for found in DIRECTIVE.captures_iter(text) {
        let whole = found.get(0).expect("the whole match");
        if &found[1] != "value" {
            return Err(
                Fault::new(format!("`{}` stands in task.toml", whole.as_str()))
                    .help("only `{{#value …}}` is understood there"),
            );
        }
        out.push_str(&text[done..whole.start()]);
        out.push_str(&value::render_for(record, slug, &found[2])?);
        done = whole.end();
    }
    out.push_str(&text[done..]);
    Ok(out.trim().to_owned())
}

/// The evidence in one line of HTML.
fn evidence(record: Option<&Record>, slug: &str, finding: &Finding) -> Result<String, Fault> {
    let mut parts = Vec::new();
    if let Some([first, second]) = &finding.ratio {
        let record = recorded(record, slug)?;
        let ratio = ratio(record, slug, first, second)?;
        let mut required = Vec::new();
        required.extend(finding.above.map(|above| format!("above {}", plain(above))));
        required.extend(finding.below.map(|below| format!("below {}", plain(below))));
        parts.push(format!(
            "<code>{}</code> takes {} {} as <code>{}</code> (interval {}; required: {})",
            escape(first),
            ratio.times(),
            find(record, slug, first)?.quantity.compared(),
            escape(second),
            ratio.interval(),
            required.join(" and ")
        ));
    }
    if let Some(test) = &finding.go_test {
        let version = recorded(record, slug)?
            .chapters
            .get(slug)
            .and_then(|chapter| chapter.go.clone());
        let version = version.map_or(String::new(), |version| {
            format!(" with {}", escape(&version))
        });
        parts.push(format!(
            "Go test <code>{}</code> passes{version}",
            escape(test)
        ));
    }
    if let Some(test) = &finding.test {
        parts.push(format!("test <code>{}</code>", escape(test)));
    }
    Ok(format!("Evidence: {}.", parts.join("; ")))
}

/// A threshold as the author wrote it, near enough.
fn plain(threshold: f64) -> String {
    if threshold.fract() == 0.0 {
        format!("{threshold:.0}")
    } else {
        rounded(threshold, 2)
    }
}

/// Tests the evidence of a chapter's claims: conditions on ratios against the whole interval, recorded Go tests, and that
/// the tests that are named exist.
#[must_use]
pub fn check_claims(project: &Project, slug: &str) -> Vec<Problem> {
    let Some(task) = project.tasks.get(slug) else {
        return Vec::new();
    };
    let file = Task::file(slug);
    let text = fs::read_to_string(project.root.join(&file)).unwrap_or_default();
    let mut problems = Vec::new();
    for claim in &task.claims {
        let line = line_of_key(&text, "id", &claim.id);
        for (language, finding) in findings(claim) {
            let faults = faults(&project.root, project.record.as_ref(), slug, finding);
            for fault in faults
                .into_iter()
                .filter(|fault| !fault.follows(project, slug))
            {
                let what = format!("claim `{}`, {language}: {}", claim.id, fault.what);
                problems.push(Problem::new(&file, line, what).help(fault.help));
            }
        }
    }
    problems
}

fn faults(root: &Path, record: Option<&Record>, slug: &str, finding: &Finding) -> Vec<Fault> {
    let checks = [
        finding
            .ratio
            .as_ref()
            .map(|[first, second]| check_ratio(record, slug, finding, first, second)),
        finding
            .go_test
            .as_ref()
            .map(|test| check_go_test(record, slug, test)),
        finding
            .test
            .as_ref()
            .map(|test| test_text(root, slug, test).map(drop)),
    ];
    checks
        .into_iter()
        .flatten()
        .filter_map(Result::err)
        .collect()
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
            Err(Fault::new(format!("{}, not above {}", shown(), plain(above))).help(HELP))
        }
        (_, Some(below)) if ratio.high >= below => {
            Err(Fault::new(format!("{}, not below {}", shown(), plain(below))).help(HELP))
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_go_test(record: Option<&Record>, slug: &str, test: &str) -> Result<(), Fault> {
    let again = format!("run `cargo course bench {slug} --record` where a Go is installed");
    let tests = recorded(record, slug)?
        .chapters
        .get(slug)
        .map(|chapter| &chapter.go_tests);
    match tests.and_then(|tests| tests.get(test)) {
        Some(true) => Ok(()),
        Some(false) => {
            Err(Fault::new(format!("Go test `{test}` failed when it was recorded")).help(again))
        }
        None => Err(Fault::new(format!("Go test `{test}` is not recorded")).help(again)),
    }
}

/// `bonus::retries_stop` is a `fn retries_stop` in `listings/tests/<module>/bonus.rs`.
///
/// `core::by_hand::ends` may also come from a macro that writes the same tests for several modules: then `core.rs` names
/// `by_hand`, and `fn ends` stands in a file of the chapter's tests with a `macro_rules!`.
///
/// Returns the test as it is written.
pub(crate) fn test_text(root: &Path, slug: &str, test: &str) -> Result<String, Fault> {
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
        let texts = WalkDir::new(root.join(&folder)).into_iter().flatten();
        let mut texts = texts.filter_map(|entry| fs::read_to_string(entry.path()).ok());
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
    use crate::record::sample::record;

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
        faults(root.path(), Some(&record()), "coroutines", &finding(toml))
    }

    const RATIO: &str = "ratio = [\"go/coroutines/step/pull\", \"step/corosensei\"]\n";

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
        let faults = faults(
            Path::new("."),
            None,
            "coroutines",
            &finding("go_test = \"TestPasses\""),
        );
        assert!(
            faults[0]
                .help
                .contains("cargo course bench coroutines --record")
        );
    }

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
because = "It takes {{#value go/step/pull}}."
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
    fn claims_show_words_marks_and_evidence() {
        let shown = render_with(Some(&record()), "coroutines", &task(), true).unwrap();
        for part in [
            "\n\nA switch is **cheap**.\n\n",
            "<dt>Go: <strong class=\"verdict does-not-hold\"><span aria-hidden=\"true\">✗</span> does not hold here</strong></dt>",
            "84\u{a0}ns</span>.\n\n",
            "Evidence: <code>go/step/pull</code> takes 3.5× as long as <code>step/corosensei</code> \
             (interval 3.42 to 3.59; required: above 10).",
            "Evidence: test <code>core::fibonacci_starts_at_zero</code>.",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
    }

    #[test]
    fn claims_have_ids_in_their_own_chapter_only() {
        let shown = |at_home| render_with(Some(&record()), "coroutines", &task(), at_home).unwrap();
        assert!(shown(true).contains(" id=\"claim-coroutines-switch-cost\""));
        assert!(!shown(false).contains(" id="));
    }

    #[test]
    fn only_values_may_stand_in_a_claim() {
        let fault = markdown(Some(&record()), "coroutines", "see {{#bench step}}").unwrap_err();
        assert!(fault.what.contains("{{#bench step}}"));
    }

    #[test]
    fn problems_have_the_line_of_the_claim() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("listings/src/coroutines");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("task.toml"), TASK).unwrap();
        let project = Project {
            root: root.path().to_owned(),
            pages: Vec::new(),
            tasks: BTreeMap::from([("coroutines".to_owned(), task())]),
            record: Some(record()),
            problems: Vec::new(),
        };
        let problems = check_claims(&project, "coroutines");
        let places: Vec<_> = problems.iter().map(Problem::place).collect();
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
