//! Figures in text: numbers with a unit in which this book measures.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use self::Kind::{Allocations, Bytes, Percent, Time, Times};
use self::Needs::{AtMostOne, Comparison, Digits, Number};

/// The quantity of a figure, however it is written: `1500 ms` and `1.5 seconds` are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    dimension: Dimension,
    /// The number in the dimension's unit, in nine significant digits: enough for prose, and equal for equal figures.
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Dimension {
    /// In nanoseconds.
    Time,
    /// A ratio: `3.4×`.
    Times,
    Percent,
    Bytes,
    Allocations,
    /// `per second`, `per step`: in the words as they stand.
    Per(String),
}

impl Quantity {
    fn new(dimension: Dimension, value: f64) -> Self {
        Self {
            dimension,
            value: format!("{value:.8e}"),
        }
    }

    /// A duration in nanoseconds.
    #[must_use]
    pub fn nanoseconds(value: f64) -> Self {
        Self::new(Dimension::Time, value)
    }
}

/// A figure in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its quantity.
    pub quantity: Quantity,
    /// The bytes from its number to its unit. In `100 and 200 ms` both figures end at the unit.
    pub span: Range<usize>,
    /// Its number, as it stands before the unit.
    pub number: f64,
    /// Its number and unit as a message shows them: `100 ms`.
    shown: String,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

const DIGITS: &str = r"\d+(?:[ \x{a0}\x{202f}\x{2009},_]\d{3})*(?:\.\d+)?(?:e-?\d+)?";
const WORD: &str = "half|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|\
    sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|\
    billion";
/// The text between the numbers of a range or a list whose last one has the unit.
const BETWEEN: &str = r"\s*(?:,?\s*(?:\b(?:and|or|to|then|through)\b)|[,–—/+±-])\s*";
/// Between number and unit.
const GAP: &str = r"(?:\s*|&nbsp;|-)";

/// The units, and what one of each is worth. Some need digits before them: "for two us" is no figure.
const UNITS: &[(&str, Kind, Needs)] = &[
    ("ns|nsecs?|nanos|nanoseconds?", Time(1.0), Number),
    ("µs|μs|usecs?|micros|microseconds?", Time(1e3), Number),
    ("us", Time(1e3), Digits),
    ("ms|msecs?|millis|milliseconds?", Time(1e6), Number),
    ("s|secs?", Time(1e9), Digits),
    ("second", Time(1e9), AtMostOne),
    ("seconds", Time(1e9), Number),
    ("×", Times, Digits),
    ("x", Times, Digits),
    ("times", Times, Comparison),
    ("fold", Times, Number),
    ("%", Percent, Number),
    ("percent|per cent|percentage points?", Percent, Number),
    ("B", Bytes(1.0), Digits),
    ("bytes?", Bytes(1.0), Number),
    ("kB|KB|kilobytes?", Bytes(1e3), Number),
    ("MB|megabytes?", Bytes(1e6), Number),
    ("GB|gigabytes?", Bytes(1e9), Number),
    ("TB|terabytes?", Bytes(1e12), Number),
    ("KiB|kibibytes?", Bytes(1024.0), Number),
    ("MiB|mebibytes?", Bytes(1_048_576.0), Number),
    ("GiB|gibibytes?", Bytes(1_073_741_824.0), Number),
    ("TiB|tebibytes?", Bytes(1_099_511_627_776.0), Number),
    ("allocations?|allocs?", Allocations, Number),
];

/// The surroundings that a unit needs, lest it is another word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A number in digits or words, with at most one word between: "300 virtual milliseconds".
    Number,
    /// A number in digits, directly before.
    Digits,
    /// The same, or "one", or "half a": "two second thoughts" are no duration.
    AtMostOne,
    /// A comparison follows: "five times" is a count, "five times as fast" a ratio.
    Comparison,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Time(f64),
    Times,
    Percent,
    Bytes(f64),
    Allocations,
}

