//! The timeline as SVG. Colours are custom properties of the theme, with fallbacks for a page without it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::event::{Event, Kind, describe};
use super::layout::{FONT, Mark, TRACK, WIDTH, lay_out, text_width};
use book::html::escape;

/// The height of a bar.
const BAR: f64 = 20.0;
/// The height of the axis below the rows, and of the legend below the axis.
const AXIS: f64 = 28.0;
const LEGEND: f64 = 28.0;

impl Kind {
    /// The theme's colour, with one for pages without a theme.
    const fn colour(self) -> &'static str {
        match self {
            Self::Work => "var(--trace-work, #1f5fa8)",
            Self::Sleep => "var(--trace-sleep, #6b6f76)",
            Self::Wait => "var(--trace-wait, #8a5a00)",
            Self::Ok => "var(--trace-ok, #1a7041)",
            Self::Error => "var(--trace-error, #b3261e)",
            Self::Cancel => "var(--trace-cancel, #7b3fa0)",
        }
    }

    /// The lines of its bars' pattern, in a square of 8. Work is plain; sleep has a dashed outline.
    const fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Work | Self::Sleep => None,
            Self::Wait => Some("M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"),
            Self::Ok => Some("M0,4 h8"),
            Self::Error => Some("M0,0 l8,8 M0,8 l8,-8"),
            Self::Cancel => Some("M4,0 v8"),
        }
    }

    /// The shape of an instant, around the origin.
    const fn glyph(self) -> &'static str {
        match self {
            Self::Work => r#"<path d="M0,-7 L7,0 L0,7 L-7,0 Z" fill="currentColor"/>"#,
            Self::Sleep => {
                r#"<circle r="6" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3 2"/>"#
            }
            Self::Wait => {
                r#"<path d="M-6,-6 H6 L-6,6 H6 Z" fill="none" stroke="currentColor" stroke-width="2"/>"#
            }
            Self::Ok => {
                r#"<circle r="7" fill="currentColor"/><path d="M-3.5,0 L-1,3 L3.5,-3" fill="none" stroke="var(--bg, #fff)" stroke-width="2"/>"#
            }
            Self::Error => {
                r#"<path d="M-5,-5 L5,5 M-5,5 L5,-5" stroke="currentColor" stroke-width="3"/>"#
            }
            Self::Cancel => {
                r#"<circle r="6" fill="none" stroke="currentColor" stroke-width="2"/><path d="M-4,4 L4,-4" stroke="currentColor" stroke-width="2"/>"#
            }
        }
    }
}

/// The drawing. `title` is escaped already.
pub fn svg(id: &str, title: &str, events: &[Event]) -> String {
    let layout = lay_out(events);
    let kinds: BTreeSet<_> = events.iter().map(|event| event.kind).collect();
    let height = layout.bottom + AXIS + LEGEND;
    let mut out = format!(
        r#"<svg role="img" aria-labelledby="{id}-title {id}-desc" viewBox="0 0 {WIDTH} {height}" width="100%" font-size="{FONT}" fill="currentColor"><title id="{id}-title">{title}</title><desc id="{id}-desc">{}</desc>"#,
        escape(&describe(events))
    );
    patterns(&mut out, id, &kinds);
    for (index, row) in layout.rows.iter().enumerate() {
        if index % 2 == 0 {
            let _ = write!(
                out,
                r#"<rect x="0" y="{}" width="{WIDTH}" height="{}" fill="currentColor" fill-opacity="0.045"/>"#,
                row.top, row.height
            );
        }
    }
    axis(&mut out, &layout.ticks, layout.bottom);
    for row in &layout.rows {
        let _ = write!(
            out,
            r#"<text x="6" y="{}" dominant-baseline="central" font-weight="600">{}</text>"#,
            row.top + row.height / 2.0,
            escape(&row.name)
        );
        for mark in &row.marks {
            draw_mark(&mut out, id, mark);
        }
    }
    legend(
        &mut out,
        id,
        &kinds,
        layout.left,
        layout.bottom + AXIS + LEGEND / 2.0,
    );
    out.push_str("</svg>");
    out
}

fn patterns(out: &mut String, id: &str, kinds: &BTreeSet<Kind>) {
    out.push_str("<defs>");
    for kind in kinds {
        if let Some(lines) = kind.pattern() {
            let _ = write!(
                out,
                r#"<pattern id="{id}-{}" width="8" height="8" patternUnits="userSpaceOnUse" color="{}"><path d="{lines}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-opacity="0.6"/></pattern>"#,
                kind.name(),
                kind.colour()
            );
        }
    }
    out.push_str("</defs>");
}

fn axis(out: &mut String, ticks: &[(f64, u64)], bottom: f64) {
    for (x, ms) in ticks {
        let _ = write!(
            out,
            r#"<line x1="{x:.1}" x2="{x:.1}" y1="0" y2="{}" stroke="currentColor" stroke-opacity="0.25"/><text x="{x:.1}" y="{}" text-anchor="middle">{ms} ms</text>"#,
            bottom + 5.0,
            bottom + 5.0 + FONT
        );
    }
}

