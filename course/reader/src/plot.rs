//! Plots of estimates with their confidence intervals, as SVG within a page.
//!
//! A plot follows the reader's theme: text and axes take `currentColor`, the marks `var(--plot-1)`
//! to `var(--plot-6)`, which the theme defines (a fallback is beside each). There is no
//! background and no script, the font is the page's, and the width is what the page gives.

use book::html::escape;
use measurements::number::{Estimate, Quantity, significant};

/// The drawing's own width. Small, so that its text stays readable when a phone scales it down; [`Drawing::svg`] limits
/// how far a wide page scales it up.
const WIDTH: f64 = 440.0;
const RIGHT: f64 = WIDTH - 16.0;
const TOP: f64 = 8.0;

/// The height of a row of dots, of what lines are drawn in, and of a row of text.
const DOT: f64 = 28.0;
const LINES: f64 = 270.0;
const TEXT: f64 = 20.0;

/// The room between an axis and its labels.
const GAP: f64 = 7.0;

/// Values further apart than this are drawn on a logarithmic axis.
const LOG_FROM: f64 = 20.0;

/// The colours without a theme, readable on light and on dark.
const FALLBACK: [&str; 6] = [
    "#c2500a", "#1f7fb8", "#2e8b57", "#a05ab4", "#b8860b", "#c0406a",
];

/// Paths around a point of a disc, a square, a triangle and a diamond, and dashes: no series
/// differs from another in its colour alone.
const MARKERS: [(&str, &str); 4] = [
    ("m-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z", "none"),
    ("m-3.5,-3.5h7v7h-7z", "7 4"),
    ("m0,-5l5,8.5h-10z", "2 3"),
    ("m0,-5l5,5l-5,5l-5,-5z", "8 3 2 3"),
];

/// The text of a plot for those who do not see it.
#[derive(Debug, Clone)]
pub struct Alt {
    /// An id that is unique on the page; others are made from it.
    pub id: String,
    /// Its subject, in a few words.
    pub title: String,
    /// The picture, in a sentence or two.
    pub description: String,
}

/// A row of [`dots`].
#[derive(Debug, Clone)]
pub struct Dot {
    /// The text at its left.
    pub label: String,
    /// Its series, from 0, which has a colour and a marker.
    pub series: usize,
    /// Nanoseconds or bytes.
    pub estimate: Estimate,
}

/// A line of [`lines`].
#[derive(Debug, Clone)]
pub struct Line {
    /// Its text in the legend.
    pub label: String,
    /// Its points: the place on the horizontal axis, and nanoseconds or bytes.
    pub points: Vec<(f64, Estimate)>,
}

/// Decides for a logarithmic axis where values are far apart.
#[must_use]
pub fn is_log(values: impl IntoIterator<Item = f64>) -> bool {
    let (low, high) = extremes(values);
    low > 0.0 && high / low > LOG_FROM
}

fn extremes(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let wider = |(low, high): (f64, f64), value| (low.min(value), high.max(value));
    values.into_iter().fold((f64::INFINITY, 0.0), wider)
}

/// Draws one dot a row, with the interval as a whisker, on an axis of what was measured.
#[must_use]
pub fn dots(alt: &Alt, quantity: Quantity, dots: &[Dot]) -> String {
    let left = width(dots.iter().map(|dot| &dot.label)) + GAP;
    let bottom = TOP + DOT * dots.len() as f64;
    let scale = Scale::new(dots.iter().map(|dot| dot.estimate), left, RIGHT);
    let mut drawing = Drawing::new(left, bottom);
    for (x, label) in scale.ticks(quantity, 46.0) {
        drawing.grid(&format!("M{x:.1},{TOP}V{bottom}"));
        drawing.text(x, bottom + 0.8 * TEXT, "middle", &label);
    }
    for (i, dot) in dots.iter().enumerate() {
        let y = TOP + DOT * (i as f64 + 0.5);
        let [x, low, high] = scale.interval(dot.estimate);
        let whisker = format!("M{low:.1},{}v8m0,-4H{high:.1}m0,-4v8", y - 4.0);
        drawing.text(left - GAP, y, "end", &dot.label);
        drawing.series(dot.series, &[(x, y)], &whisker);
    }
    drawing.svg(alt, bottom + 1.5 * TEXT)
}

