//! `{{#bench}}`: a group of benchmarks, as a table and as a plot.
//!
//! ```text
//! {{#bench step}}                  the plot, and the table that backs it
//! {{#bench step table}}            the table
//! {{#bench grow plot by items}}    the plot; its parameter is a number of items
//! {{#bench go/step}}               Go's alone
//! {{#bench coroutines/step}}       a group of another chapter
//! ```
//!
//! The table has a row for each variant, Rust's and Go's together, the best first: the fastest, the
//! smallest, or the largest share:
//!
//! ```text
//! Variant      Language   Time per element   95 % interval       Relative   On your machine
//! corosensei   Rust       24 ns              23.8 to 24.4 ns     fastest    19 ns
//! pull         Go         84 ns              83.2 to 85.1 ns     3.5×
//! ```
//!
//! If all have a parameter (`step/pull/100`), it has a column for each. The last column is there if
//! the reader has run the benchmarks too, in `target/criterion`; never if `CI` is set.
//!
//! Where other machines than the reference have a record of the group, all are written, with a `<select>` above them by
//! which the site shows one. Without a script that is the reference.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::value::{nothing_recorded, recorded};
use super::{Fault, Place, escape};
use crate::plot::{self, Alt, Dot, Line};
use measurements::criterion;
use measurements::number::Quantity;
use measurements::record::{Age, ChapterRecord, Machine, Measurement, Record};

/// The reader's own measurements, by id.
type Local = BTreeMap<String, Measurement>;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let local = if std::env::var_os("CI").is_some() {
        Local::new()
    } else {
        // The reader's results are an extra: if they cannot be read, the page is complete without them.
        criterion::read(&criterion::home(&place.project.root), None).unwrap_or_default()
    };
    let slug = place.page.slug().unwrap_or_default();
    let request = Request::parse(arguments, slug)?;
    let others = place.page.directives.iter().filter(|it| it.name == "bench");
    let others = others.filter_map(|other| Request::parse(&other.arguments, slug).ok());
    let plots = others.filter(|other| other.plot && other.id() == request.id());
    if request.plot && plots.count() > 1 {
        return Err(Fault::new(format!(
            "group `{}` is plotted twice on this page",
            request.group
        ))
        .help("write `{{#bench GROUP table}}` for one of them"));
    }
    let reference = render_with(place.record, slug, &request, &local)?;
    let (others, _) = Record::others(place.project);
    let others = others.iter().filter_map(|other| {
        let id = format!("{slug}-{}", other.machine.name);
        // What another machine has not measured cannot be chosen.
        let shown = render_with(Some(other), &id, &request, &Local::new()).ok()?;
        let age = Age::of(place.project, Some(other), request.chapter);
        let is_old = !matches!(age, Ok(None | Some(Age::Current)));
        Some((&other.machine, is_old, shown))
    });
    let others: Vec<_> = others.collect();
    Ok(match place.record {
        Some(record) if !others.is_empty() => switched(&record.machine, &reference, &others),
        _ => reference,
    })
}

/// The measurements of several machines, of which the site shows one at a time: the reference, until another is chosen.
fn switched(reference: &Machine, shown: &str, others: &[(&Machine, bool, String)]) -> String {
    let option = |machine: &Machine, old: &str| {
        let name = escape(&machine.name);
        format!(
            "<option value=\"{name}\">{}{old}</option>",
            escape(&machine.describe())
        )
    };
    let mut options = option(reference, "");
    let mut sections = section(reference, "", shown);
    for (machine, is_old, shown) in others {
        let old = if *is_old {
            ", before the last change of the code"
        } else {
            ""
        };
        options += &option(machine, old);
        sections += &section(machine, " hidden", shown);
    }
    format!(
        "<div class=\"records\">\n<p class=\"whose\"><label>Measured on <select>{options}</select></label> The numbers \
         in the text are those of {}, {} cores.</p>\n{sections}</div>",
        escape(&reference.cpu),
        reference.cores
    )
}

/// The measurements of one machine among those of several.
fn section(machine: &Machine, hidden: &str, shown: &str) -> String {
    let name = escape(&machine.name);
    format!("<section data-record=\"{name}\"{hidden}>\n\n{shown}\n\n</section>\n")
}

