//! autograder.zip for Gradescope: the book as far as grading a chapter needs it, and the two
//! scripts that Gradescope calls.
//!
//! Gradescope builds an image with `setup.sh` once, with network, and runs `run_autograder` in it, once a submission.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use book::files::{PART, slashed, wanted_files_below};

use crate::pack;
use gradebook::plan::Plan;

const SETUP: &str = include_str!("gradescope/setup.sh");
const RUN: &str = include_str!("gradescope/run_autograder");

/// The parts of the book that an autograder needs: files, and folders with all that is below them.
const NEEDED: &[&str] = &[
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "benches",
    "book.toml",
    "course",
    "listings",
    "names.toml",
    "src",
    "theme",
];

/// The zip for one chapter. The same book and plan give the same bytes.
pub fn autograder(root: &Path, slug: &str, plan: &Plan) -> Result<Vec<u8>> {
    let run = RUN.replace("CHAPTER", slug).into_bytes();
    let setup = SETUP.replace("RUST", &rust_version(root)?).into_bytes();
    let mut files = vec![
        (
            "assignment.toml".to_owned(),
            plan.text()?.into_bytes(),
            0o644,
        ),
        ("run_autograder".to_owned(), run, 0o755),
        ("setup.sh".to_owned(), setup, 0o755),
    ];
    for needed in NEEDED {
        let is_needed = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            !name.starts_with(PART) && name != "node_modules"
        };
        // A small book has not all of it.
        for file in wanted_files_below(&root.join(needed), is_needed) {
            let path = slashed(file.strip_prefix(root)?);
            let bytes = fs::read(&file).with_context(|| format!("{path} cannot be read"))?;
            files.push((format!("book/{path}"), bytes, 0o644));
        }
    }
    files.sort();
    let files = files.iter();
    pack(files.map(|(path, bytes, mode)| (path.clone(), bytes.as_slice(), *mode)))
}

/// The compiler that the book is written for.
fn rust_version(root: &Path) -> Result<String> {
    let text = fs::read_to_string(root.join("Cargo.toml")).context("Cargo.toml cannot be read")?;
    let manifest: toml::Table = text.parse().context("Cargo.toml is not TOML")?;
    let version = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("package"))
        .and_then(|package| package.get("rust-version"))
        .and_then(toml::Value::as_str);
    Ok(version.unwrap_or("stable").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_programs_of_an_autograder_are_in_this_book() {
        // Read at run time: in a copied target folder, the path that was compiled in is another book's.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
        let root = Path::new(&package).ancestors().nth(2).unwrap();
        for needed in NEEDED {
            assert!(root.join(needed).exists(), "{needed}");
        }
        let (_, programs) = SETUP.split_once("--bin course --bin ").unwrap();
        let programs = programs.lines().next().unwrap();
        for program in programs.split(" --bin ") {
            let folder = program.strip_prefix("course-").unwrap();
            let manifest = root.join("course").join(folder).join("Cargo.toml");
            let manifest = fs::read_to_string(manifest).unwrap();
            assert!(
                manifest.contains(&format!("name = \"{program}\"")),
                "{program}"
            );
        }
    }
}
