//! The learner's README.md and HINTS.md, made from the chapter's task.

use std::fmt::Write as _;

use book::project::{Project, module};
use book::task::{Part, Task, Visibility};

/// The texts of an exercise, by file name.
pub fn files(project: &Project, slug: &str, task: &Task) -> Vec<(String, String)> {
    let _ = project;
    vec![
        ("HINTS.md".to_owned(), hints(task)),
        ("README.md".to_owned(), readme(slug, task)),
    ]
}

fn readme(slug: &str, task: &Task) -> String {
    let mut out = format!("# {}\n\n", task.title);
    let _ = writeln!(
        out,
        "An exercise of *Future Proposals in Rust*, chapter `{slug}`: {} minutes, {}. It needs Rust, and nothing else.\n",
        task.minutes,
        task.level.name()
    );
    if task.is_text() {
        let _ = writeln!(
            out,
            "You write `{}`. In the book's folder, `cargo course check {slug} {0}` says what its form still lacks.\n",
            super::TEXT
        );
    } else {
        how(&mut out, slug, task);
    }
    for exercise in &task.exercises {
        let _ = writeln!(out, "## {}: {}\n", exercise.part.name(), exercise.title);
        let _ = writeln!(
            out,
            "*{} minutes.*\n\n{}\n",
            exercise.minutes,
            exercise.asks.trim()
        );
    }
    let _ = writeln!(
        out,
        "Stuck? [HINTS.md](HINTS.md) has some, one at a time. Open them in order."
    );
    out
}

fn how(out: &mut String, slug: &str, task: &Task) {
    let module = module(slug);
    let files: Vec<_> = task
        .solution
        .files
        .iter()
        .map(|file| format!("`src/{module}/{file}`"))
        .collect();
    let _ = writeln!(
        out,
        "You write {}. Every `todo!` is yours; signatures and documentation stay. {} Everything else is given, and is not \
         handed in.\n",
        files.join(", "),
        if task.solution.allows_unsafe {
            "`unsafe` is allowed there."
        } else {
            "No `unsafe` is needed, or allowed."
        }
    );
    let first = task
        .groups
        .iter()
        .find(|group| group.visibility == Visibility::Public);
    let _ = writeln!(
        out,
        "```console\ncargo test                # all tests\ncargo test {}::         # one group\n```\n",
        first.map_or("core", |group| group.name.as_str())
    );
    let _ = writeln!(
        out,
        "In the book's folder, `cargo course check {slug} DIR` runs the same tests, starts with the first that fails, and \
         says what it expects.\n"
    );
    let _ = writeln!(out, "| Part | Test group | Points |\n|---|---|---|");
    for part in [Part::Core, Part::Bonus, Part::Stretch] {
        for group in task.groups.iter().filter(|group| group.part == part) {
            let name = match group.visibility {
                Visibility::Public => format!("`{}`", group.name),
                Visibility::Hidden => format!("`{}`, whose tests you do not have", group.name),
            };
            let _ = writeln!(out, "| {} | {name} | {} |", part.name(), group.points);
        }
    }
    let _ = writeln!(
        out,
        "\nA group's points are given when all of its tests pass.\n"
    );
}

fn hints(task: &Task) -> String {
    let mut out = format!(
        "# Hints: {}\n\nEach says more than the one before.\n",
        task.title
    );
    for exercise in &task.exercises {
        let _ = write!(out, "\n## {}: {}\n", exercise.part.name(), exercise.title);
        for (number, hint) in (1..).zip(&exercise.hints) {
            let _ = write!(
                out,
                "\n<details><summary>Hint {number}</summary>\n\n{}\n\n</details>\n",
                hint.says().trim()
            );
        }
    }
    out
}