/// Draws lines over a parameter, named under its axis, with intervals, on an axis of what was measured that is
/// logarithmic where values are far apart. The horizontal axis has places from 0 to 1, each with its label.
#[must_use]
pub fn lines(
    alt: &Alt,
    quantity: Quantity,
    parameter: &str,
    places: &[(f64, &str)],
    lines: &[Line],
) -> String {
    let bottom = TOP + LINES;
    let points = lines.iter().flat_map(|line| &line.points);
    let scale = Scale::new(points.map(|point| point.1), bottom, TOP);
    let ticks = scale.ticks(quantity, 32.0);
    let left = width(ticks.iter().map(|(_, label)| label)) + GAP;
    let mut drawing = Drawing::new(left, bottom);
    for (y, label) in &ticks {
        drawing.grid(&format!("M{left},{y:.1}H{RIGHT}"));
        drawing.text(left - GAP, *y, "end", label);
    }
    let across = |place| left + 24.0 + (RIGHT - left - 48.0) * place;
    drawing.places(places.iter().map(|(place, label)| (across(*place), *label)));
    let middle = (left + RIGHT) / 2.0;
    drawing.text(middle, bottom + 2.0 * TEXT, "middle", parameter);
    let legend = bottom + 3.2 * TEXT;
    let widest = width(lines.iter().map(|line| &line.label));
    let columns = if left + 40.0 + widest < middle { 2 } else { 1 };
    for (i, line) in lines.iter().enumerate() {
        let mut whiskers = String::new();
        let mut points = Vec::new();
        for (place, estimate) in &line.points {
            let (x, [y, low, high]) = (across(*place), scale.interval(*estimate));
            whiskers += &format!("M{:.1},{low:.1}h8m-4,0V{high:.1}m-4,0h8", x - 4.0);
            points.push((x, y));
        }
        drawing.series(i, &points, &whiskers);
        let x = [left, middle][i % columns];
        let y = legend + (i / columns) as f64 * TEXT;
        drawing.series(i, &[(x, y), (x + 30.0, y)], "");
        drawing.text(x + 40.0, y, "start", &line.label);
    }
    let rows = lines.len().div_ceil(columns);
    drawing.svg(alt, legend + rows as f64 * TEXT)
}

/// The axis of what was measured: its ends, and where they are drawn.
struct Scale {
    log: bool,
    values: (f64, f64),
    drawn: (f64, f64),
}

impl Scale {
    fn new(estimates: impl Iterator<Item = Estimate> + Clone, from: f64, to: f64) -> Self {
        let log = is_log(estimates.clone().map(|estimate| estimate.value));
        let ends = estimates.flat_map(|it| [it.low.max(it.value / 10.0), it.high]);
        let values = match extremes(ends) {
            // A logarithmic axis has no zero: it ends before an interval that reaches there.
            (low, high) if log => (low / 1.5, high * 1.5),
            (_, 0.0) => (0.0, 1.0),
            (_, high) => (0.0, high * 1.06),
        };
        let drawn = (from, to);
        Self { log, values, drawn }
    }

    fn at(&self, value: f64) -> f64 {
        let ((low, high), (from, to)) = (self.values, self.drawn);
        let part = if self.log {
            (value / low).ln() / (high / low).ln()
        } else {
            value / high
        };
        from + (to - from) * part
    }

    /// Places of an estimate and of its interval's ends, as far as the axis reaches.
    fn interval(&self, estimate: Estimate) -> [f64; 3] {
        [estimate.value, estimate.low, estimate.high].map(|value| self.at(value.max(self.values.0)))
    }

    /// Ticks on the drawing with their labels, at least so far apart.
    fn ticks(&self, quantity: Quantity, apart: f64) -> Vec<(f64, String)> {
        let (low, high) = self.values;
        let most = (self.drawn.1 - self.drawn.0).abs() / apart;
        let ticks = if self.log {
            log_ticks(low, high, most)
        } else {
            linear_ticks(high, most)
        };
        let ticks = ticks.into_iter().filter(|tick| (low..=high).contains(tick));
        ticks
            .map(|value| (self.at(value), tick(quantity, value)))
            .collect()
    }
}

/// Powers of ten, with a tick between two of them where there is room.
fn log_ticks(low: f64, high: f64, most: f64) -> Vec<f64> {
    let (low, high) = (low.log10(), high.log10());
    let decade = most / (high - low);
    let digits: &[f64] = if decade > 2.1 { &[1.0, 3.0] } else { &[1.0] };
    let every = decade.recip().ceil() as i32;
    (low.floor() as i32..=high.floor() as i32)
        .filter(|power| power % every == 0)
        .flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)))
        .collect()
}

