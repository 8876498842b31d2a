//! The tests that a chapter's task names.

use std::fs;
use std::path::Path;

use book::diagnostic::{Diagnostic, Diagnostics};
use book::project::{Project, module};
use book::regions;
use book::task::Task;

/// Checks that every test that task.toml names exists, and that every group is a file of tests.
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
    for mutant in &task.mutants {
        for test in &mutant.caught_by {
            let group = test.split("::").next().unwrap_or(test);
            if !project
                .root
                .join(folder.join(format!("{group}.rs")))
                .is_file()
            {
                problems.push(
                    Diagnostic::new(
                        &file,
                        line("mutant.name", &mutant.name),
                        format!("mutant `{}`: no test `{test}`", mutant.name),
                    )
                    .help(format!(
                        "its module would be {}/{group}.rs",
                        folder.display()
                    )),
                );
            }
        }
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
