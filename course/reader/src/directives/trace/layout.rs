//! The places of a timeline's marks and labels, chosen so that none covers another.

use super::event::{Event, Kind, lanes};

/// The drawing's width. Heights follow from the events; the page scales the whole.
pub const WIDTH: f64 = 720.0;
/// The size of all text.
pub const FONT: f64 = 14.0;
/// The height of one track of marks.
pub const TRACK: f64 = 26.0;

/// Room at the right for half a tick label.
const RIGHT: f64 = 34.0;
/// Half the width of an instant's mark.
const MARK: f64 = 7.0;
/// The gap between a mark and its label, and between neighbours.
const GAP: f64 = 6.0;
/// The longest name of a lane that is not cut. The table has all of them whole.
const NAME_CHARS: usize = 18;

/// The places of everything in a drawing.
#[derive(Debug)]
pub struct Layout {
    /// The place of time zero.
    pub left: f64,
    /// The rows, from the top.
    pub rows: Vec<Row>,
    /// The bottom of the last row.
    pub bottom: f64,
    /// The axis: position and milliseconds of each tick.
    pub ticks: Vec<(f64, u64)>,
}

/// A lane.
#[derive(Debug)]
pub struct Row {
    /// Its name, cut to fit.
    pub name: String,
    /// Its top edge.
    pub top: f64,
    /// Its height.
    pub height: f64,
    /// The events in it.
    pub marks: Vec<Mark>,
}

/// An event and its place.
#[derive(Debug)]
pub struct Mark {
    /// Its kind.
    pub kind: Kind,
    /// The left edge of a bar, or the middle of an instant.
    pub x: f64,
    /// The width of a bar; `None` for an instant.
    pub width: Option<f64>,
    /// The middle of its track.
    pub y: f64,
    /// The label, cut to fit.
    pub label: String,
    /// The label's left edge.
    pub label_x: f64,
    /// The whole label, if it was cut.
    pub whole: Option<String>,
}

/// Places all events.
pub fn lay_out(events: &[Event]) -> Layout {
    let names = lanes(events);
    let longest = names
        .iter()
        .map(|name| text_width(&cut(name, NAME_CHARS)))
        .fold(0.0, f64::max);
    // They are bold, and so wider.
    let left = longest * 1.16 + 18.0;
    let end = events
        .iter()
        .map(|event| event.end_ms)
        .max()
        .unwrap_or(0)
        .max(1);
    let scale = Scale {
        left,
        right: WIDTH - RIGHT,
        end,
    };
    let mut rows = Vec::new();
    let mut top = 0.0;
    for name in names {
        let row = row(name, top, events, scale);
        top += row.height;
        rows.push(row);
    }
    let ticks = ticks(end).into_iter().map(|ms| (scale.x(ms), ms)).collect();
    Layout {
        left,
        rows,
        bottom: top,
        ticks,
    }
}

/// A conversion of milliseconds to positions.
#[derive(Clone, Copy)]
struct Scale {
    left: f64,
    right: f64,
    end: u64,
}

impl Scale {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a position on paper needs no more than 52 bits"
    )]
    fn x(self, ms: u64) -> f64 {
        self.left + (self.right - self.left) * (ms as f64 / self.end as f64)
    }
}

/// One lane: instants in the tracks above, bars in the tracks below.
fn row(lane: &str, top: f64, events: &[Event], scale: Scale) -> Row {
    let mine = || events.iter().filter(|event| event.lane == lane);
    let mut marks = Vec::new();
    let mut tracks = 0;
    for instants in [true, false] {
        let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
        for event in mine().filter(|event| event.is_instant() == instants) {
            let (mut mark, from, to) = place(event, scale);
            let free =
                |track: &[(f64, f64)]| track.iter().all(|&(a, b)| to + GAP <= a || b + GAP <= from);
            // Bars may touch: one thing ends where the next begins.
            let free = |track: &[(f64, f64)]| {
                if instants {
                    free(track)
                } else {
                    track.iter().all(|&(a, b)| to <= a + 0.5 || b <= from + 0.5)
                }
            };
            let index = taken
                .iter()
                .position(|track| free(track))
                .unwrap_or_else(|| {
                    taken.push(Vec::new());
                    taken.len() - 1
                });
            taken[index].push((from, to));
            mark.y = top + GAP + TRACK * (tracks + index) as f64 + TRACK / 2.0;
            marks.push(mark);
        }
        tracks += taken.len();
    }
    Row {
        name: cut(lane, NAME_CHARS),
        top,
        height: TRACK * tracks as f64 + 2.0 * GAP,
        marks,
    }
}