/// Multiples of one, two or five times a power of ten.
fn linear_ticks(high: f64, most: f64) -> Vec<f64> {
    let power = 10_f64.powf((high / most).log10().ceil());
    let steps = [5.0, 2.0, 1.0].map(|part| power / part);
    let step = steps.into_iter().find(|step| high / step <= most);
    let step = step.unwrap_or(high);
    (0..=most as u32).map(|i| f64::from(i) * step).collect()
}

/// `10 ns`, `2.5 µs`: as many digits as the tick has.
fn tick(quantity: Quantity, value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let is_exact = |&digits: &usize| (significant(value, digits) / value - 1.0).abs() < 1e-6;
    quantity.amount(value, (1..4).find(is_exact).unwrap_or(4))
}

/// About the width of the widest of the texts.
fn width(texts: impl IntoIterator<Item = impl AsRef<str>>) -> f64 {
    let longest = texts.into_iter().map(|text| text.as_ref().chars().count());
    7.0 * longest.max().unwrap_or_default() as f64
}

/// A drawing with axes at its left and bottom.
struct Drawing(String);

impl Drawing {
    fn new(left: f64, bottom: f64) -> Self {
        Self(format!(
            "<path d=\"M{left},{TOP}V{bottom}H{RIGHT}\" fill=\"none\" stroke=\"currentColor\"/>"
        ))
    }

    fn grid(&mut self, path: &str) {
        self.0 += &format!("<path d=\"{path}\" stroke=\"var(--plot-grid, #8884)\"/>");
    }

