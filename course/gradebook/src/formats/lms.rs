//! Grades into the very CSV that Canvas or Moodle has exported. Every other byte of it stays as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};

use crate::mark::Mark;
use book::nearest::or_nearest;
use grader::text::csv_cell;

/// A CSV by the bytes of its cells.
#[derive(Debug)]
struct Table<'a> {
    text: &'a str,
    rows: Vec<Vec<Range<usize>>>,
}

impl<'a> Table<'a> {
    /// Reads what RFC 4180 allows, with any line ends, and a byte order mark in front.
    fn parse(text: &'a str) -> Result<Self> {
        let bytes = text.as_bytes();
        let mut rows = Vec::new();
        let mut row = Vec::new();
        let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        while at < bytes.len() {
            let start = at;
            if bytes[at] == b'"' {
                at += 1;
                loop {
                    match bytes.get(at) {
                        None => bail!("line {}: a quotation mark has no end", rows.len() + 1),
                        Some(b'"') if bytes.get(at + 1) == Some(&b'"') => at += 2,
                        Some(b'"') => break,
                        Some(_) => at += 1,
                    }
                }
                at += 1;
            }
            while at < bytes.len() && !matches!(bytes[at], b',' | b'\n' | b'\r') {
                at += 1;
            }
            row.push(start..at);
            match bytes.get(at) {
                Some(b',') => {
                    at += 1;
                    if at < bytes.len() {
                        continue;
                    }
                    row.push(at..at);
                }
                Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => at += 2,
                Some(_) => at += 1,
                None => {}
            }
            rows.push(std::mem::take(&mut row));
        }
        // A line that ends in a comma has one more cell, which is empty.
        ensure!(!rows.is_empty(), "it is empty");
        Ok(Self { text, rows })
    }

    /// The text of a cell; empty if there is none.
    fn get(&self, row: usize, column: usize) -> String {
        let Some(range) = self.rows[row].get(column) else {
            return String::new();
        };
        let raw = &self.text[range.clone()];
        match raw.strip_prefix('"') {
            Some(rest) => match rest.rfind('"') {
                Some(end) => rest[..end].replace("\"\"", "\"") + &rest[end + 1..],
                None => rest.to_owned(),
            },
            None => raw.to_owned(),
        }
    }

    fn header(&self) -> Vec<String> {
        (0..self.rows[0].len())
            .map(|column| self.get(0, column).trim().to_owned())
            .collect()
    }

    fn column(&self, name: &str, platform: &str) -> Result<usize> {
        let header = self.header();
        header.iter().position(|it| it == name).with_context(|| {
            let known = or_nearest(name, header.iter().map(String::as_str), "it has no columns");
            format!("it has no column `{name}`, which {platform} writes: {known}")
        })
    }

    /// The text with other words in some cells.
    fn with(&self, cells: &BTreeMap<(usize, usize), String>) -> Result<Vec<u8>> {
        let mut out = String::with_capacity(self.text.len() + cells.len() * 4);
        let mut done = 0;
        for ((row, column), words) in cells {
            let range = self.rows[*row]
                .get(*column)
                .with_context(|| format!("row {} has too few cells: export it again", row + 1))?;
            out.push_str(&self.text[done..range.start]);
            out.push_str(&quoted(words));
            done = range.end;
        }
        out.push_str(&self.text[done..]);
        Ok(out.into_bytes())
    }
}

fn quoted(words: &str) -> String {
    if words.contains([',', '"', '\n', '\r']) || words.trim() != words {
        format!("\"{}\"", words.replace('"', "\"\""))
    } else {
        words.to_owned()
    }
}

/// A gradebook with the grades in it.
#[derive(Debug, PartialEq, Eq)]
pub struct GradebookUpdate {
    /// The gradebook, filled in.
    pub bytes: Vec<u8>,
    /// The number of cells that had another grade, or none.
    pub changed: usize,
    /// Remarks for the instructor: who has no row, who has no grade, what was overwritten.
    pub notes: Vec<String>,
}

