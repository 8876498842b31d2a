//! Figures in text: numbers with a unit in which this book measures.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A figure in a text. Two are equal if they have the same number and the same unit, in words or abbreviated.
#[derive(Debug, Clone)]
pub struct Figure {
    /// The number in digits where it is one in words up to twelve.
    pub number: String,
    /// The first name in a row of [`UNITS`], or what follows `per`.
    unit: String,
    /// The bytes from its number to its unit. In `100 and 200 ms` both figures end at the unit.
    pub span: Range<usize>,
    /// Its number and unit as the text has them.
    shown: String,
}

impl Figure {
    /// Its number and unit, the same for all spellings of it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.number, self.unit)
    }
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        (&self.number, &self.unit) == (&other.number, &other.unit)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The names of each unit. One other word may be before it: "300 virtual milliseconds".
const UNITS: &[&str] = &[
    "ns nsec nsecs nanos nanosecond nanoseconds",
    "µs μs usec usecs micros microsecond microseconds",
    "ms msec msecs millis millisecond milliseconds",
    "seconds",
    "percent percentage",
    "fold",
    "bytes byte",
    "kB KB kilobyte kilobytes",
    "MB megabyte megabytes",
    "GB gigabyte gigabytes",
    "TB terabyte terabytes",
    "KiB kibibyte kibibytes",
    "MiB mebibyte mebibytes",
    "GiB gibibyte gibibytes",
    "TiB tebibyte tebibytes",
    "allocations allocation allocs alloc",
];

const FIGURE: &str = r"(?x)
    # A number that continues something, as in `E0382` or `2^64`, is none.
    (?: ^ | [^\w.^\#] )
    (?: \b (?<alone> twice | thrice | half ) \s+ (?: as | COMPARATIVE ) \b
    | (?<factor> (?i:\bfactor) \s+ (?: of \s+ )? (?: (?: about | roughly | nearly | almost ) \s+ )? )?
      # Of a range or a list the last one has the unit.
      (?<numbers> NUMBER (?: \s* (?: ,? \s* \b (?: and | or | to | then | through ) \b | [,–—/+±-] ) \s* NUMBER )* )
      (?: (?: GAP | \s+ [a-z]+ \s+ ) (?<unit> UNIT ) \b
      | GAP (?<percent> % )
      | (?: \s* | &nbsp; | - ) (?<close> × | (?: us | s | secs? | second | x | B ) \b )
      | \s+ (?<times> times ) \s+
        (?: as | more | less | fewer | the | that \s of | its | what | COMPARATIVE ) \b
      | (?<per> (?: \s+ [a-z]+ )? \s+ per \s+ [a-z]+
        | \s* [a-zA-Z]* / (?: s | sec | op | ops | step | iter | element ) \b )
      )?
    )";
const NUMBER: &str = r"(?:
      \d+ (?: [\x20\x{a0}\x{202f}\x{2009},_] \d{3} )* (?: \. \d+ )? (?: e -? \d+ )?
      (?: \s (?: thousand | million | billion ) \b )?
    | \b (?i: half (?: \s an? )? | (?:WORD) (?: [\s-] (?:WORD) )* ) \b )";
const GAP: &str = r"(?: \s* | &nbsp; | - )";
const WORDS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
];
const MORE_WORDS: &str = "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|\
    sixty|seventy|eighty|ninety|hundred|thousand|million|billion";
const COMPARATIVE: &str = "faster|slower|larger|smaller|bigger|longer|shorter|cheaper|dearer|higher|lower|greater|\
    better|worse|quicker|lighter|heavier|costlier";

fn pattern(text: &str) -> Regex {
    let text = text
        .replace("NUMBER", NUMBER)
        .replace("WORD", &format!("{}|{MORE_WORDS}", WORDS.join("|")))
        .replace("UNIT", &UNITS.join("|").replace(' ', "|"))
        .replace("COMPARATIVE", COMPARATIVE)
        .replace("GAP", GAP);
    Regex::new(&text).expect("a valid pattern")
}

/// Every figure of a text, in order.
#[must_use]
pub fn figures(text: &str) -> Vec<Figure> {
    static FIGURES: LazyLock<Regex> = LazyLock::new(|| pattern(FIGURE));
    let found = FIGURES.captures_iter(text);
    found.flat_map(|found| figures_of(text, &found)).collect()
}

