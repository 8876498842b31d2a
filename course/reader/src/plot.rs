//! Plots of estimates with their confidence intervals, as SVG that stands in a page.
//!
//! `kuva` draws; this module makes its drawing part of the page. Colours are CSS: text and axes take `currentColor`, the
//! marks `var(--plot-1)` to `var(--plot-6)`, which the theme defines (a fallback stands beside each), so a plot follows
//! the reader's theme. There is no background and no script, the font is the page's, and the width is what the page
//! gives.

use std::sync::Arc;

use kuva::backend::svg::SvgBackend;
use kuva::plot::scatter::MarkerShape;
use kuva::plot::{
    ForestPlot, LegendEntry, LegendPosition, LegendShape, LinePlot, LineStyle, ScatterPlot,
};
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;
use kuva::render::theme::Theme;

use book::html::escape;
use measurements::number::{Estimate, Quantity, significant};

/// The drawing's own width. Small, so that its text stays readable when a phone scales it down; [`svg`] limits how far a
/// wide page scales it up.
const WIDTH: f64 = 440.0;
const TEXT: u32 = 13;

/// Values further apart than this are drawn on a logarithmic axis.
const LOG_FROM: f64 = 20.0;

const GRID: &str = "var(--plot-grid, #8884)";

/// What a plot says to those who do not see it.
#[derive(Debug, Clone)]
pub struct Alt {
    /// An id that is unique on the page; others are made from it.
    pub id: String,
    /// What is shown, in a few words.
    pub title: String,
    /// What is to be seen, in a sentence or two.
    pub description: String,
}

/// A row of [`dots`].
#[derive(Debug, Clone)]
pub struct Dot {
    /// The text at its left.
    pub label: String,
    /// Which of the theme's plot colours it takes, from 0.
    pub colour: usize,
    /// Nanoseconds or bytes.
    pub estimate: Estimate,
}

/// A line of [`lines`].
#[derive(Debug, Clone)]
pub struct Line {
    /// Its text in the legend.
    pub label: String,
    /// Its points: the parameter, and nanoseconds or bytes.
    pub points: Vec<(f64, Estimate)>,
}

/// Whether the values are far enough apart for a logarithmic axis.
#[must_use]
pub fn is_log(values: impl IntoIterator<Item = f64>) -> bool {
    let (low, high) = extremes(values);
    low > 0.0 && high / low > LOG_FROM
}

/// Draws one dot a row, with the interval as a whisker, on an axis of what was measured.
#[must_use]
pub fn dots(alt: &Alt, quantity: Quantity, dots: &[Dot]) -> String {
    let log = is_log(dots.iter().map(|dot| dot.estimate.value));
    let mut forest = ForestPlot::new()
        .with_show_null_line(false)
        .with_marker_size(4.5)
        .with_cap_size(4.0);
    let drawable = |estimate: Estimate| if log { above_zero(estimate) } else { estimate };
    for dot in dots {
        let Estimate { value, low, high } = drawable(dot.estimate);
        forest = forest.with_colored_row(dot.label.as_str(), value, low, high, colour(dot.colour));
    }
    let plots = vec![Plot::Forest(forest)];
    // As much room above and below the rows as the axis needs; kuva would leave some for titles.
    let (above, below) = (8.0, 30.0);
    let height = above + below + 28.0 * dots.len() as f64;
    let mut layout = themed(Layout::auto_from_plots(&plots))
        .with_width(WIDTH)
        .with_height(height)
        .with_force_margins_y(above, below);
    let range = extremes(
        dots.iter()
            .map(|dot| drawable(dot.estimate))
            .flat_map(|shown| [shown.low, shown.high]),
    );
    layout = layout.with_x_tick_format(ticks(quantity, range, log));
    layout = if log {
        let (min, max) = padded(range);
        // With rows on the other axis kuva draws no grid; a line a decade leads from a dot to its number.
        let decades = (min.log10().ceil() as i32)..=(max.log10().floor() as i32);
        for decade in decades {
            let line = ReferenceLine::vertical(10_f64.powi(decade))
                .with_color(GRID)
                .with_dasharray("none");
            layout = layout.with_reference_line(line);
        }
        layout
            .with_log_x()
            .with_x_axis_min(min)
            .with_x_axis_max(max)
    } else {
        // Labels at the left leave room for few numbers.
        layout
            .with_ticks(2)
            .with_x_axis_min(0.0)
            .with_x_axis_max(range.1 * 1.06)
    };
    svg(
        alt,
        &SvgBackend::new().render_scene(&render_multiple(plots, layout)),
    )
}