/// Rows by the one cell that says who they are about.
struct Rows<'a> {
    by: &'a str,
    rows: BTreeMap<String, Vec<usize>>,
}

impl<'a> Rows<'a> {
    /// By a column; `read` takes from its cells what is the same on each.
    fn index(
        table: &Table<'_>,
        by: &'a str,
        platform: &str,
        students: impl Iterator<Item = usize>,
        read: fn(&str) -> &str,
    ) -> Result<Self> {
        let column = table.column(by, platform)?;
        let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for row in students {
            let name = table.get(row, column);
            let name = read(name.trim());
            if !name.is_empty() {
                rows.entry(name.to_owned()).or_default().push(row);
            }
        }
        Ok(Self { by, rows })
    }

    /// The one row of a student, by number or by address; or why there is none. Nothing is guessed.
    fn find(&self, mark: &Mark) -> Result<usize, String> {
        let student = &mark.grade.student;
        let found: BTreeSet<usize> = [&student.id, &student.email]
            .into_iter()
            .filter_map(|name| self.rows.get(name.as_str()))
            .flatten()
            .copied()
            .collect();
        match (found.first(), found.len()) {
            (Some(row), 1) => Ok(*row),
            (None, _) => Err(format!("is no `{}` of a row", self.by)),
            (_, count) => Err(format!("is the `{}` of {count} rows", self.by)),
        }
    }
}

/// Fills in the grades; `grade` says where, or why not.
fn fill<'a>(
    table: &Table<'_>,
    rows: &Rows<'_>,
    marks: impl IntoIterator<Item = &'a Mark>,
    mut place: impl FnMut(usize, &Mark) -> Result<Vec<(usize, String)>, String>,
) -> Result<GradebookUpdate> {
    let mut cells = BTreeMap::new();
    let mut notes = Vec::new();
    let mut filled: BTreeMap<usize, &str> = BTreeMap::new();
    let mut changed = 0;
    for mark in marks {
        let id = mark.grade.student.id.as_str();
        let Some(score) = mark.score() else {
            notes.push(format!("{id} is ungraded: the cell stays as it is"));
            continue;
        };
        let row = match rows.find(mark) {
            Ok(row) => row,
            Err(reason) => {
                notes.push(format!("{id} {reason}: {score} points are written nowhere"));
                continue;
            }
        };
        if let Some(other) = filled.insert(row, id) {
            bail!(
                "{other} and {id} have the same row, {}: one student has two submissions",
                row + 1
            );
        }
        match place(row, mark) {
            Ok(new) => {
                for (index, (column, words)) in new.into_iter().enumerate() {
                    let old = table.get(row, column);
                    let number = |text: &str| text.trim().parse::<f64>().ok();
                    // 12.00 is 12 already.
                    if old == words || (number(&old).is_some() && number(&old) == number(&words)) {
                        continue;
                    }
                    if index == 0 {
                        changed += 1;
                        if !old.trim().is_empty() {
                            notes.push(format!("{id} had {}, and has {words} now", old.trim()));
                        }
                    }
                    cells.insert((row, column), words);
                }
            }
            Err(reason) => notes.push(format!("{id}: {reason}")),
        }
    }
    Ok(GradebookUpdate {
        bytes: table.with(&cells)?,
        changed,
        notes,
    })
}

