//! Benchmark results: criterion's and Go's, records of them, estimates with intervals, and staleness.
//!
//! In: criterion's folder, Go's output, `benches/results/*.json`. Out: estimates whose intervals survive arithmetic, as
//! text with no more digits than they support; and a diagnostic for each record that is older than its code.
//!
//! ```
//! use measurements::number::{Estimate, Quantity};
//!
//! let pull = Estimate { value: 24.1, low: 23.9, high: 24.3 };
//! let channel = Estimate { value: 91.0, low: 88.0, high: 95.0 };
//! assert_eq!(pull.amount(Quantity::Time), "24\u{a0}ns");
//! let ratio = channel.over(pull);
//! assert_eq!(ratio.times(), "3.8×");
//! assert!(ratio.low > 3.6 && ratio.high < 4.0);
//! ```

pub mod condition;
pub mod criterion;
pub mod digest;
pub mod go;
pub mod number;
pub mod record;
