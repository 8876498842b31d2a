//! `cargo course new SLUG`: the files of a chapter, by one name everywhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use book::project::module;

/// Lays out a chapter. Nothing that exists is touched.
///
/// # Errors
///
/// When the slug is no slug, or one of the files exists.
pub fn chapter(root: &Path, slug: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c == '-';
    ensure!(
        slug.chars().all(plain)
            && slug.starts_with(|c: char| c.is_ascii_lowercase())
            && !slug.ends_with('-'),
        "`{slug}` is no slug: use small letters and hyphens, such as `weak-references`"
    );
    let files = files(slug);
    if let Some((file, _)) = files.iter().find(|(file, _)| root.join(file).exists()) {
        anyhow::bail!(
            "{} exists: choose another slug, or remove it",
            file.display()
        );
    }
    for (file, text) in files {
        let path = root.join(&file);
        fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        fs::write(path, text)?;
        anstream::println!("wrote {}", file.display());
    }
    let module = module(slug);
    anstream::println!(
        "Now by hand, where the order is yours to choose:\n  \
         src/SUMMARY.md        - [Title]({slug}.md)\n  \
         listings/src/lib.rs   pub mod {module};\n  \
         benches/Cargo.toml    [[bench]] name = \"{module}\", path = \"{module}.rs\", harness = false"
    );
    Ok(())
}

fn files(slug: &str) -> Vec<(PathBuf, String)> {
    let module = module(slug);
    let title = {
        let words = slug.replace('-', " ");
        words[..1].to_uppercase() + &words[1..]
    };
    let listing = format!("listings/src/{module}");
    let tests = format!("listings/tests/{module}");
    vec![
        (
            format!("src/{slug}.md"),
            format!(
                "# {title}\n\n{{{{#task}}}}\n\n```rust\n{{{{#include ../{listing}/s1_first.rs:first}}}}\n# \
                 assert_eq!(answer(), 42);\n```\n\n## Exercises\n\n{{{{#exercises}}}}\n\n{{{{#seal}}}}\n"
            ),
        ),
        (format!("{listing}/mod.rs"), format!("//! {title}.\n\npub mod s1_first;\n")),
        (
            format!("{listing}/s1_first.rs"),
            "//! The first stage.\n\n// ANCHOR: first\n/// The answer.\n#[must_use]\npub fn answer() -> u32 {\n    42\n}\n// \
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
        (
            format!("benches/{module}.rs"),
            format!(
                "//! Benchmarks of the chapter {slug}.\n\nuse criterion::{{Criterion, criterion_group, criterion_main}};\nuse \
                 listings::{module}::s1_first::answer;\n\nfn first(c: &mut Criterion) {{\n    \
                 c.benchmark_group(\"{slug}/first\").bench_function(\"answer\", |b| b.iter(answer));\n}}\n\ncriterion_group! {{\n    \
                 name = benches;\n    config = benches::criterion();\n    targets = first\n}}\ncriterion_main!(benches);\n"
            ),
        ),
    ]
    .into_iter()
    .map(|(file, text)| (file.into(), text))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapter_lays_out_files_by_one_name_and_touches_none() {
        let folder = tempfile::tempdir().unwrap();
        chapter(folder.path(), "two-words").unwrap();
        for file in [
            "src/two-words.md",
            "listings/src/two_words/task.toml",
            "benches/two_words.rs",
        ] {
            assert!(folder.path().join(file).is_file(), "{file}");
        }
        assert!(
            chapter(folder.path(), "two-words")
                .unwrap_err()
                .to_string()
                .contains("exists")
        );
    }

    #[test]
    fn slugs_are_small_letters_and_hyphens() {
        for slug in ["", "Two", "two_words", "-two", "two-", "7th"] {
            assert!(chapter(Path::new("nowhere"), slug).is_err(), "{slug}");
        }
    }

    #[test]
    fn the_task_it_writes_is_one_the_tool_reads() {
        let (file, text) = files("two-words").swap_remove(3);
        book::task::Task::parse(&file, &text).unwrap();
    }
}
