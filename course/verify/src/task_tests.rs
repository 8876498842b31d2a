//! The tests that a chapter's task names.

use std::fs;
use std::path::Path;

use book::diagnostic::{Diagnostic, Diagnostics};
use book::project::{Project, module};
use book::regions;
use book::task::Task;

use crate::claims::test_text;

/// Checks that every test that task.toml names exists, those of claims aside, and that every group is a file of tests.
pub fn check(project: &Project, slug: &str, problems: &mut Diagnostics) {
    let Some(task) = project.tasks.get(slug) else {
        return;
    };
    let folder = Path::new("listings/tests").join(module(slug));
    let file = Task::file(slug);
    let line = |path: &str, name: &str| task.strings.line(path, name);
    for group in &task.groups {
        if !project
            .root
            .join(folder.join(format!("{}.rs", group.name)))
            .is_file()
        {
            problems.push(
                Diagnostic::new(
                    &file,
                    line("group.name", &group.name),
                    format!("group `{}` has no tests", group.name),
                )
                .help(format!("write {}/{}.rs", folder.display(), group.name)),
            );
        }
    }
    let hints = task.exercises.iter().flat_map(|exercise| &exercise.hints);
    let hints = hints.flat_map(|hint| {
        let line = line("exercise.hints.says", hint.says());
        hint.moves()
            .iter()
            .map(move |test| (line, "a hint".to_owned(), test))
    });
    let races = task.races.iter().map(|test| {
        let line = line("races", test);
        (line, "`races`".to_owned(), test)
    });
    let mutants = task.mutants.iter().flat_map(|mutant| {
        let line = line("mutant.name", &mutant.name);
        let named = mutant.caught_by.iter();
        named.map(move |test| (line, format!("mutant `{}`", mutant.name), test))
    });
    for (line, namer, test) in hints.chain(races).chain(mutants) {
        if let Err(fault) = test_text(&project.root, slug, test) {
            let what = format!("{namer}: {}", fault.what);
            problems.push(Diagnostic::new(&file, line, what).help(fault.help));
        }
    }
    for mutant in &task.mutants {
        let source = Path::new("listings/src")
            .join(module(slug))
            .join(&mutant.file);
        let count = fs::read_to_string(project.root.join(&source)).map_or(0, |text| {
            regions::unmarked(&text.replace("\r\n", "\n"))
                .matches(&mutant.find)
                .count()
        });
        if count != 1 {
            problems.push(
                Diagnostic::new(
                    &file,
                    line("mutant.name", &mutant.name),
                    format!(
                        "mutant `{}`: its text occurs {count} times in `{}`",
                        mutant.name,
                        source.display()
                    ),
                )
                .help("`find` must be text that occurs exactly once there"),
            );
        }
    }
}