/// A mark with its label, and the room both take from left to right.
fn place(event: &Event, scale: Scale) -> (Mark, f64, f64) {
    let (start, end) = (scale.x(event.start_ms), scale.x(event.end_ms));
    let (x, width, from, to) = if event.is_instant() {
        (start, None, start - MARK, start + MARK)
    } else {
        let width = (end - start).max(4.0);
        (start, Some(width), start, start + width)
    };
    let mark = |label: String, label_x: f64| {
        let whole = (label != event.label).then(|| event.label.clone());
        Mark {
            kind: event.kind,
            x,
            width,
            y: 0.0,
            label,
            label_x,
            whole,
        }
    };
    let text = text_width(&event.label);
    if width.is_some_and(|width| text + 2.0 * GAP <= width) {
        return (mark(event.label.clone(), from + GAP), from, to);
    }
    let (room_right, room_left) = (WIDTH - to - GAP, from - GAP - scale.left);
    if text <= room_right {
        (mark(event.label.clone(), to + GAP), from, to + GAP + text)
    } else if text <= room_left {
        (
            mark(event.label.clone(), from - GAP - text),
            from - GAP - text,
            to,
        )
    } else if room_right >= room_left {
        (mark(fit(&event.label, room_right), to + GAP), from, WIDTH)
    } else {
        let label = fit(&event.label, room_left);
        let text = text_width(&label);
        (mark(label, from - GAP - text), from - GAP - text, to)
    }
}

/// The width of a text, estimated on the generous side: there is no font to measure it with.
pub fn text_width(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'I' | ' ' | '.' | ',' | ':' | '\'' | '|' => 0.36,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
            c if c.is_ascii_uppercase() => 0.7,
            c if c.is_ascii() => 0.58,
            _ => 1.0,
        })
        .sum::<f64>()
        * FONT
}

fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        text.to_owned()
    } else {
        text.chars().take(chars - 1).chain(['…']).collect()
    }
}

/// The longest beginning of a text that fits.
fn fit(text: &str, room: f64) -> String {
    let mut chars = text.chars().count();
    while chars > 1 && text_width(&cut(text, chars)) > room {
        chars -= 1;
    }
    cut(text, chars)
}

/// Round numbers from 0 to the end: at most eight steps of 1, 2 or 5 times a power of ten.
pub fn ticks(end: u64) -> Vec<u64> {
    let mut power = 1;
    let step = loop {
        if let Some(factor) = [1, 2, 5]
            .into_iter()
            .find(|factor| end / (factor * power) <= 8)
        {
            break factor * power;
        }
        power *= 10;
    };
    (0..=end / step).map(|n| n * step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(kind: Kind, label: &str, start_ms: u64, end_ms: u64) -> Event {
        Event {
            lane: "lane".to_owned(),
            label: label.to_owned(),
            kind,
            start_ms,
            end_ms,
        }
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(1), [0, 1]);
        assert_eq!(ticks(1500), [0, 200, 400, 600, 800, 1000, 1200, 1400]);
        assert_eq!(ticks(100).last(), Some(&100));
        assert!(ticks(u64::MAX / 20).len() <= 9);
    }

    #[test]
    fn successive_bars_share_a_track() {
        let events = [
            event(Kind::Sleep, "one", 0, 500),
            event(Kind::Work, "two", 500, 1000),
        ];
        let layout = lay_out(&events);
        let marks = &layout.rows[0].marks;
        assert!((marks[0].y - marks[1].y).abs() < 0.1);
    }

    #[test]
    fn label_that_fits_nowhere_is_cut_and_kept_whole_beside() {
        let long = "x".repeat(200);
        let layout = lay_out(&[event(Kind::Ok, &long, 0, 0), event(Kind::Work, "w", 0, 10)]);
        let mark = &layout.rows[0].marks[0];
        assert!(mark.label.ends_with('…') && mark.whole.as_deref() == Some(long.as_str()));
    }

    proptest! {
        #[test]
        fn marks_and_labels_never_overlap(spans in proptest::collection::vec((0_u64..400, 0_u64..200, "[a-z ]{1,24}"), 1..24)) {
            let events: Vec<_> = spans.iter().map(|(start, length, label)| event(Kind::Work, label, *start, start + length)).collect();
            let layout = lay_out(&events);
            let boxes: Vec<_> = layout.rows[0].marks.iter().map(|mark| {
                let (from, to) = match mark.width { Some(width) => (mark.x, mark.x + width), None => (mark.x - MARK, mark.x + MARK) };
                (from.min(mark.label_x), to.max(mark.label_x + text_width(&mark.label)), mark.y)
            }).collect();
            for (i, a) in boxes.iter().enumerate() {
                prop_assert!(a.1 <= WIDTH + 0.01, "{a:?} leaves the drawing");
                for b in &boxes[i + 1..] {
                    let apart = a.1 <= b.0 + 0.51 || b.1 <= a.0 + 0.51 || (a.2 - b.2).abs() >= TRACK - 0.01;
                    prop_assert!(apart, "{a:?} covers {b:?}");
                }
            }
        }
    }
}
