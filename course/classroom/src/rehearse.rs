//! `cargo course rehearse`: a made-up class of twenty, to try grading and exporting before there is a real one.
//!
//! Nearly everything is made from the chapter's starter, solution and wrong solutions. Only the names are made up.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::{pack, points};
use book::project::{Project, module};
use exercise::{Exercise, Tree, write};

/// The part of `--help` below the options.
pub const HELP: &str = "\
OUT/submissions   twenty submissions, called as Canvas calls a download: login, LATE, two numbers, name
OUT/roster.csv    logins, names, addresses
OUT/canvas.csv    a gradebook as Canvas exports it, with one column to fill

Some have solved it, some have made a mistake that the chapter's tests catch, one has handed in nothing, one does not
compile, one uses `unsafe`, one ends the process in place of returning.";

/// The source of a submission.
#[derive(Clone, Copy)]
enum Source {
    Solution,
    /// The wrong solution of this number, counted from 0 and starting again.
    Mistake(usize),
    Starter,
    Nothing,
    DoesNotCompile,
    Unsafe,
    Exits,
}
use Source::{DoesNotCompile, Exits, Mistake, Nothing, Solution, Starter, Unsafe};

/// Login, name, source, and true if it is late.
const STUDENTS: [(&str, &str, Source, bool); 20] = [
    ("aalto", "Aalto, Aino", Solution, false),
    ("abebe", "Abebe, Liya", Mistake(0), false),
    ("bianchi", "Bianchi, Luca", Mistake(1), false),
    ("chen", "陈, 伟", Solution, true),
    ("costa", "Costa, Beatriz", Mistake(2), false),
    ("dubois", "Dubois, Zoé", Mistake(3), false),
    ("eriksen", "Eriksen, Nils \"Nisse\"", Solution, false),
    ("garcia", "García Márquez, José", Mistake(3), false),
    ("haddad", "Haddad, Omar", Starter, false),
    ("ito", "伊藤, 葵", Mistake(5), false),
    ("jones", "Jones, Ann", Mistake(6), true),
    ("kaya", "Kaya, Deniz", DoesNotCompile, false),
    ("kowalska", "Kowalska, Maja", Solution, false),
    ("levi", "Levi, Noa", Mistake(2), false),
    ("mbeki", "Mbeki, Thandi", Nothing, false),
    ("nguyen", "Nguyễn, Văn An", Solution, false),
    ("oneil", "O'Neil, Sean", Unsafe, false),
    ("petrov", "Петров, Иван", Mistake(3), true),
    ("silva", "Silva, =João", Exits, false),
    ("smith", "Smith, Robin", Mistake(1), false),
];

/// Writes the class, and returns a message about it.
///
/// # Errors
///
/// If the chapter is unknown, has no program or no wrong solution, or the folder exists.
pub fn rehearse(root: &Path, slug: &str, out: &Path) -> Result<String> {
    let project = Project::load(root)?;
    let exercise = Exercise::load(&project, slug)?;
    ensure!(
        !exercise.task.is_text(),
        "`{slug}` asks for a text, which nothing but a reader can grade"
    );
    write(&tree(&exercise)?, out)?;
    let points = points(&exercise);
    Ok(format!(
        "20 made-up submissions, worth {points} points at most: {0}/submissions\nA roster: {0}/roster.csv\n\
         A gradebook as Canvas exports it: {0}/canvas.csv",
        out.display()
    ))
}

fn tree(exercise: &Exercise) -> Result<Tree> {
    let slug = &exercise.slug;
    let files = |tree: &Tree| -> BTreeMap<String, String> {
        let text = |path: &String| {
            (
                path.clone(),
                String::from_utf8_lossy(&tree[path]).into_owned(),
            )
        };
        exercise.allowed().iter().map(text).collect()
    };
    let (solution, starter) = (files(exercise.solution()), files(exercise.starter()));
    let mistakes: Vec<BTreeMap<String, String>> = exercise
        .task
        .mutants
        .iter()
        .filter_map(|mutant| {
            let path = format!("src/{}/{}", module(slug), mutant.file);
            let text = solution.get(&path)?;
            (text.matches(&mutant.find).count() == 1).then(|| {
                let mut wrong = solution.clone();
                wrong.insert(path, text.replace(&mutant.find, &mutant.replace));
                wrong
            })
        })
        .collect();
    ensure!(
        !mistakes.is_empty(),
        "`{slug}` has no wrong solution in a file that students write"
    );
    let first = exercise.allowed().first().context("a program has files")?;
    let with = |more: &str| {
        let mut files = solution.clone();
        files.entry(first.clone()).or_default().push_str(more);
        files
    };
    let mut tree = Tree::new();
    for (number, (login, _, source, late)) in STUDENTS.iter().enumerate() {
        let files = match source {
            Solution => solution.clone(),
            Mistake(at) => mistakes[at % mistakes.len()].clone(),
            Starter => starter.clone(),
            // A note is no solution.
            Nothing => BTreeMap::from([("sorry.txt".to_owned(), "I was ill.\n".to_owned())]),
            DoesNotCompile => with("\nfn not_finished( {\n"),
            Unsafe => {
                with("\npub fn quick() {\n    unsafe { core::hint::unreachable_unchecked() }\n}\n")
            }
            Exits => starter
                .iter()
                .map(|(path, text)| {
                    (
                        path.clone(),
                        text.replace("todo!(", "std::process::exit(0); todo!("),
                    )
                })
                .collect(),
        };
        let late = if *late { "LATE_" } else { "" };
        let name = format!(
            "submissions/{login}_{late}{}_{}_{slug}",
            4700 + number,
            99_000 + number
        );
        // Every third has packed a folder, as one does.
        if number % 3 == 0 {
            let files = files.iter();
            let zip =
                pack(files.map(|(path, text)| (format!("{slug}/{path}"), text.as_bytes(), 0o644)))?;
            tree.insert(format!("{name}.zip"), zip);
        } else {
            tree.extend(
                files
                    .into_iter()
                    .map(|(path, text)| (format!("{name}/{path}"), text.into_bytes())),
            );
        }
    }
    let points = points(exercise);
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut roster = "student_id,name,email\n".to_owned();
    let mut gradebook = format!(
        "Student,ID,SIS User ID,SIS Login ID,Section,{slug} (31415)\n    Points Possible,,,,,{points}\n"
    );
    for (number, (login, name, ..)) in STUDENTS.iter().enumerate() {
        let _ = writeln!(roster, "{login},{},{login}@example.org", quoted(name));
        let _ = writeln!(
            gradebook,
            "{},{},u{number:03},{login},A,",
            quoted(name),
            4700 + number
        );
    }
    tree.insert("roster.csv".to_owned(), roster.into_bytes());
    tree.insert("canvas.csv".to_owned(), gradebook.into_bytes());
    Ok(tree)
}