/// The arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request<'a> {
    chapter: &'a str,
    group: &'a str,
    /// Go's alone.
    go: bool,
    table: bool,
    plot: bool,
    /// The name of what the parameter counts.
    by: &'a str,
}

impl<'a> Request<'a> {
    fn parse(arguments: &'a str, slug: &'a str) -> Result<Self, Fault> {
        let (what, by) = match arguments.split_once(" by ") {
            Some((what, by)) => (what, by.trim()),
            None => (arguments, "parameter"),
        };
        let words: Vec<_> = what.split_whitespace().collect();
        let (group, table, plot) = match words[..] {
            [group] => (group, true, true),
            [group, "table"] => (group, true, false),
            [group, "plot"] => (group, false, true),
            _ => {
                return Err(Fault::new(format!("expected a benchmark group, found `{arguments}`"))
                    .help("write `{{#bench GROUP}}`, `{{#bench GROUP table}}` or `{{#bench GROUP plot}}`"));
            }
        };
        let (go, group) = without_go(group);
        let (chapter, group) = group.split_once('/').unwrap_or((slug, group));
        Ok(Self {
            chapter,
            group,
            go,
            table,
            plot,
            by,
        })
    }

    /// The beginning of the ids of its benchmarks.
    fn prefix(&self) -> String {
        format!(
            "{}{}/{}",
            if self.go { "go/" } else { "" },
            self.chapter,
            self.group
        )
    }

    fn id(&self) -> String {
        self.prefix().replace('/', "-")
    }
}

fn render_with(
    record: Option<&Record>,
    page: &str,
    request: &Request<'_>,
    local: &Local,
) -> Result<String, Fault> {
    let record = recorded(record, request.chapter)?;
    let group = Group::find(record, request, local)?;
    let mut parts = Vec::new();
    if request.plot {
        // The table below has the machine and the date.
        parts.push(group.plot(page, !request.table));
    }
    if request.table {
        parts.push(group.table());
    }
    // A blank line ends a block of HTML: each part is its own.
    Ok(parts.join("\n\n"))
}

/// A group to show.
struct Group<'a> {
    request: &'a Request<'a>,
    machine: &'a Machine,
    chapter: &'a ChapterRecord,
    rows: Vec<Row<'a>>,
    quantity: Quantity,
    /// `element` or `iteration`.
    each: &'static str,
}

/// One benchmark of a group.
struct Row<'a> {
    variant: String,
    go: bool,
    parameter: Option<&'a str>,
    measured: &'a Measurement,
    local: Option<&'a Measurement>,
}

impl Row<'_> {
    fn language(&self) -> &'static str {
        if self.go { "Go" } else { "Rust" }
    }

    fn label(&self) -> String {
        format!("{} ({})", self.variant, self.language())
    }

    /// The label with the parameter, where rows may differ in that alone.
    fn full_label(&self) -> String {
        let parameter = self
            .parameter
            .map_or(String::new(), |parameter| format!("/{parameter}"));
        format!("{}{parameter} ({})", self.variant, self.language())
    }

    /// The ratio to another row, as in `3.5×`.
    fn times(&self, other: &Self) -> String {
        let (own, other) = (self.measured, other.measured);
        own.per_element().over(other.per_element()).times()
    }

    fn value(&self) -> f64 {
        self.measured.per_element().value
    }
}

