//! `{{#value}}`: a measured number in prose, from the record.
//!
//! ```text
//! {{#value step/corosensei}}                   24 ns     a duration for one element, or for one iteration
//! {{#value go/step/pull}}                      84 ns     the Go baseline
//! {{#value go/step/channel / go/step/pull}}    3.4×      a ratio
//! {{#value held/stackful}}                     4.1 kB    memory, where the benchmark measures that
//! {{#value go/create/pull bytes}}              208       bytes, as Go reports them; the number alone
//! {{#value go/create/pull allocs}}             6         allocations, likewise
//! {{#value coroutines/step/corosensei}}                  a number of another chapter
//! ```
//!
//! becomes
//!
//! ```html
//! <span class="value" title="24.1 ns, 95 % interval 23.8 to 24.4 ns, 60 samples">24 ns</span>
//! ```
//!
//! Two significant digits; three where the interval supports them.

use super::{Fault, Lack, Place, escape};
use measurements::number::{Estimate, counted};
use measurements::record::{Measurement, Record};

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let slug = place.page.slug().unwrap_or_default();
    render_for(place.record, slug, arguments)
}

/// Renders the directive on a chapter's page.
pub fn render_for(record: Option<&Record>, slug: &str, arguments: &str) -> Result<String, Fault> {
    Ok(spanned(&read(record, slug, arguments)?))
}

/// The number and its evidence as HTML.
pub fn spanned((text, title): &(String, String)) -> String {
    format!(
        "<span class=\"value\" title=\"{}\">{}</span>",
        escape(title),
        escape(text)
    )
}

/// The number as prose shows it, and its evidence.
pub fn read(
    record: Option<&Record>,
    slug: &str,
    arguments: &str,
) -> Result<(String, String), Fault> {
    let record = recorded(record, slug)?;
    let find = |id: &str| find(record, slug, id);
    let words: Vec<_> = arguments.split_whitespace().collect();
    Ok(match words[..] {
        [id] => {
            let found = find(id)?;
            (found.amount(), found.evidence())
        }
        [id, what @ ("bytes" | "allocs")] => {
            let found = find(id)?;
            (
                counted(memory(id, found, what)?),
                memory_evidence(found, what),
            )
        }
        [first, "/", second] => {
            let ratio = ratio(record, slug, first, second)?;
            let (first, second) = (find(first)?, find(second)?);
            let title = format!(
                "{} divided by {}, interval {}",
                first.amount(),
                second.amount(),
                ratio.interval()
            );
            (ratio.times(), title)
        }
        [first, "/", second, what @ ("bytes" | "allocs")] => {
            let [a, b] = [
                memory(first, find(first)?, what)?,
                memory(second, find(second)?, what)?,
            ];
            if b == 0.0 {
                return Err(Fault::new(format!(
                    "`{second}` allocates nothing, so there is no ratio to it"
                ))
                .help("show the two numbers instead"));
            }
            (
                format!("{}×", counted(a / b)),
                format!("{} divided by {} {what}", counted(a), counted(b)),
            )
        }
        _ => {
            return Err(Fault::new(format!("expected a benchmark's id, found `{arguments}`")).help(
                "write `{{#value ID}}`, `{{#value ID bytes}}`, `{{#value ID allocs}}` or `{{#value ID / ID}}`",
            ));
        }
    })
}

/// The record, or a fault that says how to make one.
pub fn recorded<'a>(record: Option<&'a Record>, slug: &str) -> Result<&'a Record, Fault> {
    record.ok_or_else(|| {
        Fault::new("there is no benchmark record")
            .help(format!("run `cargo course bench {slug} --record`"))
            .lacking(Lack::Record)
    })
}

/// The fault that a chapter is not in the record.
#[must_use]
pub fn nothing_recorded(slug: &str) -> Fault {
    Fault::new(format!("nothing is recorded for chapter `{slug}`"))
        .help(format!("run `cargo course bench {slug} --record`"))
        .lacking(Lack::Chapter)
}

/// A benchmark by the id a page gives, or a fault with the nearest ids.
pub fn find<'a>(record: &'a Record, slug: &str, id: &str) -> Result<&'a Measurement, Fault> {
    record
        .find(slug, id)
        .map(|(_, found)| found)
        .map_err(|nearest| {
            let other = id.strip_prefix("go/").unwrap_or(id).split('/').next();
            let is_known = |slug| record.chapters.contains_key(slug);
            if !is_known(slug) && !other.is_some_and(is_known) {
                return nothing_recorded(slug);
            }
            let help = if nearest.is_empty() {
                format!("nothing is recorded yet: run `cargo course bench {slug} --record`")
            } else {
                let record_it = format!("if it is new, run `cargo course bench {slug} --record`");
                format!("the nearest are {}; {record_it}", nearest.join(", "))
            };
            Fault::new(format!("no benchmark `{id}` is recorded")).help(help)
        })
}

