//! The rubric for graders: what earns which points, and what loses them.

use std::fmt::Write as _;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;

use super::{Assignment, plural};
use crate::points;
use book::project::module;
use book::task::{Group, Visibility};
use exercise::Exercise;
use grader::text;

static TEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"#\[(?:\w+::)*test(?:\([^)]*\))?\]\s*(?:#\[[^\]]*\]\s*)*(?:async\s+)?fn\s+(\w+)")
        .expect("a valid pattern")
});

/// The names of a group's tests, in the order of its files.
fn tests(exercise: &Exercise, group: &Group) -> Vec<String> {
    let folder = format!("tests/{}/{}", module(&exercise.slug), group.name);
    let is_its = |path: &str| {
        path.strip_prefix(&folder)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    let mut names = Vec::new();
    for (_, bytes) in exercise.solution().iter().filter(|(path, _)| is_its(path)) {
        let text = String::from_utf8_lossy(bytes);
        names.extend(TEST.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    names
}

fn seen(group: &Group) -> &'static str {
    match group.visibility {
        Visibility::Public => "yes",
        Visibility::Hidden => "no",
    }
}

/// The rubric, in Markdown.
pub fn markdown(assignment: &Assignment<'_>) -> String {
    let mut out = format!("# Rubric: {}\n\n", assignment.title());
    let _ = writeln!(
        out,
        "{}. Weights: {}. A group's points are given when all of its tests pass, and none otherwise: \
         `cargo course grade` counts them. This file names hidden tests and wrong solutions: keep it back.\n",
        plural(assignment.points() as usize, "point"),
        assignment.options.weights
    );
    for exercise in assignment.exercises {
        let task = &exercise.task;
        let _ = writeln!(out, "## {} (`{}`)\n", task.title, exercise.slug);
        if task.is_text() {
            let _ = writeln!(
                out,
                "A person reads it. `cargo course check {} FILE` says what its form lacks.\n",
                exercise.slug
            );
            for part in &task.exercises {
                let _ = writeln!(
                    out,
                    "**{}: {}**\n\n{}\n",
                    part.part.name(),
                    part.title,
                    part.asks.trim()
                );
            }
            continue;
        }
        out.push_str(
            "| Part | Group | Students have it | Tests | Points |\n|---|---|---|---:|---:|\n",
        );
        for group in &task.groups {
            let count = tests(exercise, group).len();
            let _ = writeln!(
                out,
                "| {} | `{}` | {} | {count} | {} |",
                group.part.name(),
                group.name,
                seen(group),
                group.points
            );
        }
        let _ = writeln!(out, "| | **Together** | | | **{}** |\n", points(exercise));
        for group in &task.groups {
            let _ = writeln!(
                out,
                "### `{}`: {}\n",
                group.name,
                plural(group.points as usize, "point")
            );
            for part in task.exercises.iter().filter(|part| part.part == group.part) {
                let _ = writeln!(out, "Asked in *{}: {}*.", part.part.name(), part.title);
            }
            out.push_str("\nEarned by:\n\n");
            for test in tests(exercise, group) {
                let _ = writeln!(out, "- `{test}`");
            }
            let prefix = format!("{}::", group.name);
            let loses: Vec<_> = task
                .mutants
                .iter()
                .filter(|mutant| {
                    mutant
                        .caught_by
                        .iter()
                        .any(|test| test.starts_with(&prefix))
                })
                .collect();
            if !loses.is_empty() {
                out.push_str("\nLost by, for example:\n\n");
                for mutant in loses {
                    let _ = writeln!(
                        out,
                        "- `{}`: {}",
                        mutant.name,
                        mutant.story.replace('\n', " ")
                    );
                }
            }
            out.push('\n');
        }
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

/// The rubric as a table, a line a group.
pub fn csv(assignment: &Assignment<'_>) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "chapter",
        "part",
        "group",
        "students_have_it",
        "tests",
        "points",
        "asked_in",
    ])?;
    for exercise in assignment.exercises {
        for group in &exercise.task.groups {
            let parts = exercise
                .task
                .exercises
                .iter()
                .filter(|part| part.part == group.part);
            let titles: Vec<&str> = parts.map(|part| part.title.as_str()).collect();
            table.write_record([
                &exercise.slug,
                group.part.name(),
                &group.name,
                seen(group),
                &tests(exercise, group).len().to_string(),
                &group.points.to_string(),
                &text::csv_cell(&titles.join("; ")),
            ])?;
        }
    }
    table.into_inner().context("the table is in memory")
}
