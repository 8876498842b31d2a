//! Diagrams on pages: each Mermaid fence is shown as the drawing that was captured of it.
//!
//! Input, on a page:
//!
//! ````markdown
//! ```mermaid
//! stateDiagram-v2 accTitle: Life of a coroutine accDescr: A coroutine is suspended, runs when
//! resumed, and ends once. [*] --> Suspended
//! ```
//! ````
//!
//! and `listings/captured/<page>/diagram.svg`, which `cargo course bless` draws. `<!-- diagram:
//! life -->` on the line above the fence makes it `life.svg`: of several diagrams on a page all but
//! one need a name.
//!
//! Output: one HTML block, `<figure class="diagram">` around the SVG. Its first line is a digest of what it was drawn
//! from, so that an old drawing is noticed without drawing again.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use book::diagnostic::Diagnostic;
use book::page::{Fence, Page};
use serde::{Deserialize, Serialize};

/// A diagram of a page.
#[derive(Debug, Clone)]
pub struct Diagram {
    /// The page's file, relative to the book's root.
    pub page: PathBuf,
    /// The line of the opening fence.
    pub line: usize,
    /// The Mermaid source.
    pub source: String,
    /// The bytes of the fence in the text it was found in.
    pub span: Range<usize>,
    /// The page's path and the diagram's name, such as `proposals/a-page/life`.
    path: PathBuf,
}

impl Diagram {
    /// True if a page has any.
    #[must_use]
    pub fn is_on(page: &Page) -> bool {
        page.fences.iter().any(|fence| is_diagram(&fence))
    }

    /// Finds the diagrams of a page in its text with all directives replaced; `page` has their lines.
    ///
    /// # Errors
    ///
    /// A problem for every diagram whose name another one on the page has.
    pub fn find(page: &Page, text: &str) -> Result<Vec<Self>, Vec<Diagnostic>> {
        if !Self::is_on(page) {
            return Ok(Vec::new());
        }
        let mut lines = page.fences.iter().filter(is_diagram).map(|it| it.line);
        let folder = page.file.strip_prefix("src").unwrap_or(&page.file);
        let expanded = Page::parse(&page.file, text);
        let diagrams: Vec<_> = expanded
            .fences
            .iter()
            .filter(is_diagram)
            .map(|fence| Self {
                page: page.file.clone(),
                line: lines.next().unwrap_or_default(),
                source: fence.body.replace("\r\n", "\n"),
                span: fence.span.clone(),
                path: folder
                    .with_extension("")
                    .join(dashed(fence.noted("diagram").unwrap_or("diagram"))),
            })
            .collect();
        let mut seen = BTreeSet::new();
        let again: Vec<_> = diagrams
            .iter()
            .filter(|diagram| !seen.insert(&diagram.path))
            .map(Self::namesake)
            .collect();
        if again.is_empty() {
            Ok(diagrams)
        } else {
            Err(again)
        }
    }

    /// The captured drawing, from the book's root.
    #[must_use]
    pub fn captured(&self) -> PathBuf {
        Path::new("listings/captured").join(format!("{}.svg", self.path.display()))
    }

    /// The beginning of all ids in the drawing, unique in the book.
    #[must_use]
    pub fn id(&self) -> String {
        format!("diagram-{}-", dashed(&self.path.to_string_lossy()))
    }

    /// The first line of a drawing of this source.
    #[must_use]
    pub fn header(&self) -> String {
        let digest = blake3::hash(format!("{}\n{}", self.id(), self.source).as_bytes()).to_hex();
        format!(
            "<!-- drawn by `cargo course bless` from {} -->",
            &digest[..16]
        )
    }

    /// The captured drawing without its header, in one line, as Markdown needs it.
    ///
    /// # Errors
    ///
    /// When there is none, or it was drawn from another source.
    pub fn read(&self, root: &Path) -> Result<String, Diagnostic> {
        let file = self.captured();
        let Ok(text) = fs::read_to_string(root.join(&file)) else {
            return Err(self.undrawn(format!("there is no drawing `{}`", file.display())));
        };
        match text.split_once('\n') {
            Some((first, svg)) if first.trim_end() == self.header() => Ok(svg.lines().collect()),
            _ => Err(self.undrawn(format!(
                "the drawing `{}` is of another diagram",
                file.display()
            ))),
        }
    }

    /// A problem that drawing solves.
    #[must_use]
    pub fn undrawn(&self, what: String) -> Diagnostic {
        Diagnostic::new(&self.page, self.line, what)
            .help("run `cargo course bless`, and look at what it draws")
    }

    fn namesake(&self) -> Diagnostic {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let what = format!("another diagram of this page is called `{name}`");
        Diagnostic::new(&self.page, self.line, what)
            .help("name it on the line above the block: `<!-- diagram: NAME -->`")
    }
}

fn is_diagram(fence: &&Fence) -> bool {
    fence.info == "mermaid"
}

