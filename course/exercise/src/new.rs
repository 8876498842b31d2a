//! `cargo course new SLUG`: the files of a chapter, by one name everywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use book::project::module;

/// Lays out a chapter, with a bench if asked: its files, and its lines in `SUMMARY.md`, `lib.rs` and the benches' manifest.
///
/// # Errors
///
/// When the slug is no slug, one of the files exists, or one cannot be written: then nothing is changed.
pub fn chapter(root: &Path, slug: &str, bench: bool) -> Result<()> {
    check(slug)?;
    let mut changes = edits(root, slug, bench)?;
    let module = module(slug);
    let taken = [
        format!("listings/src/{module}"),
        format!("listings/src/{module}.rs"),
    ];
    let files = files(slug, bench);
    let named = files.iter().map(|(file, _)| file.clone());
    if let Some(file) = named
        .chain(taken.map(PathBuf::from))
        .find(|file| root.join(file).exists())
    {
        bail!(
            "{} exists: choose another slug, or remove it",
            file.display()
        );
    }
    changes.extend(files.into_iter().map(|(file, after)| Change {
        file,
        before: None,
        after,
    }));
    write(root, &changes)?;
    for change in &changes {
        let verb = change.before.as_ref().map_or("wrote", |_| "changed");
        anstream::println!("{verb} {}", change.file.display());
    }
    anstream::println!(
        "`cargo course verify {slug}` checks it, `cargo course serve` shows it. Once it has its title, `cargo course \
         bless` records its address."
    );
    Ok(())
}

/// Words that cannot be the name of a module, among those that could be a slug.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "listings", "loop", "macro", "match", "mod", "move", "mut", "override", "priv",
    "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type",
    "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

fn check(slug: &str) -> Result<()> {
    let mut words = slug.split('-');
    let is_plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    ensure!(
        words.all(is_plain),
        "`{slug}` is no slug: use small letters and hyphens, such as `weak-references`"
    );
    ensure!(
        !KEYWORDS.contains(&slug),
        "`{slug}` cannot be the name of a module: use another word"
    );
    Ok(())
}

/// A file to write.
struct Change {
    /// From the root.
    file: PathBuf,
    /// Its text, if it exists.
    before: Option<String>,
    after: String,
}

/// The changes of files that exist.
fn edits(root: &Path, slug: &str, bench: bool) -> Result<Vec<Change>> {
    type Edit = fn(&str, &str) -> Result<String>;
    let mut edits: Vec<(&str, Edit)> = vec![
        ("src/SUMMARY.md", listed),
        ("listings/src/lib.rs", declared),
    ];
    if bench {
        edits.push(("benches/Cargo.toml", benched));
    }
    let change = |(file, edit): (&str, Edit)| {
        let path = root.join(file);
        let before = fs::read_to_string(path).with_context(|| format!("{file} cannot be read"))?;
        let after = edit(&before, slug).with_context(|| format!("{file} cannot be changed"))?;
        Ok(Change {
            file: file.into(),
            before: Some(before),
            after,
        })
    };
    edits.into_iter().map(change).collect()
}

/// `SUMMARY.md` with the chapter below the last one.
fn listed(summary: &str, slug: &str) -> Result<String> {
    let is_item = |line: &&str| line.trim_start().starts_with("- [");
    let after = summary.lines().rfind(is_item);
    Ok(inserted(
        summary,
        after,
        &format!("- [{}]({slug}.md)", title(slug)),
    ))
}

/// `lib.rs` with the chapter's module, in the order of the alphabet.
fn declared(lib: &str, slug: &str) -> Result<String> {
    let line = format!("pub mod {};", module(slug));
    let is_module = |line: &&str| line.starts_with("pub mod ");
    let modules = || lib.lines().filter(is_module);
    ensure!(modules().all(|it| it != line), "it has a `{line}`");
    let before = modules().rfind(|it| **it < *line);
    Ok(match (before, modules().next()) {
        (None, Some(first)) => lib.replacen(first, &format!("{line}\n{first}"), 1),
        (before, _) => inserted(lib, before, &line),
    })
}

/// The benches' manifest with the chapter's at its end, where a table is valid whatever is above it.
fn benched(manifest: &str, slug: &str) -> Result<String> {
    let name = module(slug);
    let table = format!("\n[[bench]]\nname = \"{name}\"\npath = \"{name}.rs\"\nharness = false\n");
    let after = manifest.trim_end().to_owned() + "\n" + &table;
    toml::from_str::<toml::Table>(&after).context("it is no TOML to which a table can be added")?;
    Ok(after)
}

