//! Draws the Mermaid fences of pages, for `bless` and `verify`: readers need neither a script nor
//! this part of the tool.
//!
//! Input: a page with a fence as [`reader::diagrams`] describes it.
//!
//! Output: `listings/captured/<page>/<name>.svg`, an element a line. Its title and description are
//! the fence's `accTitle` and `accDescr`, its ids are unique in the book, and its colours are the
//! theme's custom properties. The same source always makes the same bytes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
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

use book::diagnostic::Diagnostic;
use book::html::unescape;
use book::page::Page;
use book::project::Project;
use book::task::line_of;
use measurements::record::Record;
use reader::diagrams::{Diagram, Redrawn, Written};
use reader::preprocess;
use reader::site::pattern;

/// Draws the diagrams of pages again, and compares them with the captured ones or, when blessing, writes them.
///
/// A page whose directives have problems is left out: rendering it reports them.
#[must_use]
pub fn redraw(project: &Project, pages: &[&Page], bless: bool) -> Redrawn {
    // A record that cannot be read is reported where it is read for the page.
    let record = Record::load_reference(project).ok().flatten();
    let mut redrawn = Redrawn::default();
    for page in pages.iter().filter(|page| Diagram::is_on(page)) {
        let Ok(text) = preprocess::expanded(project, record.as_ref(), page) else {
            continue;
        };
        for drawing in drawings(page, &text) {
            let settled = drawing.and_then(|(diagram, svg)| {
                let written = settle(&project.root, &diagram, svg, bless)?;
                redrawn.written.extend(written);
                Ok(())
            });
            redrawn.problems.extend(settled.err());
        }
    }
    redrawn
}

fn settle(
    root: &Path,
    diagram: &Diagram,
    now: String,
    bless: bool,
) -> Result<Option<Written>, Diagnostic> {
    let file = diagram.captured();
    let path = root.join(&file);
    let before = fs::read_to_string(&path).unwrap_or_default();
    // A checkout may have turned line endings.
    if before.replace("\r\n", "\n") == now {
        return Ok(None);
    }
    if !bless {
        diagram.read(root)?;
        return Err(diagram.undrawn(format!("`{}` is not what is drawn now", file.display())));
    }
    fs::create_dir_all(path.parent().unwrap_or(root))
        .and_then(|()| fs::write(&path, &now))
        .map_err(|error| {
            Diagnostic::new(&file, 0, format!("the drawing cannot be written: {error}"))
                .help("make the folder writable")
        })?;
    Ok(Some(Written { file, before, now }))
}

/// Draws the diagrams of a page from its text with all directives replaced.
#[must_use]
pub fn drawings(page: &Page, text: &str) -> Vec<Result<(Diagram, String), Diagnostic>> {
    let diagrams = match Diagram::find(page, text) {
        Ok(diagrams) if diagrams.is_empty() => return Vec::new(),
        Ok(diagrams) => diagrams,
        Err(problems) => return problems.into_iter().map(Err).collect(),
    };
    let sources = match mark(text) {
        Ok(markdown) => marked(&markdown),
        Err(error) => {
            let what = format!("mdbook-mermaid cannot read the page: {error:#}");
            let help = "look for a diagram whose fence does not end";
            return vec![Err(Diagnostic::new(&page.file, 0, what).help(help))];
        }
    };
    let sources = sources.into_iter().map(Some).chain(std::iter::repeat(None));
    diagrams
        .into_iter()
        .zip(sources)
        .map(|(diagram, source)| {
            let svg = draw(&diagram, source.as_deref())?;
            Ok((diagram, svg))
        })
        .collect()
}

/// Draws a diagram from what mdbook-mermaid hands on of it.
fn draw(diagram: &Diagram, source: Option<&str>) -> Result<String, Diagnostic> {
    let source = source
        .filter(|source| same(source, &diagram.source))
        .ok_or_else(|| {
            Diagnostic::new(
                &diagram.page,
                diagram.line,
                "mdbook-mermaid reads another diagram here",
            )
            .help("write the block outside of quotations and definitions")
        })?;
    let svg = svg(source, &diagram.id()).map_err(|flaw| flaw.at(diagram))?;
    Ok(format!(
        "{}\n{}\n",
        diagram.header(),
        lines(&slim(&themed(&svg)))
    ))
}