/// Every figure of a text, in order.
#[must_use]
pub fn figures(text: &str) -> Vec<Figure> {
    static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
        let number = one_number();
        Regex::new(&format!("{number}(?:{BETWEEN}{number})*")).expect("a valid pattern")
    });
    let mut found = Vec::new();
    for numbers in NUMBERS.find_iter(text) {
        // `E0382`, `2^64`, `v1.5`: a number that continues something is none of ours.
        let before = text[..numbers.start()].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '^' | '#')) {
            continue;
        }
        let numbers_of = split(numbers.as_str(), numbers.start());
        let Some((last, last_span)) = numbers_of.last() else {
            continue;
        };
        let unit = unit_after(text, numbers.end(), &text[last_span.clone()], *last)
            .or_else(|| factor_before(text, numbers.start(), numbers.end()));
        let Some((unit, end)) = unit else { continue };
        for (value, span) in &numbers_of {
            let quantity = unit.of(*value);
            let shown = format!("{}{}", squeezed(&text[span.clone()]), unit.shown);
            found.push(Figure {
                quantity,
                span: span.start..end,
                number: *value,
                shown,
            });
        }
    }
    for (word, value) in [("twice", 2.0), ("thrice", 3.0), ("half", 0.5)] {
        for (start, _) in text.match_indices(word) {
            let end = start + word.len();
            let whole = !text[..start].ends_with(char::is_alphanumeric);
            if whole && compares(&text[end..], &["as"]) {
                let quantity = Quantity::new(Dimension::Times, value);
                found.push(Figure {
                    quantity,
                    span: start..end,
                    number: value,
                    shown: format!("{word} as"),
                });
            }
        }
    }
    found.sort_by_key(|figure| figure.span.start);
    found
}

/// A unit where it stands.
struct Unit {
    kind: Kind,
    per: Option<String>,
    /// With what separates it from its number.
    shown: String,
}

impl Unit {
    fn of(&self, value: f64) -> Quantity {
        let (dimension, value) = match (self.kind, &self.per) {
            (Kind::Time(ns), _) => (Dimension::Time, value * ns),
            (Kind::Times, Some(per)) => (Dimension::Per(per.clone()), value),
            (Kind::Times, None) => (Dimension::Times, value),
            (Kind::Percent, _) => (Dimension::Percent, value),
            (Kind::Bytes(bytes), _) => (Dimension::Bytes, value * bytes),
            (Kind::Allocations, _) => (Dimension::Allocations, value),
        };
        Quantity::new(dimension, value)
    }
}

/// The unit that follows a number, and where it ends.
fn unit_after(text: &str, at: usize, number: &str, value: f64) -> Option<(Unit, usize)> {
    static UNIT: LazyLock<Vec<(Regex, Kind, Needs)>> = LazyLock::new(|| {
        let unit = |(names, kind, needs): &(&str, Kind, Needs)| {
            let between = if *needs == Needs::Number {
                r"(?:\s+[a-z]+\s+)?"
            } else {
                ""
            };
            // `5 msgs` is no figure.
            let end = if matches!(*names, "×" | "%") {
                ""
            } else {
                r"\b"
            };
            let pattern = format!("^(?:{GAP}|{between})({names}){end}");
            (
                Regex::new(&pattern).expect("a valid pattern"),
                *kind,
                *needs,
            )
        };
        UNITS.iter().map(unit).collect()
    });
    let rest = &text[at..];
    let digits = number.ends_with(|c: char| c.is_ascii_digit());
    let fitting = UNIT.iter().filter_map(|(unit, kind, needs)| {
        let found = unit.captures(rest)?;
        let (name, length) = (&found[1], found[0].len());
        let after = &rest[length..];
        let fits = match needs {
            // A product, `4 × 3`, and a decade, `the 1990s`, look like figures.
            Needs::Digits => {
                let product = matches!(kind, Kind::Times)
                    && after.trim_start().starts_with(|c: char| c.is_ascii_digit());
                let decade =
                    length == 1 && name == "s" && number.len() == 4 && number.ends_with('0');
                digits && !product && !decade
            }
            Needs::AtMostOne => digits || value <= 1.0,
            Needs::Comparison => compares(
                after,
                &[
                    "as", "more", "less", "fewer", "the", "that of", "its", "what",
                ],
            ),
            Needs::Number => true,
        };
        fits.then_some((length, *kind))
    });
    if let Some((length, kind)) = fitting.max_by_key(|(length, _)| *length) {
        return Some((
            Unit {
                kind,
                per: None,
                shown: squeezed(&rest[..length]),
            },
            at + length,
        ));
    }
    // "one item per gap" is a count.
    let per = number
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| per_after(rest))
        .flatten();
    per.map(|(words, length)| {
        let per = Some(words.trim().to_owned());
        (
            Unit {
                kind: Kind::Times,
                per,
                shown: words,
            },
            at + length,
        )
    })
}

