//! `{{#diff s1_a.rs s2_b.rs}}`: what changed from one stage of the chapter's listing to the next.
//!
//! In:
//!
//! ```text
//! {{#diff s1_by_hand.rs s2_policy.rs}}
//! ```
//!
//! Out: a folded unified diff of the two files in `listings/src/<module>/`, computed when the book is built, without
//! anchor markers.

use std::fs;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::{Fault, Place, escape};
use crate::checks::fences::fence_for;
use crate::problem::unreadable;
use crate::project::module;

/// Renders the directive.
pub(super) fn render(place: Place<'_>, arguments: &str) -> Result<String, Fault> {
    let (slug, _) = place.chapter()?;
    let [from, to] = arguments.split_whitespace().collect::<Vec<_>>()[..] else {
        return Err(Fault::new(format!("expected two files, found `{arguments}`"))
            .help("write `{{#diff s1_a.rs s2_b.rs}}` with files of the chapter's module"));
    };
    let folder = Path::new("listings/src").join(module(slug));
    let read = |name: &str| {
        let text = fs::read_to_string(place.project.root.join(folder.join(name))).map_err(|error| {
            Fault::new(format!("`{}` cannot be read: {}", folder.join(name).display(), unreadable(&error)))
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
    let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    let (added, removed) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
    if added + removed == 0 {
        return Err(Fault::new(format!("`{from}` and `{to}` are the same, so there is nothing to show"))
            .help("name two stages that differ, or remove the directive"));
    }
    let text = diff.unified_diff().context_radius(3).to_string();
    let ticks = fence_for(&text);
    Ok(format!(
        "<details class=\"diff\"><summary>From <code>{}</code> to <code>{}</code>: \
         {added} lines added, {removed} removed</summary>\n\n{ticks}diff\n{}\n{ticks}\n\n</details>\n",
        escape(from),
        escape(to),
        text.trim_end()
    ))
}