/// True if two sources only differ in how far they are indented.
fn same(one: &str, other: &str) -> bool {
    one.lines().map(str::trim).eq(other.lines().map(str::trim))
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

/// Sources in the blocks that mdbook-mermaid made. A `<pre>` that a code block only shows is not one.
fn marked(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut html = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::HtmlBlock) => html.clear(),
            Event::Html(part) => html.push_str(&part),
            Event::End(TagEnd::HtmlBlock) => {
                let source = html
                    .strip_prefix("<pre class=\"mermaid\">")
                    .and_then(|rest| rest.split("</pre>").next());
                blocks.extend(source.map(unescape));
            }
            _ => {}
        }
    }
    blocks
}

/// The reason why a diagram cannot be shown.
struct Flaw {
    /// The line inside the fence, from 1, if known.
    line: Option<usize>,
    what: String,
    help: &'static str,
}

impl Flaw {
    fn at(self, diagram: &Diagram) -> Diagnostic {
        let line = diagram.line + self.line.unwrap_or(0);
        Diagnostic::new(&diagram.page, line, self.what).help(self.help)
    }
}

static RENDERER: LazyLock<(Renderer, ResolvedPresentation)> = LazyLock::new(|| {
    let theme = ThemeRole::ALL
        .into_iter()
        .fold(HostTheme::new(), |theme, role| {
            theme
                .try_with_role(role, Paint::for_role(role).stand_in())
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

static BLACK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r##"([:"])(?:#000(?:000)?|black)([;"}])"##));
static ROLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"role="graphics-document document" aria-roledescription="[^"]*""#));
static MAX_WIDTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"max-width: ([0-9.]+)px;"));
static TEXT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<(title|desc) id=[^>]*>(.*?)</"));

static CLASSES: LazyLock<Regex> = LazyLock::new(|| pattern(r#" class="([^"]*)""#));
static CLASS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.([A-Za-z][\w-]*)"));
static RULE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(#diagram-[^{}<>]*)\{[^{}]*\}"));
static MARKER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"<(?:marker|filter) id="([^"]*)".*?</(?:marker|filter)>"#));
static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"<[A-Za-z][^<>]*>"));
static DATA: LazyLock<Regex> = LazyLock::new(|| pattern(r#" data-[a-z-]+="[^"]*"| style=";?""#));
static DECIMALS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[0-9]+\.[0-9]{3,}"));
/// The points at which a line may begin.
static BREAK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"<(?:circle|defs|desc|foreignObject|g|line|marker|path|polygon|rect|style|text|title)\b|#diagram-[^{}<>]*\{|</style",
    )
});

/// The renderer's drawing of a source, which must have a title and a description.
fn svg(source: &str, id: &str) -> Result<String, Flaw> {
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
    let has_text = |name: &str| {
        TEXT.captures_iter(&svg)
            .find(|found| &found[1] == name)
            .is_some_and(|found| !found[2].trim().is_empty())
    };
    if !has_text("title") || !has_text("desc") {
        return Err(Flaw {
            help: "after the line that names the kind of diagram, write `accTitle: …` and `accDescr: …`",
            ..Flaw::new("the mermaid block has no text alternative")
        });
    }
    Ok(svg)
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
    // Numbers of messages are on a disc in the line's colour, in what the renderer takes for its opposite.
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

/// Leaves out what nobody sees: styles of classes that are not there, marks that no line ends in, data for scripts, and
/// the third decimal.
fn slim(svg: &str) -> String {
    let classes: BTreeSet<&str> = CLASSES
        .captures_iter(svg)
        .filter_map(|found| found.get(1))
        .flat_map(|classes| classes.as_str().split(' '))
        .collect();
    let applies = |selector: &str| {
        let mut named = CLASS.captures_iter(selector);
        !selector.contains("data-look") && named.all(|found| classes.contains(&found[1]))
    };
    let svg = only(&RULE, svg, |selectors| selectors.split(',').any(applies));
    let svg = only(&MARKER, &svg, |id| svg.contains(&format!("url(#{id})")));
    let svg = TAG.replace_all(&svg, |tag: &Captures<'_>| {
        let tag = DATA.replace_all(&tag[0], "");
        DECIMALS
            .replace_all(&tag, |number: &Captures<'_>| rounded(&number[0]))
            .into_owned()
    });
    svg.into_owned()
}

/// A drawing with only those parts whose first group is wanted.
fn only(part: &Regex, svg: &str, wanted: impl Fn(&str) -> bool) -> String {
    let kept = |found: &Captures<'_>| match wanted(&found[1]) {
        true => found[0].to_owned(),
        false => String::new(),
    };
    part.replace_all(svg, kept).into_owned()
}

fn rounded(number: &str) -> String {
    let number: f64 = number.parse().unwrap_or_default();
    ((number * 100.0).round() / 100.0).to_string()
}

/// Breaks a drawing into lines where that changes nothing: between elements other than those of
/// texts, and rules of style.
fn lines(svg: &str) -> String {
    BREAK.replace_all(svg, "\n$0").trim().to_owned()
}

/// Parts that are painted alike. The renderer computes with colours, so it is given a number in place of each custom
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

    fn for_role(role: ThemeRole) -> Self {
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

    /// The number as the renderer may write it.
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
    use super::*;

    const FLOWCHART: &str = "flowchart LR\naccTitle: A & B\naccDescr: A leads to B\n  A[Start] -->|yes| B{Done}\n  subgraph S\n  B --> C\n  end";
    const SEQUENCE: &str = "sequenceDiagram\naccTitle: Call\naccDescr: A calls B\nautonumber\nA->>+B: hi\nNote over A,B: n\nloop often\nB-->>-A: x\nend\nA-xB: lost";
    const STATE: &str = "stateDiagram-v2\naccTitle: Life\naccDescr {\nFirst idle,\n\nthen running.\n}\n[*] --> Idle\nIdle --> Run: go\nnote right of Run: busy\nstate Run {\n  [*] --> Deep\n}\nRun --> [*]";

    fn page(fences: &[&str]) -> Page {
        let fences = fences.iter().enumerate();
        let text: String = fences
            .map(|(at, fence)| format!("<!-- diagram: d{at} -->\n```mermaid\n{fence}\n```\n\n"))
            .collect();
        Page::parse(Path::new("src/proposals/a-page.md"), &text)
    }

    fn drawn(fences: &[&str]) -> Vec<Result<String, Diagnostic>> {
        let page = page(fences);
        let drawings = drawings(&page, &page.text).into_iter();
        drawings.map(|it| it.map(|(_, svg)| svg)).collect()
    }

    fn all(fences: &[&str]) -> String {
        drawn(fences)
            .into_iter()
            .map(|svg| svg.expect("a drawing"))
            .collect()
    }

    #[test]
    fn drawing_is_the_same_whenever_it_is_drawn() {
        let sources = [FLOWCHART, SEQUENCE, STATE];
        assert_eq!(all(&sources), all(&sources));
    }

    #[test]
    fn captured_drawings_of_this_book_are_what_is_drawn_now() {
        let root = Path::new("../..");
        let project = Project::load(root).expect("the book");
        let pages: Vec<&Page> = project.pages.iter().collect();
        let drawn = pages.iter().map(|page| drawings(page, &page.text).len());
        assert!(drawn.sum::<usize>() > 0);
        assert_eq!(redraw(&project, &pages, false).problems, []);
    }

    #[test]
    fn drawing_has_title_and_description() {
        let svg = all(&[STATE]);
        assert!(svg.contains(">Life</title>") && svg.contains("role=\"img\""));
        assert!(svg.contains(">First idle, then running.</desc>"));
        assert!(!svg.contains("<script"));
    }

    #[test]
    fn drawing_ids_are_unique_and_styles_scoped() {
        let svg = all(&[FLOWCHART, SEQUENCE, STATE, FLOWCHART]);
        let ids: Vec<_> = svg
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
                .all(|id| id.starts_with("diagram-proposals-a-page-d")),
            "{ids:?}"
        );
        for style in svg
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
    fn slim_drawing_has_what_it_refers_to() {
        for source in [FLOWCHART, SEQUENCE, STATE] {
            let svg = all(&[source]);
            let mut used = svg.split("url(#").skip(1).peekable();
            assert!(used.peek().is_some());
            for id in used.filter_map(|rest| rest.split(')').next()) {
                assert!(svg.contains(&format!(" id=\"{id}\"")), "{id}");
            }
        }
    }

    #[test]
    fn label_keeps_its_numbers() {
        let svg = all(&["flowchart LR\naccTitle: t\naccDescr: d\nA[0.12345 #quot;#quot;]"]);
        assert!(svg.contains("0.12345"), "{svg}");
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
            let svg = all(&[source]);
            for found in colour.captures_iter(&svg) {
                assert!(overridden.contains(&&found[1]), "{} in {source}", &found[1]);
            }
            assert!(svg.contains("var(--diagram-surface)") && svg.contains("var(--diagram-line)"));
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
        let svg = all(&[source]);
        assert!(svg.contains("second") && !svg.contains("break-spaces"));
    }

    #[test]
    fn broken_diagram_is_a_problem_at_its_line() {
        let broken = "flowchart LR\naccTitle: t\naccDescr: d\nA --> [";
        let drawn = drawn(&[FLOWCHART, broken]);
        assert!(drawn[0].is_ok());
        let problem = drawn[1].as_ref().expect_err("broken");
        let fence = page(&[FLOWCHART, broken]).fences[1].line;
        assert_eq!(
            problem.place(),
            format!("src/proposals/a-page.md:{}", fence + 4)
        );
        assert!(problem.what.contains("missing `]`"), "{}", problem.what);
    }

    #[test]
    fn all_flaws_are_reported_together() {
        let drawn = drawn(&["no diagram", "flowchart LR\nA-->B", "pie\n\"a\": 1"]);
        let problems: Vec<_> = drawn.into_iter().filter_map(Result::err).collect();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems[1].what.contains("no text alternative")
                && problems[1].help.contains("accDescr")
        );
        assert!(problems[2].what.contains("pie"), "{}", problems[2].what);
    }

    #[test]
    fn shown_markup_is_not_drawn() {
        let text = format!(
            "```html\n<pre class=\"mermaid\">x</pre>\n```\n\n```mermaid\n{FLOWCHART}\n```\n"
        );
        let page = Page::parse(Path::new("src/a.md"), &text);
        let drawings = drawings(&page, &page.text);
        assert!(matches!(drawings.as_slice(), [Ok(_)]), "{drawings:?}");
    }

    #[test]
    fn indented_diagram_is_drawn_as_any() {
        let text = format!("- A\n\n  ```mermaid\n{FLOWCHART}\n```\n").replace('\n', "\n  ");
        let page = Page::parse(Path::new("src/a.md"), &text);
        let drawings = drawings(&page, &page.text);
        assert!(matches!(drawings.as_slice(), [Ok(_)]), "{drawings:?}");
    }

    #[test]
    fn result_reads_as_it_was_written() {
        let redrawn = Redrawn {
            problems: vec![Diagnostic::new("src/a.md", 3, "wrong").help("fix it")],
            written: vec![Written {
                file: "a.svg".into(),
                before: String::new(),
                now: "<svg/>".to_owned(),
            }],
        };
        let text = serde_json::to_string(&redrawn).expect("JSON");
        let read: Redrawn = serde_json::from_str(&text).expect("the same");
        assert_eq!(read.problems, redrawn.problems);
        assert_eq!(read.written[0].now, "<svg/>");
    }
}