/// "messages per second", "ops/s": the words, and how long they are.
fn per_after(rest: &str) -> Option<(String, usize)> {
    static PER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^\s*(?:[a-z]+\s+)?per\s+[a-z]+|^\s*[a-zA-Z]*/(?:s|sec|op|ops|step|iter|element)\b",
        )
        .expect("a valid pattern")
    });
    let found = PER.find(rest)?;
    Some((squeezed(found.as_str()), found.end()))
}

/// "by a factor of 3": the words before the number make it a ratio.
fn factor_before(text: &str, start: usize, end: usize) -> Option<(Unit, usize)> {
    static FACTOR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\bfactor\s+(?:of\s+)?(?:about\s+|roughly\s+|nearly\s+|almost\s+)?$")
            .expect("a valid pattern")
    });
    let unit = Unit {
        kind: Kind::Times,
        per: None,
        shown: "×".to_owned(),
    };
    FACTOR.is_match(&text[..start]).then_some((unit, end))
}

/// True if what follows compares: "five times" is a count, "five times as fast" a ratio.
fn compares(after: &str, words: &[&str]) -> bool {
    const COMPARATIVES: &str = "faster slower larger smaller bigger longer shorter cheaper dearer higher lower greater \
                                better worse quicker lighter heavier costlier";
    let after = squeezed(after.trim_start());
    words
        .iter()
        .copied()
        .chain(COMPARATIVES.split(' '))
        .any(|word| {
            after
                .strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        })
}

/// The pattern of a number in digits or words.
fn one_number() -> String {
    let words = format!(r"(?i:half an?|(?:{WORD})(?:[\s-](?:{WORD}))*)\b");
    format!(r"(?:{DIGITS}(?:\s(?:thousand|million|billion)\b)?|\b{words})")
}

/// The numbers of a range or list, each with its place in the text.
fn split(numbers: &str, offset: usize) -> Vec<(f64, Range<usize>)> {
    static ONE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&one_number()).expect("a valid pattern"));
    let place = |range: Range<usize>| offset + range.start..offset + range.end;
    let found = ONE.find_iter(numbers);
    found
        .map(|one| (value(one.as_str()), place(one.range())))
        .collect()
}

/// The number that digits or words say.
fn value(number: &str) -> f64 {
    let number = number.to_lowercase();
    let (digits, words) = match number.find(|c: char| c.is_alphabetic() && c != 'e') {
        Some(0) => ("", number.as_str()),
        _ if number.starts_with(char::is_alphabetic) => ("", number.as_str()),
        Some(at) => number.split_at(at),
        None => (number.as_str(), ""),
    };
    let plain: String = digits
        .chars()
        .filter(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | '-'))
        .collect();
    let start = plain
        .parse()
        .unwrap_or(if digits.is_empty() { 0.0 } else { 1.0 });
    words
        .split(|c: char| !c.is_alphabetic())
        .fold(start, |sum: f64, word| match word {
            "hundred" => sum.max(1.0) * 100.0,
            "thousand" => sum.max(1.0) * 1e3,
            "million" => sum.max(1.0) * 1e6,
            "billion" => sum.max(1.0) * 1e9,
            "half" => sum + 0.5,
            word => sum + small(word),
        })
}

