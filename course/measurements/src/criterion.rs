//! Reads what criterion leaves in `target/criterion`, and what a benchmark of memory leaves there in the same form.
//!
//! criterion measures time. A benchmark of something else writes the three files that are read here
//! by itself, and says so in `benchmark.json`, in a key of which criterion knows nothing:
//! `"quantity": "memory"`, whose estimates are in bytes, or `"share"`, from 0 to 1.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use book::files::files_below;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::number::Quantity;
use crate::record::{Measurement, chapter_of};

/// `new/benchmark.json`.
#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
    throughput: Option<Throughput>,
    #[serde(default)]
    quantity: Quantity,
}

#[derive(Deserialize)]
enum Throughput {
    Elements(u64),
    ElementsAndBytes {
        elements: u64,
    },
    #[serde(untagged)]
    Other(serde::de::IgnoredAny),
}

/// `new/estimates.json`.
#[derive(Deserialize)]
struct Estimates {
    mean: Statistic,
    slope: Option<Statistic>,
}

#[derive(Deserialize)]
struct Statistic {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    confidence_level: f64,
    lower_bound: f64,
    upper_bound: f64,
}

/// `new/sample.json`.
#[derive(Deserialize)]
struct Sample {
    times: Vec<f64>,
}

/// The folder of criterion's results, by its own rules.
#[must_use]
pub fn home(root: &Path) -> PathBuf {
    if let Some(home) = std::env::var_os("CRITERION_HOME") {
        return root.join(home);
    }
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => root.join(target).join("criterion"),
        None => root.join("target/criterion"),
    }
}

/// True if a benchmark's id belongs to a chapter. Go's may be among them: a benchmark of memory weighs both languages.
#[must_use]
pub fn belongs(id: &str, slug: &str) -> bool {
    chapter_of(id) == Some(slug)
}

/// Reads the latest result of every benchmark, by id; with `since`, only what was written from then on.
///
/// The estimate is criterion's own choice: the slope of time over iterations where it sampled linearly, else the mean.
///
/// # Errors
///
/// When a result cannot be read or is not criterion's. No folder is no result.
pub fn read(home: &Path, since: Option<SystemTime>) -> Result<BTreeMap<String, Measurement>> {
    let mut found = BTreeMap::new();
    for file in files_below(home) {
        let Some(folder) = file
            .parent()
            .filter(|_| file.ends_with("new/benchmark.json"))
        else {
            continue;
        };
        let written = fs::metadata(folder.join("estimates.json"))?.modified()?;
        if since.is_none_or(|since| written >= since) {
            let (id, measurement) = measurement(folder)?;
            found.insert(id, measurement);
        }
    }
    Ok(found)
}

/// Reads one `new/` folder.
fn measurement(folder: &Path) -> Result<(String, Measurement)> {
    let benchmark: Benchmark = json(&folder.join("benchmark.json"))?;
    let estimates: Estimates = json(&folder.join("estimates.json"))?;
    let sample: Sample = json(&folder.join("sample.json"))?;
    let typical = estimates.slope.unwrap_or(estimates.mean);
    ensure!(
        typical.point_estimate > 0.0 || benchmark.quantity == Quantity::Share,
        "{}: `{}` took no {}, so it measured nothing: pass inputs and results through `black_box`",
        folder.display(),
        benchmark.full_id,
        benchmark.quantity.name()
    );
    let elements = match benchmark.throughput {
        Some(Throughput::Elements(elements) | Throughput::ElementsAndBytes { elements }) => {
            Some(elements)
        }
        Some(Throughput::Other(_)) | None => None,
    };
    let measurement = Measurement {
        quantity: benchmark.quantity,
        value: typical.point_estimate,
        low: typical.confidence_interval.lower_bound.max(0.0),
        high: typical.confidence_interval.upper_bound,
        confidence: typical.confidence_interval.confidence_level,
        samples: sample.times.len() as u64,
        elements: elements.filter(|&elements| elements > 0),
        bytes: None,
        allocs: None,
    };
    Ok((benchmark.full_id, measurement))
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not criterion's", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two results that criterion 0.8.2 wrote.
    fn fixtures() -> PathBuf {
        PathBuf::from("tests/fixtures/criterion")
    }

    /// A copy of one fixture, to be changed.
    fn copy(edit: impl Fn(&str, String) -> String) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let to = home.path().join("coroutines_step/channel/new");
        fs::create_dir_all(&to).unwrap();
        for name in ["benchmark.json", "estimates.json", "sample.json"] {
            let text =
                fs::read_to_string(fixtures().join("coroutines_step/channel/new").join(name))
                    .unwrap();
            fs::write(to.join(name), edit(name, text)).unwrap();
        }
        home
    }

    #[test]
    fn results_carry_id_slope_interval_samples_and_elements() {
        let found = read(&fixtures(), None).unwrap();
        let ids: Vec<_> = found.keys().map(String::as_str).collect();
        assert_eq!(ids, ["coroutines/many/list/100", "coroutines/step/channel"]);
        let channel = &found["coroutines/step/channel"];
        assert_eq!(
            (channel.samples, channel.elements, channel.confidence),
            (60, Some(1000), 0.95)
        );
        assert!(
            (channel.value - 22038.93).abs() < 0.01,
            "the slope, not the mean: {}",
            channel.value
        );
        assert!(channel.low < channel.value && channel.value < channel.high);
    }

    #[test]
    fn results_without_slope_use_the_mean() {
        let home = copy(|name, text| {
            if name != "estimates.json" {
                return text;
            }
            let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
            value["slope"] = serde_json::Value::Null;
            value.to_string()
        });
        let found = read(home.path(), None).unwrap();
        assert!((found["coroutines/step/channel"].value - 21413.71).abs() < 0.01);
    }

    #[test]
    fn results_of_bytes_have_no_elements() {
        let home = copy(|_, text| text.replace(r#"{"Elements":1000}"#, r#"{"Bytes":1000}"#));
        assert_eq!(
            read(home.path(), None).unwrap()["coroutines/step/channel"].elements,
            None
        );
        let both = r#"{"ElementsAndBytes":{"elements":7,"bytes":8}}"#;
        let home = copy(|_, text| text.replace(r#"{"Elements":1000}"#, both));
        assert_eq!(
            read(home.path(), None).unwrap()["coroutines/step/channel"].elements,
            Some(7)
        );
    }

    #[test]
    fn results_are_of_time_unless_they_say_memory() {
        let of = |home: &Path| read(home, None).unwrap()["coroutines/step/channel"].quantity;
        assert_eq!(of(&fixtures()), Quantity::Time);
        let home = copy(|name, text| match name {
            "benchmark.json" => text.replacen('{', "{\"quantity\": \"memory\",", 1),
            _ => text,
        });
        assert_eq!(of(home.path()), Quantity::Memory);
    }

    #[test]
    fn results_from_before_the_run_do_not_count() {
        let home = copy(|_, text| text);
        let later = SystemTime::now() + std::time::Duration::from_secs(3600);
        assert!(read(home.path(), Some(later)).unwrap().is_empty());
    }

    #[test]
    fn damaged_results_are_errors_with_the_file() {
        let home = copy(|name, text| {
            if name == "sample.json" {
                "{".to_owned()
            } else {
                text
            }
        });
        let error = format!("{:#}", read(home.path(), None).unwrap_err());
        assert!(error.contains("sample.json"), "{error}");
    }

    #[test]
    fn no_results_are_no_error() {
        assert!(read(Path::new("/does/not/exist"), None).unwrap().is_empty());
    }
}
