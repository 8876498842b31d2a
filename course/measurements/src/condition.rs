//! Conditions on a record: what a sentence on a page says of measured numbers, as arithmetic.
//!
//! ```text
//! stack/indexed/2 / stack/mutex-vec/2 < 0.7
//! go/open/cleanup - go/open/file > 300 ns and go/open/cleanup < 7 µs
//! go/create/pull bytes < 1 kB and exchange-success/mutex/2 > 90 %
//! ```
//!
//! Words are separated by spaces; parentheses need none. So `stack/indexed/2` is one benchmark, as in `{{#value}}`, and
//! a division has spaces around it. A condition is one comparison, or several joined by `and`. `bytes` and `allocs`
//! after a benchmark are what Go reports beside its time; after a number, they are units like `ns` and `%`.
//!
//! A benchmark is every number of its interval, and a condition holds only if it holds for all of them. Each occurrence
//! counts by itself: in `a / a` both ends meet, which makes a condition harder to hold, never easier.

use std::fmt;

use self::syntax::parse;
use crate::number::{Estimate, Quantity, counted, rounded};
use crate::record::{Measurement, Record};

mod syntax;

/// The kind of a number. Only numbers of one kind can be added and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number without a unit, such as a ratio.
    Plain,
    /// Allocations.
    Count,
    /// A measured quantity, in its basic unit.
    Measured(Quantity),
}

impl Kind {
    /// The word for it in a message.
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "a number without a unit",
            Self::Count => "a count of allocations",
            Self::Measured(Quantity::Time) => "a time",
            Self::Measured(Quantity::Memory) => "an amount of memory",
            Self::Measured(Quantity::Share) => "a share",
        }
    }
}

/// A number of some kind with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// The number and its interval.
    pub estimate: Estimate,
    /// Its kind.
    pub kind: Kind,
}

impl Number {
    fn exact(value: f64, kind: Kind) -> Self {
        let estimate = Estimate {
            value,
            low: value,
            high: value,
        };
        Self { estimate, kind }
    }
}

impl fmt::Display for Number {
    /// `24 ns, interval 23.8 to 24.4 ns`; an exact number alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let estimate = self.estimate;
        let (amount, interval) = match self.kind {
            Kind::Plain if estimate.low == estimate.high => {
                (counted(estimate.value), String::new())
            }
            Kind::Plain => (
                rounded(estimate.value, estimate.digits()),
                estimate.interval(),
            ),
            Kind::Count => (format!("{} allocs", counted(estimate.value)), String::new()),
            Kind::Measured(quantity) => (
                estimate.amount(quantity),
                estimate.amount_interval(quantity),
            ),
        };
        f.write_str(&amount)?;
        if estimate.low == estimate.high {
            return Ok(());
        }
        write!(f, ", interval {interval}")
    }
}

/// A fault in a condition: the byte of its text at which it is, a message, and a suggested fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The byte.
    pub at: usize,
    /// The message.
    pub what: String,
    /// The suggested fix.
    pub help: String,
}

impl Fault {
    fn new(at: usize, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            at,
            what: what.into(),
            help: help.into(),
        }
    }
}

/// A condition: comparisons that must all hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    comparisons: Vec<Comparison>,
}

/// Two expressions, one of which must be the smaller.
#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    left: Side,
    relation: Relation,
    right: Side,
}

/// An expression with its text.
#[derive(Debug, Clone, PartialEq)]
struct Side {
    text: String,
    expression: Expression,
}

/// A comparison's sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Arithmetic on benchmarks.
#[derive(Debug, Clone, PartialEq)]
enum Expression {
    /// A number as it is written.
    Exact(f64, Kind),
    /// A benchmark.
    Key(Key),
    /// Two expressions, and the byte of the operator between them.
    Both(Box<Self>, Operator, usize, Box<Self>),
}

/// A benchmark that a condition names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    id: String,
    part: Part,
    at: usize,
}

/// A number of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Estimate,
    Bytes,
    Allocs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Plus,
    Minus,
    Times,
    Over,
}

/// A condition held against a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The comparisons, in order.
    pub comparisons: Vec<Compared>,
}

