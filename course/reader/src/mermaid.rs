//! Mermaid fences become drawings at build time, so that readers need no script and a diagram that does not parse fails
//! the build.
//!
//! Input, on a page:
//!
//! ````markdown
//! ```mermaid
//! stateDiagram-v2
//! accTitle: Life of a coroutine
//! accDescr: A coroutine is suspended, runs when resumed, and ends once.
//! [*] --> Suspended
//! ```
//! ````
//!
//! Output: one HTML block, `<figure class="diagram">` around an inline SVG whose title and description are the fence's
//! `accTitle` and `accDescr`, whose ids are unique in the book, and whose colours are the theme's custom properties.

use std::sync::LazyLock;

use anyhow::Context as _;
use mdbook_mermaid::Mermaid;
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::config::Config;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use merman::svg::{
    HostTheme, Presentation, ResolvedPresentation, SvgPipeline, SvgRenderOptions, ThemeRole,
};
use merman::{
    Engine, MermaidConfig, OperationControl, RenderError, RenderOutput, RenderRequest, Renderer,
    SvgRequest,
};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use regex::{Captures, Regex};
use serde_json::json;

use book::html::escape;
use book::page::{Fence, Page};
use book::problem::Problem;
use book::task::line_of;

/// Replaces the Mermaid fences of a page's Markdown by drawings.
///
/// `markdown` is the page with its directives already replaced; `page` says where the fences stand in the file.
///
/// # Errors
///
/// A problem for every diagram that cannot be drawn or has no text alternative.
pub fn draw(page: &Page, markdown: &str) -> Result<String, Vec<Problem>> {
    let fences: Vec<_> = page
        .fences
        .iter()
        .filter(|fence| fence.info == "mermaid")
        .collect();
    if fences.is_empty() {
        return Ok(markdown.to_owned());
    }
    let markdown = mark(markdown).map_err(|error| {
        let what = format!("mdbook-mermaid cannot read the page: {error:#}");
        vec![Problem::new(&page.file, 0, what).help("look for a diagram whose fence does not end")]
    })?;
    let name = id_of(page);
    let mut problems = Vec::new();
    let mut out = String::with_capacity(markdown.len() * 4);
    let mut done = 0;
    for (index, (span, source)) in marked(&markdown).into_iter().enumerate() {
        match figure(&source, &format!("diagram-{name}-{}-", index + 1)) {
            Ok(html) => {
                out.push_str(&markdown[done..span.start]);
                out.push_str(&html);
                done = span.end;
            }
            Err(flaw) => problems.push(flaw.at(page, fences.get(index).copied())),
        }
    }
    out.push_str(&markdown[done..]);
    if problems.is_empty() {
        Ok(out)
    } else {
        Err(problems)
    }
}

/// The page's path as the beginning of an id: `src/proposals/a.md` ⇒ `proposals-a`.
fn id_of(page: &Page) -> String {
    let path = page
        .file
        .strip_prefix("src")
        .unwrap_or(&page.file)
        .with_extension("");
    path.to_string_lossy()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// mdbook-mermaid's part: fences become `<pre class="mermaid">`.
fn mark(markdown: &str) -> anyhow::Result<String> {
    let context = PreprocessorContext::new(".".into(), Config::default(), "html".to_owned());
    let chapter = Chapter::new("", markdown.to_owned(), "page.md", Vec::new());
    let book = Mermaid.run(
        &context,
        Book::new_with_items(vec![BookItem::Chapter(chapter)]),
    )?;
    match book.items.into_iter().next() {
        Some(BookItem::Chapter(chapter)) => Ok(chapter.content),
        _ => None.context("the chapter is gone"),
    }
}

/// The blocks mdbook-mermaid made, with what they say. A `<pre>` that a code block only shows is not one.
fn marked(markdown: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut blocks = Vec::new();
    let mut html = String::new();
    for (event, span) in Parser::new(markdown).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) => html.clear(),
            Event::Html(part) => html.push_str(&part),
            Event::End(TagEnd::HtmlBlock) => {
                let source = html
                    .strip_prefix("<pre class=\"mermaid\">")
                    .and_then(|rest| rest.split("</pre>").next());
                blocks.extend(source.map(|source| (span, unescape(source))));
            }
            _ => {}
        }
    }
    blocks
}

