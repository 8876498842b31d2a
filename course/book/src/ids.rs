//! The ids that mdBook gives to what is on a page, and so the fragments that links may have.
//!
//! mdBook keeps its own function to itself, so this follows it step by step; a test compares the two on a page that has
//! every case.

use std::collections::HashSet;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::page::markdown_options;
use crate::settings::Settings;
use crate::tags::tags;

/// The ids of a page, each in the order of the page.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Ids {
    /// Those of headings and of terms, which mdBook makes or which are written after the heading.
    pub headings: Vec<String>,
    /// Those of raw HTML and of footnotes.
    pub others: Vec<String>,
}

impl Ids {
    /// The ids of a page whose includes are expanded.
    #[must_use]
    pub fn collect(text: &str, settings: &Settings) -> Self {
        let mut options = markdown_options();
        options.set(
            Options::ENABLE_SMART_PUNCTUATION,
            settings.smart_punctuation,
        );
        options.set(Options::ENABLE_DEFINITION_LIST, settings.definition_lists);
        let mut ids = Self::default();
        let mut made = HashSet::new();
        let mut footnotes: Vec<(String, usize)> = Vec::new();
        // The text of the heading or term that is open, and the id written after it.
        let mut open: Option<(String, Option<String>)> = None;
        let mut images = 0;
        for (event, span) in Parser::new_ext(text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { id, .. }) => {
                    open = Some((String::new(), id.map(|id| id.into_string())));
                }
                Event::Start(Tag::DefinitionListTitle) => open = Some((String::new(), None)),
                Event::End(TagEnd::Heading(_) | TagEnd::DefinitionListTitle) => {
                    let id = open
                        .take()
                        .map(|(text, id)| id.unwrap_or_else(|| unique(&id_from(&text), &mut made)));
                    ids.headings.extend(id);
                }
                // The words of an image become an attribute.
                Event::Start(Tag::Image { .. }) => images += 1,
                Event::End(TagEnd::Image) => images -= 1,
                Event::Text(part) | Event::Code(part) if images == 0 => {
                    if let Some((text, _)) = &mut open {
                        text.push_str(&part);
                    }
                }
                Event::SoftBreak if images == 0 => {
                    if let Some((text, _)) = &mut open {
                        text.push('\n');
                    }
                }
                Event::FootnoteReference(name) => {
                    let number = footnote(&mut footnotes, &name, &mut ids.others);
                    if let Some((text, _)) = &mut open {
                        text.push_str(&number.to_string());
                    }
                }
                Event::Start(Tag::HtmlBlock) => ids.raw(&text[span]),
                Event::InlineHtml(html) => ids.raw(&html),
                _ => {}
            }
        }
        let notes = footnotes.iter().map(|(name, _)| format!("footnote-{name}"));
        ids.others.extend(notes);
        ids
    }

    fn raw(&mut self, html: &str) {
        for tag in tags(html) {
            self.others.extend(tag.ids().map(str::to_owned));
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.headings.iter().chain(&self.others).map(String::as_str)
    }
}

/// Notes a reference to a footnote, and returns the footnote's number.
fn footnote(seen: &mut Vec<(String, usize)>, name: &str, ids: &mut Vec<String>) -> usize {
    let at = seen
        .iter()
        .position(|(known, _)| known == name)
        .unwrap_or_else(|| {
            seen.push((name.to_owned(), 0));
            seen.len() - 1
        });
    seen[at].1 += 1;
    ids.push(format!("fr-{name}-{}", seen[at].1));
    at + 1
}

/// An id that is not made yet: with the first number that is free, if it must have one.
fn unique(id: &str, made: &mut HashSet<String>) -> String {
    let numbered = (1..).map(|number| format!("{id}-{number}"));
    let mut all = std::iter::once(id.to_owned()).chain(numbered);
    all.find(|id| made.insert(id.clone())).unwrap_or_default()
}

/// mdBook's rule: lower case, letters, digits, `_` and `-` kept, white space becomes `-`, the rest goes.
#[must_use]
pub fn id_from(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let kept = lower.chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> (String, String) {
        let ids = Ids::collect(text, &Settings::default());
        (ids.headings.join(" "), ids.others.join(" "))
    }

    #[test]
    fn headings_count_on_until_an_id_is_free() {
        let (ids, _) = ids("# Tea\n## Tea\n## Tea 1\n## Tea {#leaf}\n## Tea\n");
        assert_eq!(ids, "tea tea-1 tea-1-1 leaf tea-2");
    }

    #[test]
    fn dashes_and_quotes_are_smart_before_an_id_is_made() {
        assert_eq!(ids("# Milk -- \"or\" not\n").0, "milk--or-not");
        let plain = Settings {
            smart_punctuation: false,
            ..Settings::default()
        };
        assert_eq!(
            Ids::collect("# Milk -- or\n", &plain).headings,
            ["milk----or"]
        );
    }

    #[test]
    fn terms_footnotes_and_raw_html_have_ids() {
        let text = "# A[^n] ![cup](c.png) `f()`\n\nB[^n] <a name=\"here\"></a>\n\n<div id=there>\n</div>\n\nCup\n: C\n\n[^n]: N\n";
        let (headings, others) = ids(text);
        assert_eq!(headings, "a1--f cup");
        assert_eq!(others, "fr-n-1 fr-n-2 here there footnote-n");
    }
}