impl<'a> Group<'a> {
    fn find(record: &'a Record, request: &'a Request<'a>, local: &'a Local) -> Result<Self, Fault> {
        let Request {
            chapter: slug,
            group,
            ..
        } = *request;
        let again = format!("run `cargo course bench {slug} --record`");
        let chapter = record.chapters.get(slug);
        let chapter = chapter.ok_or_else(|| nothing_recorded(slug))?;
        let mut rows: Vec<_> = chapter
            .benchmarks
            .iter()
            .filter_map(|(id, measured)| {
                let (go, rest) = without_go(id);
                if request.go && !go {
                    return None;
                }
                let rest = rest
                    .strip_prefix(slug)?
                    .strip_prefix('/')?
                    .strip_prefix(group)?;
                let rest = if rest.is_empty() {
                    group
                } else {
                    rest.strip_prefix('/')?
                };
                let (variant, parameter) = match rest.split_once('/') {
                    Some((variant, parameter)) => (variant, Some(parameter)),
                    None => (rest, None),
                };
                Some(Row {
                    variant: variant.to_owned(),
                    go,
                    parameter,
                    measured,
                    local: local.get(id),
                })
            })
            .collect();
        // A parameter is an axis only where everything has one; elsewhere it is part of the variant's name.
        if rows.iter().any(|row| row.parameter.is_none()) {
            for row in &mut rows {
                if let Some(parameter) = row.parameter.take() {
                    row.variant = format!("{}/{parameter}", row.variant);
                }
            }
        }
        if rows.is_empty() {
            let mut groups: Vec<_> = chapter
                .benchmarks
                .keys()
                .filter_map(|id| without_go(id).1.split('/').nth(1))
                .collect();
            groups.sort_unstable();
            groups.dedup();
            return Err(Fault::new(format!(
                "no benchmark of group `{group}` is recorded for `{slug}`"
            ))
            .help(format!(
                "there are {}; if it is new, {again}",
                groups.join(", ")
            )));
        }
        let counted = rows
            .iter()
            .filter(|row| row.measured.elements.is_some())
            .count();
        if counted != 0 && counted != rows.len() {
            let odd = rows
                .iter()
                .find(|row| row.measured.elements.is_none())
                .map(Row::label)
                .unwrap_or_default();
            return Err(Fault::new(format!("group `{group}` mixes time per element with time per iteration"))
                .help(format!("say how many elements an iteration of {odd} handles: Throughput::Elements, or elements/op in Go")));
        }
        let quantity = rows[0].measured.quantity;
        if let Some(odd) = rows.iter().find(|row| row.measured.quantity != quantity) {
            let names = [quantity, odd.measured.quantity]
                .map(Quantity::name)
                .join(" with ");
            return Err(Fault::new(format!("group `{group}` mixes {names}"))
                .help(format!("give {} a group of its own", odd.label())));
        }
        // On the author's machine both are the same measurement, which need not be shown twice.
        if rows.iter().all(|row| {
            row.local
                .is_none_or(|local| trimmed(local) == *row.measured)
        }) {
            rows.iter_mut().for_each(|row| row.local = None);
        }
        rows.sort_by(|a, b| match quantity {
            Quantity::Time | Quantity::Memory => a.value().total_cmp(&b.value()),
            Quantity::Share => b.value().total_cmp(&a.value()),
        });
        let each = if counted == 0 { "iteration" } else { "element" };
        Ok(Self {
            request,
            machine: &record.machine,
            chapter,
            rows,
            quantity,
            each,
        })
    }

    /// The name of the measured quantity: `time per element`.
    fn measured(&self) -> String {
        match self.quantity {
            Quantity::Share => self.quantity.name().to_owned(),
            Quantity::Time | Quantity::Memory => {
                format!("{} per {}", self.quantity.name(), self.each)
            }
        }
    }

    fn has_parameters(&self) -> bool {
        self.rows.iter().any(|row| row.parameter.is_some())
    }

