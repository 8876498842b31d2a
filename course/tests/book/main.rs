//! The tool against small books made for the purpose, and against this one.

use std::sync::LazyLock;

use book::project::Project;
use toolchain::cargo::Artifacts;

/// A test for each chapter with an exercise, so that a slow one and one that fails are seen by their names.
macro_rules! each_chapter {
    ($check:path) => {
        each_chapter! {
            $check: cleanups coroutines cpu_budget generator_memory nursery scope tagged_pointers virtual_time
            weak_references
        }
    };
    ($check:path: $($chapter:ident)*) => {
        #[test]
        fn none_is_forgotten() {
            let project = crate::this_book();
            let exercises = project.tasks.iter().filter(|(_, task)| !task.is_text());
            let exercises: Vec<String> = exercises.map(|(slug, _)| book::project::module(slug)).collect();
            assert_eq!([$(stringify!($chapter)),*].as_slice(), exercises, "`each_chapter!` has another list");
        }

        $(
            #[test]
            fn $chapter() {
                $check(&stringify!($chapter).replace('_', "-"));
            }
        )*
    };
}

mod assign;
mod broken;
mod command;
mod cost;
mod diagrams;
mod edition;
mod exercises;
mod figures;
mod forms;
mod ids;
mod learner;
mod ledger;
mod malformed;
mod mdbook;
mod messages;
mod names;
mod other;
mod panics;
mod proposals;
mod site;
mod small_book;
mod stale;
mod tasks;
#[cfg(unix)]
mod unstable;
mod verify;
mod wrong_solutions;

fn this_book() -> Project {
    Project::load(course_tests::root()).unwrap()
}

/// What this book's code is compiled with, built once.
static ARTIFACTS: LazyLock<Artifacts> =
    LazyLock::new(|| Artifacts::build(&this_book().root).unwrap());
