//! `assignment.toml`: an assignment as its instructor set it, which `export` reads again.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::due::LocalTime;
use crate::weights::Weights;

/// An assignment as its file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its title.
    pub title: String,
    /// The chapters' slugs.
    pub chapters: Vec<String>,
    /// The deadline, such as `2027-02-01T17:00:00+01:00`; empty for none.
    #[serde(default)]
    due: String,
    /// Weights of the parts of an exercise.
    pub weights: Weights,
}

impl Plan {
    /// A plan; without `due`, it is due never.
    #[must_use]
    pub fn new(
        title: String,
        chapters: Vec<String>,
        due: Option<LocalTime>,
        weights: Weights,
    ) -> Self {
        Self {
            title,
            chapters,
            due: due.map(LocalTime::rfc3339).unwrap_or_default(),
            weights,
        }
    }

    /// The deadline.
    #[must_use]
    pub fn due(&self) -> Option<LocalTime> {
        self.due.parse().ok()
    }

    /// The text of an `assignment.toml`.
    ///
    /// # Errors
    ///
    /// If it cannot be written as TOML.
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
    /// If it cannot be read, or is not one.
    pub fn load(file: &Path) -> Result<Self> {
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
                .parse::<LocalTime>()
                .map_err(|reason| anyhow::anyhow!("{}: `due`: {reason}", file.display()))?;
        }
        Ok(plan)
    }
}