/// The horizontal axis of [`lines`].
#[derive(Debug, Clone, PartialEq)]
pub enum Axis {
    /// Logarithmic; the points lie at their parameters.
    Log,
    /// One step a label; the points lie at 1, 2, …
    Steps(Vec<String>),
}

/// Draws lines over a parameter, named under its axis, with intervals, on an axis of what was measured that is
/// logarithmic where values are far apart.
#[must_use]
pub fn lines(
    alt: &Alt,
    quantity: Quantity,
    axis: &Axis,
    parameter: &str,
    lines: &[Line],
) -> String {
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let log = is_log(points().map(|(_, estimate)| estimate.value));
    let drawable = |estimate: Estimate| if log { above_zero(estimate) } else { estimate };
    let mut plots = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let points = || line.points.iter().map(|(x, estimate)| (*x, estimate.value));
        plots.push(Plot::Line(
            LinePlot::new()
                .with_data(points())
                .with_color(colour(i))
                .with_stroke_width(1.75)
                .with_line_style(style(i)),
        ));
        let whiskers = line.points.iter().map(|(_, estimate)| {
            let Estimate { value, low, high } = drawable(*estimate);
            (value - low, high - value)
        });
        plots.push(Plot::Scatter(
            ScatterPlot::new()
                .with_data(points())
                .with_y_err_asymmetric(whiskers)
                .with_color(colour(i))
                .with_size(3.5)
                .with_marker(marker(i)),
        ));
    }
    let range = extremes(
        points()
            .map(|(_, e)| drawable(*e))
            .flat_map(|shown| [shown.low, shown.high]),
    );
    // kuva counts entries given to it, and makes room for them below; the picture must be higher by as much.
    let entries: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(i, line)| legend(i, &line.label))
        .collect();
    let widest = lines
        .iter()
        .map(|line| line.label.chars().count())
        .max()
        .unwrap_or_default();
    let columns = if widest <= 18 { 2 } else { 1 };
    let height = 330.0 + 20.0 * lines.len().div_ceil(columns) as f64;
    let mut layout = themed(Layout::auto_from_plots(&plots))
        .with_width(WIDTH)
        .with_height(height)
        .with_legend_position(LegendPosition::OutsideBottomColumns)
        .with_legend_box(false)
        .with_legend_entries(entries)
        .with_legend_col_limit(columns)
        .with_x_label(parameter)
        .with_y_tick_format(ticks(quantity, range, log));
    layout = if log {
        let (min, max) = padded(range);
        layout
            .with_log_y()
            .with_y_axis_min(min)
            .with_y_axis_max(max)
    } else {
        layout.with_y_axis_min(0.0).with_y_axis_max(range.1 * 1.06)
    };
    layout = match axis {
        Axis::Log => {
            let parameters: Vec<f64> = points().map(|(x, _)| *x).collect();
            let (min, max) = padded(extremes(parameters.iter().copied()));
            layout
                .with_log_x()
                .with_x_axis_min(min)
                .with_x_axis_max(max)
                .with_x_tick_format(parameter_ticks(parameters))
        }
        Axis::Steps(labels) => layout
            .with_x_axis_min(0.8)
            .with_x_axis_max(labels.len() as f64 + 0.2)
            .with_x_tick_step(1.0)
            .with_x_tick_format(step_ticks(labels.clone())),
    };
    svg(
        alt,
        &SvgBackend::new().render_scene(&render_multiple(plots, layout)),
    )
}

fn extremes(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values
        .into_iter()
        .fold((f64::INFINITY, 0.0), |(low, high), value| {
            (value.min(low), value.max(high))
        })
}

/// Room around what is drawn on a logarithmic axis.
fn padded((low, high): (f64, f64)) -> (f64, f64) {
    let by = (high / low).powf(0.06).max(1.1);
    (low / by, high * by)
}

/// A logarithmic axis has no zero: an interval that reaches it ends at a tenth of the estimate.
fn above_zero(estimate: Estimate) -> Estimate {
    Estimate {
        low: estimate.low.max(estimate.value / 10.0),
        ..estimate
    }
}

/// The theme's colours, each with a fallback that is readable on light and on dark.
fn colour(index: usize) -> String {
    const FALLBACK: [&str; 6] = [
        "#c2500a", "#1f7fb8", "#2e8b57", "#a05ab4", "#b8860b", "#c0406a",
    ];
    let index = index % FALLBACK.len();
    format!("var(--plot-{}, {})", index + 1, FALLBACK[index])
}

