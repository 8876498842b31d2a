//! What every benchmark of the book shares: one criterion configuration.

use std::time::Duration;

use criterion::Criterion;

/// The configuration all chapters measure with: a second to warm up, three to measure, 60 samples.
///
/// Command-line arguments still win, so `cargo bench -- --measurement-time 10` does what it says.
#[must_use]
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(60)
        .configure_from_args()
}
