//! The checks that compile or run something.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use book::diagnostic::{Diagnostic, Diagnostics};
use book::fence::{Expect, Snippet};
use book::ledger::{Kind, Ledger, line as at_line};
use book::page::Page;
use book::project::Project;
use book::task::{Mode, Output};
use progress::Progress;
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;

use crate::fences::{NOW, UNCHANGED};
use crate::options::Options;
use crate::{examples, failures, fences, outputs, panics, snippets};

/// The checks that run something.
pub(crate) struct Run<'a> {
    pub(crate) project: &'a Project,
    pub(crate) artifacts: &'a Artifacts,
    pub(crate) cache: &'a Cache,
    pub(crate) progress: &'a Progress,
    pub(crate) options: &'a Options,
    pub(crate) problems: Diagnostics,
    pub(crate) blessed: Vec<(PathBuf, String)>,
    pub(crate) ledger: Ledger,
}

impl Run<'_> {
    /// Checks the listings, and the examples and commands whose output the pages show.
    pub(crate) fn all(&mut self, pages: &[&Page], snippets: &[Snippet<'_>]) -> Result<()> {
        let examples = self.examples(pages);
        let (progress, cache) = (self.progress, self.cache);
        std::thread::scope(|scope| -> Result<()> {
            // What an example waits for is rarely the processor, so they run while listings are compiled.
            let printing = scope.spawn(|| examples::print_all(&examples, cache));
            progress.phase("listings", || {
                progress.expect(snippets.len());
                let cached = self.listings(snippets)?;
                let count = snippets.len();
                Ok((
                    (),
                    format!("{count} compiled and run, {cached} of them unchanged since they last passed"),
                ))
            })?;
            let printed = || printing.join().expect("no example panics the tool");
            if !self.project.settings.ours {
                return Ok(());
            }
            progress.phase("outputs", || {
                progress.expect(examples.len());
                let ran = self.outputs(&examples, printed());
                let steps = self.sessions(pages)?;
                let commands = match steps {
                    0 => String::new(),
                    steps => format!(", {steps} commands of the tool"),
                };
                Ok((
                    (),
                    format!(
                        "{} examples{commands} compared, {ran} examples run",
                        examples.len()
                    ),
                ))
            })
        })
    }

    /// Compiles and runs the listings; returns how many passed before as they are.
    pub(crate) fn listings(&mut self, snippets: &[Snippet<'_>]) -> Result<usize> {
        let (scratch, artifacts, cache) = (self.project.scratch(), self.artifacts, self.cache);
        let progress = self.progress;
        let mut found = Diagnostics::default();
        let mut ledger = Ledger::default();
        // What must fail goes one by one; meanwhile the other core has the merged compilation.
        let (merged, failing, panicking) = std::thread::scope(|scope| {
            let failing = scope.spawn(|| {
                let must_fail = snippets
                    .iter()
                    .filter(|snippet| matches!(snippet.expect, Expect::FailsToCompile { .. }));
                must_fail
                    .map(|snippet| {
                        let judged = failures::run(&scratch, artifacts, snippet, cache)?;
                        progress.advance(1);
                        Ok((snippet, judged))
                    })
                    .collect::<Result<Vec<_>>>()
            });
            let panicking = scope.spawn(|| {
                let must_panic = snippets
                    .iter()
                    .filter(|snippet| matches!(snippet.expect, Expect::Panics { .. }));
                must_panic
                    .map(|snippet| {
                        let judged = panics::run(&scratch, artifacts, snippet, cache)?;
                        progress.advance(1);
                        Ok((snippet, judged))
                    })
                    .collect::<Result<Vec<_>>>()
            });
            let merged = fences::run(
                &scratch,
                artifacts,
                snippets,
                cache,
                progress,
                &mut found,
                &mut ledger,
            );
            let joined = "no check panics";
            (
                merged,
                failing.join().expect(joined),
                panicking.join().expect(joined),
            )
        });
        let mut cached = merged?;
        self.problems.extend(found);
        self.ledger.extend(ledger);
        for (snippet, judged) in panicking? {
            if let Some(unchanged) = self.problems.take(judged) {
                cached += usize::from(unchanged);
                let how = if unchanged { UNCHANGED } else { NOW };
                self.held(snippet.page, Kind::Panics, snippet.fence.line, how);
            }
        }
        for (snippet, judged) in failing? {
            let Some((rendered, unchanged)) = self.problems.take(judged) else {
                continue;
            };
            cached += usize::from(unchanged);
            let Expect::FailsToCompile { codes, .. } = &snippet.expect else {
                continue;
            };
            let codes = match codes.as_slice() {
                [] => "without a code".to_owned(),
                codes => codes.join(" and "),
            };
            self.held(
                snippet.page,
                Kind::FailsToCompile,
                snippet.fence.line,
                &codes,
            );
            // Another compiler words its messages otherwise; the codes and the phrase have been checked all the same.
            let Some((file, line)) = snippets::captured_diagnostic(snippet) else {
                continue;
            };
            let page = &snippet.page.file;
            if artifacts.is_reference_compiler() {
                let done = if unchanged { UNCHANGED } else { NOW };
                self.settle(&file, &rendered, &Output::default(), (page, line), done);
            } else {
                let why = "another compiler words its messages otherwise";
                self.ledger.skipped(page, Kind::Output, at_line(line), why);
            }
        }
        Ok(cached)
    }

    fn held(&mut self, page: &Page, kind: Kind, line: usize, how: &str) {
        self.ledger.held(&page.file, kind, at_line(line), how);
    }

    /// Compares a text with the captured one, or accepts it when blessing.
    pub(crate) fn settle(
        &mut self,
        captured: &Path,
        now: &str,
        how: &Output,
        place: (&Path, usize),
        done: &'static str,
    ) {
        let (page, line) = place;
        let kind = match how.mode {
            Mode::Varies => Kind::VaryingOutput,
            _ => Kind::Output,
        };
        if !self.options.has(kind) {
            return;
        }
        let Err(problem) = outputs::compare(&self.project.root, captured, now, how, place) else {
            return self.ledger.held(page, kind, at_line(line), done);
        };
        if !self.options.bless {
            return self.problems.push(problem);
        }
        self.ledger
            .held(page, kind, at_line(line), "accepted in this run");
        let file = self.project.root.join(captured);
        let before = fs::read_to_string(&file).unwrap_or_default();
        let folder = file.parent().unwrap_or(Path::new("."));
        match fs::create_dir_all(folder).and_then(|()| fs::write(&file, now)) {
            Ok(()) => self
                .blessed
                .push((captured.to_owned(), outputs::difference(&before, now))),
            Err(error) => {
                let what = format!("the captured text cannot be written: {error}");
                self.problems
                    .push(Diagnostic::new(captured, 0, what).help("make the folder writable"));
            }
        }
    }
}