/// A comparison held against a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The left side as it is written, and its number.
    pub left: (String, Number),
    /// The sign between them.
    pub sign: &'static str,
    /// The right side.
    pub right: (String, Number),
    /// True if it holds for every number of the intervals.
    pub holds: bool,
    /// The factor by which the worse end of an interval could move before the comparison breaks; below 1, the factor by
    /// which it is too far.
    pub margin: f64,
    /// Each benchmark in it, once, as it is named there.
    pub numbers: Vec<(String, Number)>,
}

impl fmt::Display for Compared {
    /// The comparison as it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left.0, self.sign, self.right.0)
    }
}

impl Verdict {
    /// True if all comparisons hold.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.comparisons.iter().all(|compared| compared.holds)
    }

    /// The comparison with the least margin.
    #[must_use]
    pub fn tightest(&self) -> Option<&Compared> {
        let mut comparisons = self.comparisons.iter();
        let first = comparisons.next()?;
        Some(comparisons.fold(
            first,
            |least, it| if it.margin < least.margin { it } else { least },
        ))
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    ///
    /// The first [`Fault`] of its syntax.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        parse(text)
    }

    /// The ids of the benchmarks that it names.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys().into_iter().map(|key| key.id.as_str())
    }

    /// Compares it with a record, as a page of a chapter means it.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when it has no meaning there: a benchmark that is not recorded, a sum of a time and a ratio.
    pub fn judge(&self, record: &Record, slug: &str) -> Result<Verdict, Fault> {
        let look_up = |key: &Key| key.look_up(record, slug);
        let comparisons = self.comparisons.iter();
        let comparisons = comparisons.map(|comparison| comparison.judge(&look_up));
        Ok(Verdict {
            comparisons: comparisons.collect::<Result<_, _>>()?,
        })
    }

    fn keys(&self) -> Vec<&Key> {
        let mut keys = Vec::new();
        for comparison in &self.comparisons {
            comparison.keys(&mut keys);
        }
        keys
    }
}

impl Comparison {
    fn judge(&self, look_up: &impl Fn(&Key) -> Result<Number, Fault>) -> Result<Compared, Fault> {
        let left = self.left.expression.evaluate(look_up)?;
        let right = self.right.expression.evaluate(look_up)?;
        let at = self.left.expression.at();
        if left.kind != right.kind {
            let what = format!(
                "`{}` is {} and `{}` is {}",
                self.left.text,
                left.kind.name(),
                self.right.text,
                right.kind.name()
            );
            return Err(Fault::new(
                at,
                what,
                "compare like with like: a number has a unit after it, as in `24 ns`, `4 kB`, `90 %`, `6 allocs`",
            ));
        }
        let (smaller, larger) = match self.relation {
            Relation::Less | Relation::LessOrEqual => (left.estimate.high, right.estimate.low),
            Relation::Greater | Relation::GreaterOrEqual => {
                (right.estimate.high, left.estimate.low)
            }
        };
        // Against nothing there is no factor, and so no margin.
        if smaller <= 0.0 {
            let what = format!(
                "of `{}` and `{}`, the smaller is 0 or less",
                self.left.text, self.right.text
            );
            return Err(Fault::new(
                at,
                what,
                "compare positive numbers: `a > b` instead of `a - b > 0`",
            ));
        }
        let margin = larger.max(0.0) / smaller;
        let strict = matches!(self.relation, Relation::Less | Relation::Greater);
        Ok(Compared {
            left: (self.left.text.clone(), left),
            sign: self.relation.sign(),
            right: (self.right.text.clone(), right),
            holds: if strict {
                smaller < larger
            } else {
                smaller <= larger
            },
            margin,
            numbers: self.numbers(look_up)?,
        })
    }

    fn numbers(
        &self,
        look_up: &impl Fn(&Key) -> Result<Number, Fault>,
    ) -> Result<Vec<(String, Number)>, Fault> {
        let mut keys = Vec::new();
        self.keys(&mut keys);
        let mut numbers: Vec<(String, Number)> = Vec::new();
        for key in keys {
            let name = key.to_string();
            if numbers.iter().all(|(known, _)| *known != name) {
                numbers.push((name, look_up(key)?));
            }
        }
        Ok(numbers)
    }

    fn keys<'a>(&'a self, keys: &mut Vec<&'a Key>) {
        self.left.expression.keys(keys);
        self.right.expression.keys(keys);
    }
}