fn unescape(html: &str) -> String {
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Why a diagram cannot be shown.
struct Flaw {
    /// The line inside the fence, from 1, if known.
    line: Option<usize>,
    what: String,
    help: &'static str,
}

impl Flaw {
    fn at(self, page: &Page, fence: Option<&Fence>) -> Problem {
        let line = fence.map_or(0, |fence| fence.line + self.line.unwrap_or(0));
        Problem::new(&page.file, line, self.what).help(self.help)
    }
}

static RENDERER: LazyLock<(Renderer, ResolvedPresentation)> = LazyLock::new(|| {
    let theme = ThemeRole::ALL
        .into_iter()
        .fold(HostTheme::new(), |theme, role| {
            theme
                .try_with_role(role, Paint::of(role).stand_in())
                .expect("a hexadecimal colour")
        });
    let presentation = Presentation::new().with_theme(theme).resolve();
    // The classic look has no shadows, which dark pages would show as smears.
    let config = MermaidConfig::from_value(json!({ "look": "classic" }));
    let engine = presentation
        .materialize_engine(Engine::new())
        .with_site_config(config);
    (Renderer::new().with_engine(engine), presentation)
});

static BLACK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r##"([:"])(?:#000(?:000)?|black)([;"}])"##).expect("a valid pattern")
});
static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"role="graphics-document document" aria-roledescription="[^"]*""#)
        .expect("a valid pattern")
});
static MAX_WIDTH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"max-width: ([0-9.]+)px;").expect("a valid pattern"));
static TEXT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)<(title|desc) id=[^>]*>(.*?)</").expect("a valid pattern"));