/// The words from zero to ninety.
fn small(word: &str) -> f64 {
    const ONES: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
                        sixteen seventeen eighteen nineteen";
    const TENS: &str = "twenty thirty forty fifty sixty seventy eighty ninety";
    let place = |words: &str| Some(words.split(' ').position(|known| known == word)? as f64);
    let tens = || Some(place(TENS)? * 10.0 + 20.0);
    place(ONES).or_else(tens).unwrap_or(0.0)
}

/// A text with every run of white space as one space.
fn squeezed(text: &str) -> String {
    let inner = text
        .replace("&nbsp;", " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if text.starts_with(char::is_whitespace) || text.starts_with("&nbsp;") {
        format!(" {inner}")
    } else {
        inner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        figures(text).iter().map(Figure::to_string).collect()
    }

    #[test]
    fn numbers_with_a_unit_are_figures() {
        let texts = "24 ns; 1.5 µs; 1.5 μs; 3 us; 100 ms; 99ms; 4 s; 2 seconds; 10 second; 3.4×; 10x; 5 times faster; 5 \
             times as fast; five times the cost; 12 %; 12%; 3 percent; 208 B; 4 KiB; 16 MB; 208 bytes; 6 \
             allocations; three microseconds; twenty-five ms; one second; half a second; half second; twice as; \
             thrice as; half as; 10-fold; ten-fold; 100-ms; 24\u{a0}ns; 12\u{202f}000 ns; 24&nbsp;ns; 1.2 million \
             per second; 3 messages per step; 5 M/s; 300 virtual milliseconds; four more seconds";
        for text in texts.split("; ") {
            assert_eq!(
                figures(&format!("It takes {text} here.")).len(),
                1,
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_are_none() {
        let texts = "fails twice; half of that time; five times; five times in a row; question 2; 94 terms; E0382 s; 2^64 \
             s; a second timer; the second one; two seconded; 2 of us; for two us; 3 × 4; 2 x 4; Rust 1.85 or \
             newer; the 1990s; 32 bits; five attempts; ten minutes; x86; 4 msgs; s3_retry; step 2 sets; one item \
             per gap; one times; a factor of type";
        for text in texts.split("; ") {
            assert_eq!(shown(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn ranges_and_lists_share_their_unit() {
        assert_eq!(shown("300 to 350 ms"), ["300 ms", "350 ms"]);
        assert_eq!(
            shown("of 100, 200, 400 and 800 ms"),
            ["100 ms", "200 ms", "400 ms", "800 ms"]
        );
        assert_eq!(
            shown("five to ten times faster"),
            ["five times", "ten times"]
        );
        assert_eq!(
            shown("2–3 µs or 24 ± 3 ns"),
            ["2 µs", "3 µs", "24 ns", "3 ns"]
        );
        assert_eq!(shown("by a factor of about 3, or five"), ["3×", "five×"]);
    }

    #[test]
    fn equal_figures_are_equal_however_written() {
        let quantity = |text: &str| figures(text)[0].quantity.clone();
        for (one, other) in [
            ("1500 ms", "1.5 seconds"),
            ("three seconds", "3000\u{a0}ms"),
            ("1\u{202f}000 ns", "1 µs"),
            ("1,000 ns", "1 us"),
            ("half a second", "500 ms"),
            ("twenty-five ms", "25ms"),
            ("two hundred ms", "200 ms"),
            ("two million bytes", "2 MB"),
            ("1.5 million bytes", "1500 kB"),
            ("ten times as fast", "10×"),
            ("twice as fast", "2×"),
            ("1e3 ns", "1 µs"),
        ] {
            assert_eq!(quantity(one), quantity(other), "{one}, {other}");
        }
        for (one, other) in [
            ("1 ms", "1 µs"),
            ("1 KB", "1 KiB"),
            ("5 %", "5×"),
            ("24 ns", "24.1 ns"),
            ("3 a per step", "3 b per step"),
        ] {
            assert_ne!(quantity(one), quantity(other), "{one}, {other}");
        }
    }

    #[test]
    fn figures_know_where_they_begin() {
        let text = "at 99 and at 100 ms";
        assert_eq!(figures(text)[0].span, 13..19);
    }
}