impl Relation {
    fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Expression {
    /// The byte of the condition at which it is.
    fn at(&self) -> usize {
        match self {
            Self::Exact(..) => 0,
            Self::Key(key) => key.at,
            Self::Both(_, _, at, _) => *at,
        }
    }

    fn keys<'a>(&'a self, keys: &mut Vec<&'a Key>) {
        match self {
            Self::Exact(..) => {}
            Self::Key(key) => keys.push(key),
            Self::Both(left, _, _, right) => {
                left.keys(keys);
                right.keys(keys);
            }
        }
    }

    fn evaluate(&self, look_up: &impl Fn(&Key) -> Result<Number, Fault>) -> Result<Number, Fault> {
        match self {
            Self::Exact(value, kind) => Ok(Number::exact(*value, *kind)),
            Self::Key(key) => look_up(key),
            Self::Both(left, operator, at, right) => {
                let (left, right) = (left.evaluate(look_up)?, right.evaluate(look_up)?);
                let kind = operator.kind(left.kind, right.kind).ok_or_else(|| {
                    let (left, right) = (left.kind.name(), right.kind.name());
                    let what = format!("`{operator}` between {left} and {right}");
                    Fault::new(
                        *at,
                        what,
                        "add and divide like by like; multiply and divide by numbers without a unit",
                    )
                })?;
                if *operator == Operator::Over
                    && right.estimate.low <= 0.0
                    && right.estimate.high >= 0.0
                {
                    let what = "the right side of this division may be 0";
                    return Err(Fault::new(
                        *at,
                        what,
                        "multiply the other side by it instead",
                    ));
                }
                let estimate = operator.apply(left.estimate, right.estimate);
                Ok(Number { estimate, kind })
            }
        }
    }
}

impl Operator {
    /// The kind of the result, if there is one.
    fn kind(self, left: Kind, right: Kind) -> Option<Kind> {
        match self {
            Self::Plus | Self::Minus => (left == right).then_some(left),
            Self::Times if left == Kind::Plain => Some(right),
            Self::Over if left == right => Some(Kind::Plain),
            Self::Times | Self::Over => (right == Kind::Plain).then_some(left),
        }
    }

    fn compute(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Plus => left + right,
            Self::Minus => left - right,
            Self::Times => left * right,
            Self::Over => left / right,
        }
    }

    /// The estimate of the result. Each operation is monotone in either side, so its extremes are at ends of both.
    fn apply(self, left: Estimate, right: Estimate) -> Estimate {
        let corners = [
            (left.low, right.low),
            (left.low, right.high),
            (left.high, right.low),
            (left.high, right.high),
        ]
        .map(|(left, right)| self.compute(left, right));
        Estimate {
            value: self.compute(left.value, right.value),
            low: corners.into_iter().fold(f64::INFINITY, f64::min),
            high: corners.into_iter().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
        })
    }
}

impl Key {
    fn look_up(&self, record: &Record, slug: &str) -> Result<Number, Fault> {
        let (_, found) = record.find(slug, &self.id).map_err(|nearest| {
            let help = if nearest.is_empty() {
                format!("run `cargo course bench {slug} --record`")
            } else {
                format!("the nearest are {}", nearest.join(", "))
            };
            Fault::new(
                self.at,
                format!("no benchmark `{}` is recorded", self.id),
                help,
            )
        })?;
        self.part.read(found).ok_or_else(|| {
            Fault::new(
                self.at,
                format!("there is no `{self}`"),
                "only Go's benchmarks report bytes and allocations",
            )
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        match self.part {
            Part::Estimate => Ok(()),
            Part::Bytes => f.write_str(" bytes"),
            Part::Allocs => f.write_str(" allocs"),
        }
    }
}

impl Part {
    fn read(self, found: &Measurement) -> Option<Number> {
        match self {
            Self::Estimate => Some(Number {
                estimate: found.per_element(),
                kind: Kind::Measured(found.quantity),
            }),
            Self::Bytes => found
                .bytes_per_element()
                .map(|bytes| Number::exact(bytes, Kind::Measured(Quantity::Memory))),
            Self::Allocs => found
                .allocs_per_element()
                .map(|allocs| Number::exact(allocs, Kind::Count)),
        }
    }
}

#[cfg(test)]
mod tests;
