//! autograder.zip for Gradescope: the book as far as grading a chapter needs it, and the two scripts that Gradescope calls.
//!
//! Gradescope builds an image with `setup.sh` once, with network, and runs `run_autograder` in it, once a submission.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;

use gradebook::plan::Plan;

const SETUP: &str = include_str!("gradescope/setup.sh");
const RUN: &str = include_str!("gradescope/run_autograder");

/// What of the book goes along: folders with all that is below them, and files.
const TAKEN: &[&str] = &[
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "benches",
    "book.toml",
    "course/Cargo.toml",
    "course/skeptic",
    "course/src",
    "listings",
    "names.toml",
    "src",
    "theme",
];

/// The zip for one chapter. The same book and plan give the same bytes: entries are sorted, and have no times.
pub fn autograder(root: &Path, slug: &str, plan: &Plan) -> Result<Vec<u8>> {
    let rust = rust_version(root)?;
    let mut files: Vec<(String, Vec<u8>, u32)> = vec![
        (
            "assignment.toml".to_owned(),
            plan.text()?.into_bytes(),
            0o644,
        ),
        (
            "run_autograder".to_owned(),
            RUN.replace("CHAPTER", slug).into_bytes(),
            0o755,
        ),
        (
            "setup.sh".to_owned(),
            SETUP.replace("RUST", &rust).into_bytes(),
            0o755,
        ),
    ];
    for taken in TAKEN {
        for file in walkdir::WalkDir::new(root.join(taken)).sort_by_file_name() {
            // Some of it a small book has not.
            let Ok(file) = file else { continue };
            let hidden = file.file_name().to_string_lossy().starts_with(".part-");
            if !file.file_type().is_file() || hidden {
                continue;
            }
            let path: PathBuf = file.path().strip_prefix(root)?.to_owned();
            let path = path
                .iter()
                .map(|part| part.to_string_lossy())
                .collect::<Vec<_>>()
                .join("/");
            let bytes = fs::read(file.path()).with_context(|| format!("{path} cannot be read"))?;
            files.push((format!("book/{path}"), bytes, 0o644));
        }
    }
    files.sort();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes, mode) in files {
        let options = SimpleFileOptions::default()
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(mode);
        zip.start_file(path, options)?;
        zip.write_all(&bytes)?;
    }
    Ok(zip.finish()?.into_inner())
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
