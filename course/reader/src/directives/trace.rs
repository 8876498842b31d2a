//! `{{#trace NAME}}`: a timeline drawn from a run.
//!
//! Input: `listings/captured/<slug>/NAME.txt`, one JSON event a line, as `listings::trace::Trace::print` writes them:
//!
//! ```json
//! {"lane":"client","label":"attempt 1","kind":"error","start_ms":0,"end_ms":0}
//! {"lane":"client","label":"backoff","kind":"sleep","start_ms":0,"end_ms":100}
//! ```
//!
//! Output: a figure with the drawing (SVG, one row a lane, kinds that differ in pattern and shape
//! as well as colour), its description in words, and a folded table of the same events.
//!
//! ```html
//! <figure class="trace">
//!   <div class="scroll" …><svg role="img" …><title>…</title><desc>client: attempt 1 at 0 ms (error); …</desc>…</svg></div>
//!   <details><summary>The 2 events as a table</summary><table>…</table></details>
//!   <figcaption>…</figcaption>
//! </figure>
//! ```

use std::fmt::Write as _;

use self::event::{Event, parse};
use super::output::captured;
use super::{Fault, Place, escape, one_name};
use book::project::{Project, module};

mod draw;
mod event;
mod layout;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let name = one_name(arguments)?;
    let slug = place.page.slug().ok_or_else(|| {
        Fault::new("only a chapter's page can show a trace")
            .help("move it to a page directly in src/")
    })?;
    // Two drawings of one run would share their ids.
    if place.count("trace", arguments) > 1 {
        return Err(
            Fault::new(format!("trace `{name}` is drawn twice on this page"))
                .help("draw it once and refer back to it"),
        );
    }
    let events = parse(&captured(place, slug, name)?).map_err(|(line, why)| {
        let file = Project::captured(slug, name);
        Fault::new(format!("`{}:{line}`: {why}", file.display()))
            .help("the example must print nothing but `listings::trace::Trace::print`")
    })?;
    Ok(figure(slug, name, &events))
}

/// The whole figure: one HTML block, so without blank lines.
fn figure(slug: &str, name: &str, events: &[Event]) -> String {
    let id = format!("trace-{slug}-{name}");
    let title = escape(&format!("Timeline of {}", name.replace('_', " ")));
    let mut out = format!(
        r#"<figure class="trace"><div class="scroll" tabindex="0" role="group" aria-label="{title}">"#
    );
    out.push_str(&draw::svg(&id, &title, events));
    out.push_str("</div>");
    out.push_str(&table(events));
    let _ = writeln!(
        out,
        "<figcaption>Drawn from a run of the example <code>{}_{name}</code> in virtual time.</figcaption></figure>",
        module(slug)
    );
    out
}

/// The same events as a folded table.
fn table(events: &[Event]) -> String {
    let mut out = format!(
        r#"<details><summary>The {} as a table</summary><div class="table-wrapper"><table><thead><tr><th scope="col">Lane</th><th scope="col">Event</th><th scope="col">Kind</th><th scope="col">From (ms)</th><th scope="col">To (ms)</th></tr></thead><tbody>"#,
        match events.len() {
            1 => "event".to_owned(),
            count => format!("{count} events"),
        }
    );
    for event in events {
        let _ = write!(
            out,
            r#"<tr><td>{}</td><td>{}</td><td>{}</td><td class="number">{}</td><td class="number">{}</td></tr>"#,
            escape(&event.lane),
            escape(&event.label),
            event.kind.name(),
            event.start_ms,
            event.end_ms,
        );
    }
    out.push_str("</tbody></table></div></details>");
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use super::*;
    use book::page::Page;

    const RETRY: &str = r#"{"lane":"client","label":"attempt <1>","kind":"error","start_ms":0,"end_ms":0}
{"lane":"client","label":"backoff","kind":"sleep","start_ms":0,"end_ms":100}
{"lane":"client","label":"attempt 2","kind":"ok","start_ms":100,"end_ms":100}
"#;

    /// Renders `{{#trace retry}}` as on the page `a-chapter`, with this captured text.
    fn rendered(captured: Option<&str>, page: &str) -> Result<String, Fault> {
        let root = tempfile::tempdir().expect("a temporary folder");
        if let Some(text) = captured {
            let file = root.path().join(Project::captured("a-chapter", "retry"));
            fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            fs::write(file, text).expect("a file");
        }
        let project = Project {
            root: root.path().to_owned(),
            settings: book::settings::Settings::default(),
            pages: Vec::new(),
            tasks: BTreeMap::new(),
            problems: Vec::new(),
            digests: book::dependencies::Digests::default(),
        };
        let page = Page::parse(Path::new("src/a-chapter.md"), page);
        render(
            Place {
                project: &project,
                record: None,
                page: &page,
            },
            "retry",
        )
    }

    #[test]
    fn trace_is_one_html_block_with_text_alternative_and_table() {
        let html = rendered(Some(RETRY), "{{#trace retry}}").expect("a figure");
        assert!(html.starts_with(r#"<figure class="trace">"#));
        assert!(
            !html.trim_end().contains("\n\n"),
            "a blank line ends an HTML block"
        );
        assert!(html.contains(r#"role="img""#));
        assert!(
            html.contains("attempt &lt;1&gt; at 0 ms (error); backoff from 0 ms to 100 ms (sleep)")
        );
        assert!(html.contains("The 3 events as a table"));
        assert!(!html.contains("attempt <1>"));
    }

    #[test]
    fn trace_ids_are_unique() {
        let html = rendered(Some(RETRY), "{{#trace retry}}").expect("a figure");
        let ids: Vec<_> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{ids:?}");
        assert!(
            ids.iter().all(|id| id.starts_with("trace-a-chapter-retry")),
            "{ids:?}"
        );
    }

    #[test]
    fn trace_without_capture_says_how_to_get_one() {
        let fault = rendered(None, "{{#trace retry}}").expect_err("no capture");
        assert!(
            fault.what.contains("listings/captured/a-chapter/retry.txt"),
            "{}",
            fault.what
        );
        assert!(
            fault.help.contains("cargo course bless a-chapter"),
            "{}",
            fault.help
        );
    }

    #[test]
    fn trace_names_the_line_that_is_no_event() {
        let fault =
            rendered(Some(&format!("{RETRY}done!\n")), "{{#trace retry}}").expect_err("a bad line");
        assert!(fault.what.contains("retry.txt:4`"), "{}", fault.what);
    }

    #[test]
    fn trace_is_drawn_once_a_page() {
        let fault =
            rendered(Some(RETRY), "{{#trace retry}}\n\n{{#trace retry}}").expect_err("twice");
        assert!(fault.what.contains("drawn twice"), "{}", fault.what);
    }
}