    /// The rows of each variant, in the order of the variants' fastest.
    fn variants(&self) -> Vec<Vec<&Row<'a>>> {
        let mut variants: Vec<Vec<&Row<'a>>> = Vec::new();
        for row in &self.rows {
            match variants
                .iter_mut()
                .find(|rows| (&rows[0].variant, rows[0].go) == (&row.variant, row.go))
            {
                Some(rows) => rows.push(row),
                None => variants.push(vec![row]),
            }
        }
        variants
    }

    /// The parameters, by size where they are numbers.
    fn parameters(&self) -> Vec<&'a str> {
        let mut parameters: Vec<_> = self
            .rows
            .iter()
            .map(|row| row.parameter.unwrap_or_default())
            .collect();
        parameters.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        });
        parameters.dedup();
        parameters
    }

    fn table(&self) -> String {
        let body = if self.has_parameters() {
            self.table_by_parameter()
        } else {
            self.table_by_variant()
        };
        // The caption is outside the part that scrolls, so that a narrow screen shows all of it.
        figure(
            &format!("<div class=\"table-wrapper\">\n<table>\n{body}</table>\n</div>"),
            &format!(
                "{}. {} with its {} interval, {}. {}",
                self.request.prefix(),
                capitalised(&self.measured()),
                self.confidence(),
                self.quantity.better(),
                self.provenance()
            ),
        )
    }

    fn table_by_variant(&self) -> String {
        let with_local = self.rows.iter().any(|row| row.local.is_some());
        let mut out = format!(
            "<thead><tr><th scope=\"col\">Variant</th><th scope=\"col\">Language</th>\
             <th scope=\"col\">{}</th><th scope=\"col\">{} interval</th><th scope=\"col\">Relative</th>{}\
             </tr></thead>\n<tbody>\n",
            capitalised(&self.measured()),
            self.confidence(),
            if with_local {
                "<th scope=\"col\">On your machine</th>"
            } else {
                ""
            }
        );
        for (i, row) in self.rows.iter().enumerate() {
            let relative = match i {
                0 => self.quantity.superlatives()[0].to_owned(),
                _ => row.times(&self.rows[0]),
            };
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{relative}</td>",
                escape(&row.variant),
                row.language(),
                row.measured.amount(),
                row.measured.amount_interval(),
            );
            if with_local {
                let _ = write!(out, "<td>{}</td>", row.local.map_or(String::new(), cell));
            }
            out.push_str("</tr>\n");
        }
        out + "</tbody>\n"
    }

    fn table_by_parameter(&self) -> String {
        let parameters = self.parameters();
        let mut out = format!(
            "<thead><tr><th scope=\"col\">Variant</th><th scope=\"col\">Language</th>{}</tr></thead>\n<tbody>\n",
            parameters.iter().fold(String::new(), |out, parameter| {
                out + &format!("<th scope=\"col\">{}</th>", escape(parameter))
            })
        );
        for rows in self.variants() {
            let language = rows[0].language();
            let mut line = |language: &str, of: &dyn Fn(&Row<'a>) -> Option<&'a Measurement>| {
                let _ = write!(
                    out,
                    "<tr><th scope=\"row\">{}</th><td>{language}</td>",
                    escape(&rows[0].variant)
                );
                for parameter in &parameters {
                    let row = rows
                        .iter()
                        .find(|row| row.parameter.unwrap_or_default() == *parameter);
                    let text = row.and_then(|row| of(row)).map_or("–".to_owned(), cell);
                    let _ = write!(out, "<td>{text}</td>");
                }
                out.push_str("</tr>\n");
            };
            line(language, &|row| Some(row.measured));
            if rows.iter().any(|row| row.local.is_some()) {
                line(&format!("{language}, on your machine"), &|row| row.local);
            }
        }
        out + "</tbody>\n"
    }

    fn plot(&self, page: &str, with_provenance: bool) -> String {
        let id = format!("bench-{page}-{}", self.request.id());
        let mut caption = format!(
            "{}, {}. ",
            capitalised(&self.measured()),
            self.quantity.better()
        );
        if self.scale() == "logarithmic" {
            let _ = write!(
                caption,
                "The axis of {} is logarithmic. ",
                self.quantity.name()
            );
        }
        // A line suggests values between two parameters, which only numbers have.
        let numbers = self
            .rows
            .iter()
            .all(|row| row.parameter.is_some_and(|p| p.parse::<f64>().is_ok()));
        let svg = if numbers {
            self.line_plot(id)
        } else {
            self.dot_plot(id)
        };
        let _ = write!(caption, "Whiskers are {} intervals.", self.confidence());
        if with_provenance {
            let _ = write!(caption, " {}", self.provenance());
        }
        figure(&svg, &caption)
    }

    fn dot_plot(&self, id: String) -> String {
        let dots: Vec<_> = self
            .rows
            .iter()
            .map(|row| Dot {
                label: row.full_label(),
                series: usize::from(row.go),
                estimate: row.measured.per_element(),
            })
            .collect();
        let (first, last) = (&self.rows[0], &self.rows[self.rows.len() - 1]);
        let mut description = format!("Dot plot with a {} axis. ", self.scale());
        if self.rows.len() == 1 {
            let _ = write!(
                description,
                "{}: {}.",
                first.full_label(),
                first.measured.amount()
            );
        } else {
            let [least, most] = self.quantity.superlatives().map(capitalised);
            let _ = write!(
                description,
                "{least} of {}: {} with {}. {most}: {} with {}, {} {}.",
                self.rows.len(),
                first.full_label(),
                first.measured.amount(),
                last.full_label(),
                last.measured.amount(),
                last.times(first),
                self.quantity.compared()
            );
        }
        plot::dots(
            &Alt {
                id,
                title: self.title(),
                description,
            },
            self.quantity,
            &dots,
        )
    }

    fn line_plot(&self, id: String) -> String {
        let parameters = self.parameters();
        let places: Vec<_> = places(&parameters).into_iter().zip(parameters).collect();
        let mut lines = Vec::new();
        let mut description = format!(
            "Line plot, its axis of {} is {}.",
            self.quantity.name(),
            self.scale()
        );
        for rows in self.variants() {
            let mut points: Vec<_> = rows
                .iter()
                .filter_map(|row| {
                    let at = |place: &&(f64, &str)| row.parameter == Some(place.1);
                    Some((places.iter().find(at)?.0, *row))
                })
                .collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            if let (Some((_, first)), Some((_, last))) = (points.first(), points.last()) {
                let _ = write!(
                    description,
                    " {}: {} at {}, {} at {}, {} {}.",
                    first.label(),
                    first.measured.amount(),
                    first.parameter.unwrap_or_default(),
                    last.measured.amount(),
                    last.parameter.unwrap_or_default(),
                    last.times(first),
                    self.quantity.compared()
                );
            }
            lines.push(Line {
                label: rows[0].label(),
                points: points
                    .iter()
                    .map(|(x, row)| (*x, row.measured.per_element()))
                    .collect(),
            });
        }
        let alt = Alt {
            id,
            title: self.title(),
            description,
        };
        plot::lines(&alt, self.quantity, self.request.by, &places, &lines)
    }

    /// The scale of the axis of values.
    fn scale(&self) -> &'static str {
        if plot::is_log(self.rows.iter().map(Row::value)) {
            "logarithmic"
        } else {
            "linear"
        }
    }

    fn title(&self) -> String {
        format!("{}: {} by variant", self.request.prefix(), self.measured())
    }

    fn confidence(&self) -> String {
        format!("{:.0}\u{a0}%", self.rows[0].measured.confidence * 100.0)
    }

    /// The machine, the toolchains and the date of the measurement.
    fn provenance(&self) -> String {
        let ChapterRecord {
            rustc, go, date, ..
        } = self.chapter;
        let rustc: Vec<_> = rustc.split_whitespace().take(2).collect();
        let go = go.as_ref().filter(|_| self.rows.iter().any(|row| row.go));
        let go = go.map_or(String::new(), |go| format!(", {go}"));
        format!(
            "{}; {}{go}; {date}.",
            self.machine.describe(),
            rustc.join(" ")
        )
    }
}

