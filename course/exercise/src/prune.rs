//! The part of the listings crate that one chapter's exercise needs.
//!
//! A module is needed if its name, or a name that its parent re-exports from it, occurs as a word
//! in code that is needed: the learner's files, the tests of all groups, and in turn. So lib.rs and
//! the chapters' mod.rs are the same for learners and graders, whichever tests they have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;

use super::lines;
use book::dependencies::{listings_named, named_below};
use book::files::files_below;
use book::files::lexical;
use book::project::{Project, module};
use book::task::{Task, Visibility};

/// Texts by path from `listings/`, with slashes.
pub type Texts = BTreeMap<String, String>;

/// The part of the listings that is needed.
pub struct Pruned {
    /// `src/…`.
    pub sources: Texts,
    /// `tests/<module>/…`, with the tests that learners see.
    pub public_tests: Texts,
    /// The same with all tests of the exercise.
    pub all_tests: Texts,
}

/// The first line of a pruned test program.
const UNUSED: &str = "#![allow(unused, reason = \"some of it is for tests that are not here\")]\n";

/// The first line of the pruned crate.
const DEAD: &str =
    "#![allow(dead_code, reason = \"what is given may be for what is not written yet\")]\n";

/// Prunes the listings for one chapter.
pub fn prune(project: &Project, slug: &str, task: &Task) -> Result<Pruned> {
    let listings = project.root.join("listings");
    let chapter = module(slug);
    let groups = |visible: &dyn Fn(Visibility) -> bool| -> BTreeSet<&str> {
        task.groups
            .iter()
            .filter(|group| visible(group.visibility))
            .map(|group| group.name.as_str())
            .collect()
    };
    let tests = tests_in(&listings, &chapter)?;
    let all_tests = tests_of(&chapter, &tests, &groups(&|_| true), task)?;
    let public_tests = tests_of(
        &chapter,
        &tests,
        &groups(&|it| it == Visibility::Public),
        task,
    )?;
    let (all_tests, public_tests) = (
        with_included(&listings, all_tests)?,
        with_included(&listings, public_tests)?,
    );
    let sources = sources(&listings, &chapter, task, code(&all_tests))?;
    Ok(Pruned {
        sources,
        public_tests,
        all_tests,
    })
}

/// The needs of all tests of a chapter: sources as in [`Pruned`], and the tests with the files that they include.
pub fn with_all_tests(project: &Project, slug: &str, task: &Task) -> Result<(Texts, Texts)> {
    let listings = project.root.join("listings");
    let chapter = module(slug);
    let tests = with_included(&listings, tests_in(&listings, &chapter)?)?;
    let sources = sources(&listings, &chapter, task, code(&tests))?;
    Ok((sources, tests))
}

/// The tests of a chapter, with the modules that they have in other folders.
fn tests_in(listings: &Path, chapter: &str) -> Result<Texts> {
    with_elsewhere(listings, read_below(listings, &format!("tests/{chapter}"))?)
}

/// The code among tests and what they include.
fn code(tests: &Texts) -> impl Iterator<Item = &String> {
    tests
        .iter()
        .filter(|(path, _)| path.starts_with("tests/"))
        .map(|(_, text)| text)
}

fn read_below(listings: &Path, folder: &str) -> Result<Texts> {
    let mut texts = Texts::new();
    for file in files_below(&listings.join(folder)) {
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let path = file
            .strip_prefix(listings)
            .context("a file below the folder")?;
        texts.insert(path.to_string_lossy().replace('\\', "/"), lines(&text));
    }
    Ok(texts)
}

/// The words of a text's code: comments say much, and use nothing.
pub fn words(text: &str) -> BTreeSet<&str> {
    let code = text.lines().map(|line| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    });
    code.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        .filter(|word| !word.is_empty())
        .collect()
}

/// `mod x;` or `use x…;` at the root of a file: which module it is about, and whether it declares it.
fn about(line: &str) -> Option<(&str, bool)> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let end = |rest: &str| {
        rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len())
    };
    if let Some(rest) = rest.strip_prefix("mod ") {
        return rest.ends_with(';').then(|| (&rest[..end(rest)], true));
    }
    let rest = rest.strip_prefix("use ")?;
    Some((&rest[..end(rest)], false))
}

