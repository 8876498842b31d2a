//! Stage 2: a limit is a ratio of two integers, and stays one until somebody needs a whole number.

use std::{cmp::Ordering, fmt, num::NonZeroU64};

use thiserror::Error;

// ANCHOR: ratio
/// A CPU limit: `quota` microseconds of CPU time in every `period` microseconds of real time.
///
/// Two ratios are equal when they allow the same share, so `150000/100000` equals `3/2`.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    quota: NonZeroU64,
    period: NonZeroU64,
}

/// What becomes of the fraction of a CPU that is left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// One worker more than the quota pays for, so none of it is left unused: Go, num_cpus, the JVM, .NET.
    Ceil,
    /// Never more workers than the quota pays for, so none of them is throttled: std, tokio, rayon, automaxprocs.
    Floor,
}

impl Ratio {
    /// `None` when either is zero: the kernel accepts neither, so a zero is no limit that was set.
    #[must_use]
    pub const fn new(quota: u64, period: u64) -> Option<Self> {
        // ANCHOR: solution_ratio_new
        match (NonZeroU64::new(quota), NonZeroU64::new(period)) {
            (Some(quota), Some(period)) => Some(Self { quota, period }),
            _ => None,
        }
        // ANCHOR_END: solution_ratio_new
    }

    /// Whole CPUs. Rounding down may give 0.
    #[must_use]
    pub const fn cpus(self, rounding: Rounding) -> u64 {
        // ANCHOR: solution_cpus
        match rounding {
            Rounding::Ceil => self.quota.get().div_ceil(self.period.get()),
            Rounding::Floor => self.quota.get() / self.period.get(),
        }
        // ANCHOR_END: solution_cpus
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        // ANCHOR: solution_ratio_cmp
        // a/b < c/d is a·d < c·b for positive b and d, and 64 bits times 64 bits fit into 128.
        let product = |a: NonZeroU64, b: NonZeroU64| u128::from(a.get()) * u128::from(b.get());
        product(self.quota, other.period).cmp(&product(other.quota, self.period))
        // ANCHOR_END: solution_ratio_cmp
    }
}
// ANCHOR_END: ratio

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ratio {}

impl fmt::Display for Ratio {
    /// In CPUs, with as many decimals as asked for: `format!("{ratio:.2}")`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.quota.get() as f64 / self.period.get() as f64).fmt(f)
    }
}

/// A limit file holds what the kernel does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed")]
pub struct Malformed;

/// The period that the kernel takes when none is given, in microseconds.
const DEFAULT_PERIOD: u64 = 100_000;

// ANCHOR: parse
/// Reads a `cpu.max` of cgroup v2: `max 100000`, `150000 100000`, or the quota alone. `Ok(None)` is no limit.
///
/// # Errors
///
/// [`Malformed`] for anything else, a quota or a period of zero included.
pub fn parse_v2(cpu_max: &[u8]) -> Result<Option<Ratio>, Malformed> {
    // ANCHOR: solution_parse_v2
    let mut fields = cpu_max
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty());
    let quota = fields.next().ok_or(Malformed)?;
    let period = fields.next().map_or(Ok(DEFAULT_PERIOD), number)?;
    match (quota, fields.next()) {
        (_, Some(_)) => Err(Malformed),
        (b"max", None) => Ok(None),
        (quota, None) => Ratio::new(number(quota)?, period)
            .map(Some)
            .ok_or(Malformed),
    }
    // ANCHOR_END: solution_parse_v2
}

/// Reads the `cpu.cfs_quota_us` and `cpu.cfs_period_us` of cgroup v1. A negative quota, `-1`, is no limit.
///
/// # Errors
///
/// As [`parse_v2`].
pub fn parse_v1(quota: &[u8], period: &[u8]) -> Result<Option<Ratio>, Malformed> {
    // ANCHOR: solution_parse_v1
    let quota = quota.trim_ascii();
    if let Some(digits) = quota.strip_prefix(b"-") {
        return number(digits).map(|_| None);
    }
    Ratio::new(number(quota)?, number(period.trim_ascii())?)
        .map(Some)
        .ok_or(Malformed)
    // ANCHOR_END: solution_parse_v1
}

/// Digits and nothing else: `str::parse` would take a `+` as well, which the kernel never writes.
fn number(digits: &[u8]) -> Result<u64, Malformed> {
    // ANCHOR: solution_number
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or(Malformed)
    // ANCHOR_END: solution_number
}
// ANCHOR_END: parse
