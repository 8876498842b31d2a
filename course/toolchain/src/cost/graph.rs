//! Cargo's unit graph: what a build compiles, known without compiling it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use super::Build;
use crate::cargo::cargo;

/// The units of one build.
#[derive(Debug, Deserialize)]
pub struct Graph {
    units: Vec<Unit>,
}

/// One call of the compiler, or one run of a build script.
#[derive(Debug, Deserialize)]
struct Unit {
    pkg_id: String,
    target: Target,
    mode: String,
    profile: BTreeMap<String, Value>,
    features: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

/// A crate that is compiled once more, although another build has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Again {
    /// Its name and version.
    pub package: String,
    /// The difference from the other build.
    pub differs: String,
    /// The other build.
    pub beside: String,
}

impl Graph {
    /// The graph of a build.
    ///
    /// # Errors
    ///
    /// When cargo finds nothing to build by these arguments, or cannot be started.
    pub fn load(root: &Path, build: &Build) -> Result<Self> {
        let output = cargo(root)
            .args(&build.arguments)
            .args(["--unit-graph", "-Zunstable-options"])
            // A stable cargo has the graph, too. Nothing is compiled, so nothing else sees this variable.
            .env("RUSTC_BOOTSTRAP", "1")
            .output()
            .context("cargo cannot be started")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let error = said.lines().find(|line| line.starts_with("error"));
            bail!("{}", error.unwrap_or(&said));
        }
        serde_json::from_slice(&output.stdout).context("this cargo writes another unit graph")
    }

    /// The number of packages of which something is compiled.
    #[must_use]
    pub fn crates(&self) -> usize {
        let packages: BTreeSet<_> = self.compiled().map(|unit| &unit.pkg_id).collect();
        packages.len()
    }

    /// The number of calls of the compiler and runs of build scripts.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units.len()
    }

    fn compiled(&self) -> impl Iterator<Item = &Unit> {
        let compiled = |unit: &&Unit| unit.mode != "run-custom-build";
        self.units.iter().filter(compiled)
    }
}

/// For each build, the crates that it or an earlier one of its family compiles with other features or settings.
///
/// Within one build that is a crate that both a program and a macro or build script need, in two profiles.
#[must_use]
pub fn compiled_again(builds: &[(Build, Graph)]) -> Vec<Vec<Again>> {
    let mut seen: BTreeMap<_, Vec<(&Unit, &Build)>> = BTreeMap::new();
    let again = builds.iter().map(|(build, graph)| {
        let mut again = BTreeMap::new();
        for unit in graph.compiled() {
            let variants = seen.entry((build.family(), unit.identity())).or_default();
            if variants.iter().any(|(other, _)| other.is_shared(unit)) {
                continue;
            }
            if let Some((other, beside)) = variants.first() {
                again.entry(unit.package()).or_insert_with(|| Again {
                    package: unit.package(),
                    differs: unit.differs(other),
                    beside: beside.to_string(),
                });
            }
            variants.push((unit, build));
        }
        again.into_values().collect()
    });
    again.collect()
}

impl Unit {
    fn identity(&self) -> (&str, &[String], &str, &str) {
        let target = &self.target;
        (&self.pkg_id, &target.kind, &target.name, &self.mode)
    }

    /// True if cargo compiles both at once. A profile's name does not count.
    fn is_shared(&self, other: &Self) -> bool {
        self.features == other.features && self.settings().eq(other.settings())
    }

    fn settings(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.profile.iter().filter(|(key, _)| *key != "name")
    }

    /// The features and settings in which this unit is unlike the other.
    fn differs(&self, other: &Self) -> String {
        let features = |unit: &Self, without: &Self| {
            let only: Vec<_> = unit.features.difference(&without.features).collect();
            format!("{only:?}").replace('"', "")
        };
        let mut differs = Vec::new();
        if self.features != other.features {
            let (here, there) = (features(self, other), features(other, self));
            differs.push(format!("features {here} instead of {there}"));
        }
        for (key, value) in self.settings() {
            let there = other.profile.get(key).unwrap_or(&Value::Null);
            if value != there {
                differs.push(format!("{key} {value} instead of {there}"));
            }
        }
        differs.join(", ")
    }

    /// Name and version: an id ends with `#name@version`, or with `/name#version` where both names are the same.
    fn package(&self) -> String {
        let (place, name) = self.pkg_id.rsplit_once('#').unwrap_or(("", &self.pkg_id));
        match name.split_once('@') {
            Some((name, version)) => format!("{name} {version}"),
            None => format!("{} {name}", place.rsplit('/').next().unwrap_or(place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unit(package: &str, mode: &str, opt_level: &str, features: &[&str]) -> Value {
        json!({
            "pkg_id": format!("registry+https://example.org/index#{package}@1.2.3"),
            "target": { "kind": ["lib"], "crate_types": ["lib"], "name": package },
            "profile": { "name": "dev", "opt_level": opt_level, "debuginfo": 0 },
            "platform": null,
            "mode": mode,
            "features": features,
            "dependencies": [],
        })
    }

    fn graph(units: &[Value]) -> Graph {
        serde_json::from_value(json!({ "version": 1, "units": units, "roots": [0] })).unwrap()
    }

    #[test]
    fn crates_are_counted_once_and_units_each() {
        let graph = graph(&[
            unit("a", "build", "1", &[]),
            unit("b", "build", "1", &[]),
            unit("b", "build", "0", &[]),
            unit("b", "run-custom-build", "0", &[]),
            unit("c", "run-custom-build", "0", &[]),
        ]);
        assert_eq!((graph.crates(), graph.units()), (2, 5));
    }

    #[test]
    fn crate_compiled_again_is_named_with_its_features() {
        let builds = [
            (
                Build::of_tool(&["build", "--bin", "x"]),
                graph(&[unit("a", "build", "1", &["alloc", "std"])]),
            ),
            (
                Build::of_tool(&["test", "-p", "x"]),
                graph(&[unit("a", "build", "1", &["std", "wide"])]),
            ),
        ];
        let again = Again {
            package: "a 1.2.3".to_owned(),
            differs: "features [wide] instead of [alloc]".to_owned(),
            beside: "cargo build --bin x".to_owned(),
        };
        assert_eq!(compiled_again(&builds), [vec![], vec![again]]);
    }

    #[test]
    fn crate_compiled_for_a_program_and_for_a_macro_is_found_within_one_build() {
        let build = Build::of_tool(&["build"]);
        let units = [unit("a", "build", "1", &[]), unit("a", "build", "0", &[])];
        let again = compiled_again(&[(build, graph(&units))]);
        assert_eq!(again[0][0].differs, r#"opt_level "0" instead of "1""#);
        assert_eq!(again[0][0].beside, "cargo build");
    }

    #[test]
    fn builds_of_two_families_are_not_compared() {
        let builds = [
            (
                Build::of_tool(&["build"]),
                graph(&[unit("a", "build", "1", &[])]),
            ),
            (
                Build::of_tool(&["build", "--release"]),
                graph(&[unit("a", "build", "3", &[])]),
            ),
        ];
        assert_eq!(compiled_again(&builds), [[], []]);
    }

    #[test]
    fn crate_of_the_workspace_is_named_by_its_folder() {
        let mut unit: Unit = serde_json::from_value(unit("a", "build", "1", &[])).unwrap();
        unit.pkg_id = "path+file:///home/me/course/book#0.1.0".to_owned();
        assert_eq!(unit.package(), "book 0.1.0");
        unit.pkg_id = "path+file:///home/me/course/cli#course@0.1.0".to_owned();
        assert_eq!(unit.package(), "course 0.1.0");
    }
}
