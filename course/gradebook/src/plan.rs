//! `assignment.toml`: what an instructor asked for, so that `export` need not be told again.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::due::Due;
use crate::weights::Weights;

/// An assignment as its file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What it is called.
    pub title: String,
    /// The chapters' slugs.
    pub chapters: Vec<String>,
    /// When it is due, such as `2027-02-01T17:00:00+01:00`; empty for never.
    #[serde(default)]
    due: String,
    /// What the points of a part count.
    pub weights: Weights,
}

impl Plan {
    /// A plan; without `due`, it is due never.
    #[must_use]
    pub fn new(title: String, chapters: Vec<String>, due: Option<Due>, weights: Weights) -> Self {
        Self {
            title,
            chapters,
            due: due.map(Due::rfc3339).unwrap_or_default(),
            weights,
        }
    }

    /// When it is due.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        self.due.parse().ok()
    }

    /// The text of an `assignment.toml`.
    ///
    /// # Errors
    ///
    /// When it cannot be written as TOML.
    pub fn text(&self) -> Result<String> {
        Ok(format!(
            "# Written by `cargo course assign`; read by `cargo course export --assignment`.\n{}",
            toml::to_string(self)?
        ))
    }

    /// Reads an `assignment.toml`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not one.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let plan: Self = toml::from_str(&text).with_context(|| {
            format!(
                "{} is no assignment.toml of `cargo course assign`",
                file.display()
            )
        })?;
        if !plan.due.is_empty() {
            plan.due
                .parse::<Due>()
                .map_err(|why| anyhow::anyhow!("{}: `due`: {why}", file.display()))?;
        }
        Ok(plan)
    }
}