fn draw_mark(out: &mut String, id: &str, mark: &Mark) {
    let Mark {
        kind,
        x,
        y,
        label_x,
        ..
    } = mark;
    let _ = write!(out, r#"<g color="{}">"#, kind.colour());
    match mark.width {
        Some(width) => bar(out, id, *kind, *x, *y, width),
        None => {
            let _ = write!(
                out,
                r#"<g transform="translate({x:.1} {y:.1})">{}</g>"#,
                kind.glyph()
            );
        }
    }
    // The halo keeps a label readable on a pattern.
    let _ = write!(
        out,
        r#"</g><text x="{label_x:.1}" y="{y:.1}" dominant-baseline="central" stroke="var(--bg, #fff)" stroke-width="4" stroke-linejoin="round" paint-order="stroke">{}"#,
        escape(&mark.label)
    );
    if let Some(whole) = &mark.whole {
        let _ = write!(out, "<title>{}</title>", escape(whole));
    }
    out.push_str("</text>");
}

/// A bar of a kind, around the middle of its track.
fn bar(out: &mut String, id: &str, kind: Kind, x: f64, y: f64, width: f64) {
    let dash = if kind == Kind::Sleep {
        r#" stroke-dasharray="5 3""#
    } else {
        ""
    };
    let opacity = if kind == Kind::Work { "0.3" } else { "0.1" };
    // Half a line of room at each side, so that successive bars do not share an edge.
    let shape = format!(
        r#"x="{:.1}" y="{:.1}" width="{:.1}" height="{BAR}" rx="4""#,
        x + 1.0,
        y - BAR / 2.0,
        (width - 2.0).max(2.0)
    );
    let _ = write!(
        out,
        r#"<rect {shape} fill="currentColor" fill-opacity="{opacity}" stroke="currentColor" stroke-width="1.5"{dash}/>"#
    );
    if kind.pattern().is_some() {
        let _ = write!(out, r#"<rect {shape} fill="url(#{id}-{})"/>"#, kind.name());
    }
}

/// The legend of the kinds that occur.
fn legend(out: &mut String, id: &str, kinds: &BTreeSet<Kind>, left: f64, y: f64) {
    let mut x = left;
    for kind in kinds {
        let _ = write!(out, r#"<g color="{}">"#, kind.colour());
        bar(out, id, *kind, x, y, TRACK);
        let _ = write!(
            out,
            r#"<g transform="translate({:.1} {y:.1})">{}</g></g><text x="{:.1}" y="{y:.1}" dominant-baseline="central">{}</text>"#,
            x + TRACK + 12.0,
            kind.glyph(),
            x + TRACK + 24.0,
            kind.name()
        );
        x += TRACK + 24.0 + text_width(kind.name()) + 18.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_differ_without_colour() {
        let all = [
            Kind::Work,
            Kind::Sleep,
            Kind::Wait,
            Kind::Ok,
            Kind::Error,
            Kind::Cancel,
        ];
        let looks: BTreeSet<_> = all
            .map(|kind| (kind.pattern(), kind == Kind::Sleep))
            .into_iter()
            .collect();
        let glyphs: BTreeSet<_> = all.map(Kind::glyph).into_iter().collect();
        assert_eq!((looks.len(), glyphs.len()), (6, 6));
    }

    #[test]
    fn theme_defines_the_colour_of_every_kind() {
        let theme = include_str!("../../../../../theme/course.css");
        for kind in [
            Kind::Work,
            Kind::Sleep,
            Kind::Wait,
            Kind::Ok,
            Kind::Error,
            Kind::Cancel,
        ] {
            let name = format!("--trace-{}", kind.name());
            assert!(
                theme.contains(&format!("{name}: light-dark(")) && kind.colour().contains(&name),
                "{name}"
            );
        }
    }

    #[test]
    fn legend_shows_the_kinds_that_occur() {
        let event = Event {
            lane: "a".into(),
            label: "b".into(),
            kind: Kind::Wait,
            start_ms: 0,
            end_ms: 5,
        };
        let svg = svg("id", "t", &[event]);
        assert!(svg.contains(">wait</text>") && !svg.contains(">error</text>"));
    }

    #[test]
    fn drawing_has_only_themed_colours() {
        let event = Event {
            lane: "a".into(),
            label: "b".into(),
            kind: Kind::Error,
            start_ms: 0,
            end_ms: 0,
        };
        let svg = svg("id", "t", &[event]);
        for paint in svg
            .split("fill=\"")
            .skip(1)
            .chain(svg.split("stroke=\"").skip(1))
        {
            let paint = paint.split('"').next().expect("a value");
            assert!(
                ["none", "currentColor"].contains(&paint)
                    || paint.starts_with("var(--")
                    || paint.starts_with("url(#")
            );
        }
    }
}
