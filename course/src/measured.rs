//! Comparisons of ways to do something, measured by the tool's examples: files in folders of their own, one a machine.
//!
//! Not in `benches/results/`, whose first file is the record of the book's numbers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A comparison. `cargo run --example compare_NAME -- --record` writes it; `{{#NAME}}` shows it.
pub trait Compared: Serialize + DeserializeOwned {
    /// What is compared, as its folder, its example and its directive are called.
    const NAME: &str;

    /// The machine, by the name of its file.
    fn machine(&self) -> &str;

    /// A Markdown table, with a row a way.
    fn table(&self) -> String;

    /// Writes it under the name of its machine, and says where.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    fn write(&self, root: &Path) -> Result<PathBuf> {
        let folder = root.join(folder(Self::NAME));
        fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{}.json", self.machine()));
        fs::write(&file, serde_json::to_string_pretty(self)? + "\n")
            .with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(file)
    }

    /// The book's comparison: the first by file name; `None` where none was recorded.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be read, or the file has another form.
    fn reference(root: &Path) -> Result<Option<Self>> {
        let folder = folder(Self::NAME);
        let path = root.join(&folder);
        if !path.exists() {
            return Ok(None);
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(&path).with_context(|| format!("{folder} cannot be read"))? {
            files.push(entry?.path());
        }
        files.retain(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        });
        let Some(file) = files.into_iter().min() else {
            return Ok(None);
        };
        let name = || {
            format!(
                "{folder}/{}",
                file.file_name().unwrap_or_default().display()
            )
        };
        let text =
            fs::read_to_string(&file).with_context(|| format!("{} cannot be read", name()))?;
        serde_json::from_str(&text)
            .map(Some)
            .with_context(|| format!("{} is not a comparison", name()))
    }
}

/// Where comparisons of a name lie, from the book's root.
#[must_use]
pub fn folder(name: &str) -> String {
    format!("benches/{name}")
}