/// Fills the gradebook of Canvas: the column of an assignment, which is called `NAME` or `NAME (12345)`.
///
/// # Errors
///
/// If it is no gradebook, has no such column, or the column is worth other points than the results.
pub fn canvas(
    gradebook: &str,
    column: &str,
    by: Option<&str>,
    marks: &[Mark],
) -> Result<GradebookUpdate> {
    let table = Table::parse(gradebook)?;
    let header = table.header();
    let name_of = |title: &str| match title.rsplit_once(" (") {
        Some((name, id))
            if id
                .strip_suffix(')')
                .is_some_and(|id| id.bytes().all(|b| b.is_ascii_digit())) =>
        {
            name.to_owned()
        }
        _ => title.to_owned(),
    };
    let fits: Vec<usize> = (0..header.len())
        .filter(|at| header[*at] == column || name_of(&header[*at]) == column)
        .collect();
    let at = match fits.as_slice() {
        [one] => *one,
        [] => {
            let names: Vec<String> = header.iter().map(|title| name_of(title)).collect();
            let known = or_nearest(
                column,
                names.iter().map(String::as_str),
                "it has no columns",
            );
            bail!("it has no column `{column}`: {known}");
        }
        several => bail!(
            "{} columns are called `{column}`: name one with its number, such as `{}`",
            several.len(),
            header[several[0]]
        ),
    };
    ensure!(
        header.first().is_some_and(|first| first == "Student"),
        "this is no gradebook of Canvas: it does not begin with `Student`"
    );
    // Rows about the columns come before the students, who have a number.
    let possible = (1..table.rows.len()).find(|row| table.get(*row, 0).trim() == "Points Possible");
    if let (Some(row), Some(mark)) = (possible, marks.first()) {
        check_points(&table.get(row, at), mark, "Canvas")?;
    }
    let students = (possible.unwrap_or(0) + 1)..table.rows.len();
    let rows = Rows::index(
        &table,
        by.unwrap_or("SIS Login ID"),
        "Canvas",
        students,
        |name| name,
    )?;
    fill(&table, &rows, marks, |_, mark| {
        Ok(vec![(at, mark.score().unwrap_or(0).to_string())])
    })
}

/// Fills the grading worksheet of Moodle: grade and feedback.
///
/// # Errors
///
/// If it is no worksheet, or its grades are worth other points than the results.
pub fn moodle(worksheet: &str, by: Option<&str>, marks: &[Mark]) -> Result<GradebookUpdate> {
    let table = Table::parse(worksheet)?;
    let column = |name: &str| table.column(name, "Moodle");
    let (grade, maximum) = (column("Grade")?, column("Maximum Grade")?);
    let header = table.header();
    let optional = |name: &str| header.iter().position(|it| it == name);
    let (open, comments) = (
        optional("Grade can be changed"),
        optional("Feedback comments"),
    );
    let rows = Rows::index(
        &table,
        by.unwrap_or("Identifier"),
        "Moodle",
        1..table.rows.len(),
        |name| name.strip_prefix("Participant ").unwrap_or(name),
    )?;
    if let (Some(mark), true) = (marks.first(), table.rows.len() > 1) {
        check_points(&table.get(1, maximum), mark, "Moodle")?;
    }
    fill(&table, &rows, marks, |row, mark| {
        if open.is_some_and(|open| table.get(row, open).trim() == "No") {
            return Err("Moodle says that this grade cannot be changed, so it stays".to_owned());
        }
        let mut cells = vec![(grade, mark.score().unwrap_or(0).to_string())];
        cells.extend(comments.map(|column| (column, feedback(mark))));
        Ok(cells)
    })
}

/// Points of another scale would be read as points of this one.
fn check_points(cell: &str, mark: &Mark, platform: &str) -> Result<()> {
    let Ok(theirs) = cell.trim().parse::<f64>() else {
        return Ok(());
    };
    let ours = mark.grade.max_score;
    ensure!(
        (theirs - f64::from(ours)).abs() < 1e-9,
        "in {platform} this is worth {} points, and here {ours}: set {platform} to {ours}, or weigh the parts with `assign --weights`",
        cell.trim()
    );
    Ok(())
}

/// Feedback in a cell: a line a group.
fn feedback(mark: &Mark) -> String {
    let mut message = mark.summary();
    for its in mark.groups() {
        let group = its.group;
        let sep = if message.is_empty() { "" } else { "; " };
        let (name, points, max_points) = (&group.name, group.points, group.max_points);
        let _ = write!(message, "{sep}{name} {points}/{max_points}, {}", its.line());
    }
    csv_cell(&message.replace('\n', " "))
}
