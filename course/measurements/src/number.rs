//! Numbers as a reader meets them: an estimate with its interval, rounded to what the interval supports.

use serde::Deserialize;

/// A measured quantity. It decides the unit of a number and the words around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quantity {
    /// Kept in nanoseconds.
    #[default]
    Time,
    /// Kept in bytes.
    Memory,
    /// A part of a whole, kept as a number from 0 to 1.
    Share,
}

impl Quantity {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Share => "share",
        }
    }

    /// Labels of the best and the worst row: `["fastest", "slowest"]`.
    #[must_use]
    pub fn superlatives(self) -> [&'static str; 2] {
        match self {
            Self::Time => ["fastest", "slowest"],
            Self::Memory => ["least", "most"],
            Self::Share => ["most", "least"],
        }
    }

    /// The words after a ratio: `as long` in `3.4× as long`.
    #[must_use]
    pub fn compared(self) -> &'static str {
        match self {
            Self::Time => "as long",
            Self::Memory | Self::Share => "as much",
        }
    }

    /// The direction in which numbers are better.
    #[must_use]
    pub fn better(self) -> &'static str {
        match self {
            Self::Time | Self::Memory => "lower is better",
            Self::Share => "higher is better",
        }
    }

    /// A number with its unit: 1523 ns in two digits is `1.5 µs`, with a space that does not break.
    #[must_use]
    pub fn amount(self, value: f64, digits: usize) -> String {
        // 999.7 ns is 1.0 µs: the unit is that of the rounded number.
        let (factor, name) = self.unit(significant(value, digits));
        format!("{}\u{a0}{name}", rounded(value / factor, digits))
    }

    /// The unit in which a number reads as one from 1 to 999, as far as there is one.
    fn unit(self, value: f64) -> (f64, &'static str) {
        let names = match self {
            Self::Time => ["ns", "µs", "ms", "s"],
            Self::Memory => ["B", "kB", "MB", "GB"],
            Self::Share => return (0.01, "%"),
        };
        match value {
            _ if value < 1e3 => (1.0, names[0]),
            _ if value < 1e6 => (1e3, names[1]),
            _ if value < 1e9 => (1e6, names[2]),
            _ => (1e9, names[3]),
        }
    }
}

/// A measured quantity and the confidence interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// Divides by a number that is exact, such as a count of elements.
    #[must_use]
    pub fn per(self, count: f64) -> Self {
        Self {
            value: self.value / count,
            low: self.low / count,
            high: self.high / count,
        }
    }

    /// `self / other`. Its interval takes the worst of both, so it is wider than either alone would give: the quotient
    /// of the nearest ends to that of the farthest.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            value: self.value / other.value,
            low: self.low / other.high,
            high: self.high / other.low,
        }
    }

    /// The number of significant digits that the interval supports: three when its half-width is at
    /// most one unit of the third digit, two otherwise.
    #[must_use]
    pub fn digits(self) -> usize {
        let unit = 10_f64.powf(self.value.abs().log10().floor() - 2.0);
        if (self.high - self.low) / 2.0 <= unit {
            3
        } else {
            2
        }
    }

    /// As prose has it, in as many digits as the interval supports: `24 ns`, `1.52 µs`, `4.1 kB`.
    #[must_use]
    pub fn amount(self, quantity: Quantity) -> String {
        quantity.amount(self.value, self.digits())
    }

    /// A ratio as prose has it: `3.4×`.
    #[must_use]
    pub fn times(self) -> String {
        format!("{}×", rounded(self.value, self.digits()))
    }

    /// The interval with its unit, which is that of the estimate: `23.8 to 24.4 ns`.
    #[must_use]
    pub fn amount_interval(self, quantity: Quantity) -> String {
        let (factor, name) = quantity.unit(self.value);
        format!("{}\u{a0}{name}", self.per(factor).interval())
    }

    /// The interval without a unit: `3.31 to 3.52`.
    #[must_use]
    pub fn interval(self) -> String {
        // More digits where three would show an interval without width.
        let digits = (3..=6)
            .find(|&n| rounded(self.low, n) != rounded(self.high, n))
            .unwrap_or(3);
        format!(
            "{} to {}",
            rounded(self.low, digits),
            rounded(self.high, digits)
        )
    }
}

/// A number that was counted, not estimated: whole numbers exactly, fractions in three digits.
#[must_use]
pub fn counted(count: f64) -> String {
    if count.fract() == 0.0 {
        grouped(format!("{count:.0}"))
    } else {
        significant(count, 3).to_string()
    }
}

/// Rounds to so many significant digits.
#[must_use]
pub fn significant(value: f64, digits: usize) -> f64 {
    rounded_plain(value, digits).parse().unwrap_or(value)
}

