//! How long other ways take to check the same listings: `benches/checkers/<machine>.json`.
//!
//! The example `compare_checkers` measures and writes it; `{{#checkers}}` shows it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::measured::Compared;
use crate::record::Machine;

/// What came of all runs. This is the form of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Where it was measured.
    pub machine: Machine,
    /// The day, as `2026-11-24`.
    pub date: String,
    /// `rustc --version`.
    pub rustc: String,
    /// How many pages the book had.
    pub pages: usize,
    /// How many listings stood on them.
    pub listings: usize,
    /// The ways, in the order of the table.
    pub ways: Vec<Way>,
}

/// One way of checking, timed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// What it is called in the table, as Markdown.
    pub name: String,
    /// Of each run.
    pub seconds: Vec<f64>,
    /// What a run said.
    pub found: Found,
}

/// What one run said of the book.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Listings that did what this way asks of them.
    pub passed: usize,
    /// Listings that did not.
    pub failed: usize,
    /// How often the compiler gave each of these errors.
    pub errors: BTreeMap<String, usize>,
}

impl Found {
    /// Adds what a part of a run said.
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        for (code, count) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += count;
        }
    }
}

impl Compared for Comparison {
    const NAME: &str = "checkers";

    fn machine(&self) -> &str {
        &self.machine.name
    }

    /// A Markdown table: a row a way, with the median of its runs and their range, and what it found.
    fn table(&self) -> String {
        let mut text =
            String::from("| way | median | runs | passed | failed |\n|---|---:|---:|---:|---|\n");
        for way in &self.ways {
            let errors: Vec<_> = way
                .found
                .errors
                .iter()
                .map(|(code, count)| format!("{count} × {code}"))
                .collect();
            let failed = match &errors[..] {
                [] => way.found.failed.to_string(),
                _ => format!("{} ({})", way.found.failed, errors.join(", ")),
            };
            let [low, median, high] = spread(&way.seconds);
            let _ = writeln!(
                text,
                "| {} | {median:.1}\u{a0}s | {low:.1} to {high:.1}\u{a0}s | {} | {failed} |",
                way.name, way.found.passed
            );
        }
        let runs = self
            .ways
            .iter()
            .map(|way| way.seconds.len())
            .min()
            .unwrap_or(0);
        let _ = writeln!(
            text,
            "\n*Wall-clock time, {runs} {} each, over {} pages with {} listings. {}, {}, {}.*",
            if runs == 1 { "run" } else { "runs" },
            self.pages,
            self.listings,
            self.machine.describe(),
            self.rustc,
            self.date
        );
        text
    }
}

/// The least, the median and the greatest; zeros where there is none.
fn spread(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some((&low, &high)) = sorted.first().zip(sorted.last()) else {
        return [0.0; 3];
    };
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    };
    [low, median, high]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_a_row_a_way_and_says_what_failed() {
        let found = Found {
            passed: 3,
            failed: 2,
            errors: BTreeMap::from([("E0433".to_owned(), 2)]),
        };
        let machine = Machine {
            name: "small".to_owned(),
            cpu: "A CPU".to_owned(),
            cores: 2,
            memory_mib: 1024,
            kernel: "Linux 6.1.0".to_owned(),
        };
        let comparison = Comparison {
            machine,
            date: "2026-11-24".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            pages: 2,
            listings: 5,
            ways: vec![Way {
                name: "one way".to_owned(),
                seconds: vec![2.0, 1.0, 4.0],
                found,
            }],
        };
        assert_eq!(
            comparison.table(),
            "| way | median | runs | passed | failed |\n|---|---:|---:|---:|---|\n\
             | one way | 2.0\u{a0}s | 1.0 to 4.0\u{a0}s | 3 | 2 (2 × E0433) |\n\n\
             *Wall-clock time, 3 runs each, over 2 pages with 5 listings. A CPU, 2 cores, 1\u{a0}GiB, Linux 6.1.0, \
             rustc 1.95.0, 2026-11-24.*\n"
        );
    }

    #[test]
    fn spread_is_least_median_greatest() {
        assert_eq!(spread(&[3.0, 1.0, 2.0]), [1.0, 2.0, 3.0]);
        assert_eq!(spread(&[4.0, 1.0]), [1.0, 2.5, 4.0]);
        assert_eq!(spread(&[]), [0.0; 3]);
    }
}
