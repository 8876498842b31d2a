//! `{{#diff s1_a.rs s2_b.rs}}`: the changes from one stage of the chapter's listing to the next.
//!
//! In:
//!
//! ```text
//! {{#diff s1_by_hand.rs s2_policy.rs}}
//! ```
//!
//! Out: a folded unified diff of the two files in `listings/src/<module>/`, computed when the book
//! is built, without anchor markers; and the second file, whole. Two buttons choose which is seen.
//! The style sheet does that, so no script is needed.

use std::fs;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::{Fault, Place, escape};
use book::diagnostic::unreadable;
use book::fence::fence_for;
use book::files::slashed;
use book::project::module;

/// Renders the directive.
pub fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let (slug, _) = place.chapter()?;
    let [from, to] = arguments.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err(
            Fault::new(format!("expected two files, found `{arguments}`"))
                .help("write `{{#diff s1_a.rs s2_b.rs}}` with files of the chapter's module"),
        );
    };
    let folder = Path::new("listings/src").join(module(slug));
    let read = |name: &str| {
        let text =
            fs::read_to_string(place.project.root.join(folder.join(name))).map_err(|error| {
                Fault::new(format!(
                    "`{}` cannot be read: {}",
                    folder.join(name).display(),
                    unreadable(&error)
                ))
                .help("name two stages in the chapter's folder")
            })?;
        Ok(text
            .lines()
            .filter(|line| !line.contains("ANCHOR"))
            .map(|line| format!("{line}\n"))
            .collect::<String>())
    };
    let (before, after) = (read(from)?, read(to)?);
    let diff = TextDiff::from_lines(&before, &after);
    let count = |tag| {
        diff.iter_all_changes()
            .filter(|change| change.tag() == tag)
            .count()
    };
    let (added, removed) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
    if added + removed == 0 {
        return Err(Fault::new(format!(
            "`{from}` and `{to}` are the same, so there is nothing to show"
        ))
        .help("name two stages that differ, or remove the directive"));
    }
    let text = diff.unified_diff().context_radius(3).to_string();
    let ticks = fence_for(&text);
    let more = fence_for(&after);
    let (stem, shown) = (to.trim_end_matches(".rs"), slashed(&folder.join(to)));
    Ok(format!(
        "<details class=\"diff\"><summary>From <code>{from}</code> to <code>{to}</code>: \
         {added} lines added, {removed} removed</summary>\n\
         <fieldset class=\"views\"><legend>Show</legend>\
         <input type=\"radio\" name=\"diff-{stem}\" id=\"diff-{stem}-changes\" checked> <label for=\"diff-{stem}-changes\">what changed</label> \
         <input type=\"radio\" name=\"diff-{stem}\" id=\"diff-{stem}-file\" class=\"whole\"> <label for=\"diff-{stem}-file\">the whole of {to}</label>\
         </fieldset>\n\n{ticks}diff\n{}\n{ticks}\n\n{more}rust,noplayground,from=../{shown}\n{}\n{more}\n\n</details>\n",
        text.trim_end(),
        after.trim_end(),
        from = escape(from),
        to = escape(to),
    ))
}