/// Draws one diagram.
fn figure(source: &str, id: &str) -> Result<String, Flaw> {
    let (renderer, presentation) = &*RENDERER;
    let request = SvgRequest {
        options: SvgRenderOptions {
            diagram_id: Some("svg".to_owned()),
            ..Default::default()
        },
        pipeline: Some(SvgPipeline::parity().with_browser_inline_contract(id)),
        presentation: presentation.render_policy(),
        ..Default::default()
    };
    let svg = match renderer.render(RenderRequest::svg(source, OperationControl::new(), request)) {
        Ok(RenderOutput::Svg(Some(svg))) => svg.into_parts().0,
        Ok(_) => return Err(Flaw::new("the mermaid block is no diagram")),
        Err(error) => return Err(Flaw::from_error(source, &error)),
    };
    let text = |name: &str| {
        let found = TEXT.captures_iter(&svg).find(|found| &found[1] == name);
        found
            .map(|found| found[2].trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let (Some(title), Some(_)) = (text("title"), text("desc")) else {
        return Err(Flaw {
            help: "after the line that names the kind of diagram, write `accTitle: …` and `accDescr: …`",
            ..Flaw::new("the mermaid block has no text alternative")
        });
    };
    Ok(format!(
        "<figure class=\"diagram\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">{}</div></figure>\n",
        escape(&unescape(&title)),
        themed(&svg)
    ))
}

impl Flaw {
    fn new(what: impl Into<String>) -> Self {
        Self {
            line: None,
            what: what.into(),
            help: "flowchart, sequence and state diagrams can be drawn",
        }
    }

    fn from_error(source: &str, error: &RenderError) -> Self {
        let span = match error {
            RenderError::Parse(diagnostic) => diagnostic.terminal_diagnostic_details().span,
            _ => None,
        };
        let line = span
            .filter(|span| source.is_char_boundary(span.start))
            .map(|span| line_of(source, span.start));
        Self {
            line,
            ..Self::new(format!("the mermaid block cannot be drawn: {error}"))
        }
    }
}

/// Fits a finished drawing to the page: the theme's colours and font, one line, an image to assistive technology, and a
/// width below which it scrolls rather than shrinks out of sight.
fn themed(svg: &str) -> String {
    let mut svg = svg.replace('\n', " ");
    for paint in Paint::ALL {
        for stand_in in paint.stand_ins() {
            svg = svg.replace(&stand_in, paint.variable());
        }
    }
    // Numbers of messages stand on a disc in the line's colour, in what the renderer takes for its opposite.
    svg = svg.replace(&Paint::Line.opposite(), Paint::Canvas.variable());
    svg = BLACK
        .replace_all(&svg, format!("${{1}}{}${{2}}", Paint::Line.variable()))
        .into_owned();
    svg = svg.replace(
        "&quot;trebuchet ms&quot;,verdana,arial,sans-serif",
        "inherit",
    );
    // mdBook puts line breaks between tags, which must not show in a label.
    svg = svg.replace("white-space: break-spaces", "white-space: normal");
    svg = ROLE.replace(&svg, r#"role="img""#).into_owned();
    let scroll_below = |found: &Captures<'_>| {
        let width: f64 = found[1].parse().unwrap_or(0.0);
        format!("{} min-width: {:.0}px;", &found[0], width * 0.75)
    };
    MAX_WIDTH.replace(&svg, scroll_below).into_owned()
}

/// What is painted alike. The renderer computes with colours, so it is given a number to stand in for each custom
/// property, and the property takes its place afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paint {
    Canvas,
    Surface,
    Group,
    Text,
    Border,
    Line,
    Note,
    NoteBorder,
    Error,
}

impl Paint {
    const ALL: [Self; 9] = [
        Self::Canvas,
        Self::Surface,
        Self::Group,
        Self::Text,
        Self::Border,
        Self::Line,
        Self::Note,
        Self::NoteBorder,
        Self::Error,
    ];

    fn of(role: ThemeRole) -> Self {
        match role {
            ThemeRole::Canvas | ThemeRole::EdgeLabelBackground => Self::Canvas,
            ThemeRole::Surface | ThemeRole::ActorBackground => Self::Surface,
            ThemeRole::SurfaceAlt
            | ThemeRole::SurfaceMuted
            | ThemeRole::ClusterBackground
            | ThemeRole::ActivationBackground => Self::Group,
            ThemeRole::Text
            | ThemeRole::SubtleText
            | ThemeRole::NoteText
            | ThemeRole::ActorText => Self::Text,
            ThemeRole::Border
            | ThemeRole::ClusterBorder
            | ThemeRole::ActorBorder
            | ThemeRole::ActivationBorder => Self::Border,
            ThemeRole::Line => Self::Line,
            ThemeRole::NoteBackground => Self::Note,
            ThemeRole::NoteBorder => Self::NoteBorder,
            ThemeRole::Error => Self::Error,
            // Text, in all its roles, and what no diagram drawn here uses.
            _ => Self::Text,
        }
    }

    const fn variable(self) -> &'static str {
        match self {
            Self::Canvas => "var(--bg)",
            Self::Surface => "var(--diagram-surface)",
            Self::Group => "var(--diagram-group)",
            Self::Text => "var(--fg)",
            Self::Border => "var(--diagram-border)",
            Self::Line => "var(--diagram-line)",
            Self::Note => "var(--diagram-note)",
            Self::NoteBorder => "var(--diagram-note-border)",
            Self::Error => "var(--trace-error)",
        }
    }

    const fn rgb(self) -> (u8, u8, u8) {
        (0xa1, 0x10 + self as u8, 0x0b)
    }

    fn stand_in(self) -> String {
        let (r, g, b) = self.rgb();
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// The stand-in as the renderer may write it.
    fn stand_ins(self) -> [String; 2] {
        let (r, g, b) = self.rgb();
        [self.stand_in(), format!("rgba({r}, {g}, {b}, 0.5)")]
    }

    fn opposite(self) -> String {
        let (r, g, b) = self.rgb();
        format!("#{:02x}{:02x}{:02x}", 255 - r, 255 - g, 255 - b)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const FLOWCHART: &str = "flowchart LR\naccTitle: A & B\naccDescr: A leads to B\n  A[Start] -->|yes| B{Done}\n  subgraph S\n  B --> C\n  end";
    const SEQUENCE: &str = "sequenceDiagram\naccTitle: Call\naccDescr: A calls B\nautonumber\nA->>+B: hi\nNote over A,B: n\nloop often\nB-->>-A: x\nend\nA-xB: lost";
    const STATE: &str = "stateDiagram-v2\naccTitle: Life\naccDescr {\nFirst idle,\n\nthen running.\n}\n[*] --> Idle\nIdle --> Run: go\nnote right of Run: busy\nstate Run {\n  [*] --> Deep\n}\nRun --> [*]";

    fn page(fences: &[&str]) -> Page {
        let text: String = fences
            .iter()
            .map(|fence| format!("Before.\n\n```mermaid\n{fence}\n```\n\nAfter.\n\n"))
            .collect();
        Page::parse(Path::new("src/proposals/a-page.md"), &text)
    }

    fn drawn(fences: &[&str]) -> Result<String, Vec<Problem>> {
        let page = page(fences);
        draw(&page, &page.text)
    }

    #[test]
    fn diagram_becomes_one_html_block_in_the_text() {
        for source in [FLOWCHART, SEQUENCE, STATE] {
            let markdown = drawn(&[source]).expect("a drawing");
            let blocks: Vec<_> = Parser::new(&markdown)
                .filter(|event| matches!(event, Event::Start(_)))
                .collect();
            assert_eq!(
                blocks.len(),
                3,
                "a paragraph, a block of HTML, a paragraph: {blocks:?}"
            );
            assert!(
                markdown.contains("<figure class=\"diagram\">")
                    && markdown.contains("role=\"img\"")
            );
            assert!(!markdown.contains("<script") && !markdown.contains("```"));
        }
    }

    #[test]
    fn diagram_has_title_and_description() {
        let markdown = drawn(&[STATE]).expect("a drawing");
        assert!(markdown.contains("aria-label=\"Life\""));
        assert!(markdown.contains(">First idle, then running.</desc>"));
        assert!(
            drawn(&[FLOWCHART])
                .expect("a drawing")
                .contains("aria-label=\"A &amp; B\"")
        );
    }

    #[test]
    fn diagram_ids_are_unique_and_styles_scoped() {
        let markdown = drawn(&[FLOWCHART, SEQUENCE, STATE, FLOWCHART]).expect("drawings");
        let ids: Vec<_> = markdown
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(
            ids.len(),
            ids.iter().collect::<BTreeSet<_>>().len(),
            "{ids:?}"
        );
        assert!(
            ids.iter()
                .all(|id| id.starts_with("diagram-proposals-a-page-")),
            "{ids:?}"
        );
        for style in markdown
            .split("<style>")
            .skip(1)
            .filter_map(|rest| rest.split("</style>").next())
        {
            for rule in style
                .split('}')
                .filter(|rule| rule.contains('{') && !rule.contains("@keyframes"))
            {
                let scoped = rule.trim_start().starts_with("#diagram-proposals-a-page-")
                    || rule.contains("stroke-dashoffset");
                assert!(scoped, "{rule}");
            }
        }
    }

    #[test]
    fn diagram_colours_are_the_themes() {
        let colour =
            Regex::new(r"(?:[:\x22]\s*)(#[0-9a-fA-F]{3,8}|rgba?\([^)]*\))").expect("a pattern");
        // What class rules of the same drawing override, and shadows of a look that is not used.
        let overridden = [
            "#eaeaea",
            "#666",
            "#999",
            "#EDF2AE",
            "#e0e0e0",
            "rgba(0,0,0,0.2)",
        ];
        for source in [FLOWCHART, SEQUENCE, STATE] {
            let markdown = drawn(&[source]).expect("a drawing");
            for found in colour.captures_iter(&markdown) {
                assert!(overridden.contains(&&found[1]), "{} in {source}", &found[1]);
            }
            assert!(
                markdown.contains("var(--diagram-surface)")
                    && markdown.contains("var(--diagram-line)")
            );
        }
    }

    #[test]
    fn diagram_uses_what_the_theme_defines() {
        let theme = include_str!("../../../theme/course.css");
        // mdBook's own themes define the page's background and foreground.
        let own = Paint::ALL
            .map(Paint::variable)
            .into_iter()
            .filter(|name| !["var(--bg)", "var(--fg)"].contains(name));
        for name in own.map(|name| name.trim_start_matches("var(").trim_end_matches(')')) {
            assert!(theme.contains(&format!("{name}: light-dark(")), "{name}");
        }
    }

    #[test]
    fn label_that_wraps_keeps_mdbooks_line_breaks_out() {
        let source = "flowchart LR\naccTitle: t\naccDescr: d\nA[A label that is long enough to need a second line]";
        let markdown = drawn(&[source]).expect("a drawing");
        assert!(markdown.contains("second") && !markdown.contains("break-spaces"));
    }

    #[test]
    fn broken_diagram_is_a_problem_at_its_line() {
        let problems = drawn(&[FLOWCHART, "flowchart LR\naccTitle: t\naccDescr: d\nA --> ["])
            .expect_err("broken");
        assert_eq!(problems.len(), 1);
        let fence = page(&[FLOWCHART, ""]).fences[1].line;
        assert_eq!(
            problems[0].place(),
            format!("src/proposals/a-page.md:{}", fence + 4)
        );
        assert!(
            problems[0].what.contains("missing `]`"),
            "{}",
            problems[0].what
        );
    }

    #[test]
    fn all_flaws_are_reported_together() {
        let problems = drawn(&["no diagram", "flowchart LR\nA-->B", "pie\n\"a\": 1"])
            .expect_err("three flaws");
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems[1].what.contains("no text alternative")
                && problems[1].help.contains("accDescr")
        );
        assert!(problems[2].what.contains("pie"), "{}", problems[2].what);
    }

    #[test]
    fn page_without_diagrams_is_left_alone() {
        let page = Page::parse(
            Path::new("src/a.md"),
            "```html\n<pre class=\"mermaid\">x</pre>\n```\n",
        );
        assert_eq!(draw(&page, &page.text).expect("unchanged"), page.text);
    }

    #[test]
    fn shown_markup_is_not_a_diagram() {
        let text = format!(
            "```mermaid\n{FLOWCHART}\n```\n\n```html\n<pre class=\"mermaid\">x</pre>\n```\n"
        );
        let page = Page::parse(Path::new("src/a.md"), &text);
        let markdown = draw(&page, &page.text).expect("a drawing");
        assert!(
            markdown.contains("<pre class=\"mermaid\">x</pre>")
                && markdown.matches("<figure").count() == 1
        );
    }
}
