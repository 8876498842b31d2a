//! A place beside criterion's results for what is not time.
//!
//! It is a module of the benchmarks that need it, and not of the library: what stands there, every record depends on.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use serde_json::json;

/// The mean of some samples, and half the width of its 95 % confidence interval by Student's t.
///
/// # Panics
///
/// With fewer than two samples.
#[must_use]
pub fn mean(samples: &[f64]) -> (f64, f64) {
    assert!(samples.len() > 1, "one sample has no spread");
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let variance = samples
        .iter()
        .map(|sample| (sample - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    (mean, student(samples.len() - 1) * (variance / n).sqrt())
}

/// The two-sided 95 % quantile of Student's t; between rows of the table, that of the row with fewer degrees of freedom,
/// which errs on the wide side.
fn student(freedom: usize) -> f64 {
    const TABLE: [(usize, f64); 10] = [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (6, 2.447),
        (10, 2.228),
        (20, 2.086),
        (30, 2.042),
        (60, 2.000),
    ];
    TABLE
        .iter()
        .rfind(|(from, _)| *from <= freedom)
        .map_or(f64::INFINITY, |(_, t)| *t)
}

/// Writes a result where criterion would, in its form, so that it is recorded like one. `quantity` is `memory`, in bytes for
/// so many elements, or `share`, from 0 to 1.
///
/// # Errors
///
/// When a file cannot be written.
///
/// # Panics
///
/// With fewer than two samples.
pub fn keep(id: &str, quantity: &str, elements: Option<u64>, samples: &[f64]) -> io::Result<()> {
    let home = env::var_os("CRITERION_HOME")
        .map_or_else(|| PathBuf::from("target/criterion"), PathBuf::from);
    keep_in(&home, id, quantity, elements, samples)
}

fn keep_in(
    home: &Path,
    id: &str,
    quantity: &str,
    elements: Option<u64>,
    samples: &[f64],
) -> io::Result<()> {
    let (point, half) = mean(samples);
    let most = if quantity == "share" {
        1.0
    } else {
        f64::INFINITY
    };
    let (low, high) = ((point - half).max(0.0), (point + half).min(most));
    let interval = json!({"confidence_level": 0.95, "lower_bound": low, "upper_bound": high});
    let estimate = json!({"point_estimate": point, "confidence_interval": interval});
    let throughput = elements.map(|elements| json!({"Elements": elements}));
    let folder = home.join(id.replace('/', "_")).join("new");
    fs::create_dir_all(&folder)?;
    for (file, content) in [
        (
            "benchmark.json",
            json!({"full_id": id, "throughput": throughput, "quantity": quantity}),
        ),
        ("sample.json", json!({"times": samples})),
        ("estimates.json", json!({"mean": estimate, "slope": null})),
    ] {
        fs::write(folder.join(file), content.to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn interval_of_a_mean_is_students() {
        let (point, half) = super::mean(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        // The standard deviation is √(28 / 6), and t for six degrees of freedom 2.447.
        assert!(
            (point - 4.0).abs() < 1e-12
                && (half - 2.447 * (28.0_f64 / 6.0 / 7.0).sqrt()).abs() < 1e-12
        );
        assert_eq!(super::mean(&[0.5; 20]), (0.5, 0.0));
    }

    #[test]
    fn kept_share_stays_a_share() {
        let home = tempfile::tempdir().unwrap();
        super::keep_in(
            home.path(),
            "chapter/group/name",
            "share",
            None,
            &[0.9, 1.0, 1.0],
        )
        .unwrap();
        super::keep_in(
            home.path(),
            "chapter/group/blocks",
            "memory",
            Some(10),
            &[1000.0, 1000.0],
        )
        .unwrap();
        let read = |name: &str, file: &str| -> serde_json::Value {
            let folder = home.path().join(format!("chapter_group_{name}/new"));
            serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap()
        };
        assert_eq!(
            read("name", "estimates.json")["mean"]["confidence_interval"]["upper_bound"],
            1.0
        );
        assert_eq!(read("name", "benchmark.json")["quantity"], "share");
        assert_eq!(
            read("name", "sample.json")["times"],
            serde_json::json!([0.9, 1.0, 1.0])
        );
        assert_eq!(
            read("blocks", "estimates.json")["mean"]["point_estimate"],
            1000.0
        );
        assert_eq!(
            read("blocks", "benchmark.json")["throughput"],
            serde_json::json!({"Elements": 10})
        );
    }

    #[test]
    fn quantile_between_two_rows_is_the_wider() {
        assert_eq!(
            (
                super::student(1),
                super::student(9),
                super::student(19),
                super::student(1000)
            ),
            (12.706, 2.447, 2.228, 2.0)
        );
    }
}
