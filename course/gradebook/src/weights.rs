//! Weights of the parts of an exercise.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use book::task::{Part, Task};

/// A whole number for each part: points stay whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    core: u32,
    bonus: u32,
    stretch: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            core: 1,
            bonus: 1,
            stretch: 1,
        }
    }
}

impl Weights {
    /// The weight of a point of this part.
    #[must_use]
    pub fn weight(self, part: Part) -> u32 {
        match part {
            Part::Core => self.core,
            Part::Bonus => self.bonus,
            Part::Stretch => self.stretch,
        }
    }

    /// Weighs the points of a task.
    ///
    /// # Errors
    ///
    /// If a product is too large.
    pub fn apply(self, task: &mut Task) -> Result<()> {
        for group in &mut task.groups {
            group.points = group
                .points
                .checked_mul(self.weight(group.part))
                .context("a weight makes too many points")?;
        }
        Ok(())
    }
}

impl FromStr for Weights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut weights = Self::default();
        let mut seen = Vec::new();
        for pair in text.split(',') {
            let (part, weight) = pair
                .split_once('=')
                .ok_or("write it as core=2,bonus=1: a part, `=`, a whole number")?;
            let number: u32 = weight
                .trim()
                .parse()
                .ok()
                .filter(|weight| *weight <= 1000)
                .ok_or_else(|| {
                    format!("`{weight}` is no whole number up to 1000, and points stay whole")
                })?;
            let place = match part.trim() {
                "core" => &mut weights.core,
                "bonus" => &mut weights.bonus,
                "stretch" => &mut weights.stretch,
                other => {
                    return Err(format!(
                        "there is no part `{other}`: there are core, bonus and stretch"
                    ));
                }
            };
            if seen.contains(&part.trim()) {
                return Err(format!("`{}` is weighed twice", part.trim()));
            }
            seen.push(part.trim());
            *place = number;
        }
        Ok(weights)
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "core={},bonus={},stretch={}",
            self.core, self.bonus, self.stretch
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_whole_and_name_their_part() {
        let weights: Weights = "core=2, stretch=0".parse().unwrap();
        assert_eq!(
            [Part::Core, Part::Bonus, Part::Stretch].map(|part| weights.weight(part)),
            [2, 1, 0]
        );
        assert_eq!(weights.to_string().parse(), Ok(weights));
        for (text, says) in [
            ("core=1.5", "no whole number"),
            ("core=-1", "no whole number"),
            ("core", "write it as"),
            ("extra=1", "there is no part `extra`"),
            ("core=1,core=2", "twice"),
            ("", "write it as"),
        ] {
            let error = text.parse::<Weights>().unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