/// Places of parameters on an axis from 0 to 1: by their logarithms, or evenly if not all are positive numbers.
fn places(parameters: &[&str]) -> Vec<f64> {
    let logarithm = |number: &&str| number.parse().map_or(f64::NAN, f64::log10);
    let mut places: Vec<_> = parameters.iter().map(logarithm).collect();
    if !places.iter().all(|place| place.is_finite()) {
        places = (0..parameters.len()).map(|step| step as f64).collect();
    }
    let first = places[0];
    let span = places[places.len() - 1] - first;
    let span = if span == 0.0 { 1.0 } else { span };
    places.iter().map(|place| (place - first) / span).collect()
}

/// A cell with an estimate, its interval below, and its evidence as a tooltip.
fn cell(measured: &Measurement) -> String {
    format!(
        "<span title=\"{}\">{}<br><small>{}</small></span>",
        escape(&measured.evidence()),
        measured.amount(),
        measured.amount_interval()
    )
}

/// Splits Go's prefix from an id; true if there is one.
fn without_go(id: &str) -> (bool, &str) {
    id.strip_prefix("go/").map_or((false, id), |id| (true, id))
}

/// A figure of one part: a browser indents a figure on both sides, which on a phone is a fifth of the width.
fn figure(content: &str, caption: &str) -> String {
    format!(
        "<figure class=\"bench\" style=\"margin-inline:0\">\n{content}\n<figcaption>{}</figcaption>\n</figure>",
        escape(caption)
    )
}