/// A root without the modules that are dropped: their declarations, what is re-exported from them, rows about them.
fn without(text: &str, dropped: &BTreeSet<&str>) -> String {
    let gone: BTreeSet<&str> = dropped
        .iter()
        .copied()
        .chain(exports(text, dropped))
        .collect();
    let mut out: Vec<&str> = Vec::new();
    let mut all = text.lines();
    while let Some(line) = all.next() {
        if line.starts_with("//! |") && linked(line).any(|name| gone.contains(name)) {
            continue;
        }
        match about(line) {
            Some((module, _)) if dropped.contains(module) => {
                let mut last = line;
                while !last.ends_with(';') {
                    let Some(next) = all.next() else { break };
                    last = next;
                }
                // The lines directly above belong to it.
                while out.last().is_some_and(|above| {
                    above.starts_with("#[")
                        || (above.starts_with("//") && !above.starts_with("//!"))
                }) {
                    out.pop();
                }
            }
            _ => out.push(line),
        }
    }
    out.into_iter().flat_map(|line| [line, "\n"]).collect()
}

/// The names in a line's intra-doc links, to their first `::`.
fn linked(line: &str) -> impl Iterator<Item = &str> {
    line.split("[`")
        .skip(1)
        .filter_map(|rest| rest.split_once('`')?.0.split("::").next())
}

/// The names that a root re-exports from some of its modules.
fn exports<'a>(text: &'a str, modules: &BTreeSet<&str>) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let starts =
            about(line).is_some_and(|(module, declares)| !declares && modules.contains(module));
        if starts || inside {
            names.extend(line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
            inside = !line.ends_with(';');
        }
    }
    names.retain(|name| !matches!(*name, "" | "pub" | "use" | "as") && !modules.contains(name));
    names
}

/// The tests of some groups, and the modules that they share.
fn tests_of(chapter: &str, tests: &Texts, groups: &BTreeSet<&str>, task: &Task) -> Result<Texts> {
    let root = format!("tests/{chapter}/main.rs");
    let main = tests
        .get(&root)
        .with_context(|| format!("listings/{root} is missing"))?;
    let declared: BTreeSet<&str> = main
        .lines()
        .filter_map(about)
        .filter(|(_, declares)| *declares)
        .map(|(name, _)| name)
        .collect();
    let is_group = |name: &str| task.groups.iter().any(|group| group.name == name);
    let mut kept: BTreeSet<&str> = declared.intersection(groups).copied().collect();
    let files: BTreeMap<&str, BTreeSet<String>> = declared
        .iter()
        .map(|&name| {
            let mut files = below(tests, &format!("tests/{chapter}/{name}"));
            let elsewhere = elsewhere(&root, main)
                .into_iter()
                .filter(|(module, _)| module == name);
            files.extend(elsewhere.map(|(_, file)| file));
            (name, with_their_own(tests, files))
        })
        .collect();
    let at_root = used_at_root(main);
    loop {
        let used: BTreeSet<&str> = files_of(&files, &kept)
            .flat_map(|path| named_below(&BESIDE, &tests[path]))
            .collect();
        let more: Vec<&str> = declared
            .iter()
            .copied()
            .filter(|name| !kept.contains(name) && !is_group(name))
            .filter(|name| used.contains(name) || at_root.contains(name))
            .collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    let dropped: BTreeSet<&str> = declared.difference(&kept).copied().collect();
    let mut out: Texts = files_of(&files, &kept)
        .map(|path| (path.clone(), tests[path].clone()))
        .collect();
    out.insert(root, format!("{UNUSED}{}", without(main, &dropped)));
    Ok(out)
}

/// The files of the module at a path: its own, and those below it.
fn below(texts: &Texts, at: &str) -> Vec<String> {
    let is_below = |path: &&String| {
        path.strip_prefix(at)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    texts.keys().filter(is_below).cloned().collect()
}

/// Files, and those that they have elsewhere, in turn.
fn with_their_own(texts: &Texts, mut files: Vec<String>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    while let Some(file) = files.pop() {
        let more = texts
            .get(&file)
            .map_or_else(Vec::new, |text| elsewhere(&file, text));
        files.extend(
            more.into_iter()
                .map(|(_, file)| file)
                .filter(|file| !all.contains(file)),
        );
        all.insert(file);
    }
    all
}

/// The files of some modules.
fn files_of<'a>(
    files: &'a BTreeMap<&str, BTreeSet<String>>,
    modules: &BTreeSet<&str>,
) -> impl Iterator<Item = &'a String> {
    files
        .iter()
        .filter(|(name, _)| modules.contains(*name))
        .flat_map(|(_, files)| files)
}