/// A text with a line below another one, or at its end.
fn inserted(text: &str, below: Option<&str>, line: &str) -> String {
    let Some(below) = below else {
        return text.trim_end().to_owned() + "\n\n" + line + "\n";
    };
    let mut lines: Vec<_> = text.lines().collect();
    let at = lines.iter().rposition(|it| *it == below);
    lines.insert(at.map_or(lines.len(), |at| at + 1), line);
    lines.join("\n") + "\n"
}

/// Makes all changes, or none.
fn write(root: &Path, changes: &[Change]) -> Result<()> {
    // A folder that is there stays there.
    let is_new = |folder: &&Path| !root.join(folder).exists();
    let folders: BTreeSet<&Path> = changes
        .iter()
        .flat_map(|change| change.file.ancestors().skip(1))
        .filter(is_new)
        .collect();
    for (at, Change { file, after, .. }) in changes.iter().enumerate() {
        let path = root.join(file);
        let folder = path.parent().context("a file has a folder")?;
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, after));
        if let Err(error) = written {
            // What cannot be taken back was not there to begin with, or can no more be written than this.
            for Change { file, before, .. } in &changes[..=at] {
                let _ = match before {
                    Some(before) => fs::write(root.join(file), before),
                    None => fs::remove_file(root.join(file)),
                };
            }
            for folder in folders.iter().rev() {
                let _ = fs::remove_dir(root.join(folder));
            }
            let what = format!(
                "{} cannot be written, so nothing is changed",
                file.display()
            );
            return Err(error).context(what);
        }
    }
    Ok(())
}

fn title(slug: &str) -> String {
    let words = slug.replace('-', " ");
    words[..1].to_uppercase() + &words[1..]
}

