//! `names.toml`: names that nothing here knows, each with the reason why a page has it all the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use book::diagnostic::{Diagnostic, Diagnostics};
use book::task::line_of;

/// The file, from the book's root.
pub const FILE: &str = "names.toml";

/// The names that are allowed.
#[derive(Debug, Default)]
pub struct Allowed {
    /// By name, its line, and if it has occurred: true if nothing else knows it.
    names: BTreeMap<String, (usize, Option<bool>)>,
}

impl Allowed {
    /// Reads the file. Without it nothing is allowed.
    pub fn read(root: &Path, problems: &mut Diagnostics) -> Self {
        let text = fs::read_to_string(root.join(FILE)).unwrap_or_default();
        let mut problem = |line: usize, what: String| {
            let help = "an entry is `\"iter.Pull\" = \"the reason why a page has it\"`";
            problems.push(Diagnostic::new(FILE, line, what).help(help));
        };
        let reasons = toml::from_str(&text).unwrap_or_else(|error| {
            let at = error.span().map_or(0, |span| span.start);
            problem(line_of(&text, at), error.message().replace('\n', " "));
            BTreeMap::<String, String>::new()
        });
        let entries = reasons.into_iter().map(|(name, reason)| {
            let is_here = |line: &str| line.trim_start_matches('"').starts_with(&name);
            let line = text.lines().position(is_here).map_or(0, |at| at + 1);
            if reason.trim().is_empty() {
                problem(line, format!("`{name}` is allowed without a reason"));
            }
            (name, (line, None))
        });
        let names = entries.collect();
        Self { names }
    }

    /// Notes that a name has occurred, and says if it is allowed. One that is a selector, `iter.Pull`, allows its end.
    pub fn note(&mut self, name: &str, is_known: bool) -> bool {
        let is_about = |entry: &str| {
            entry == name || entry.rsplit_once('.').is_some_and(|(_, end)| end == name)
        };
        let entry = self.names.iter_mut().find(|(entry, _)| is_about(entry));
        let Some((_, (_, needed))) = entry else {
            return false;
        };
        *needed = Some(!is_known || *needed == Some(true));
        true
    }

    /// The diagnostics for entries that no page needs.
    pub fn problems(&self) -> impl Iterator<Item = Diagnostic> {
        self.names.iter().filter_map(|(name, (line, needed))| {
            let what = match needed {
                Some(true) => return None,
                Some(false) => format!("`{name}` needs no allowance: it resolves"),
                None => format!("`{name}` is allowed, and occurs on no page"),
            };
            Some(Diagnostic::new(FILE, *line, what).help("take the entry out"))
        })
    }
}
