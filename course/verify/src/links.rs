//! Links inside the book lead somewhere; images have words; pages begin with their title.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use pulldown_cmark::HeadingLevel;
use regex::Regex;

use book::diagnostic::{Diagnostic, Diagnostics, Level};
use book::files::lexical;
use book::ids::Ids;
use book::ledger::{Kind, Ledger};
use book::nearest::or_nearest;
use book::page::{Heading, Page};
use book::project::Project;
use reader::includes;

use crate::fences::NOW;

/// Files that mdBook adds to a site.
const ADDED: &[&str] = &["404.html", "print.html", "toc.html"];

/// A rule that a link breaks: what, and what to do.
type Broken = (Level, String, String);

/// Checks the links, headings and images of every page.
pub fn check(project: &Project, problems: &mut Diagnostics, ledger: &mut Ledger) {
    let site = Site::new(project);
    let style = project.settings.style;
    for page in &project.pages {
        let mut breaks = |rule: Level, line: usize, what: String, help: String| {
            problems.extend(rule.apply(Diagnostic::new(&page.file, line, what).help(help)));
        };
        for (line, target) in &page.links {
            if !is_inside(target) {
                continue;
            }
            match site.resolve(page, target) {
                Ok(()) => ledger.held(&page.file, Kind::Link, target, NOW),
                Err((rule, what, help)) => breaks(rule, *line, what, help),
            }
        }
        for line in &page.images_without_alt {
            let help = "say what the picture shows: between the brackets, or with `alt`";
            let what = "image without alternative text";
            breaks(style, *line, what.into(), help.into());
        }
        for line in &page.indented_code {
            let what = "indented code block, which rustdoc would take for Rust";
            let help = "use a fence with a language";
            breaks(style, *line, what.into(), help.into());
        }
        for (line, what, help) in headings(page) {
            breaks(style, line, what, help);
        }
    }
}

