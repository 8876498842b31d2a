//! `cargo course check`: once, or whenever the learner saves.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::progress::Store;
use super::{Desk, Options, report, text};
use crate::{Exercise, TEXT};
use book::diagnostic::Exit;
use book::project::Project;
use book::task::Part;
use toolchain::watch::Watch;

/// The time after which a build is announced.
const PATIENCE: Duration = Duration::from_secs(2);

/// Checks, and prints what was found: as text, or as one JSON document whatever happens.
///
/// # Errors
///
/// A fault of use, or of the book. With JSON it has been printed.
pub fn check(options: &Options, json: bool) -> Result<Exit> {
    let checked = once(options, json);
    if json && let Err(error) = &checked {
        print_json(&report::Document::of_fault(&options.chapter, error))?;
    }
    checked
}

fn once(options: &Options, json: bool) -> Result<Exit> {
    // A text may lie anywhere, also where no book is; but hints are the book's.
    if options.chapter == "proposals"
        && !options.hint
        && let Some(file) = options.path.as_deref().filter(|path| path.is_file())
    {
        return check_text(file, None, options, json);
    }
    let project = book()?;
    if project
        .tasks
        .get(&options.chapter)
        .is_some_and(book::task::Task::is_text)
    {
        let exercise = Exercise::load(&project, &options.chapter)?;
        let file = match options.path.as_deref().filter(|path| path.is_file()) {
            Some(file) => file.to_owned(),
            None => {
                super::folder(&exercise, options.path.as_deref(), &Store::of_user()?)?.join(TEXT)
            }
        };
        return check_text(&file, Some(&exercise), options, json);
    }
    let desk = desk(&project, options)?;
    check_code(&desk, options, json)
}

/// Checks again whenever one of the learner's files is saved, until somebody interrupts it.
///
/// # Errors
///
/// As [`check`], at the first time; and when the system cannot watch files.
pub fn watch(options: &Options) -> Result<Exit> {
    let project = book()?;
    let is_text = project
        .tasks
        .get(&options.chapter)
        .is_some_and(book::task::Task::is_text);
    ensure!(
        !is_text,
        "`{}` is a text, and checked in no time: run this without --watch",
        options.chapter
    );
    let desk = desk(&project, options)?;
    // From before the first check on, so that nothing saved meanwhile is missed.
    let folder = desk
        .folder
        .canonicalize()
        .context("the exercise's folder is gone")?;
    let watch = Watch::over(&folder, &["src"])?;
    let mut once = options.clone();
    loop {
        if std::io::stdout().is_terminal() {
            // The screen, what has scrolled off it, and the cursor to its corner.
            anstream::print!("\x1b[2J\x1b[3J\x1b[H");
        }
        if let Err(error) = check_code(&desk, &once, false) {
            anstream::eprintln!("error: {error:#}");
        }
        // A hint is given once, not with every save.
        once.hint = false;
        anstream::println!(
            "\nWaiting for the next save in {}; Ctrl-C ends this.",
            desk.folder.join("src").display()
        );
        std::io::stdout().flush()?;
        loop {
            let Some(changed) = watch.next() else {
                return Ok(Exit::Well);
            };
            let ours = |file: &PathBuf| {
                desk.exercise
                    .allowed()
                    .iter()
                    .any(|path| Path::new(path) == file)
            };
            if changed.iter().any(ours) {
                break;
            }
        }
    }
}

fn book() -> Result<Project> {
    Project::load(&Project::find_root(&std::env::current_dir()?)?)
}

/// The exercise with all that its tests need. Building that may take a while, at the first time.
fn desk(project: &Project, options: &Options) -> Result<Desk> {
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let is_late = waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout);
            if is_late && std::io::stderr().is_terminal() {
                anstream::eprintln!("building the crates that the tests use; it is done once");
            }
        });
        let desk = Desk::open(project, options, Store::of_user()?);
        drop(done);
        desk
    })
}