/// Lines differ in their dashes too, never in colour alone.
fn style(index: usize) -> LineStyle {
    match index % 4 {
        0 => LineStyle::Solid,
        1 => LineStyle::Dashed,
        2 => LineStyle::Dotted,
        _ => LineStyle::DashDot,
    }
}

fn legend(index: usize, label: &str) -> LegendEntry {
    LegendEntry {
        label: label.to_owned(),
        color: colour(index),
        shape: LegendShape::Marker(marker(index)),
        dasharray: None,
    }
}

fn marker(index: usize) -> MarkerShape {
    match index % 4 {
        0 => MarkerShape::Circle,
        1 => MarkerShape::Square,
        2 => MarkerShape::Triangle,
        _ => MarkerShape::Diamond,
    }
}

fn themed(layout: Layout) -> Layout {
    let ink = || "currentColor".to_owned();
    let theme = Theme {
        background: "none".to_owned(),
        axis_color: ink(),
        grid_color: GRID.to_owned(),
        tick_color: ink(),
        text_color: ink(),
        legend_bg: "none".to_owned(),
        legend_border: "none".to_owned(),
        font_family: Some("inherit".to_owned()),
        ..Theme::light()
    };
    layout
        .with_theme(theme)
        .with_tick_size(TEXT)
        .with_body_size(TEXT)
        .with_label_size(TEXT)
}

/// Labels for an axis of what was measured. Over more than a decade and a half only powers of ten are labelled, over more than four
/// decades every second one: there is no room.
fn ticks(quantity: Quantity, (low, high): (f64, f64), log: bool) -> TickFormat {
    let span = if log {
        high / low.max(f64::MIN_POSITIVE)
    } else {
        1.0
    };
    let sparse = span > 30.0;
    let step = if span > 1e4 { 2 } else { 1 };
    TickFormat::Custom(Arc::new(move |value| {
        let power = value.log10();
        let decade =
            value > 0.0 && (power - power.round()).abs() < 1e-6 && power.round() as i32 % step == 0;
        if sparse && !decade {
            String::new()
        } else {
            tick(quantity, value)
        }
    }))
}

/// `10 ns`, `2.5 µs`: as many digits as the tick has.
fn tick(quantity: Quantity, value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (1..=4)
        .find(|&digits| (significant(value, digits) / value - 1.0).abs() < 1e-6)
        .unwrap_or(4);
    quantity.amount(value, digits)
}

/// Labels only the parameters that were measured, and powers of ten where none of them is near a tick.
fn parameter_ticks(parameters: Vec<f64>) -> TickFormat {
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
    TickFormat::Custom(Arc::new(move |tick| {
        let decade = near(10_f64.powf(tick.log10().round()), tick);
        if decade || parameters.iter().any(|&parameter| near(parameter, tick)) {
            count_tick(tick)
        } else {
            String::new()
        }
    }))
}

/// The labels of steps, which lie at 1, 2, …
fn step_ticks(labels: Vec<String>) -> TickFormat {
    TickFormat::Custom(Arc::new(move |tick| {
        let step = (tick.round() as usize).checked_sub(1);
        step.and_then(|step| labels.get(step))
            .cloned()
            .unwrap_or_default()
    }))
}

fn count_tick(count: f64) -> String {
    match count {
        _ if count >= 1e6 => format!("{}M", significant(count / 1e6, 3)),
        _ if count >= 1e4 => format!("{}k", significant(count / 1e3, 3)),
        _ => format!("{}", significant(count, 4)),
    }
}

