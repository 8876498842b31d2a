//! What rustdoc, Go and the compiler say of the names that nothing here knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;

use super::context::{Answer, Context};
use super::grammar::Kind;
use super::occurrences::Occurrence;
use super::{Open, Sources, compiler, rustdoc};
use book::project::Project;

/// What is known of a name in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Resolved,
    Unknown,
    Skipped,
}

/// What rustdoc, Go and the compiler have said.
pub(super) struct Asked {
    /// `None` where they cannot be asked.
    paths: Option<BTreeSet<String>>,
    go: Option<BTreeSet<String>>,
    compiler: BTreeSet<String>,
    /// By page: the last words of selectors that Go knows, and those that nobody could ask about.
    selected: BTreeMap<PathBuf, BTreeMap<String, Verdict>>,
}

impl Asked {
    pub(super) fn ask(project: &Project, sources: Sources<'_>, open: &[Open<'_>]) -> Result<Self> {
        let answers = || open.iter().map(|(_, _, answer)| answer);
        let paths: BTreeSet<String> = answers()
            .filter_map(|answer| {
                if let Answer::Paths(paths) = answer {
                    Some(paths)
                } else {
                    None
                }
            })
            .flatten()
            .cloned()
            .collect();
        let names: BTreeSet<String> = answers()
            .filter_map(|answer| {
                if let Answer::Go(name) = answer {
                    Some(name.clone())
                } else {
                    None
                }
            })
            .collect();
        let scratch = project.scratch();
        let built = sources.built;
        let (paths, go) = std::thread::scope(|scope| {
            let go = scope.spawn(|| sources.go.known(&scratch, &names));
            let paths = built
                .map(|(artifacts, cache)| rustdoc::resolved(&scratch, artifacts, cache, &paths));
            (
                paths.transpose(),
                go.join().expect("asking Go does not panic"),
            )
        });
        let paths = paths?;
        let mut asked = Self {
            paths,
            go,
            compiler: BTreeSet::new(),
            selected: BTreeMap::new(),
        };
        let left = open.iter().filter(|(context, found, answer)| {
            asked.verdict(context, found, answer) != Verdict::Resolved
        });
        let left: BTreeSet<&str> = left.map(|(_, found, _)| found.name.text.as_str()).collect();
        asked.compiler = compiler::known(built.map(|(_, cache)| cache), &left);
        for (context, found, answer) in open {
            if let Kind::Go(selector) = &found.name.kind {
                let verdict = asked.verdict(context, found, answer);
                let of_page = asked.selected.entry(context.page.file.clone()).or_default();
                of_page.extend(selector.last().map(|last| (last.clone(), verdict)));
            }
        }
        Ok(asked)
    }

    pub(super) fn verdict(
        &self,
        context: &Context<'_>,
        found: &Occurrence,
        answer: &Answer,
    ) -> Verdict {
        let name = &found.name.text;
        let selected = self
            .selected
            .get(&context.page.file)
            .and_then(|words| words.get(name));
        let judge = |is_known: Option<bool>| match is_known {
            Some(true) => Verdict::Resolved,
            Some(false) => Verdict::Unknown,
            None => Verdict::Skipped,
        };
        if self.compiler.contains(name) {
            return Verdict::Resolved;
        }
        let verdict = match answer {
            Answer::Resolved => Verdict::Resolved,
            Answer::Paths(paths) => {
                judge(self.paths.as_ref().map(|found| !found.is_disjoint(paths)))
            }
            Answer::Go(name) => judge(self.go.as_ref().map(|known| known.contains(name))),
            Answer::Unknown => Verdict::Unknown,
        };
        match (verdict, selected) {
            (Verdict::Unknown, Some(selected)) => *selected,
            (Verdict::Skipped, Some(Verdict::Resolved)) => Verdict::Resolved,
            _ => verdict,
        }
    }
}
