//! The text of a condition.

use super::{Comparison, Condition, Expression, Fault, Key, Kind, Operator, Part, Relation, Side};
use crate::number::Quantity;

/// The depth of parentheses that no honest condition needs.
const DEPTH: usize = 16;

/// Units that may follow a number, and how many basic units each is.
const UNITS: &[(&str, f64, Kind)] = &[
    ("ns", 1.0, Kind::Measured(Quantity::Time)),
    ("µs", 1e3, Kind::Measured(Quantity::Time)),
    ("ms", 1e6, Kind::Measured(Quantity::Time)),
    ("s", 1e9, Kind::Measured(Quantity::Time)),
    ("B", 1.0, Kind::Measured(Quantity::Memory)),
    ("kB", 1e3, Kind::Measured(Quantity::Memory)),
    ("MB", 1e6, Kind::Measured(Quantity::Memory)),
    ("GB", 1e9, Kind::Measured(Quantity::Memory)),
    ("%", 0.01, Kind::Measured(Quantity::Share)),
    ("bytes", 1.0, Kind::Measured(Quantity::Memory)),
    ("allocs", 1.0, Kind::Count),
];

/// Reads a condition.
pub(super) fn parse(text: &str) -> Result<Condition, Fault> {
    let mut reader = Reader {
        text,
        words: words(text),
        next: 0,
    };
    let mut comparisons = vec![reader.comparison()?];
    while reader.take("and") {
        comparisons.push(reader.comparison()?);
    }
    if let Some((at, word)) = reader.peek() {
        let help = match relation(word) {
            Some(_) => "write two comparisons and `and` between them".to_owned(),
            None => "write an operator, a comparison or `and` before it".to_owned(),
        };
        return Err(Fault::new(at, format!("unexpected `{word}`"), help));
    }
    let condition = Condition { comparisons };
    if condition.keys().is_empty() {
        return Err(Fault::new(
            0,
            "the condition names no benchmark",
            "name one as in `{{#value …}}`: GROUP/NAME",
        ));
    }
    Ok(condition)
}

/// The words with their bytes. A parenthesis is a word wherever it is.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        let is_parenthesis = matches!(letter, '(' | ')');
        if letter.is_whitespace() || is_parenthesis {
            words.extend(start.take().map(|start| (start, &text[start..at])));
        } else {
            start.get_or_insert(at);
        }
        if is_parenthesis {
            words.push((at, &text[at..=at]));
        }
    }
    words.extend(start.map(|start| (start, &text[start..])));
    words
}

fn relation(word: &str) -> Option<Relation> {
    [
        Relation::Less,
        Relation::LessOrEqual,
        Relation::Greater,
        Relation::GreaterOrEqual,
    ]
    .into_iter()
    .find(|relation| relation.sign() == word)
}

struct Reader<'a> {
    text: &'a str,
    words: Vec<(usize, &'a str)>,
    next: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<(usize, &'a str)> {
        self.words.get(self.next).copied()
    }

    /// Takes the next word if it is this one.
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|(_, next)| next == word);
        self.next += usize::from(is_next);
        is_next
    }

    /// Takes the next word if it is an operator of these, with its byte.
    fn operator(&mut self, known: &[(&str, Operator)]) -> Option<(Operator, usize)> {
        let (at, word) = self.peek()?;
        let (_, operator) = known.iter().find(|(sign, _)| *sign == word)?;
        self.next += 1;
        Some((*operator, at))
    }

    /// The byte at which the text ends, for what is missing there.
    fn end(&self) -> usize {
        self.text.trim_end().len()
    }

    fn comparison(&mut self) -> Result<Comparison, Fault> {
        let left = self.side()?;
        let (at, word) = self.peek().unwrap_or((self.end(), ""));
        let Some(relation) = relation(word) else {
            let found = if word.is_empty() {
                "the end".to_owned()
            } else {
                format!("`{word}`")
            };
            return Err(Fault::new(
                at,
                format!("expected a comparison, found {found}"),
                "write one of `<`, `>`, `<=`, `>=`, with spaces around it",
            ));
        };
        self.next += 1;
        let right = self.side()?;
        Ok(Comparison {
            left,
            relation,
            right,
        })
    }

    fn side(&mut self) -> Result<Side, Fault> {
        let first = self.next;
        let expression = self.sum(0)?;
        let words: Vec<_> = self.words[first..self.next]
            .iter()
            .map(|(_, word)| *word)
            .collect();
        let text = words.join(" ").replace("( ", "(").replace(" )", ")");
        Ok(Side { text, expression })
    }

    fn sum(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut sum = self.product(depth)?;
        let known = [("+", Operator::Plus), ("-", Operator::Minus)];
        while let Some((operator, at)) = self.operator(&known) {
            sum = Expression::Both(Box::new(sum), operator, at, Box::new(self.product(depth)?));
        }
        Ok(sum)
    }

    fn product(&mut self, depth: usize) -> Result<Expression, Fault> {
        let mut product = self.factor(depth)?;
        let known = [("*", Operator::Times), ("/", Operator::Over)];
        while let Some((operator, at)) = self.operator(&known) {
            let factor = self.factor(depth)?;
            product = Expression::Both(Box::new(product), operator, at, Box::new(factor));
        }
        Ok(product)
    }

    fn factor(&mut self, depth: usize) -> Result<Expression, Fault> {
        const HELP: &str = "write numbers and benchmarks as in `{{#value …}}`, with spaces around each sign: `a/b / c/d < 0.7`";
        let Some((at, word)) = self.peek() else {
            let what = "expected a number or a benchmark, found the end";
            return Err(Fault::new(self.end(), what, HELP));
        };
        self.next += 1;
        if word == "(" {
            if depth == DEPTH {
                let help = "take some out";
                return Err(Fault::new(at, "too many parentheses in one another", help));
            }
            let inner = self.sum(depth + 1)?;
            if !self.take(")") {
                return Err(Fault::new(at, "this parenthesis is not closed", "close it"));
            }
            return Ok(inner);
        }
        if word.starts_with(|first: char| first.is_ascii_digit()) {
            return self.number(at, word);
        }
        let is_key = word.contains('/')
            && word.starts_with(|first: char| first.is_alphanumeric())
            && !word.contains(['<', '>', '+', '*', '=']);
        if !is_key {
            let what = format!("expected a number or a benchmark, found `{word}`");
            return Err(Fault::new(at, what, HELP));
        }
        let part = if self.take("bytes") {
            Part::Bytes
        } else if self.take("allocs") {
            Part::Allocs
        } else {
            Part::Estimate
        };
        Ok(Expression::Key(Key {
            id: word.to_owned(),
            part,
            at,
        }))
    }

    fn number(&mut self, at: usize, word: &str) -> Result<Expression, Fault> {
        let is_decimal = word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let value: f64 = word.parse().ok().filter(|_| is_decimal).ok_or_else(|| {
            let what = format!("`{word}` is not a number");
            Fault::new(
                at,
                what,
                "write it as `0.7` or `1200`, with a space before its unit: `24 ns`",
            )
        })?;
        let unit = self
            .peek()
            .and_then(|(_, next)| UNITS.iter().find(|(name, ..)| *name == next));
        let Some((_, factor, kind)) = unit else {
            return Ok(Expression::Exact(value, Kind::Plain));
        };
        self.next += 1;
        Ok(Expression::Exact(value * factor, *kind))
    }
}
