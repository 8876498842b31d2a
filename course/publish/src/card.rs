//! Cards: the previews of links to pages, drawn from `theme/card.svg`.

use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use handlebars::Handlebars;
use reader::site::CARD;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Tree, fontdb};
use serde_json::{Value, json};

/// The longest line, in letters.
const LINE: usize = 25;

/// The one font the text is set in, so that a picture is the same on every machine.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    if let Some(font) = ratex_katex_fonts::ttf_bytes("KaTeX_Main-Regular.ttf") {
        fonts.load_font_data(font.into_owned());
    }
    Arc::new(fonts)
});

/// Draws a page's card as PNG, from the SVG template, the book's title and the page's.
///
/// # Errors
///
/// When the template is not SVG, or has other placeholders.
pub fn draw(template: &str, book: &str, title: &str) -> Result<Vec<u8>> {
    let tree = tree(template, book, title)?;
    let mut picture = Pixmap::new(CARD.0, CARD.1).context("the size is not zero")?;
    let size = tree.size();
    let scale = Transform::from_scale(CARD.0 as f32 / size.width(), CARD.1 as f32 / size.height());
    resvg::render(&tree, scale, &mut picture.as_mut());
    picture
        .encode_png()
        .context("the picture cannot be written as PNG")
}

fn tree(template: &str, book: &str, title: &str) -> Result<Tree> {
    let lines = lines(title);
    // Vertically centred between the book's title and the mark.
    let top = 330.0 - 48.0 * (lines.len() as f64 - 1.0);
    let lines: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(at, text)| json!({ "y": top + 96.0 * at as f64, "text": text }))
        .collect();
    let mut cards = Handlebars::new();
    cards.set_strict_mode(true);
    let svg = cards
        .render_template(template, &json!({ "book": book, "lines": lines }))
        .context("theme/card.svg cannot be filled in")?;
    let options = usvg::Options {
        fontdb: Arc::clone(&FONTS),
        ..usvg::Options::default()
    };
    Tree::from_str(&svg, &options).context("theme/card.svg is no SVG")
}

/// A title broken at its spaces into lines of about the same length.
fn lines(title: &str) -> Vec<String> {
    let count = title.chars().count().div_ceil(LINE).max(1);
    let even = title.chars().count().div_ceil(count);
    let mut lines: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            // A line may be a little longer than the average, but not longer than there is room for.
            Some(line)
                if line.chars().count() + length / 2 < even
                    && line.chars().count() + length < LINE =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use resvg::usvg::Node;

    const TEMPLATE: &str = include_str!("../../../theme/card.svg");

    fn summary() -> impl Iterator<Item = &'static str> {
        let summary = include_str!("../../../src/SUMMARY.md");
        summary
            .lines()
            .filter_map(|line| Some(line.split_once('[')?.1.split_once("](")?.0))
    }

    #[test]
    fn title_of_every_page_fits_and_has_all_its_letters() {
        for title in summary() {
            let tree = tree(TEMPLATE, "Future Proposals in Rust", title).unwrap();
            let texts: Vec<_> = tree
                .root()
                .children()
                .iter()
                .filter_map(|node| match node {
                    Node::Text(text) => Some(text),
                    _ => None,
                })
                .collect();
            assert_eq!(texts.len(), 1 + lines(title).len(), "{title}");
            for text in texts {
                let at = text.abs_bounding_box();
                let inside = at.left() > 60.0
                    && at.right() < 1140.0
                    && at.top() > 60.0
                    && at.bottom() < 500.0;
                assert!(inside, "{title}: {at:?}");
                // A letter that the font does not have has the glyph 0.
                let glyphs = text
                    .layouted()
                    .iter()
                    .flat_map(|span| &span.positioned_glyphs);
                assert!(glyphs.map(|glyph| glyph.id.0).all(|id| id != 0), "{title}");
            }
        }
    }

    #[test]
    fn lines_are_of_about_the_same_length() {
        assert_eq!(lines("Build a weak reference"), ["Build a weak reference"]);
        assert_eq!(
            lines("Clean up exactly once, whatever"),
            ["Clean up exactly", "once, whatever"]
        );
        assert_eq!(lines(""), Vec::<String>::new());
        for title in summary() {
            assert!(
                lines(title).iter().all(|line| line.chars().count() <= LINE),
                "{:?}",
                lines(title)
            );
            assert_eq!(lines(title).join(" "), title);
        }
    }

    #[test]
    fn picture_has_the_size_that_is_asked_for_and_is_small() {
        let png = draw(TEMPLATE, "Book", "A title").unwrap();
        let decoder = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!((decoder.width(), decoder.height()), CARD);
        assert!(png.len() < 60_000, "{}", png.len());
        assert_ne!(png, draw(TEMPLATE, "Book", "Another title").unwrap());
        assert_eq!(
            png,
            draw(TEMPLATE, "Book", "A title").unwrap(),
            "the same every time"
        );
    }
}