/// Makes kuva's picture a part of the page: it takes the width it is given, has a text alternative and no background.
fn svg(alt: &Alt, drawn: &str) -> String {
    let size = |name: &str| {
        let value = drawn
            .split_once(&format!(" {name}=\""))
            .and_then(|(_, rest)| rest.split_once('"'));
        value.map_or("0", |(value, _)| value).to_owned()
    };
    let (width, height) = (size("width"), size("height"));
    let body = drawn.split_once('>').map_or("", |(_, body)| body);
    // The only thing kuva always paints is the background.
    let background = "<rect width=\"100%\" height=\"100%\" fill=\"none\" />";
    let body = body
        .replacen(background, "", 1)
        .replace(" id=\"", &format!(" id=\"{}-", alt.id));
    let body = body
        .replace("url(#", &format!("url(#{}-", alt.id))
        .replace('\n', "");
    let body = match (body.find("<!--"), body.find("-->")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &body[..from], &body[to + 3..]),
        _ => body,
    };
    format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         font-family=\"inherit\" fill=\"currentColor\" style=\"display:block;width:100%;max-width:560px;height:auto;overflow:visible\">\
         <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{description}</desc>{body}",
        id = alt.id,
        title = escape(&alt.title),
        description = escape(&alt.description),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alt() -> Alt {
        Alt {
            id: "p".to_owned(),
            title: "A <title>".to_owned(),
            description: "What is seen.".to_owned(),
        }
    }

    fn estimate(value: f64) -> Estimate {
        Estimate {
            value,
            low: value * 0.9,
            high: value * 1.1,
        }
    }

    fn dot(label: &str, ns: f64) -> Dot {
        Dot {
            label: label.to_owned(),
            colour: 0,
            estimate: estimate(ns),
        }
    }

    fn sample() -> [String; 2] {
        let line = |label: &str, by: f64| Line {
            label: label.to_owned(),
            points: [10.0, 100.0, 1000.0]
                .map(|x| (x, estimate(by * x)))
                .to_vec(),
        };
        [
            dots(
                &alt(),
                Quantity::Time,
                &[dot("corosensei (Rust)", 24.1), dot("channel (Go)", 310.0)],
            ),
            lines(
                &alt(),
                Quantity::Time,
                &Axis::Log,
                "items",
                &[line("vec (Rust)", 2.0), line("slice (Go)", 20.0)],
            ),
        ]
    }

    #[test]
    fn plot_takes_its_colours_and_font_from_the_page() {
        for svg in sample() {
            assert!(svg.contains("var(--plot-1") && svg.contains("currentColor"));
            for fixed in [
                "fill=\"white\"",
                "fill=\"#fff",
                "black",
                "#000",
                "DejaVu",
                "steelblue",
            ] {
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
            for id in svg.split(" id=\"").skip(1) {
                assert!(id.starts_with("p-"), "{id}");
            }
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
        let line = |i: usize| Line {
            label: format!("variant-{i} (Rust)"),
            points: vec![(10.0, estimate(1.0)), (20.0, estimate(2.0))],
        };
        let svg = lines(
            &alt(),
            Quantity::Time,
            &Axis::Log,
            "items",
            &(0..9).map(line).collect::<Vec<_>>(),
        );
        let height: f64 = svg
            .split_once("viewBox=\"0 0 440 ")
            .unwrap()
            .1
            .split_once('"')
            .unwrap()
            .0
            .parse()
            .unwrap();
        let lowest = svg
            .split("<text ")
            .filter(|text| text.contains(">variant-"))
            .map(|text| {
                text.split_once(" y=\"")
                    .or_else(|| text.split_once("y=\""))
                    .unwrap()
                    .1
                    .split_once('"')
                    .unwrap()
                    .0
                    .parse::<f64>()
                    .unwrap()
            });
        let lowest: Vec<_> = lowest.collect();
        assert_eq!(lowest.len(), 9);
        assert!(
            lowest.iter().all(|&y| y < height - 4.0),
            "{lowest:?} of {height}"
        );
    }

    #[test]
    fn steps_are_labelled_each() {
        let line = Line {
            label: "a".to_owned(),
            points: vec![(1.0, estimate(1.0)), (2.0, estimate(2.0))],
        };
        let svg = lines(
            &alt(),
            Quantity::Time,
            &Axis::Steps(vec!["none".to_owned(), "some".to_owned()]),
            "work",
            &[line],
        );
        assert!(
            svg.contains(">none</text>") && svg.contains(">some</text>"),
            "{svg}"
        );
    }

    #[test]
    fn ticks_have_the_digits_they_need() {
        assert_eq!(tick(Quantity::Time, 10.0), "10\u{a0}ns");
        assert_eq!(tick(Quantity::Time, 250.0), "250\u{a0}ns");
        assert_eq!(tick(Quantity::Memory, 65_536.0), "65.54\u{a0}kB");
        assert_eq!(tick(Quantity::Time, 2500.0), "2.5\u{a0}µs");
        assert_eq!(count_tick(20_000.0), "20k");
    }

    #[test]
    fn interval_that_reaches_zero_is_drawn() {
        let wide = Estimate {
            value: 100.0,
            low: 0.0,
            high: 300.0,
        };
        let svg = dots(
            &alt(),
            Quantity::Time,
            &[
                dot("a", 1.0),
                Dot {
                    estimate: wide,
                    ..dot("b", 1.0)
                },
            ],
        );
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
