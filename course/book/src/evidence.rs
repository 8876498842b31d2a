//! Results of checks, kept so that pages can show them.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::ledger::{Entry, Kind, Outcome, RECORDED};
use crate::page::Page;
use crate::project::Project;

/// The evidence of a verified page. Written by `verify`, read by `{{#seal}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The digest of what was checked; another digest means that something changed since.
    pub digest: String,
    /// The compiler.
    pub rustc: String,
    /// The day, as `2026-11-24`.
    pub date: String,
    /// The counts of checks.
    pub counts: Counts,
}

/// Checks of a page, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Listings compiled and run.
    pub ran: usize,
    /// Listings compiled, with a reason not to run them.
    pub compiled_only: usize,
    /// Listings that panicked, as they should.
    pub panicked: usize,
    /// Listings that failed to compile as they should, by error code.
    pub failed: BTreeMap<String, usize>,
    /// Outputs and traces run again and compared.
    pub outputs: usize,
    /// Outputs run again and not compared, as the page says.
    pub outputs_varying: usize,
    /// Numbers taken from the benchmark record.
    pub numbers: usize,
    /// Figures in prose that another source supports.
    #[serde(default)]
    pub figures_sourced: usize,
    /// Figures in prose that a comment allows.
    #[serde(default)]
    pub figures_allowed: usize,
    /// Names in prose that resolve.
    #[serde(default)]
    pub names: usize,
    /// Names in prose that nothing here knows, allowed with a reason.
    #[serde(default)]
    pub names_allowed: usize,
    /// Verdicts on claims whose evidence was checked.
    pub claims: usize,
    /// Those of them that rest on a Go test that was recorded and not run.
    #[serde(default)]
    pub claims_recorded: usize,
    /// Conditions of conclusions that hold in the record.
    #[serde(default)]
    pub conclusions: usize,
    /// Links followed inside the book.
    pub links: usize,
    /// Listings that say `ignore`.
    #[serde(default)]
    pub ignored: usize,
    /// Chapters that were not measured since their code changed.
    #[serde(default)]
    pub unmeasured: usize,
    /// Checks that could not be done here.
    pub skipped: usize,
}

impl Counts {
    /// All listings.
    #[must_use]
    pub fn listings(&self) -> usize {
        self.ran + self.compiled_only + self.panicked + self.failed.values().sum::<usize>()
    }

    /// Adds one entry of the ledger.
    pub fn count(&mut self, entry: &Entry) {
        if entry.outcome == Outcome::Skipped {
            self.skipped += 1;
            return;
        }
        if entry.kind == Kind::Claim && entry.how.contains(RECORDED) {
            self.claims_recorded += 1;
        }
        let count = match entry.kind {
            Kind::Runs => &mut self.ran,
            Kind::Compiles => &mut self.compiled_only,
            Kind::Panics => &mut self.panicked,
            Kind::FailsToCompile => self.failed.entry(entry.how.clone()).or_default(),
            Kind::Output => &mut self.outputs,
            Kind::VaryingOutput => &mut self.outputs_varying,
            Kind::Number => &mut self.numbers,
            Kind::Figure => &mut self.figures_sourced,
            Kind::AllowedFigure => &mut self.figures_allowed,
            Kind::Name => &mut self.names,
            Kind::AllowedName => &mut self.names_allowed,
            Kind::Claim => &mut self.claims,
            Kind::Conclusion => &mut self.conclusions,
            Kind::Link => &mut self.links,
        };
        *count += 1;
    }

    /// Adds another page's counts.
    pub fn add(&mut self, other: &Self) {
        self.ran += other.ran;
        self.compiled_only += other.compiled_only;
        self.panicked += other.panicked;
        for (code, count) in &other.failed {
            *self.failed.entry(code.clone()).or_default() += count;
        }
        self.outputs += other.outputs;
        self.outputs_varying += other.outputs_varying;
        self.numbers += other.numbers;
        self.figures_sourced += other.figures_sourced;
        self.figures_allowed += other.figures_allowed;
        self.names += other.names;
        self.names_allowed += other.names_allowed;
        self.claims += other.claims;
        self.claims_recorded += other.claims_recorded;
        self.conclusions += other.conclusions;
        self.links += other.links;
        self.ignored += other.ignored;
        self.unmeasured += other.unmeasured;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} listings ({} ran, {} panicked as expected, {} compiled only, {} failed to compile as expected), \
             {} outputs compared, {} not compared, {} numbers, {} figures with another source, {} allowed, {} names, \
             {} allowed, {} claims, {} conclusions, {} links, {} skipped",
            self.listings(),
            self.ran,
            self.panicked,
            self.compiled_only,
            self.failed.values().sum::<usize>(),
            self.outputs,
            self.outputs_varying,
            self.numbers,
            self.figures_sourced,
            self.figures_allowed,
            self.names,
            self.names_allowed,
            self.claims,
            self.conclusions,
            self.links,
            self.skipped
        )?;
        if self.unmeasured > 0 {
            write!(f, ", {} not measured as it is", self.unmeasured)?;
        }
        match self.ignored {
            0 => Ok(()),
            count => write!(f, ", {count} ignored"),
        }
    }
}

/// Checks that tests do, and `verify` does not.
#[derive(Debug, Clone, Copy)]
pub enum TestReport {
    /// Wrong solutions tried and rejected.
    Mutants,
    /// Outputs of commands, run again and compared.
    Commands,
}

impl TestReport {
    fn file(self, project: &Project, slug: &str) -> PathBuf {
        let ending = match self {
            Self::Mutants => "mutants",
            Self::Commands => "commands",
        };
        project
            .scratch()
            .join("evidence")
            .join(format!("{slug}.{ending}"))
    }

    /// The task's own file is beside its listings, so the page's digest knows it.
    fn digest(project: &Project, slug: &str) -> String {
        project
            .page(slug)
            .map(|page| project.digests.page(project, page))
            .unwrap_or_default()
    }

    /// Notes that all of them held.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn record(self, project: &Project, slug: &str, count: usize) -> Result<()> {
        let file = self.file(project, slug);
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        fs::write(&file, format!("{} {count}", Self::digest(project, slug)))
            .with_context(|| format!("{} cannot be written", file.display()))
    }

    /// The number that held, if nothing has changed since.
    #[must_use]
    pub fn load(self, project: &Project, slug: &str) -> Option<usize> {
        let text = fs::read_to_string(self.file(project, slug)).ok()?;
        let (digest, count) = text.split_once(' ')?;
        (digest == Self::digest(project, slug))
            .then(|| count.parse().ok())
            .flatten()
    }
}

fn file(project: &Project, page: &Page) -> PathBuf {
    let name = page
        .file
        .with_extension("json")
        .to_string_lossy()
        .replace(['/', '\\'], "-");
    project.scratch().join("evidence").join(name)
}

impl Evidence {
    /// Keeps the evidence of a page.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn store(&self, project: &Project, page: &Page) -> Result<()> {
        let file = file(project, page);
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        fs::write(file, serde_json::to_string_pretty(self)?)?;
        Ok(())
    }

    /// The evidence of a page, if it was verified as it is.
    #[must_use]
    pub fn load(project: &Project, page: &Page) -> Option<Self> {
        let evidence: Self =
            serde_json::from_str(&fs::read_to_string(file(project, page)).ok()?).ok()?;
        (evidence.digest == project.digests.page(project, page)).then_some(evidence)
    }

    /// Removes the evidence of a page, if there is any.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be removed.
    pub fn remove(project: &Project, page: &Page) -> Result<()> {
        let file = file(project, page);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", file.display()))
            }
            _ => Ok(()),
        }
    }
}
