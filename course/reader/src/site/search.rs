//! The search index. It is a script, because a page opened from a file may load nothing else.

use anyhow::Result;

use super::{Chapter, content};

/// The index: pages as address and title, and their sections as page, identifier, heading and text.
pub fn index(chapters: &[Chapter]) -> Result<String> {
    let pages: Vec<_> = chapters
        .iter()
        .map(|chapter| (&chapter.url, &chapter.name))
        .collect();
    let sections: Vec<_> = chapters
        .iter()
        .enumerate()
        .flat_map(|(page, chapter)| {
            content::sections(&chapter.html)
                .into_iter()
                .map(move |(id, heading, text)| (page, id, heading, text))
        })
        .collect();
    Ok(format!(
        "courseIndex({})",
        serde_json::to_string(&(pages, sections))?
    ))
}
