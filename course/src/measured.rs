//! Measurements that are no benchmarks of the book's: files in folders of their own, one a machine.
//!
//! Not in `benches/results/`, whose first file is the record of the book's numbers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first measurement of a folder, by file name; `None` where none was recorded.
///
/// # Errors
///
/// When the folder or the file cannot be read, or the file has another form.
pub fn first<T: DeserializeOwned>(root: &Path, folder: &str) -> Result<Option<T>> {
    let path = root.join(folder);
    if !path.exists() {
        return Ok(None);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(&path).with_context(|| format!("{folder} cannot be read"))? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    let Some(file) = files.into_iter().min() else { return Ok(None) };
    let name = || format!("{folder}/{}", file.file_name().unwrap_or_default().display());
    let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", name()))?;
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} is not a comparison", name()))
}

/// Writes a measurement under the name of its machine, and says where.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write(root: &Path, folder: &str, machine: &str, measured: &impl Serialize) -> Result<PathBuf> {
    let folder = root.join(folder);
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{machine}.json"));
    fs::write(&file, serde_json::to_string_pretty(measured)? + "\n")
        .with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}
