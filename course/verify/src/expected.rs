//! The checks that a page asks for, read from the page alone.

use book::diagnostic::Diagnostics;
use book::fence::{Expect, expectation};
use book::ledger::{Expected, Kind, line};
use book::page::Page;
use book::project::Project;
use book::task::Mode;
use reader::directives::claims::findings;

use crate::{claims, figures, links, names};

/// The checks that must have left an entry in the ledger before the page is sealed.
#[must_use]
pub fn expected(project: &Project, page: &Page) -> Vec<Expected> {
    let mut all = listings(project, page);
    let task = page.slug().and_then(|slug| project.tasks.get(slug));
    for directive in &page.directives {
        let kind = match directive.name.as_str() {
            "output" | "trace" | "steps" => {
                match task.map(|it| it.output(&directive.arguments).mode) {
                    Some(Mode::Varies) => Kind::VaryingOutput,
                    _ => Kind::Output,
                }
            }
            "session" | "diagnostic" => Kind::Output,
            "value" => Kind::Number,
            "claims" => {
                for claim in task.into_iter().flat_map(|task| &task.claims) {
                    let verdicts =
                        findings(claim).map(|(language, _)| claims::subject(claim, language));
                    all.extend(verdicts.map(|subject| (Kind::Claim, subject)));
                }
                continue;
            }
            _ => continue,
        };
        all.push((kind, line(directive.line)));
    }
    let inside = page
        .links
        .iter()
        .filter(|(_, target)| links::is_inside(target));
    all.extend(inside.map(|(_, target)| (Kind::Link, target.clone())));
    all.extend(figures::expected(project, page));
    // A comment that is not above a conclusion is reported.
    let comments = page.text.lines().enumerate();
    let conclusions = comments.filter(|(_, text)| text.trim_start().starts_with("<!-- holds:"));
    all.extend(conclusions.map(|(before, _)| (Kind::Conclusion, line(before + 1))));
    all.extend(names::expected(project, page));
    all
}

fn listings(project: &Project, page: &Page) -> Vec<Expected> {
    // Their faults were reported when they were read to be run.
    let mut reported = Diagnostics::default();
    let fences = page.fences.iter().chain(&page.playgrounds);
    fences
        .filter_map(|fence| {
            let expect = expectation(page, fence, &project.settings, &mut reported)?;
            Some((kind(&expect), line(fence.line)))
        })
        .collect()
}

/// The kind of the check of a listing.
pub(crate) fn kind(expect: &Expect) -> Kind {
    match expect {
        Expect::Runs => Kind::Runs,
        Expect::Compiles => Kind::Compiles,
        Expect::Panics { .. } => Kind::Panics,
        Expect::FailsToCompile { .. } => Kind::FailsToCompile,
    }
}