    /// Writes a text with its middle at this height.
    fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let (y, text) = (y + 4.5, escape(text));
        self.0 +=
            &format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
    }

    /// Draws the horizontal axis of lines. A label that would touch the one before it is left out.
    fn places<'a>(&mut self, places: impl Iterator<Item = (f64, &'a str)>) {
        let bottom = TOP + LINES;
        let mut free = 0.0;
        for (x, label) in places {
            self.grid(&format!("M{x:.1},{TOP}V{bottom}"));
            let half = width([label]) / 2.0;
            if x - half >= free {
                self.text(x, bottom + 0.8 * TEXT, "middle", label);
                free = x + half + GAP;
            }
        }
    }

    /// Draws a line through the points with a marker at each, and whiskers.
    fn series(&mut self, index: usize, points: &[(f64, f64)], whiskers: &str) {
        let (number, fallback) = (index % 6 + 1, FALLBACK[index % 6]);
        let (marker, dashes) = MARKERS[index % 4];
        let points: Vec<_> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let (line, markers) = (points.join("L"), points.join(&format!("{marker}M")));
        self.0 += &format!(
            "<g fill=\"none\" stroke=\"var(--plot-{number}, {fallback})\">\
             <path d=\"M{line}\" stroke-width=\"1.75\" stroke-dasharray=\"{dashes}\"/><path d=\"{whiskers}\"/>\
             <path d=\"M{markers}{marker}\" fill=\"var(--plot-{number}, {fallback})\" stroke=\"none\"/></g>"
        );
    }

    /// Makes the drawing a part of the page: it takes the width that it is given, and has a text alternative.
    fn svg(self, alt: &Alt, height: f64) -> String {
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             font-family=\"inherit\" font-size=\"13\" fill=\"currentColor\" \
             style=\"display:block;width:100%;max-width:560px;height:auto;overflow:visible\">\
             <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{description}</desc>{body}</svg>",
            id = alt.id,
            title = escape(&alt.title),
            description = escape(&alt.description),
            body = self.0,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64) -> Estimate {
        let (low, high) = (value * 0.9, value * 1.1);
        Estimate { value, low, high }
    }

    fn drawn_dots(estimates: &[Estimate]) -> String {
        let dot = |(series, estimate): (usize, &Estimate)| Dot {
            label: format!("variant-{series} (Rust)"),
            series,
            estimate: *estimate,
        };
        let rows: Vec<_> = estimates.iter().enumerate().map(dot).collect();
        dots(&alt(), Quantity::Time, &rows)
    }

    fn drawn_lines(count: usize) -> String {
        let line = |i: usize| Line {
            label: format!("variant-{i} (Rust)"),
            points: vec![(0.0, estimate(1.0)), (1.0, estimate(100.0))],
        };
        let places = [(0.0, "none"), (0.01, "hidden"), (1.0, "some")];
        let rows: Vec<_> = (0..count).map(line).collect();
        lines(&alt(), Quantity::Time, "items", &places, &rows)
    }

    fn alt() -> Alt {
        Alt {
            id: "p".to_owned(),
            title: "A <title>".to_owned(),
            description: "What is seen.".to_owned(),
        }
    }

    fn sample() -> [String; 2] {
        [drawn_dots(&[24.1, 310.0].map(estimate)), drawn_lines(2)]
    }

    #[test]
    fn plot_takes_its_colours_and_font_from_the_page() {
        for svg in sample() {
            assert!(svg.contains("var(--plot-1") && svg.contains("currentColor"));
            for fixed in ["fill=\"#", "stroke=\"#", "white", "black", "#000", "DejaVu"] {
                assert!(!svg.contains(fixed), "{fixed} in {svg}");
            }
        }
    }

    #[test]
    fn plot_scales_and_has_a_text_alternative() {
        for svg in sample() {
            let head = svg.split_once('>').unwrap().0;
            assert!(head.starts_with("<svg viewBox=\"0 0 440"), "{head}");
            assert!(
                head.contains("role=\"img\"") && !head.contains(" width="),
                "{head}"
            );
            assert!(svg.contains(
                "<title id=\"p-title\">A &lt;title&gt;</title><desc id=\"p-desc\">What is seen.</desc>"
            ));
            assert!(!svg.contains("<script") && !svg.contains('\n') && svg.ends_with("</svg>"));
        }
    }

    #[test]
    fn plot_ids_all_begin_with_its_own() {
        for svg in sample() {
            assert!(
                svg.split(" id=\"").skip(1).all(|id| id.starts_with("p-")),
                "{svg}"
            );
        }
    }

    #[test]
    fn axis_is_logarithmic_from_a_factor_of_twenty() {
        assert!(!is_log([1.0, 20.0]));
        assert!(is_log([1.0, 21.0]));
        assert!(!is_log([]));
    }

    #[test]
    fn legend_of_many_lines_stays_in_the_picture() {
        let svg = drawn_lines(9);
        let number = |svg: &str, after: &str| {
            let number = svg.split_once(after).unwrap().1.split_once('"').unwrap().0;
            number.parse::<f64>().unwrap()
        };
        let height = number(&svg, "viewBox=\"0 0 440 ");
        let texts = svg
            .split("<text ")
            .filter(|text| text.contains(">variant-"));
        let lowest: Vec<_> = texts.map(|text| number(text, " y=\"")).collect();
        assert_eq!(lowest.len(), 9);
        assert!(
            lowest.iter().all(|&y| y < height - 4.0),
            "{lowest:?} of {height}"
        );
    }

    #[test]
    fn places_are_labelled_where_labels_do_not_touch() {
        let svg = drawn_lines(1);
        assert!(
            svg.contains(">none</text>") && svg.contains(">some</text>"),
            "{svg}"
        );
        assert!(!svg.contains("hidden"), "{svg}");
    }

    #[test]
    fn ticks_have_the_digits_they_need() {
        assert_eq!(tick(Quantity::Time, 10.0), "10\u{a0}ns");
        assert_eq!(tick(Quantity::Time, 250.0), "250\u{a0}ns");
        assert_eq!(tick(Quantity::Memory, 65_536.0), "65.54\u{a0}kB");
        assert_eq!(tick(Quantity::Time, 2500.0), "2.5\u{a0}µs");
    }

    #[test]
    fn axis_has_two_ticks_or_more_that_keep_their_distance() {
        for power in -3..15 {
            for factor in [1.0, 3.0, 19.0, 21.0, 40.0, 3e2, 5e3, 7e5, 8e8] {
                let ends = [1.7, 1.7 * factor].map(|end| estimate(end * 10_f64.powi(power)));
                let ticks = Scale::new(ends.into_iter(), 0.0, 230.0).ticks(Quantity::Time, 46.0);
                let apart = ticks.windows(2).all(|two| two[1].0 - two[0].0 >= 46.0);
                assert!(ticks.len() >= 2 && apart, "{ends:?} {ticks:?}");
            }
        }
    }

    #[test]
    fn interval_that_reaches_zero_is_drawn() {
        let wide = Estimate {
            value: 100.0,
            low: 0.0,
            high: 300.0,
        };
        for estimates in [[estimate(1.0), wide], [estimate(0.0); 2]] {
            let svg = drawn_dots(&estimates);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