fn capitalised(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

fn trimmed(measured: &Measurement) -> Measurement {
    let mut measured = measured.clone();
    measured.trim();
    measured
}

#[cfg(test)]
mod tests {
    use super::*;
    use measurements::record::sample::{measurement, record};

    fn bench(arguments: &str, local: &Local) -> Result<String, Fault> {
        let request = Request::parse(arguments, "coroutines")?;
        render_with(Some(&record()), "coroutines", &request, local)
    }

    fn rendered(arguments: &str) -> String {
        bench(arguments, &Local::new()).unwrap()
    }

    #[test]
    fn measurements_of_other_machines_are_hidden_below_a_choice() {
        let (reference, mut other) = (record().machine, record().machine);
        "quiet-box".clone_into(&mut other.name);
        "B CPU".clone_into(&mut other.cpu);
        let html = switched(
            &reference,
            "<p>ours</p>",
            &[(&other, true, "<p>theirs</p>".to_owned())],
        );
        assert!(
            html.contains("<section data-record=\"a\">\n\n<p>ours</p>\n\n</section>"),
            "{html}"
        );
        assert!(
            html.contains("<section data-record=\"quiet-box\" hidden>\n\n<p>theirs</p>"),
            "{html}"
        );
        assert!(
            html.contains(", before the last change of the code</option></select>"),
            "{html}"
        );
        assert!(
            html.contains("in the text are those of A CPU, 2 cores."),
            "{html}"
        );
    }

    #[test]
    fn table_has_both_languages_fastest_first_with_intervals_and_ratios() {
        let table = rendered("step table");
        let order = ["corosensei", "pull", "channel"]
            .map(|variant| table.find(&format!(">{variant}<")).unwrap());
        assert!(order.is_sorted(), "{table}");
        assert!(table.contains(
            "<td>Rust</td><td>24\u{a0}ns</td><td>23.8 to 24.4\u{a0}ns</td><td>fastest</td>"
        ));
        assert!(table.contains("<td>3.5×</td>"), "{table}");
        assert!(table.contains("Time per element") && !table.contains("your machine"));
    }

    #[test]
    fn caption_names_machine_toolchains_and_date() {
        for arguments in ["step table", "step plot", "step"] {
            let shown = rendered(arguments);
            let place =
                "A CPU, 2 cores, 8\u{a0}GiB, Linux 6.1.0; rustc 1.95.0, go1.27.3; 2026-11-24.";
            assert_eq!(shown.matches(place).count(), 1, "{shown}");
        }
    }

    #[test]
    fn go_alone_can_be_shown() {
        let table = rendered("go/step table");
        assert!(
            table.contains("<td>Go</td>") && !table.contains("<td>Rust</td>"),
            "{table}"
        );
        assert!(
            rendered("go/step plot").contains("id=\"bench-coroutines-go-coroutines-step-title\"")
        );
    }

    #[test]
    fn header_says_iteration_where_no_elements_are_declared() {
        assert!(rendered("create table").contains("Time per iteration"));
    }

    #[test]
    fn parameters_become_columns_in_numeric_order() {
        let table = rendered("grow table");
        let order = ["9", "10", "1000"]
            .map(|n| table.find(&format!("<th scope=\"col\">{n}</th>")).unwrap());
        assert!(order.is_sorted(), "{table}");
        assert_eq!(table.matches("<th scope=\"row\">").count(), 2);
        assert!(
            table.contains("<td>–</td>"),
            "a parameter that one variant lacks: {table}"
        );
    }

    #[test]
    fn parameters_that_only_some_have_are_part_of_the_name() {
        let table = rendered("partly table");
        assert!(
            table.contains("<th scope=\"row\">task/64</th>") && table.contains("Relative"),
            "{table}"
        );
    }

    #[test]
    fn places_are_even_for_powers_and_for_what_a_logarithm_cannot_show() {
        let even = |parameters: &[&str]| {
            let last = (parameters.len() - 1).max(1) as f64;
            let steps = (0..parameters.len()).map(|step| step as f64 / last);
            let mut pairs = places(parameters).into_iter().zip(steps);
            pairs.all(|(place, step)| (place - step).abs() < 1e-9)
        };
        assert!(even(&["10", "100", "1000"]) && even(&["1", "2", "4"]));
        assert!(
            even(&["0", "100", "1000"])
                && even(&["small", "large"])
                && even(&["3", "4"])
                && even(&["7"])
        );
        assert!(!even(&["9", "10", "1000"]));
    }

    #[test]
    fn plot_describes_extremes_and_ratio() {
        let plot = rendered("step plot");
        assert!(
            plot.contains(
                "Dot plot with a linear axis. Fastest of 3: corosensei (Rust) with 24\u{a0}ns. \
             Slowest: channel (Go) with 310\u{a0}ns, 13× as long."
            ),
            "{plot}"
        );
        let lines = rendered("grow plot by items");
        assert!(
            lines.contains("vec (Rust): ") && lines.contains(">items</text>"),
            "{lines}"
        );
    }

    #[test]
    fn html_has_no_blank_line_inside_a_block() {
        for arguments in ["step", "grow", "create table"] {
            for block in rendered(arguments).split("\n\n") {
                assert!(
                    block.starts_with("<figure") && block.ends_with("</figure>"),
                    "{block}"
                );
            }
        }
    }

    #[test]
    fn own_results_stand_beside_the_recorded_ones() {
        let local = Local::from([(
            "coroutines/step/corosensei".to_owned(),
            measurement(19_000.0, Some(1000)),
        )]);
        let table = bench("step table", &local).unwrap();
        assert!(
            table.contains("On your machine") && table.contains(">19\u{a0}ns<br>"),
            "{table}"
        );
        let local = Local::from([(
            "coroutines/grow/vec/10".to_owned(),
            measurement(50.0, Some(10)),
        )]);
        assert!(
            bench("grow table", &local)
                .unwrap()
                .contains("Rust, on your machine")
        );
    }

    #[test]
    fn own_results_that_are_the_recorded_ones_are_not_repeated() {
        let id = "coroutines/step/corosensei";
        let local = Local::from([(
            id.to_owned(),
            record().chapters["coroutines"].benchmarks[id].clone(),
        )]);
        assert!(
            !bench("step table", &local)
                .unwrap()
                .contains("your machine")
        );
    }

    #[test]
    fn unknown_group_names_those_there_are() {
        let fault = bench("stop", &Local::new()).unwrap_err();
        assert!(
            fault
                .help
                .contains("confused, create, grow, held, met, mixed, partly, step"),
            "{fault:?}"
        );
        assert!(
            bench("nowhere/step", &Local::new())
                .unwrap_err()
                .what
                .contains("`nowhere`")
        );
        assert!(bench("step tabel", &Local::new()).is_err());
    }

    #[test]
    fn elements_and_iterations_do_not_mix() {
        let fault = bench("mixed", &Local::new()).unwrap_err();
        assert!(fault.what.contains("mixes"), "{fault:?}");
        assert!(fault.help.contains("plain (Rust)"), "{fault:?}");
    }

    #[test]
    fn groups_of_memory_are_shown_in_bytes() {
        let shown = rendered("held");
        for part in [
            "Memory per element",
            "<td>2.9\u{a0}kB</td><td>2.84 to 2.90\u{a0}kB</td><td>least</td>",
            "Least of 2: pull (Go) with 2.9\u{a0}kB. Most: stackful (Rust) with 4.2\u{a0}kB, 1.4× as much.",
            "\u{a0}kB</text>",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        assert!(
            !shown.contains("ime per") && !shown.contains("ns<"),
            "{shown}"
        );
    }

    #[test]
    fn groups_of_shares_are_shown_in_percent_and_have_the_highest_first() {
        let shown = rendered("met");
        for part in [
            "Share, higher is better.",
            "<td>100\u{a0}%</td><td>98.8 to 100\u{a0}%</td><td>most</td>",
            "Most of 2: stackful (Rust) with 100\u{a0}%. Least: channel (Rust) with 62\u{a0}%, 0.62× as much.",
            "\u{a0}%</text>",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        assert!(
            !shown.contains(" per ") && !shown.contains("ns<"),
            "{shown}"
        );
    }

    #[test]
    fn time_and_memory_do_not_mix() {
        let fault = bench("confused", &Local::new()).unwrap_err();
        assert!(fault.what.contains("mixes memory with time"), "{fault:?}");
    }

    #[test]
    fn groups_of_other_chapters_are_found() {
        let request = Request::parse("coroutines/step plot", "proposals").unwrap();
        let plot = render_with(Some(&record()), "proposals", &request, &Local::new()).unwrap();
        assert!(plot.contains("id=\"bench-proposals-coroutines-step-title\""));
    }
}