/// The modules that a file has elsewhere, `#[path = "…"] mod name;`, with their files from `listings/`.
fn elsewhere(path: &str, text: &str) -> Vec<(String, String)> {
    static MODULE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"#\[path = "([^"]+)"\]\s*(?:pub(?:\([^)]*\))? )?mod (\w+);"#)
            .expect("a valid pattern")
    });
    MODULE
        .captures_iter(text)
        .map(|found| (found[2].to_owned(), beside(path, &found[1])))
        .collect()
}

/// A path that a file names relative to itself, from `listings/` and with slashes.
fn beside(file: &str, path: &str) -> String {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    lexical(&folder.join(path))
        .to_string_lossy()
        .replace('\\', "/")
}

/// Tests, with the modules that they have in other folders.
fn with_elsewhere(listings: &Path, mut tests: Texts) -> Result<Texts> {
    let modules = |path: &String, text: &String| {
        let named = elsewhere(path, text)
            .into_iter()
            .map(|(_, file)| (file, path.clone()));
        named.collect::<Vec<_>>()
    };
    let mut todo: Vec<(String, String)> = tests
        .iter()
        .flat_map(|(path, text)| modules(path, text))
        .collect();
    while let Some((file, by)) = todo.pop() {
        if tests.contains_key(&file) {
            continue;
        }
        let text = fs::read_to_string(listings.join(&file))
            .with_context(|| format!("listings/{file}, which {by} names"))?;
        let text = lines(&text);
        todo.extend(modules(&file, &text));
        tests.insert(file, text);
    }
    Ok(tests)
}

/// Tests, with the files of the listings that their `include_str!` and `include_bytes!` name.
fn with_included(listings: &Path, mut tests: Texts) -> Result<Texts> {
    static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"include_(?:str|bytes)!\(\s*"([^"]+)"\s*\)"#).expect("a valid pattern")
    });
    let mut included = Texts::new();
    for (path, text) in &tests {
        for found in INCLUDE.captures_iter(text) {
            let file = beside(path, &found[1]);
            let text = fs::read_to_string(listings.join(&file))
                .with_context(|| format!("listings/{file}, which {path} includes"))?;
            included.insert(file, lines(&text));
        }
    }
    tests.extend(included);
    Ok(tests)
}

/// One module of a chapter.
struct Unit<'a> {
    name: &'a str,
    exports: Vec<&'a str>,
    files: Vec<&'a str>,
}