fn dashed(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Replaces the Mermaid fences of a page's text by their captured drawings.
///
/// `text` is the page with its directives already replaced.
///
/// # Errors
///
/// A problem for every diagram that has no drawing, or an old one.
pub fn show(root: &Path, page: &Page, text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for diagram in Diagram::find(page, text)? {
        match diagram.read(root) {
            Ok(svg) => {
                out.push_str(&text[done..diagram.span.start]);
                out.push_str(&figure(&svg));
                done = diagram.span.end;
            }
            Err(problem) => problems.push(problem),
        }
    }
    out.push_str(&text[done..]);
    if problems.is_empty() {
        Ok(out)
    } else {
        Err(problems)
    }
}

fn figure(svg: &str) -> String {
    let title = svg
        .split_once("<title")
        .and_then(|(_, rest)| rest.split_once('>'))
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map_or("", |(title, _)| title);
    // Already escaped as text; in an attribute quotes are, too.
    let title = title.replace('"', "&quot;");
    format!(
        "<figure class=\"diagram\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">{svg}</div></figure>\n"
    )
}

/// The result of drawing again.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Redrawn {
    /// Diagrams that cannot be drawn, and drawings that are not what is drawn now.
    pub problems: Vec<Diagnostic>,
    /// Drawings that were written, when blessing.
    pub written: Vec<Written>,
}

/// A drawing that was written.
#[derive(Debug, Serialize, Deserialize)]
pub struct Written {
    /// The file, from the book's root.
    pub file: PathBuf,
    /// The text before, if there was one.
    pub before: String,
    /// The text now.
    pub now: String,
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Parser};

    use super::*;

    const TWO: &str = "Before.\n\n```mermaid\nA\n```\nBetween.\n\n<!-- diagram: the other -->\n```mermaid\nB\n```\n";

    fn page(text: &str) -> Page {
        Page::parse(Path::new("src/proposals/a-page.md"), text)
    }

    /// A book in which every diagram of the page has a drawing.
    fn captured(page: &Page) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for diagram in Diagram::find(page, &page.text).unwrap() {
            let file = root.path().join(diagram.captured());
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let svg = "<svg>\n<title id=\"t\">A &amp; \"B\"</title>\n</svg>";
            fs::write(file, format!("{}\n{svg}\n", diagram.header())).unwrap();
        }
        root
    }

    #[test]
    fn diagram_is_shown_as_one_html_block_in_the_text() {
        let page = page(TWO);
        let shown = show(captured(&page).path(), &page, &page.text).unwrap();
        let events = Parser::new(&shown).filter(|event| matches!(event, Event::Start(_)));
        assert_eq!(events.count(), 5, "{shown}");
        assert!(
            shown.contains("aria-label=\"A &amp; &quot;B&quot;\"><svg><title id=\"t\">A &amp; \"B\"</title></svg></div></figure>\n\nBetween."),
            "{shown}"
        );
        assert!(!shown.contains("```"));
    }

    #[test]
    fn drawing_lies_beside_what_else_is_captured_of_the_page() {
        let page = page(TWO);
        let files: Vec<_> = Diagram::find(&page, TWO)
            .unwrap()
            .iter()
            .map(Diagram::captured)
            .collect();
        let folder = Path::new("listings/captured/proposals/a-page");
        assert_eq!(
            files,
            [folder.join("diagram.svg"), folder.join("the-other.svg")]
        );
    }

    #[test]
    fn missing_and_old_drawings_are_problems_at_their_lines() {
        let before = page(TWO);
        let root = captured(&before);
        let text = "Line.\n\n".to_owned() + &TWO.replace("\nB\n", "\nC\n");
        fs::remove_file(
            root.path()
                .join("listings/captured/proposals/a-page/diagram.svg"),
        )
        .unwrap();
        let page = page(&text);
        let problems = show(root.path(), &page, &text).unwrap_err();
        let said: Vec<_> = problems
            .iter()
            .map(|it| (it.line, it.what.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (
                    5,
                    "there is no drawing `listings/captured/proposals/a-page/diagram.svg`"
                ),
                (
                    11,
                    "the drawing `listings/captured/proposals/a-page/the-other.svg` is of another diagram"
                ),
            ]
        );
        assert!(
            problems
                .iter()
                .all(|it| it.help.contains("`cargo course bless`"))
        );
    }

    #[test]
    fn line_endings_of_a_checkout_change_nothing() {
        let page = page(TWO);
        let root = captured(&page);
        for diagram in Diagram::find(&page, TWO).unwrap() {
            let file = root.path().join(diagram.captured());
            let text = fs::read_to_string(&file).unwrap();
            fs::write(file, text.replace('\n', "\r\n")).unwrap();
        }
        let crlf = Page::parse(&page.file, &TWO.replace('\n', "\r\n"));
        assert!(show(root.path(), &crlf, &crlf.text).is_ok());
    }

    #[test]
    fn two_diagrams_of_one_name_are_a_problem() {
        let page = page(&TWO.replace("the other", "diagram"));
        let problems = Diagram::find(&page, &page.text).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, 9);
        assert!(problems[0].help.contains("<!-- diagram: NAME -->"));
    }

    #[test]
    fn drawing_of_another_page_is_an_old_one() {
        let diagram = |file| {
            let page = Page::parse(Path::new(file), TWO);
            Diagram::find(&page, TWO).unwrap()[0].header()
        };
        assert_ne!(diagram("src/a.md"), diagram("src/b.md"));
        assert_eq!(diagram("src/a.md"), diagram("src/a.md"));
    }
}
