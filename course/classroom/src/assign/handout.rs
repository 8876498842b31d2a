//! The handout for students: exercises, deadline, and points.

use std::fmt::Write as _;

use super::{Assignment, plural};
use crate::points;
use book::task::{Part, Visibility};
use exercise::{Exercise, TEXT};

/// The handout, in Markdown.
pub fn markdown(assignment: &Assignment<'_>) -> String {
    let mut out = format!("# Assignment: {}\n\n", assignment.title());
    let minutes: u32 = assignment
        .exercises
        .iter()
        .map(|exercise| exercise.task.minutes)
        .sum();
    let mut facts = Vec::new();
    if let Some(due) = &assignment.options.due {
        facts.push(format!("**Due:** {due}"));
    }
    if assignment.points() > 0 {
        facts.push(format!(
            "**Worth:** {}",
            plural(assignment.points() as usize, "point")
        ));
    }
    facts.push(format!(
        "**Time:** about {minutes} minutes, without bonus and stretch"
    ));
    let _ = writeln!(out, "{}\n", facts.join("  \n"));
    if let [_, _, ..] = assignment.exercises {
        out.push_str("| Exercise | Folder | Minutes | Points |\n|---|---|---:|---:|\n");
        for exercise in assignment.exercises {
            let points = match points(exercise) {
                0 => "read by a person".to_owned(),
                points => points.to_string(),
            };
            let (task, slug) = (&exercise.task, &exercise.slug);
            let _ = writeln!(
                out,
                "| {} | `{slug}` | {} | {points} |",
                task.title, task.minutes
            );
        }
        out.push('\n');
    }
    out.push_str(
        "You need Rust, and nothing else. Each folder has a README, tests, and hints that say more and more: open one \
         when you are stuck.\n\n",
    );
    for exercise in assignment.exercises {
        chapter(&mut out, assignment, exercise);
    }
    out.push_str("From *Future Proposals in Rust*. Text CC BY 4.0, code MIT or Apache-2.0.\n");
    out
}

fn chapter(out: &mut String, assignment: &Assignment<'_>, exercise: &Exercise) {
    let (task, slug) = (&exercise.task, &exercise.slug);
    let _ = writeln!(out, "## {}\n", task.title);
    let first: Vec<_> = task
        .prerequisites
        .iter()
        .map(|slug| {
            assignment
                .titles
                .get(slug.as_str())
                .map_or(slug.as_str(), |title| *title)
        })
        .collect();
    let _ = write!(out, "Chapter `{slug}`, {}.", task.level.name());
    if !first.is_empty() {
        let _ = write!(out, " Read first: *{}*.", first.join("*, *"));
    }
    out.push_str(" Afterwards you can:\n\n");
    for objective in &task.objectives {
        let _ = writeln!(out, "- {objective}");
    }
    for part in &task.exercises {
        let _ = writeln!(out, "\n### {}: {}\n", part.part.name(), part.title);
        let _ = writeln!(
            out,
            "*About {} minutes.*\n\n{}",
            part.minutes,
            part.asks.trim()
        );
    }
    out.push_str("\n### What you hand in\n\n");
    if task.is_text() {
        let _ = writeln!(
            out,
            "`{TEXT}`. `cargo course check {slug} {TEXT}`, in the book's folder, says what its form lacks. A person reads it.\n"
        );
        return;
    }
    let in_folder = if assignment.options.workspace {
        format!("`cd exercises/{slug}`, then `cargo test`")
    } else {
        format!("`cd {slug}`, then `cargo test`")
    };
    let _ = writeln!(
        out,
        "{in_folder} runs the tests that you have. Hand in the folder `{slug}` without `target`, or a zip of it. Only these files are looked at:\n"
    );
    for path in exercise.allowed() {
        let _ = writeln!(out, "- `{path}`");
    }
    let _ = writeln!(
        out,
        "\n{}\n\n### What earns points\n",
        if task.solution.allows_unsafe {
            "`unsafe` is allowed there, with a `// SAFETY:` sentence."
        } else {
            "They compile without `unsafe`: it is rejected."
        }
    );
    out.push_str("| Part | Tests | Points |\n|---|---|---:|\n");
    for part in [Part::Core, Part::Bonus, Part::Stretch] {
        for group in task.groups.iter().filter(|group| group.part == part) {
            let tests = match group.visibility {
                Visibility::Public => format!("`cargo test {}::`", group.name),
                Visibility::Hidden => format!("`{}`, which you do not have", group.name),
            };
            let _ = writeln!(out, "| {} | {tests} | {} |", part.name(), group.points);
        }
    }
    let _ = writeln!(
        out,
        "| | **Together** | **{}** |\n\nA row's points are given when all of its tests pass, and none otherwise.\n",
        points(exercise)
    );
}