/// True if a link leads to something of the book, and not to another site or a program.
pub(crate) fn is_inside(target: &str) -> bool {
    static SCHEME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(?i:[a-z][a-z0-9+.-]*:|//)").expect("a valid pattern"));
    !SCHEME.is_match(target)
}

/// The book as mdBook renders it.
struct Site<'a> {
    project: &'a Project,
    /// The pages and their ids, by the files that mdBook writes, as if these were beside the pages.
    pages: BTreeMap<PathBuf, (&'a Page, BTreeSet<String>)>,
}

impl<'a> Site<'a> {
    fn new(project: &'a Project) -> Self {
        let pages: Vec<&Page> = project.pages.iter().collect();
        let texts: Vec<_> = pages
            .iter()
            .map(|page| (*page, page.text.as_str()))
            .collect();
        // What an include brings has ids, too. One that cannot be expanded is reported as such.
        let expanded = includes::expand(&project.root, &texts)
            .unwrap_or_else(|_| pages.iter().map(|page| page.text.clone()).collect());
        let ids = |text: &str| {
            let ids = Ids::collect(text, &project.settings);
            ids.all().map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let all = pages.iter().zip(&expanded);
        let mut pages: BTreeMap<_, _> = all
            .map(|(page, text)| (rendered(&page.file), (*page, ids(text))))
            .collect();
        // mdBook's first page is the index, too.
        let first = project.pages.first().map(|page| rendered(&page.file));
        let index = project.settings.src.join("index.html");
        if let Some(first) = first.and_then(|first| pages.get(&first)).cloned() {
            pages.entry(index).or_insert(first);
        }
        Self { project, pages }
    }

    /// Follows a link on a page.
    fn resolve(&self, page: &Page, target: &str) -> Result<(), Broken> {
        let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
        let path = decoded(path.split('?').next().unwrap_or_default());
        let src = &self.project.settings.src;
        let file = match path.strip_prefix('/') {
            _ if path.is_empty() => page.file.clone(),
            Some(from_root) => lexical(&src.join(from_root)),
            None => lexical(&page.file.parent().unwrap_or(Path::new("")).join(&*path)),
        };
        let html = match file.extension() {
            Some(ending) if ending == "md" && !path.is_empty() => file.with_extension("html"),
            _ if path.is_empty() => rendered(&file),
            _ => file.clone(),
        };
        let known = self.pages.get(&html);
        if let Some(known) = known.or_else(|| self.pages.get(&html.join("index.html"))) {
            return self.fragment(&html, known, &decoded(fragment));
        }
        if self.is_made(&html) || self.is_copied(&file) {
            return Ok(());
        }
        Err(self.dead(target, &path, &file))
    }

    fn fragment(
        &self,
        html: &Path,
        known: &(&Page, BTreeSet<String>),
        id: &str,
    ) -> Result<(), Broken> {
        let (page, ids) = known;
        // The top of a page needs no id, and a text is searched for by the browser.
        let is_builtin = matches!(id, "" | "top") || id.starts_with(":~:");
        if is_builtin || ids.contains(id) || self.is_redirected(html, Some(id)) {
            return Ok(());
        }
        let ids: Vec<_> = ids.iter().map(|id| format!("#{id}")).collect();
        let help = or_nearest(
            &format!("#{id}"),
            ids.iter().map(String::as_str),
            "the page has no headings",
        );
        let what = format!("`{}` has no heading `#{id}`", page.file.display());
        Err((Level::Error, what, help))
    }

    /// True if mdBook makes this file of no page.
    fn is_made(&self, html: &Path) -> bool {
        let inside = html.strip_prefix(&self.project.settings.src);
        let is_added = |inside: &Path| ADDED.iter().any(|added| inside == Path::new(added));
        inside.is_ok_and(is_added) || self.is_redirected(html, None)
    }

    fn is_redirected(&self, html: &Path, id: Option<&str>) -> bool {
        let settings = &self.project.settings;
        let inside = html.strip_prefix(&settings.src).unwrap_or(html);
        let mut address = format!("/{}", inside.to_string_lossy().replace('\\', "/"));
        if let Some(id) = id {
            address += &format!("#{id}");
        }
        settings.redirects.contains(&address)
    }

    /// True if this is there and no page's source, which mdBook does not copy.
    fn is_copied(&self, file: &Path) -> bool {
        let there = self.project.root.join(file);
        there.is_dir() || there.is_file() && file.extension().is_none_or(|ending| ending != "md")
    }

    fn dead(&self, target: &str, path: &str, file: &Path) -> Broken {
        let src = &self.project.settings.src;
        let summary = src.join("SUMMARY.md");
        let is_file = self.project.root.join(file).is_file();
        let index = self.pages.values().find(|(page, _)| page.file == *file);
        let help = match (index, is_file) {
            (Some(_), _) => "write index.md: mdBook makes index.html of a README.md".to_owned(),
            (None, true) => format!("list `{}` in {}", file.display(), summary.display()),
            (None, false) => "write its path from this page's folder".to_owned(),
        };
        let kind = if path.ends_with(".md") {
            "page of the book"
        } else {
            "file"
        };
        // Where the site will be is not known, so a path from its root is none that can be judged.
        let rule = match path.starts_with('/') {
            true => self.project.settings.style,
            false => Level::Error,
        };
        (
            rule,
            format!("link to `{target}`, which is no {kind}"),
            help,
        )
    }
}

/// The file that mdBook makes of a page, as if it were beside the page.
fn rendered(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default();
    match stem.eq_ignore_ascii_case("readme") {
        true => file.with_file_name("index.html"),
        false => file.with_extension("html"),
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Faults of a page's headings: line, message, fix.
fn headings(page: &Page) -> Vec<(usize, String, String)> {
    let mut wrong = Vec::new();
    match page.headings.first() {
        Some(first) if first.level == HeadingLevel::H1 => {}
        Some(first) => wrong.push((
            first.line,
            format!(
                "a page begins with one `# Title`, not with {}",
                written(first)
            ),
            "make this heading the title, or put one above it".to_owned(),
        )),
        None if brings_a_heading(page) => {}
        None => wrong.push((
            1,
            "a page begins with one `# Title`, and this one has no heading".to_owned(),
            "write `# ` and the title on its first line".to_owned(),
        )),
    }
    for pair in page.headings.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.level == HeadingLevel::H1 {
            wrong.push((
                after.line,
                format!("a second title on the page: {}", written(after)),
                "make it a `##` heading, or a page of its own".to_owned(),
            ));
        } else if after.level as usize > before.level as usize + 1 {
            let levels = (before.level as usize, after.level as usize);
            wrong.push((
                after.line,
                format!(
                    "a heading of level {} follows one of level {}, so it skips one",
                    levels.1, levels.0
                ),
                format!("write it with {} `#`", levels.0 + 1),
            ));
        }
    }
    wrong
}

/// True if a page without headings in Markdown may have one in raw HTML, or in what it includes.
fn brings_a_heading(page: &Page) -> bool {
    let mut outside = book::includes::on(page).filter(|include| include.fence.is_none());
    page.text.contains("<h1") || outside.next().is_some()
}

/// A heading as its author wrote it.
fn written(heading: &Heading) -> String {
    format!("`{} {}`", "#".repeat(heading.level as usize), heading.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use book::settings::Settings;

    fn problems(pages: &[(&str, &str)]) -> Vec<String> {
        let project = Project {
            root: PathBuf::from("/nonexistent"),
            settings: Settings::default(),
            pages: pages
                .iter()
                .map(|(file, text)| Page::parse(Path::new(file), text))
                .collect(),
            tasks: BTreeMap::new(),
            problems: Vec::new(),
            digests: book::dependencies::Digests::default(),
        };
        let mut problems = Diagnostics::default();
        check(&project, &mut problems, &mut Ledger::default());
        problems
            .sorted()
            .into_iter()
            .map(|problem| format!("{}: {}", problem.place(), problem.what))
            .collect()
    }

    #[test]
    fn links_to_pages_and_headings_resolve() {
        let a = "# A\n\n[b](b.md#the-b-part-1) [self](#a) [web](https://example.org)\n";
        let b = "# B\n\n## The `b` part\n\n## The b part\n\n[up](./a.md) [term](#a-term)\n\na term\n: It is *defined*.\n";
        assert_eq!(problems(&[("src/a.md", a), ("src/b.md", b)]), [""; 0]);
    }

    #[test]
    fn broken_links_name_their_line() {
        let found = problems(&[(
            "src/a.md",
            "# A\n\n[b](b.md)\n\n[x](#nowhere)\n\n![](x.png)\n",
        )]);
        assert_eq!(
            found,
            [
                "src/a.md:3: link to `b.md`, which is no page of the book",
                "src/a.md:5: `src/a.md` has no heading `#nowhere`",
                "src/a.md:7: image without alternative text",
                "src/a.md:7: link to `x.png`, which is no file",
            ]
        );
    }

    #[test]
    fn headings_begin_with_one_title_and_skip_no_level() {
        let found = problems(&[
            ("src/a.md", "# A\n\n### C\n\n# B\n"),
            ("src/b.md", "## B\n"),
        ]);
        assert_eq!(
            found,
            [
                "src/a.md:3: a heading of level 3 follows one of level 1, so it skips one",
                "src/a.md:5: a second title on the page: `# B`",
                "src/b.md:1: a page begins with one `# Title`, not with `## B`",
            ]
        );
    }

    #[test]
    fn links_lead_to_what_mdbook_makes_of_the_pages() {
        let a = "# A\n\n[1](in/index.md) [2](in/) [3](in/index.html#in) [4](in) [5](b.html?x=1#b) [6](index.html#a)\n\
                 [7](print.html) [8](a%20b.md) [9](#top) [10](//example.org) <a@example.org> [12](tel:12) [13](/b.html)\n\
                 <a href=\"b.md#%62\">14</a> [15]\n\n[15]: in/index.md#here\n";
        let index = "# In\n\n<a name=\"here\"></a> [up](../a.md)\n";
        let pages = [
            ("src/a.md", a),
            ("src/b.md", "# B\n"),
            ("src/a b.md", "# A b\n"),
            ("src/in/README.md", index),
        ];
        assert_eq!(problems(&pages), [""; 0]);
    }

    #[test]
    fn links_to_a_readme_are_dead_since_it_becomes_an_index() {
        let pages = [
            (
                "src/a.md",
                "# A\n\n[in](in/README.md) <img src=\"x.png\">\n",
            ),
            ("src/in/README.md", "# In\n"),
        ];
        assert_eq!(
            problems(&pages),
            [
                "src/a.md:3: image without alternative text",
                "src/a.md:3: link to `in/README.md`, which is no page of the book",
                "src/a.md:3: link to `x.png`, which is no file",
            ]
        );
    }
}
