//! Links inside the book lead somewhere; images have words; pages begin with their title.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pulldown_cmark::HeadingLevel;

use book::files::lexical;
use book::nearest::or_nearest;
use book::page::{Heading, Page};
use book::problem::{Problem, Problems};
use book::project::Project;

/// Checks the links, headings and images of every page.
pub fn check(project: &Project, problems: &mut Problems) {
    let ids: BTreeMap<&Path, BTreeSet<String>> = project
        .pages
        .iter()
        .map(|page| (page.file.as_path(), ids(page).into_iter().collect()))
        .collect();
    for page in &project.pages {
        for (line, target) in &page.links {
            if let Err((what, help)) = resolve(project, &ids, page, target) {
                problems.push(Problem::new(&page.file, *line, what).help(help));
            }
        }
        for line in &page.images_without_alt {
            problems.push(
                Problem::new(&page.file, *line, "image without alternative text")
                    .help("say between the brackets what the picture shows"),
            );
        }
        for line in &page.indented_code {
            problems.push(
                Problem::new(
                    &page.file,
                    *line,
                    "indented code block, which rustdoc would take for Rust",
                )
                .help("use a fence with a language"),
            );
        }
        headings(page, problems);
    }
}

fn resolve(
    project: &Project,
    ids: &BTreeMap<&Path, BTreeSet<String>>,
    page: &Page,
    target: &str,
) -> Result<(), (String, String)> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (path, fragment) = target
        .split_once('#')
        .map_or((target, None), |(path, id)| (path, Some(id)));
    let file = if path.is_empty() {
        page.file.clone()
    } else {
        lexical(&page.file.parent().unwrap_or(Path::new("")).join(path))
    };
    match (ids.get(file.as_path()), fragment) {
        (Some(ids), Some(id)) if !ids.contains(id) => {
            let help = {
                let ids: Vec<_> = ids.iter().map(|id| format!("#{id}")).collect();
                or_nearest(
                    &format!("#{id}"),
                    ids.iter().map(String::as_str),
                    "the page has no headings",
                )
            };
            Err((format!("`{}` has no heading `#{id}`", file.display()), help))
        }
        (Some(_), _) => Ok(()),
        (None, _) if project.root.join(&file).is_file() && !path.ends_with(".md") => Ok(()),
        (None, _) => {
            let help = if project.root.join(&file).is_file() {
                format!("list `{}` in src/SUMMARY.md", file.display())
            } else {
                "write its path from this page's folder".to_owned()
            };
            let kind = if path.ends_with(".md") {
                "page of the book"
            } else {
                "file"
            };
            Err((format!("link to `{target}`, which is no {kind}"), help))
        }
    }
}

fn headings(page: &Page, problems: &mut Problems) {
    match page.headings.first() {
        Some(first) if first.level == HeadingLevel::H1 => {}
        Some(first) => problems.push(
            Problem::new(
                &page.file,
                first.line,
                format!(
                    "a page begins with one `# Title`, not with {}",
                    written(first)
                ),
            )
            .help("make this heading the title, or put one above it"),
        ),
        None => problems.push(
            Problem::new(
                &page.file,
                1,
                "a page begins with one `# Title`, and this one has no heading",
            )
            .help("write `# ` and the title on its first line"),
        ),
    }
    for pair in page.headings.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.level == HeadingLevel::H1 {
            problems.push(
                Problem::new(
                    &page.file,
                    after.line,
                    format!("a second title on the page: {}", written(after)),
                )
                .help("make it a `##` heading, or a page of its own"),
            );
        } else if after.level as usize > before.level as usize + 1 {
            let levels = (before.level as usize, after.level as usize);
            problems.push(
                Problem::new(
                    &page.file,
                    after.line,
                    format!(
                        "a heading of level {} follows one of level {}, so it skips one",
                        levels.1, levels.0
                    ),
                )
                .help(format!("write it with {} `#`", levels.0 + 1)),
            );
        }
    }
}

/// A heading as its author wrote it.
fn written(heading: &Heading) -> String {
    format!("`{} {}`", "#".repeat(heading.level as usize), heading.text)
}

/// The ids that mdBook gives to a page's headings and terms, in order.
pub(super) fn ids(page: &Page) -> Vec<String> {
    let headings = page
        .headings
        .iter()
        .map(|heading| (heading.line, &heading.text));
    let mut titled: Vec<_> = headings
        .chain(page.terms.iter().map(|(line, term)| (*line, term)))
        .collect();
    titled.sort();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let id = |(_, text): (usize, &String)| {
        let id = id_from(text);
        let count = seen.entry(id.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            id
        } else {
            format!("{id}-{}", *count - 1)
        }
    };
    titled.into_iter().map(id).collect()
}

/// mdBook's rule: lower case, letters, digits, `_` and `-` kept, white space becomes `-`, the rest goes.
pub(super) fn id_from(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            c if c.is_alphanumeric() || c == '_' || c == '-' => {
                Some(c.to_lowercase().next().unwrap_or(c))
            }
            c if c.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn problems(pages: &[(&str, &str)]) -> Vec<String> {
        let project = Project {
            root: PathBuf::from("/nonexistent"),
            pages: pages
                .iter()
                .map(|(file, text)| Page::parse(Path::new(file), text))
                .collect(),
            tasks: BTreeMap::new(),
            problems: Vec::new(),
        };
        let mut problems = Problems::default();
        check(&project, &mut problems);
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
}
