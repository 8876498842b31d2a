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
use measurements::number::rounded;
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
pub fn plain(threshold: f64) -> String {
    if threshold.fract() == 0.0 {
        format!("{threshold:.0}")
    } else {
        rounded(threshold, 2)
    }
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
}
