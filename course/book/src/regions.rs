//! The solution in a listing: the lines between `// ANCHOR: solution_NAME` and `// ANCHOR_END: solution_NAME`.
//!
//! mdBook takes these markers for anchors, and shows none of them within an anchor that a page includes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::diagnostic::Diagnostic;

/// The prefix of a solution's anchor.
pub const PREFIX: &str = "solution_";

/// The first line of a file with stubs.
const UNUSED: &str = "#![allow(unused, reason = \"until everything below is written: remove this line when it is\")]\n";

/// Lines that a learner writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its name, without `solution_`.
    pub name: String,
    /// The line of its first marker, from 1.
    pub line: usize,
    /// The line of its last marker, from 1.
    pub end: usize,
    /// The indentation of the markers.
    pub indent: String,
    /// Its text, without markers of other anchors.
    pub text: String,
}

/// The name that a marker carries, and whether it ends an anchor.
fn marker(line: &str) -> Option<(&str, bool)> {
    let rest = line.trim_start().strip_prefix("// ANCHOR")?;
    let (rest, ends) = rest
        .strip_prefix("_END")
        .map_or((rest, false), |rest| (rest, true));
    Some((rest.strip_prefix(':')?.trim(), ends))
}

/// The name of a solution's marker, and whether it ends the region.
fn solution_marker(line: &str) -> Option<(&str, bool)> {
    let (name, ends) = marker(line)?;
    Some((name.strip_prefix(PREFIX)?, ends))
}

/// The regions of a file.
///
/// # Errors
///
/// Regions that overlap, do not end, or end without a beginning.
pub fn find(file: &Path, text: &str) -> Result<Vec<Region>, Vec<Diagnostic>> {
    let mut regions: Vec<Region> = Vec::new();
    let mut problems = Vec::new();
    let mut open: Option<Region> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let problem = |what: String, help: &str| Diagnostic::new(file, number, what).help(help);
        match (solution_marker(line), &mut open) {
            (None, Some(region)) if marker(line).is_none() => {
                region.text.push_str(line);
                region.text.push('\n');
            }
            (None, _) => {}
            (Some((name, false)), None) => {
                let indent = line[..line.len() - line.trim_start().len()].to_owned();
                open = Some(Region {
                    name: name.to_owned(),
                    line: number,
                    end: 0,
                    indent,
                    text: String::new(),
                });
            }
            (Some((name, false)), Some(region)) => problems.push(problem(
                format!("solution region `{name}` begins within `{}`", region.name),
                "end the one before the other begins: regions do not nest",
            )),
            (Some((name, true)), Some(region)) if name == region.name => {
                region.end = number;
                regions.extend(open.take());
            }
            (Some((name, true)), _) => problems.push(problem(
                format!("solution region `{name}` ends, and has not begun"),
                "give it a beginning, `// ANCHOR: solution_NAME`, or remove the marker",
            )),
        }
    }
    if let Some(region) = open {
        let what = format!("solution region `{}` does not end", region.name);
        let help = format!(
            "write `// ANCHOR_END: {PREFIX}{}` after its last line",
            region.name
        );
        problems.push(Diagnostic::new(file, region.line, what).help(help));
    }
    if problems.is_empty() {
        Ok(regions)
    } else {
        Err(problems)
    }
}

/// A text without the markers of solutions: what it was before there was an exercise.
#[must_use]
pub fn unmarked(text: &str) -> String {
    keep_lines(text, |line| solution_marker(line).is_none())
}

/// A text without any markers.
#[must_use]
pub fn plain(text: &str) -> String {
    keep_lines(text, |line| marker(line).is_none())
}

fn keep_lines(text: &str, keep: impl Fn(&str) -> bool) -> String {
    text.lines()
        .filter(|line| keep(line))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// A text with stubs in place of its regions, but for those that are revealed.
///
/// The stub of a region is `todo!("NAME")`, unless `stubs` has another; an empty one leaves
/// nothing. A destructor, whose region is called `drop` or `…_drop`, has a comment instead: a panic
/// while another one unwinds would end all tests.
#[must_use]
pub fn stubbed(
    text: &str,
    regions: &[Region],
    stubs: &BTreeMap<String, String>,
    revealed: &BTreeSet<String>,
) -> String {
    let mut out = String::from(UNUSED);
    for (number, line) in (1..).zip(text.lines()) {
        let region = regions
            .iter()
            .find(|region| (region.line..=region.end).contains(&number));
        match region.filter(|region| !revealed.contains(&region.name)) {
            Some(region) if region.line == number => {
                for stub in stubs
                    .get(&region.name)
                    .unwrap_or(&default_stub(&region.name))
                    .trim_end()
                    .lines()
                {
                    out.push_str(format!("{}{stub}", region.indent).trim_end());
                    out.push('\n');
                }
            }
            Some(_) => {}
            None if marker(line).is_some() => {}
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// A text with stubs in place of its regions, and with every other anchor: what a page may show.
/// The text that an anchor's marker leaves in a region; `more` is the lines after it.
#[must_use]
pub fn covered(
    text: &str,
    regions: &[Region],
    stubs: &BTreeMap<String, String>,
    more: &str,
) -> String {
    let mut out = String::new();
    // Whether the line above was left out, so that this one is, without a word.
    let mut silent = false;
    for (number, line) in (1..).zip(text.lines()) {
        let region = regions
            .iter()
            .find(|region| (region.line..=region.end).contains(&number));
        match region {
            Some(region) if region.line == number => {
                for stub in stubs
                    .get(&region.name)
                    .unwrap_or(&default_stub(&region.name))
                    .trim_end()
                    .lines()
                {
                    out.push_str(format!("{}{stub}", region.indent).trim_end());
                    out.push('\n');
                }
                silent = true;
            }
            Some(region) if region.end == number => {}
            Some(region) if marker(line).is_none() => {
                if !silent && !line.trim().is_empty() {
                    out.push_str(&format!("{}{more}\n", region.indent));
                    silent = true;
                }
            }
            _ => {
                out.push_str(line);
                out.push('\n');
                silent = false;
            }
        }
    }
    out
}

fn default_stub(name: &str) -> String {
    if name == "drop" || name.ends_with("_drop") {
        format!("// yours: {name} (not a `todo!`, which would panic while a panic unwinds)")
    } else {
        format!("todo!(\"{name}\")")
    }
}
