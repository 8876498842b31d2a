//! How long it takes to grade a class, in this way and with cargo: `benches/graders/<machine>.json`.
//!
//! The example `compare_graders` measures and writes it; `{{#graders}}` shows it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::measured::Compared;
use crate::record::Machine;

/// What came of it. This is the form of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Where it was measured.
    pub machine: Machine,
    /// How many other processes wanted a processor when it began, on average of a minute.
    pub load: f64,
    /// The day, as `2026-11-24`.
    pub date: String,
    /// `rustc --version`.
    pub rustc: String,
    /// The chapter whose exercise was graded.
    pub chapter: String,
    /// What became of the submissions, by the words of results.
    pub statuses: BTreeMap<String, usize>,
    /// The ways, in the order of the table; the first is the book's own.
    pub ways: Vec<Way>,
}

/// One way of grading, timed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// What it is called in the table, as Markdown.
    pub name: String,
    /// How many submissions it graded.
    pub submissions: usize,
    /// How long that took, in seconds of the clock.
    pub seconds: f64,
}

impl Way {
    /// Seconds of the clock for one submission.
    #[must_use]
    pub fn each(&self) -> f64 {
        self.seconds / self.submissions.max(1) as f64
    }
}

impl Compared for Comparison {
    const NAME: &str = "graders";

    fn machine(&self) -> &str {
        &self.machine.name
    }

    /// A Markdown table: a row a way, with how many times as long it takes as the first.
    fn table(&self) -> String {
        let mut text = String::from(
            "| way | submissions | time | each | compared |\n|---|---:|---:|---:|---:|\n",
        );
        let first = self.ways.first().map_or(0.0, Way::each);
        for way in &self.ways {
            let times = match way.each() / first {
                times if times.is_finite() => format!("{times:.1} ×"),
                _ => String::new(),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {:.1}\u{a0}s | {:.2}\u{a0}s | {times} |",
                way.name,
                way.submissions,
                way.seconds,
                way.each()
            );
        }
        let statuses: Vec<_> = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{count} {status}"))
            .collect();
        let _ = writeln!(
            text,
            "\n*Wall-clock time. The exercise of `{}`; of the submissions, {}. {}, with a load of {:.1} before it began, {}, {}.*",
            self.chapter,
            statuses.join(", "),
            self.machine.describe(),
            self.load,
            self.rustc,
            self.date
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_a_row_a_way_and_compares_with_the_first() {
        let way = |name: &str, submissions, seconds| Way {
            name: name.to_owned(),
            submissions,
            seconds,
        };
        let comparison = Comparison {
            machine: Machine {
                name: "small".to_owned(),
                cpu: "A CPU".to_owned(),
                cores: 2,
                memory_mib: 1024,
                kernel: "Linux 6.1.0".to_owned(),
            },
            load: 0.5,
            date: "2026-11-24".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            chapter: "scope".to_owned(),
            statuses: BTreeMap::from([("graded".to_owned(), 9), ("timeout".to_owned(), 1)]),
            ways: vec![way("ours", 10, 5.0), way("theirs", 2, 30.0)],
        };
        assert_eq!(
            comparison.table(),
            "| way | submissions | time | each | compared |\n|---|---:|---:|---:|---:|\n\
             | ours | 10 | 5.0\u{a0}s | 0.50\u{a0}s | 1.0 × |\n\
             | theirs | 2 | 30.0\u{a0}s | 15.00\u{a0}s | 30.0 × |\n\n\
             *Wall-clock time. The exercise of `scope`; of the submissions, 9 graded, 1 timeout. A CPU, 2 cores, 1\u{a0}GiB, \
             Linux 6.1.0, with a load of 0.5 before it began, rustc 1.95.0, 2026-11-24.*\n"
        );
    }
}
