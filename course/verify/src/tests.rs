//! Tests that claims name: listed by their test programs and run, or remembered.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use book::dependencies::{digest_of, of_tests};
use book::diagnostic::Diagnostics;
use book::files::files_below;
use book::project::{Project, module};
use measurements::go;
use reader::directives::claims::findings;
use toolchain::cache::Cache;
use toolchain::cargo::{Artifacts, test_programs};
use toolchain::suite;

use crate::fences::{NOW, UNCHANGED};

/// The result of a test that a claim names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestResult {
    /// True if it passed.
    pub passed: bool,
    /// The way it was obtained.
    pub how: &'static str,
}

/// Results by chapter and test. A test that its program does not list, or ignores, is not among them.
pub type Results = BTreeMap<String, BTreeMap<String, TestResult>>;

/// Runs the tests of `listings` that claims name. `None` if they do not compile, which is reported.
///
/// # Errors
///
/// When cargo or a test program cannot be started.
pub fn rust(
    project: &Project,
    (artifacts, cache): (&Artifacts, &Cache),
    problems: &mut Diagnostics,
) -> Result<Option<Results>> {
    let cache = cache.within(artifacts.digest_of_dependencies());
    let mut results = Results::new();
    let mut todo = Vec::new();
    for (slug, tests) in named(project, |finding| finding.test.as_ref()) {
        let digest = digest_of(&project.root, &of_tests(&project.root, &slug));
        let key = format!("tests {digest} {tests:?}");
        match remembered(&cache, &key) {
            Some(known) => _ = results.insert(slug, known),
            None => todo.push((slug, tests, key)),
        }
    }
    if todo.is_empty() {
        return Ok(Some(results));
    }
    let targets: Vec<_> = todo.iter().map(|(slug, ..)| module(slug)).collect();
    let programs = match test_programs(&project.root, &targets)? {
        Ok(programs) => programs,
        Err(found) => {
            problems.extend(found);
            return Ok(None);
        }
    };
    for (slug, mut tests, key) in todo {
        let program = programs.get(&module(&slug));
        let program = program.with_context(|| format!("cargo built no tests of {slug}"))?;
        let listed = suite::tests(program)?;
        tests.retain(|test| listed.contains(test));
        let folder = project.root.join("listings");
        let tests = tests.into_iter().collect();
        let outcomes = suite::run_with(&folder, program, tests, suite::LIMIT, &[])?;
        let passed = outcomes
            .into_iter()
            .map(|(test, outcome)| (test, outcome.passed()))
            .collect();
        results.insert(slug, remember(&cache, &key, &passed)?);
    }
    Ok(Some(results))
}

/// Runs the Go tests that claims name; `None` without a Go.
///
/// # Errors
///
/// When Go cannot build a package.
pub fn go(project: &Project, cache: &Cache) -> Result<Option<Results>> {
    let named = named(project, |finding| finding.go_test.as_ref());
    let Some(version) = (!named.is_empty())
        .then(|| go::version(&project.root))
        .flatten()
    else {
        return Ok(None);
    };
    let cache = cache.within(version);
    let mut results = Results::new();
    let folder = go::folder(&project.root);
    // A test of a package that is not there may be in the record all the same.
    let has_package = |slug: &String| folder.join(module(slug)).is_dir();
    for (slug, tests) in named.into_iter().filter(|(slug, _)| has_package(slug)) {
        let mut files: BTreeSet<_> = files_below(&folder.join(module(&slug)))
            .into_iter()
            .collect();
        files.extend(["go.mod", "go.sum"].map(|file| folder.join(file)));
        let key = format!("go tests {} {tests:?}", digest_of(&project.root, &files));
        let known = match remembered(&cache, &key) {
            Some(known) => known,
            None => remember(&cache, &key, &go::test_named(&project.root, &slug, &tests)?)?,
        };
        results.insert(slug, known);
    }
    Ok(Some(results))
}

/// The tests that the findings of each chapter name.
fn named(
    project: &Project,
    test: impl Fn(&book::task::Finding) -> Option<&String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (slug, task) in &project.tasks {
        let findings = task.claims.iter().flat_map(findings);
        for test in findings.filter_map(|(_, finding)| test(finding)) {
            named.entry(slug.clone()).or_default().insert(test.clone());
        }
    }
    named
}

fn remembered(cache: &Cache, key: &str) -> Option<BTreeMap<String, TestResult>> {
    let known: BTreeMap<String, bool> = serde_json::from_str(&cache.get(key)?).ok()?;
    Some(with(UNCHANGED, &known))
}

/// Keeps results if all passed: a failure is tried again.
fn remember(
    cache: &Cache,
    key: &str,
    results: &BTreeMap<String, bool>,
) -> Result<BTreeMap<String, TestResult>> {
    if results.values().all(|passed| *passed) {
        cache.put(key, &serde_json::to_string(results)?);
    }
    Ok(with(NOW, results))
}

fn with(how: &'static str, results: &BTreeMap<String, bool>) -> BTreeMap<String, TestResult> {
    let results = results.iter();
    results
        .map(|(test, &passed)| (test.clone(), TestResult { passed, how }))
        .collect()
}