fn check_code(desk: &Desk, options: &Options, json: bool) -> Result<Exit> {
    let checked = desk.check(options)?;
    let slug = &desk.exercise.slug;
    if json {
        print_json(&report::Document::of_code(slug, &checked))?;
    } else {
        for warning in &checked.warnings {
            anstream::eprintln!("warning: {warning}");
        }
        anstream::print!(
            "{}",
            report::text(slug, &desk.exercise.task, &desk.folder, &checked)
        );
    }
    Ok(report::exit(&checked.assessment.stage))
}

fn check_text(
    file: &Path,
    exercise: Option<&Exercise>,
    options: &Options,
    json: bool,
) -> Result<Exit> {
    let checked = text::check(file)?;
    let exit = if checked.problems.is_empty() {
        Exit::Well
    } else {
        Exit::Problems
    };
    let mut hint = None;
    let remembered = Store::of_user().and_then(|store| {
        store.change(|progress| {
            let chapter = progress
                .chapters
                .entry(options.chapter.clone())
                .or_default();
            let folder = file.parent().unwrap_or(Path::new("."));
            chapter.folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            chapter.checks += 1;
            chapter.done |= exit == Exit::Well;
            if let Some(exercise) = exercise.filter(|_| options.hint) {
                let next = super::next_hint(exercise, Part::Core, &chapter.hints);
                chapter.hints.extend(
                    next.iter()
                        .map(|given| (given.exercise.clone(), given.number)),
                );
                hint = Some(next);
            }
        })
    });
    let warnings: Vec<String> = match remembered {
        Ok(warning) => warning.into_iter().collect(),
        Err(error) => vec![format!("progress is not kept: {error:#}")],
    };
    if json {
        print_json(&report::Document::of_text(
            &options.chapter,
            &checked,
            hint.as_ref(),
            &warnings,
        ))?;
        return Ok(exit);
    }
    for warning in &warnings {
        anstream::eprintln!("warning: {warning}");
    }
    for problem in &checked.problems {
        anstream::eprintln!("{problem}");
    }
    match checked.problems.len() {
        0 => anstream::println!("{}", checked.praise),
        count => anstream::eprintln!("{count} to fix"),
    }
    anstream::print!("{}", report::hint(hint.as_ref()));
    Ok(exit)
}

fn print_json(document: &impl serde::Serialize) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, document)?;
    writeln!(stdout)?;
    Ok(())
}

/// Prints how far a learner has come, or forgets a chapter.
///
/// # Errors
///
/// When what is kept cannot be read or written, or there is nothing to forget.
pub fn progress(chapters: &[String], json: bool, reset: Option<&str>) -> Result<Exit> {
    let store = Store::of_user()?;
    if let Some(chapter) = reset {
        let said = super::reset(&store, chapter)?;
        anstream::println!("{said}");
        return Ok(Exit::Well);
    }
    let read = store.read()?;
    if let Some(warning) = read.warning {
        anstream::eprintln!("warning: {warning}");
    }
    if json {
        print_json(&read.progress)?;
    } else {
        let book = book()?;
        let unknown = chapters.iter().find(|slug| !book.tasks.contains_key(*slug));
        if let Some(slug) = unknown {
            let known: Vec<_> = book.tasks.keys().map(String::as_str).collect();
            bail!(
                "there is no chapter `{slug}`; there are {}",
                known.join(", ")
            );
        }
        anstream::print!("{}", report::progress(&book, &read.progress, chapters));
    }
    Ok(Exit::Well)
}

/// Lays an exercise out, and remembers where.
///
/// # Errors
///
/// When there is no such chapter, or its folder exists or cannot be written.
pub fn start(root: &Path, chapter: &str, folder: Option<PathBuf>) -> Result<Exit> {
    let folder = folder.unwrap_or_else(|| chapter.into());
    let exercise = Exercise::load(&Project::load(root)?, chapter)?;
    crate::write(exercise.starter(), &folder)?;
    // The exercise is there, whether or not somebody remembers it.
    match Store::of_user().and_then(|store| super::started(&store, chapter, &folder)) {
        Ok(None) => {}
        Ok(Some(warning)) => anstream::eprintln!("warning: {warning}"),
        Err(error) => anstream::eprintln!("warning: progress is not kept: {error:#}"),
    }
    anstream::println!("{}", exercise.welcome(&folder));
    Ok(Exit::Well)
}