fn sources<'a>(
    listings: &Path,
    chapter: &str,
    task: &Task,
    tests: impl Iterator<Item = &'a String>,
) -> Result<Texts> {
    let all = read_below(listings, "src")?;
    let root = all
        .get("src/lib.rs")
        .context("listings/src/lib.rs is missing")?;
    let chapters: Vec<&str> = root
        .lines()
        .filter_map(about)
        .filter(|(_, declares)| *declares)
        .map(|(name, _)| name)
        .collect();
    let test_texts: Vec<&str> = tests.map(String::as_str).collect();
    let mut needed: BTreeSet<&str> = test_texts.iter().flat_map(|text| words(text)).collect();
    let mut mentioned: BTreeSet<&str> = test_texts
        .iter()
        .copied()
        .flat_map(listings_named)
        .collect();
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    let mut read: BTreeSet<&str> = BTreeSet::new();
    let mut kept_chapters: BTreeSet<&str> = BTreeSet::new();
    for file in &task.solution.files {
        let path = format!("src/{chapter}/{file}");
        let (path, text) = all
            .get_key_value(&path)
            .with_context(|| format!("listings/{path} is missing"))?;
        needed.extend(words(text));
        mentioned.extend(listings_named(text));
        kept.insert(path);
    }
    let units: BTreeMap<&str, Vec<Unit<'_>>> = chapters
        .iter()
        .map(|&name| {
            (
                name,
                all.get(&format!("src/{name}/mod.rs"))
                    .map_or(Vec::new(), |root| units(name, root, &all)),
            )
        })
        .collect();
    loop {
        let before = (kept.len(), kept_chapters.len());
        for &name in &chapters {
            if name != chapter && !mentioned.contains(name) {
                continue;
            }
            if kept_chapters.insert(name) {
                let root = all.get_key_value(&format!("src/{name}/mod.rs"));
                let (path, text) = root
                    .or_else(|| all.get_key_value(&format!("src/{name}.rs")))
                    .with_context(|| format!("module `{name}` of the listings is missing"))?;
                kept.insert(path);
                mentioned.extend(listings_named(text));
                let rest = text.lines().filter(|line| about(line).is_none());
                needed.extend(rest.flat_map(words));
            }
            for unit in &units[name] {
                let learners = unit.files.iter().any(|file| kept.contains(file));
                if learners
                    || needed.contains(unit.name)
                    || unit.exports.iter().any(|name| needed.contains(name))
                {
                    for &file in &unit.files {
                        if read.insert(file) {
                            needed.extend(words(&all[file]));
                            mentioned.extend(listings_named(&all[file]));
                            kept.insert(file);
                        }
                    }
                }
            }
        }
        if before == (kept.len(), kept_chapters.len()) {
            break;
        }
    }
    let dropped: BTreeSet<&str> = chapters
        .iter()
        .copied()
        .filter(|name| !kept_chapters.contains(name))
        .collect();
    let is_kept = |unit: &&Unit<'_>| unit.files.iter().any(|file| kept.contains(file));
    let mut out = Texts::from([(
        "src/lib.rs".to_owned(),
        format!("{DEAD}{}", without(root, &dropped)),
    )]);
    for &path in &kept {
        let folder = path
            .strip_prefix("src/")
            .and_then(|rest| rest.strip_suffix("/mod.rs"));
        let units = folder
            .and_then(|name| units.get(name))
            .map_or(&[][..], Vec::as_slice);
        let dropped = units
            .iter()
            .filter(|unit| !is_kept(unit))
            .map(|unit| unit.name)
            .collect();
        out.insert(path.to_owned(), without(&all[path], &dropped));
    }
    Ok(out)
}

/// Paths from a test to the modules beside it: `super::x`, `crate::{x, y}`.
static BESIDE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:super|crate)::(\{[^}]*|\w+)").expect("a valid pattern"));

/// The names with which paths begin in the root of the tests: `x::`, `use x::`.
fn used_at_root(main: &str) -> BTreeSet<&str> {
    static BEGINS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:^|[^:\w])(\w+)::").expect("a valid pattern"));
    main.lines()
        .filter_map(|line| line.split('/').next())
        .flat_map(|code| BEGINS.captures_iter(code))
        .filter_map(|found| found.get(1))
        .map(|name| name.as_str())
        .collect()
}

/// The modules that a chapter's root declares.
fn units<'a>(chapter: &str, root: &'a str, all: &'a Texts) -> Vec<Unit<'a>> {
    let declared = root
        .lines()
        .filter_map(about)
        .filter(|(_, declares)| *declares)
        .map(|(name, _)| name);
    declared
        .map(|name| {
            let files = with_their_own(all, below(all, &format!("src/{chapter}/{name}")));
            let files = all
                .keys()
                .map(String::as_str)
                .filter(|path| files.contains(*path))
                .collect();
            Unit {
                name,
                exports: exports(root, &BTreeSet::from([name])),
                files,
            }
        })
        .collect()
}