/// A number to so many significant digits, without an exponent, with thin spaces between thousands from 10 000 on.
#[must_use]
pub fn rounded(value: f64, digits: usize) -> String {
    grouped(rounded_plain(value, digits))
}

/// Puts thin spaces between the thousands of a whole number of five digits or more.
fn grouped(plain: String) -> String {
    if plain.len() < 5 || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return plain;
    }
    let mut out = String::new();
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

fn rounded_plain(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "∞".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // The exponent form rounds to the digit, also where that carries (9.96 is 1.0e1).
    let exact = format!("{value:.*e}", digits.saturating_sub(1));
    let exponent: i32 = exact
        .rsplit('e')
        .next()
        .and_then(|e| e.parse().ok())
        .unwrap_or(0);
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    let value: f64 = exact.parse().unwrap_or(value);
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, half: f64) -> Estimate {
        Estimate {
            value,
            low: value - half,
            high: value + half,
        }
    }

    fn duration(ns: f64, digits: usize) -> String {
        Quantity::Time.amount(ns, digits)
    }

    #[test]
    fn memory_is_scaled_by_thousands() {
        let shown = |bytes, digits| Quantity::Memory.amount(bytes, digits);
        assert_eq!(shown(16.0, 3), "16.0\u{a0}B");
        assert_eq!(shown(4151.0, 3), "4.15\u{a0}kB");
        assert_eq!(shown(2_204_000.0, 2), "2.2\u{a0}MB");
        assert_eq!(
            estimate(4151.0, 20.0).amount_interval(Quantity::Memory),
            "4.13 to 4.17\u{a0}kB"
        );
    }

    #[test]
    fn share_is_in_percent() {
        let shown = |share, half| estimate(share, half).amount(Quantity::Share);
        assert_eq!(shown(0.9871, 0.0001), "98.7\u{a0}%");
        assert_eq!(shown(0.9871, 0.02), "99\u{a0}%");
        assert_eq!(
            (shown(1.0, 0.0), shown(0.0, 0.0)),
            ("100\u{a0}%".to_owned(), "0\u{a0}%".to_owned())
        );
        assert_eq!(
            estimate(0.5, 0.125).amount_interval(Quantity::Share),
            "37.5 to 62.5\u{a0}%"
        );
    }

    #[test]
    fn duration_is_scaled_and_rounded() {
        assert_eq!(duration(24.13, 2), "24\u{a0}ns");
        assert_eq!(duration(24.13, 3), "24.1\u{a0}ns");
        assert_eq!(duration(1523.0, 2), "1.5\u{a0}µs");
        assert_eq!(duration(0.4567, 2), "0.46\u{a0}ns");
        assert_eq!(duration(523.0, 2), "520\u{a0}ns");
        assert_eq!(duration(2.5e9, 2), "2.5\u{a0}s");
    }

    #[test]
    fn duration_that_rounds_up_takes_the_next_unit() {
        assert_eq!(duration(999.7, 2), "1.0\u{a0}µs");
        assert_eq!(duration(999.7, 3), "1.00\u{a0}µs");
        assert_eq!(rounded(9.96, 2), "10");
    }

    #[test]
    fn estimate_shows_a_third_digit_only_when_its_interval_supports_it() {
        assert_eq!(estimate(24.1, 0.3).amount(Quantity::Time), "24\u{a0}ns");
        assert_eq!(estimate(24.1, 0.05).amount(Quantity::Time), "24.1\u{a0}ns");
        assert_eq!(
            estimate(24.1, 0.3).amount_interval(Quantity::Time),
            "23.8 to 24.4\u{a0}ns"
        );
        assert_eq!(
            estimate(24.1, 0.01).amount_interval(Quantity::Time),
            "24.09 to 24.11\u{a0}ns"
        );
    }

    #[test]
    fn ratio_interval_holds_every_quotient() {
        let ratio = estimate(100.0, 10.0).over(estimate(20.0, 1.0));
        assert_eq!(ratio.times(), "5.0×");
        assert!((ratio.low - 90.0 / 21.0).abs() < 1e-9 && (ratio.high - 110.0 / 19.0).abs() < 1e-9);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(rounded(12_345.0, 2), "12\u{202f}000");
        assert_eq!(rounded(1234.0, 2), "1200");
    }

    #[test]
    fn counts_are_exact() {
        for (count, expected) in [
            (6.0, "6"),
            (25_208.0, "25\u{202f}208"),
            (0.4321, "0.432"),
            (20.4, "20.4"),
        ] {
            assert_eq!(counted(count), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn rounding_stays_within_half_a_digit(value in 1e-3_f64..1e12, digits in 1_usize..6) {
            let error = (significant(value, digits) - value).abs() / value;
            proptest::prop_assert!(error <= 0.5 * 10_f64.powi(1 - digits as i32) * 1.001);
        }
    }
}