fn figures_of(text: &str, found: &Captures<'_>) -> Vec<Figure> {
    static ONE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?x){NUMBER}")));
    if let Some(alone) = found.name("alone") {
        return vec![Figure {
            number: digits(alone.as_str()),
            unit: "fold".to_owned(),
            span: alone.range(),
            shown: format!("{} as", alone.as_str()),
        }];
    }
    let Some((numbers, (unit, end))) = found.name("numbers").zip(unit(text, found)) else {
        return Vec::new();
    };
    let behind = match numbers.end() == end {
        true => "×",
        false => &text[numbers.end()..end],
    };
    let figure = |one: regex::Match<'_>| Figure {
        number: digits(one.as_str()),
        unit: unit.clone(),
        span: numbers.start() + one.start()..end,
        shown: squeezed(&format!("{}{behind}", one.as_str())),
    };
    ONE.find_iter(numbers.as_str()).map(figure).collect()
}

/// The unit of some numbers, and where it ends.
fn unit(text: &str, found: &Captures<'_>) -> Option<(String, usize)> {
    let numbers = found.name("numbers")?.as_str();
    let in_digits = numbers.ends_with(|c: char| c.is_ascii_digit());
    let named = |name: &str, end| Some((name.to_owned(), end));
    if let Some(unit) = found.name("unit") {
        let row = UNITS
            .iter()
            .find(|row| row.split(' ').any(|name| name == unit.as_str()))?;
        return named(row.split(' ').next()?, unit.end());
    }
    if let Some(unit) = found.name("percent") {
        return named("percent", unit.end());
    }
    if let Some(unit) = found.name("times") {
        return named("fold", unit.end());
    }
    if let Some(close) = found.name("close") {
        // `4 × 3` is a product, and `the 1990s` is a decade.
        let is_product = text[close.end()..]
            .trim_start()
            .starts_with(|c: char| c.is_ascii_digit());
        let is_decade = numbers.len() == 4 && text[..close.start()].ends_with('0');
        // "Two second thoughts" are no duration.
        let is_one = matches!(digits(numbers).as_str(), "1" | "0.5");
        return match close.as_str() {
            "second" if in_digits || is_one => named("seconds", close.end()),
            _ if !in_digits => None,
            "x" | "×" if !is_product => named("fold", close.end()),
            "us" => named("µs", close.end()),
            "B" => named("bytes", close.end()),
            "sec" | "secs" => named("seconds", close.end()),
            "s" if !is_decade => named("seconds", close.end()),
            _ => None,
        };
    }
    if found.name("factor").is_some() {
        return named("fold", found.name("numbers")?.end());
    }
    // "One item per gap" is a count.
    let per = found
        .name("per")
        .filter(|_| numbers.starts_with(|c: char| c.is_ascii_digit()))?;
    named(squeezed(per.as_str()).trim(), per.end())
}

/// A number in digits without separators, if it is in digits or a word up to twelve.
fn digits(number: &str) -> String {
    let number = number.to_lowercase();
    match WORDS.iter().position(|word| *word == number) {
        Some(value) => value.to_string(),
        None if number.starts_with("half") => "0.5".to_owned(),
        None if number == "twice" => "2".to_owned(),
        None if number == "thrice" => "3".to_owned(),
        None => number.replace([' ', '\u{a0}', '\u{202f}', '\u{2009}', ',', '_'], ""),
    }
}

/// A text with every run of white space as one space.
fn squeezed(text: &str) -> String {
    let text = text.replace("&nbsp;", " ");
    let words: Vec<_> = text.split_whitespace().collect();
    let before = if text.starts_with(char::is_whitespace) {
        " "
    } else {
        ""
    };
    before.to_owned() + &words.join(" ")
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
    fn figures_of_one_number_and_one_unit_are_equal() {
        let figure = |text: &str| figures(text).remove(0);
        for (one, other) in [
            ("three milliseconds", "3\u{a0}ms"),
            ("1\u{202f}000 ns", "1,000 nanoseconds"),
            ("300 virtual milliseconds", "300ms"),
            ("half a second", "0.5 s"),
            ("ten times as fast", "10×"),
            ("twice as fast", "2×"),
        ] {
            assert_eq!(figure(one), figure(other));
        }
        for (one, other) in [
            ("1 ms", "1 µs"),
            ("1 KB", "1 KiB"),
            ("5 %", "5×"),
            ("24 ns", "24.1 ns"),
            ("3 a per step", "3 b per step"),
        ] {
            assert_ne!(figure(one), figure(other));
        }
    }

    #[test]
    fn figures_know_where_they_begin() {
        let text = "at 99 and at 100 ms";
        assert_eq!(figures(text)[0].span, 13..19);
    }
}