/// The ratio of two benchmarks.
pub fn ratio(record: &Record, slug: &str, first: &str, second: &str) -> Result<Estimate, Fault> {
    let (a, b) = (find(record, slug, first)?, find(record, slug, second)?);
    if a.quantity != b.quantity {
        let (a, b) = (a.quantity.name(), b.quantity.name());
        return Err(Fault::new(format!(
            "`{first}` is {a} and `{second}` is {b}, so there is no ratio"
        ))
        .help("divide like by like"));
    }
    Ok(a.per_element().over(b.per_element()))
}

fn memory(id: &str, found: &Measurement, what: &str) -> Result<f64, Fault> {
    let amount = if what == "bytes" {
        found.bytes_per_element()
    } else {
        found.allocs_per_element()
    };
    amount.ok_or_else(|| {
        Fault::new(format!("`{id}` has no {what}"))
            .help("only Go's benchmarks report bytes and allocations")
    })
}

fn memory_evidence(found: &Measurement, what: &str) -> String {
    let amount = if what == "bytes" {
        found.bytes
    } else {
        found.allocs
    }
    .unwrap_or_default();
    let unit = if what == "bytes" {
        "bytes"
    } else {
        "allocations"
    };
    match found.elements {
        Some(elements) if elements > 1 => format!("{amount} {unit} for {elements} elements"),
        _ => format!("{amount} {unit} an iteration"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measurements::record::sample::record;

    fn value(arguments: &str) -> Result<String, Fault> {
        render_for(Some(&record()), "coroutines", arguments)
    }

    #[test]
    fn value_is_rounded_with_its_evidence_beside_it() {
        assert_eq!(
            value("step/corosensei").unwrap(),
            "<span class=\"value\" title=\"24.1\u{a0}ns, 95 % interval 23.8 to 24.4\u{a0}ns, 60 samples\">\
             24\u{a0}ns</span>"
        );
    }

    #[test]
    fn value_of_go_and_of_another_chapter_are_found() {
        assert!(value("go/step/pull").unwrap().contains(">84\u{a0}ns<"));
        let elsewhere = render_for(Some(&record()), "scope", "go/coroutines/step/pull").unwrap();
        assert!(elsewhere.contains(">84\u{a0}ns<"));
    }

    #[test]
    fn value_of_two_ids_is_their_ratio() {
        let ratio = value("go/step/pull / step/corosensei").unwrap();
        assert!(
            ratio.contains(">3.5×<") && ratio.contains("interval 3.4"),
            "{ratio}"
        );
    }

    #[test]
    fn value_of_memory_is_exact_for_each_element() {
        assert!(value("go/create/pull bytes").unwrap().contains(">208<"));
        assert!(value("go/create/pull allocs").unwrap().contains(">6<"));
        assert!(
            value("go/create/pull / go/create/channel bytes")
                .unwrap()
                .contains(">2×<")
        );
        let fault = value("step/corosensei bytes").unwrap_err();
        assert!(fault.what.contains("has no bytes"), "{fault:?}");
    }

    #[test]
    fn value_of_a_benchmark_of_memory_is_in_bytes() {
        assert!(value("held/stackful").unwrap().contains(">4.2\u{a0}kB<"));
        assert!(
            value("held/stackful / go/held/pull")
                .unwrap()
                .contains(">1.4×<")
        );
        let fault = value("held/stackful / step/corosensei").unwrap_err();
        assert!(
            fault.what.contains("is memory") && fault.what.contains("is time"),
            "{fault:?}"
        );
    }

    #[test]
    fn unknown_id_is_a_fault_with_the_nearest() {
        let fault = value("step/corosens").unwrap_err();
        assert!(fault.what.contains("`step/corosens`"), "{fault:?}");
        assert!(
            fault.help.starts_with("the nearest are step/corosensei"),
            "{fault:?}"
        );
    }

    #[test]
    fn missing_record_says_how_to_make_one() {
        let fault = render_for(None, "coroutines", "step/corosensei").unwrap_err();
        assert!(
            fault
                .help
                .contains("cargo course bench coroutines --record")
        );
    }

    #[test]
    fn other_words_are_faults() {
        for arguments in ["", "a b", "a /", "a / b c", "a / b / c"] {
            assert!(value(arguments).is_err(), "{arguments}");
        }
    }
}
