//! `cargo build --timings`: the units of a build that was run, and the chain among them that took longest.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// A unit, when it ran, and the units that could start because of it.
#[derive(Debug, Clone, Deserialize)]
pub struct UnitTiming {
    i: usize,
    name: String,
    version: String,
    target: String,
    /// Its duration in seconds.
    pub duration: f64,
    unblocked_units: Vec<usize>,
    /// Those that could start when its metadata was there, before its code.
    unblocked_rmeta_units: Vec<usize>,
    sections: Option<Vec<(String, Section)>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Section {
    end: f64,
}

impl UnitTiming {
    /// Package, version and target, as cargo names them.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}{}", self.name, self.version, self.target)
    }

    /// Seconds from its start until its metadata was written.
    fn metadata(&self) -> f64 {
        let sections = self.sections.iter().flatten();
        let mut frontend = sections.filter(|(name, _)| name == "frontend");
        frontend.next().map_or(self.duration, |(_, it)| it.end)
    }
}

/// The units in a report that cargo has written.
///
/// # Errors
///
/// When the report has none that can be read.
pub fn parse(html: &str) -> Result<Vec<UnitTiming>> {
    let (_, data) = html
        .split_once("UNIT_DATA = ")
        .context("this cargo's timings have no UNIT_DATA")?;
    let mut values = serde_json::Deserializer::from_str(data).into_iter();
    let units = values.next().context("UNIT_DATA is empty")?;
    units.context("this cargo writes another UNIT_DATA")
}

/// The longest chain of units each of which let the next one start, and what each adds to it in seconds.
///
/// No number of cores makes the build shorter than this.
#[must_use]
pub fn critical_path(units: &[UnitTiming]) -> Vec<(&UnitTiming, f64)> {
    let by_number = units.iter().map(|unit| (unit.i, unit)).collect();
    let mut longest = Longest {
        by_number,
        chains: HashMap::new(),
    };
    let lengths = units.iter().map(|unit| (longest.from(unit.i), unit.i));
    let first = lengths.max_by(|a, b| a.0.total_cmp(&b.0));
    let mut path = Vec::new();
    let mut next = first.map(|(_, number)| number);
    while let Some(number) = next {
        let Some(chain) = longest.chains.get(&number) else {
            break;
        };
        path.push((longest.by_number[&number], chain.own));
        next = chain.next;
    }
    path
}

struct Longest<'a> {
    by_number: HashMap<usize, &'a UnitTiming>,
    chains: HashMap<usize, Chain>,
}

/// The longest chain from one unit on.
#[derive(Clone, Copy)]
struct Chain {
    total: f64,
    own: f64,
    next: Option<usize>,
}

impl Longest<'_> {
    /// The length of the longest chain from a unit on, in seconds.
    fn from(&mut self, number: usize) -> f64 {
        if let Some(chain) = self.chains.get(&number) {
            return chain.total;
        }
        let Some(&unit) = self.by_number.get(&number) else {
            return 0.0;
        };
        let mut best = Chain {
            total: unit.duration,
            own: unit.duration,
            next: None,
        };
        let whole = unit.unblocked_units.iter().map(|it| (*it, unit.duration));
        let early = unit.unblocked_rmeta_units.iter();
        for (next, own) in whole.chain(early.map(|it| (*it, unit.metadata()))) {
            let total = own + self.from(next);
            if total > best.total {
                best = Chain {
                    total,
                    own,
                    next: Some(next),
                };
            }
        }
        self.chains.insert(number, best);
        best.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` lets `b` start early and `c` late; `b` lets the program start.
    const REPORT: &str = r#"<script>
DURATION = 9;
const UNIT_DATA = [
  {"i": 1, "name": "a", "version": "1.0.0", "mode": "todo", "target": "", "features": [], "start": 0.0, "duration": 4.0,
   "unblocked_units": [3], "unblocked_rmeta_units": [2],
   "sections": [["frontend", {"start": 0.0, "end": 1.0}], ["codegen", {"start": 1.0, "end": 4.0}]]},
  {"i": 2, "name": "b", "version": "2.0.0", "mode": "todo", "target": " build-script", "features": [], "start": 1.0,
   "duration": 5.0, "unblocked_units": [4], "unblocked_rmeta_units": [], "sections": null},
  {"i": 3, "name": "c", "version": "3.0.0", "mode": "todo", "target": "", "features": [], "start": 4.0, "duration": 1.5,
   "unblocked_units": [], "unblocked_rmeta_units": [], "sections": null},
  {"i": 4, "name": "d", "version": "4.0.0", "mode": "todo", "target": " d \"bin\"", "features": [], "start": 6.0,
   "duration": 2.0, "unblocked_units": [], "unblocked_rmeta_units": [], "sections": null}
];
const CONCURRENCY_DATA = [];
"#;

    #[test]
    fn units_are_read_out_of_the_report() {
        let units = parse(REPORT).unwrap();
        let names: Vec<_> = units.iter().map(UnitTiming::name).collect();
        assert_eq!(
            names,
            [
                "a 1.0.0",
                "b 2.0.0 build-script",
                "c 3.0.0",
                "d 4.0.0 d \"bin\""
            ]
        );
    }

    #[test]
    fn critical_path_counts_a_crate_up_to_its_metadata_where_no_more_is_waited_for() {
        let units = parse(REPORT).unwrap();
        let path: Vec<_> = critical_path(&units)
            .into_iter()
            .map(|(unit, seconds)| (unit.name.as_str(), seconds))
            .collect();
        assert_eq!(path, [("a", 1.0), ("b", 5.0), ("d", 2.0)]);
    }

    #[test]
    fn critical_path_of_one_unit_is_that_unit() {
        let units = &parse(REPORT).unwrap()[2..3];
        assert_eq!(critical_path(units)[0].1, 1.5);
        assert!(critical_path(&[]).is_empty());
    }

    #[test]
    fn report_without_units_is_an_error() {
        assert!(parse("<html></html>").is_err());
        assert!(parse("UNIT_DATA = [{}];").is_err());
    }
}