fn files(slug: &str, bench: bool) -> Vec<(PathBuf, String)> {
    let module = module(slug);
    let title = title(slug);
    let measured = if bench {
        "## Measured\n\n{{#bench first}}\n\n"
    } else {
        ""
    };
    let listing = format!("listings/src/{module}");
    let tests = format!("listings/tests/{module}");
    let mut files = vec![
        (
            format!("src/{slug}.md"),
            format!(
                "# {title}\n\n{{{{#task}}}}\n\n```rust\n{{{{#include ../{listing}/s1_first.rs:first}}}}\n# \
                 assert_eq!(answer(), 42);\n```\n\n{measured}## Exercises\n\n{{{{#exercises}}}}\n\n{{{{#seal}}}}\n"
            ),
        ),
        (format!("{listing}/mod.rs"), format!("//! {title}.\n\npub mod s1_first;\n")),
        (
            format!("{listing}/s1_first.rs"),
            "//! The first stage.\n\n// ANCHOR: first\n/// The answer.\n#[must_use]\npub fn answer() -> u32 {\n    // \
             ANCHOR: solution_answer\n    42\n    // ANCHOR_END: solution_answer\n}\n// \
             ANCHOR_END: first\n"
                .to_owned(),
        ),
        (
            format!("{listing}/task.toml"),
            format!(
                "title = \"{title}\"\noriginal = 0\nminutes = 60\nlevel = \"intermediate\"\nobjectives = [\"say what the answer \
                 is\"]\n\n[solution]\nfiles = [\"s1_first.rs\"]\n\n[[exercise]]\npart = \"core\"\ntitle = \"Find the \
                 answer\"\nminutes = 40\nasks = \"Write `answer`.\"\n\n[[group]]\nname = \"core\"\npart = \"core\"\npoints = \
                 10\nvisibility = \"public\"\n\n[[mutant]]\nname = \"off-by-one\"\nstory = \"Counts one too few.\"\nfile = \
                 \"s1_first.rs\"\nfind = \"    42\"\nreplace = \"    41\"\ncaught_by = [\"core::answer_is_42\"]\n"
            ),
        ),
        (format!("{tests}/main.rs"), format!("//! Tests of the chapter {slug}, a group of points a module.\n\nmod core;\n")),
        (
            format!("{tests}/core.rs"),
            format!(
                "use listings::{module}::s1_first::answer;\n\n#[test]\nfn answer_is_42() {{\n    assert_eq!(answer(), 42);\n}}\n"
            ),
        ),
    ];
    if bench {
        files.push((
            format!("benches/{module}.rs"),
            format!(
                "//! Benchmarks of the chapter {slug}.\n\nuse criterion::{{Criterion, criterion_group, criterion_main}};\nuse \
                 listings::{module}::s1_first::answer;\n\nfn first(c: &mut Criterion) {{\n    \
                 c.benchmark_group(\"{slug}/first\")\n        .bench_function(\"answer\", |b| b.iter(answer));\n}}\n\ncriterion_group! {{\n    \
                 name = benches;\n    config = benches::criterion();\n    targets = first\n}}\ncriterion_main!(benches);\n"
            ),
        ));
    }
    let paths = files.into_iter().map(|(file, text)| (file.into(), text));
    paths.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SUMMARY: &str = "# Summary\n\n- [A](a.md)\n  - [B](a/b.md)\n\n---\n\n[C](c.md)\n";
    const LIB: &str = "//! Listings.\n\npub mod one;\npub mod zero;\n";
    const MANIFEST: &str = "[package]\nname = \"benches\" # here\n\n[[bench]]\nname = \"one\"\n";

    fn book() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("src/SUMMARY.md", SUMMARY),
            ("listings/src/lib.rs", LIB),
            ("benches/Cargo.toml", MANIFEST),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// All files and folders, with the texts of files.
    fn all(folder: &Path) -> BTreeMap<PathBuf, Option<String>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(all(&path));
            }
            found.insert(path.clone(), fs::read_to_string(path).ok());
        }
        found
    }

    #[test]
    fn chapter_is_listed_declared_and_without_a_bench() {
        let folder = book();
        chapter(folder.path(), "two-words", false).unwrap();
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        assert_eq!(
            read("src/SUMMARY.md"),
            SUMMARY.replace("b.md)\n", "b.md)\n- [Two words](two-words.md)\n")
        );
        assert_eq!(
            read("listings/src/lib.rs"),
            LIB.replace("one;\n", "one;\npub mod two_words;\n")
        );
        assert_eq!(read("benches/Cargo.toml"), MANIFEST);
        assert!(!folder.path().join("benches/two_words.rs").exists());
        assert!(!read("src/two-words.md").contains("{{#bench"));
        let error = chapter(folder.path(), "two-words", false).unwrap_err();
        assert!(
            format!("{error:#}").contains("it has a `pub mod two_words;`"),
            "{error:#}"
        );
    }

    #[test]
    fn bench_is_added_to_a_manifest_that_keeps_its_form() {
        let folder = book();
        chapter(folder.path(), "new", true).unwrap();
        let manifest = fs::read_to_string(folder.path().join("benches/Cargo.toml")).unwrap();
        assert!(manifest.starts_with(MANIFEST), "{manifest}");
        let table: toml::Table = toml::from_str(&manifest).unwrap();
        let bench = &table["bench"][1];
        assert_eq!(
            (bench["name"].as_str(), bench["harness"].as_bool()),
            (Some("new"), Some(false))
        );
        assert!(folder.path().join("benches/new.rs").is_file());
    }

    #[test]
    fn modules_are_declared_in_the_order_of_the_alphabet() {
        let first = declared(LIB, "a").unwrap();
        assert_eq!(first, LIB.replace("pub mod one", "pub mod a;\npub mod one"));
        assert_eq!(declared(LIB, "zz").unwrap(), format!("{LIB}pub mod zz;\n"));
        assert_eq!(
            declared("//! None.\n", "a").unwrap(),
            "//! None.\n\npub mod a;\n"
        );
    }

    #[test]
    fn nothing_is_changed_when_something_is_in_the_way() {
        for (file, bench) in [
            ("src/new.md", false),
            ("listings/src/new.rs", false),
            ("listings/src/new/other.rs", false),
            ("benches/new.rs", true),
            // A folder that cannot be made, after other files are written.
            ("listings/tests", false),
        ] {
            let folder = book();
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "mine\n").unwrap();
            let before = all(folder.path());
            let error = chapter(folder.path(), "new", bench).unwrap_err();
            assert_eq!(all(folder.path()), before, "{file}: {error:#}");
        }
        let folder = book();
        fs::write(folder.path().join("benches/Cargo.toml"), "bench = []\n").unwrap();
        let before = all(folder.path());
        assert!(chapter(folder.path(), "new", true).is_err());
        assert_eq!(all(folder.path()), before);
    }

    #[test]
    fn slugs_are_small_letters_and_hyphens_and_no_keywords() {
        for slug in [
            "",
            "Two",
            "two_words",
            "-two",
            "two-",
            "two--words",
            "7th",
            "async",
            "listings",
            "../x",
        ] {
            let folder = book();
            let before = all(folder.path());
            assert!(chapter(folder.path(), slug, false).is_err(), "{slug}");
            assert_eq!(all(folder.path()), before, "{slug}");
        }
    }

    #[test]
    fn the_task_it_writes_is_one_the_tool_reads() {
        let (file, text) = files("two-words", false).swap_remove(3);
        book::task::Task::parse(&file, &text).unwrap();
    }
}
