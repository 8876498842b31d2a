//! `{{#claims}}`: the claims of the original list, the verdicts, and the evidence.
//!
//! ```text
//! {{#claims}}               the claims of this chapter
//! {{#claims coroutines}}    those of another
//! ```
//!
//! becomes a section a claim, with a definition list of its findings, which a narrow screen shows
//! as well as a wide one:
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
//! `says` and `because` are Markdown, and may hold `{{#value}}`. `verify` checks the evidence.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

use super::value::{self, find, ratio, recorded};
use super::{Fault, Place, escape};
use book::project::module;
use book::task::{Claim, Finding, Task, Verdict};
use measurements::record::Record;

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
    render_with(place.record, slug, task, at_home)
}

fn render_with(
    record: Option<&Record>,
    slug: &str,
    task: &Task,
    at_home: bool,
) -> Result<String, Fault> {
    let (ours, original): (Vec<_>, Vec<_>) = task.claims.iter().partition(|claim| claim.ours);
    let mut out = String::new();
    for (heading, claims) in [(None, original), (Some("Claims of our own"), ours)] {
        if claims.is_empty() {
            continue;
        }
        if let Some(heading) = heading {
            let _ = write!(out, "\n\n**{heading}**\n\n");
        }
        out.push_str("<div class=\"claims\">\n");
        for claim in claims {
            out.push_str(&rendered(record, slug, claim, at_home)?);
        }
        out.push_str("</div>");
    }
    Ok(out)
}

fn rendered(
    record: Option<&Record>,
    slug: &str,
    claim: &Claim,
    at_home: bool,
) -> Result<String, Fault> {
    let id = if at_home {
        format!(" id=\"claim-{slug}-{}\"", escape(&claim.id))
    } else {
        String::new()
    };
    let says = markdown(record, slug, &claim.says)?;
    let mut out = format!("<section class=\"claim\"{id}>\n\n{says}\n\n<dl>\n");
    for (language, finding) in findings(claim) {
        let verdict = finding.verdict.map_or_else(String::new, |verdict| {
            let (class, mark) = mark(verdict);
            format!(
                ": <strong class=\"verdict {class}\"><span aria-hidden=\"true\">{mark}</span> {}</strong>",
                verdict.words()
            )
        });
        let because = markdown(record, slug, &finding.reason())?;
        let _ = write!(out, "<dt>{language}{verdict}</dt>\n<dd>\n\n{because}\n\n");
        if let Some(evidence) = evidence(record, slug, finding)? {
            let _ = writeln!(out, "<p class=\"evidence\">{evidence}</p>");
        }
        out.push_str("</dd>\n");
    }
    out.push_str("</dl>\n</section>\n");
    Ok(out)
}

/// The findings of a claim, each with its language.
pub fn findings(claim: &Claim) -> impl Iterator<Item = (&'static str, &Finding)> {
    [("Go", &claim.go), ("Rust", &claim.rust)]
        .into_iter()
        .filter_map(|(language, finding)| finding.as_ref().map(|finding| (language, finding)))
}

/// The class of a verdict's colour, and its mark: some readers cannot distinguish the colours.
pub fn mark(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Holds => ("holds", "✓"),
        Verdict::HoldsInPart => ("holds-in-part", "◐"),
        Verdict::DoesNotHold => ("does-not-hold", "✗"),
    }
}

/// Replaces `{{#value}}` in Markdown of a `task.toml`.
pub fn markdown(record: Option<&Record>, slug: &str, text: &str) -> Result<String, Fault> {
    static DIRECTIVE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\{\{\s*#(\w+)\s*([^}]*?)\s*\}\}").expect("a valid pattern"));
    let mut out = String::new();
    let mut done = 0;
    for found in DIRECTIVE.captures_iter(text) {
        let whole = found.get(0).expect("the whole match");
        if &found[1] != "value" {
            return Err(Fault::new(format!("`{}` is in task.toml", whole.as_str()))
                .help("only `{{#value …}}` is understood there"));
        }
        out.push_str(&text[done..whole.start()]);
        out.push_str(&value::render_for(record, slug, &found[2])?);
        done = whole.end();
    }
    out.push_str(&text[done..]);
    Ok(out.trim().to_owned())
}

/// The evidence, as one line of HTML.
fn evidence(
    record: Option<&Record>,
    slug: &str,
    finding: &Finding,
) -> Result<Option<String>, Fault> {
    let mut parts = Vec::new();
    if let Some([first, second]) = &finding.ratio {
        let record = recorded(record, slug)?;
        let ratio = ratio(record, slug, first, second)?;
        let mut required = Vec::new();
        required.extend(finding.above.map(|above| format!("above {above}")));
        required.extend(finding.below.map(|below| format!("below {below}")));
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
    Ok((!parts.is_empty()).then(|| format!("Evidence: {}.", parts.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use measurements::record::sample::record;
    use std::path::Path;

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
    fn claims_show_words_marks_and_evidence() {
        let shown = render_with(Some(&record()), "coroutines", &task(), true).unwrap();
        for part in [
            "\n\nA switch is **cheap**.\n\n",
            "<dt>Go: <strong class=\"verdict does-not-hold\"><span aria-hidden=\"true\">✗</span> does not hold here</strong></dt>",
            "84\u{a0}ns</span>, more than 10 times as long.\n\n",
            "Evidence: <code>go/step/pull</code> takes 3.5× as long as <code>step/corosensei</code> \
             (interval 3.42 to 3.59; required: above 10).",
            "Evidence: test <code>core::fibonacci_starts_at_zero</code>.",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
    }

    #[test]
    fn own_claims_follow_and_a_language_that_a_claim_does_not_concern_has_no_verdict() {
        let mut task = task();
        let mut ours = task.claims[0].clone();
        (ours.ours, ours.says) = (true, "It is ours.".to_owned());
        let rust = ours.rust.as_mut().unwrap();
        (rust.verdict, rust.test) = (None, None);
        task.claims.insert(0, ours);
        let shown = render_with(Some(&record()), "coroutines", &task, true).unwrap();
        let (original, ours) = shown.split_once("**Claims of our own**").unwrap();
        assert!(original.contains("A switch is") && ours.contains("It is ours."));
        assert!(
            ours.contains("<dt>Rust</dt>\n<dd>\n\nSee the test.\n\n</dd>"),
            "{ours}"
        );
    }

    #[test]
    fn claims_have_ids_in_their_own_chapter_only() {
        let shown = |at_home| render_with(Some(&record()), "coroutines", &task(), at_home).unwrap();
        assert!(shown(true).contains(" id=\"claim-coroutines-switch-cost\""));
        assert!(!shown(false).contains(" id="));
    }

    #[test]
    fn only_values_may_be_in_a_claim() {
        let fault = markdown(Some(&record()), "coroutines", "see {{#bench step}}").unwrap_err();
        assert!(fault.what.contains("{{#bench step}}"));
    }
}
