//! The programs whose outputs pages show: run again and compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use book::diagnostic::Diagnostic;
use book::page::Page;
use book::project::{Project, module};
use book::session::Session;
use book::task::Output;
use toolchain::cache::Cache;
use toolchain::process;

use crate::fences::{NOW, UNCHANGED};
use crate::run::Run;
use crate::session;

impl Run<'_> {
    /// The examples whose output or trace a page shows.
    pub(crate) fn examples<'a>(&mut self, pages: &[&'a Page]) -> Vec<Example<'a>> {
        let mut shown = Vec::new();
        for &page in pages {
            let Some((slug, task)) = page
                .slug()
                .and_then(|slug| Some((slug, self.project.tasks.get(slug)?)))
            else {
                continue;
            };
            for directive in page
                .directives
                .iter()
                .filter(|d| matches!(d.name.as_str(), "output" | "trace" | "steps"))
            {
                let name = &directive.arguments;
                let example = format!("{}_{name}", module(slug));
                let Some(program) = self.artifacts.examples.get(&example) else {
                    let help = format!("write listings/examples/{example}.rs");
                    let what = format!(
                        "this should show what `{example}` prints, and there is no such example"
                    );
                    let problem = Diagnostic::new(&page.file, directive.line, what);
                    self.problems.push(problem.help(help));
                    continue;
                };
                shown.push(Example {
                    page,
                    line: directive.line,
                    program: program.clone(),
                    captured: Project::captured(slug, name),
                    how: task.output(name),
                });
            }
        }
        shown
    }

    /// Compares what the examples printed with what is captured; returns how many ran.
    pub(crate) fn outputs(&mut self, examples: &[Example<'_>], printed: Vec<Printed>) -> usize {
        let mut ran = 0;
        for (example, printed) in examples.iter().zip(printed) {
            let Example {
                page,
                line,
                program,
                captured,
                how,
            } = example;
            self.progress.advance(1);
            ran += usize::from(printed.how == NOW);
            match printed.text {
                Ok(now) => self.settle(captured, &now, how, (&page.file, *line), printed.how),
                Err(error) => {
                    let example = program.file_stem().unwrap_or_default().to_string_lossy();
                    let error = format!("{error:#}");
                    let (how, printed) = error.split_once('\n').unwrap_or((&error, ""));
                    let what = format!(
                        "example `{example}` should end well, but {}",
                        how.trim_end_matches(':')
                    );
                    let help = format!("fix listings/examples/{example}.rs");
                    self.problems.push(
                        Diagnostic::new(&page.file, *line, what)
                            .detail(printed.trim())
                            .help(help),
                    );
                }
            }
        }
        ran
    }

    /// Runs the commands of the tool that pages show, and compares what they print; returns how many.
    pub(crate) fn sessions(&mut self, pages: &[&Page]) -> Result<usize> {
        let mut count = 0;
        for page in pages
            .iter()
            .filter(|page| page.directives.iter().any(|it| it.name == "session"))
        {
            let Some(session) = self.problems.take(Session::load(&self.project.root, page)) else {
                continue;
            };
            let key = format!("session {}", session::digest(self.project, page)?);
            let known = self
                .cache
                .get(&key)
                .and_then(|text| serde_json::from_str(&text).ok());
            let done = if known.is_some() { UNCHANGED } else { NOW };
            let printed: BTreeMap<String, String> = match known {
                Some(printed) => printed,
                None => match session::run(&session, self.project, page) {
                    Ok(printed) => {
                        self.cache.put(&key, &serde_json::to_string(&printed)?);
                        printed
                    }
                    Err(error) => {
                        let error = format!("{error:#}");
                        let (what, detail) = error.split_once('\n').unwrap_or((&error, ""));
                        let problem = Diagnostic::new(
                            book::session::file(page),
                            0,
                            what.trim_end_matches(':'),
                        )
                        .detail(detail);
                        self.problems
                            .push(problem.help("fix the step, or what it shows"));
                        continue;
                    }
                },
            };
            for directive in page
                .directives
                .iter()
                .filter(|directive| directive.name == "session")
            {
                // A missing step is reported when the page is rendered.
                let Some(now) = printed.get(&directive.arguments) else {
                    continue;
                };
                let captured = book::session::captured(page, &directive.arguments);
                self.settle(
                    &captured,
                    now,
                    &Output::default(),
                    (&page.file, directive.line),
                    done,
                );
                count += 1;
            }
        }
        Ok(count)
    }
}

/// An example whose output a page shows.
pub(crate) struct Example<'a> {
    page: &'a Page,
    line: usize,
    program: PathBuf,
    captured: PathBuf,
    how: Output,
}

/// The output of an example.
pub(crate) struct Printed {
    text: Result<String>,
    /// The way it was obtained.
    how: &'static str,
}

/// Runs the examples, all at once, and returns what each printed. The same program is not run again.
pub(crate) fn print_all(examples: &[Example<'_>], cache: &Cache) -> Vec<Printed> {
    std::thread::scope(|scope| {
        let running: Vec<_> = examples
            .iter()
            .map(|example| scope.spawn(|| print(&example.program, cache)))
            .collect();
        running
            .into_iter()
            .map(|example| example.join().expect("no example panics the tool"))
            .collect()
    })
}

fn print(program: &Path, cache: &Cache) -> Printed {
    // A program that cannot be read cannot be run, which says so.
    let content = fs::read(program).unwrap_or_default();
    let key = format!("example {}", blake3::hash(&content));
    if let Some(text) = cache.get(&key) {
        return Printed {
            text: Ok(text),
            how: UNCHANGED,
        };
    }
    let text = process::run(program);
    if let Ok(text) = &text {
        cache.put(&key, text);
    }
    Printed { text, how: NOW }
}
