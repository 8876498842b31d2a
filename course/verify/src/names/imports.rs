//! Where a short name may come from: what listings import, and what the chapters' modules declare.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::lexer::{Kind, Token, tokens};
use book::files::files_below;
use book::project::module;

/// The modules of std that types and functions come from.
const STD: &[&str] = &[
    "alloc",
    "any",
    "array",
    "ascii",
    "borrow",
    "boxed",
    "cell",
    "char",
    "cmp",
    "collections",
    "convert",
    "env",
    "error",
    "ffi",
    "fmt",
    "fs",
    "future",
    "hash",
    "hint",
    "io",
    "iter",
    "marker",
    "mem",
    "net",
    "num",
    "ops",
    "option",
    "os::fd",
    "os::unix",
    "panic",
    "path",
    "pin",
    "process",
    "ptr",
    "rc",
    "result",
    "slice",
    "str",
    "string",
    "sync",
    "sync::atomic",
    "sync::mpsc",
    "task",
    "thread",
    "time",
    "vec",
];

/// Types whose methods are called without naming them.
const TYPES: &[&str] = &[
    "Iterator",
    "Option",
    "Result",
    "Vec",
    "slice",
    "str",
    "String",
    "u64",
    "f64",
    "pointer",
    "bool",
    "std::time::Duration",
    "std::time::Instant",
    "std::cell::Cell",
    "std::cell::RefCell",
    "std::rc::Rc",
    "std::sync::Arc",
    "std::sync::Mutex",
    "std::sync::atomic::AtomicUsize",
    "std::sync::atomic::AtomicPtr",
    "std::thread::JoinHandle",
    "std::task::Waker",
    "std::task::Poll",
    "std::pin::Pin",
    "std::future::Future",
];

/// What a type also offers, because it dereferences to another.
const DEREF: &[(&str, &str)] = &[
    ("String", "str"),
    ("Vec", "slice"),
    ("PathBuf", "std::path::Path"),
];

/// What a short name may stand for on a page.
#[derive(Debug, Clone, Default)]
pub struct Imports {
    /// What is imported, by the name it has here.
    names: BTreeMap<String, BTreeSet<String>>,
    /// Modules to look into.
    roots: BTreeSet<String>,
    /// Types to look for a method or variant in.
    types: BTreeSet<String>,
}

impl Imports {
    /// What std and these crates offer by themselves.
    #[must_use]
    pub fn of_crates<'a>(crates: impl Iterator<Item = &'a String>) -> Self {
        let roots = STD
            .iter()
            .map(|module| format!("std::{module}"))
            .chain(crates.cloned());
        Self {
            roots: roots.collect(),
            types: TYPES.iter().map(|&name| name.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// What a chapter's module declares and imports.
    #[must_use]
    pub fn of_chapter(root: &Path, slug: &str) -> Self {
        let mut imports = Self::default();
        imports.read_chapter(root, slug);
        imports
    }

    /// Adds what another offers.
    pub fn add(&mut self, other: &Self) {
        for (name, from) in &other.names {
            self.names
                .entry(name.clone())
                .or_default()
                .extend(from.iter().cloned());
        }
        self.roots.extend(other.roots.iter().cloned());
        self.types.extend(other.types.iter().cloned());
    }

    fn read_chapter(&mut self, root: &Path, slug: &str) {
        static TYPE: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?m)^pub (?:struct|enum|trait|union|type) (\w+)").expect("a valid pattern")
        });
        let folder = root.join("listings/src");
        let chapter = format!("listings::{}", module(slug));
        for file in files_below(&folder.join(module(slug))) {
            let Ok(text) = fs::read_to_string(&file) else {
                continue;
            };
            let Some(relative) = file
                .strip_prefix(&folder)
                .ok()
                .filter(|file| file.extension().is_some_and(|e| e == "rs"))
            else {
                continue;
            };
            let inside = relative
                .with_extension("")
                .to_string_lossy()
                .replace(['/', '\\'], "::");
            let path = format!("listings::{}", inside.trim_end_matches("::mod"));
            let types = TYPE
                .captures_iter(&text)
                .map(|found| format!("{path}::{}", &found[1]));
            self.types.extend(types);
            self.roots.extend([path, chapter.clone()]);
            self.add_code(&text);
        }
    }

    /// Adds the `use` declarations of a piece of code.
    pub fn add_code(&mut self, code: &str) {
        let tokens = tokens(code);
        for at in 0..tokens.len() {
            if &code[tokens[at].span.clone()] == "use" {
                self.add_tree(code, &tokens, at + 1, &[]);
            }
        }
    }

    /// Reads one tree, such as `std::{fs, io::{self, Read as _}}`; returns the token after it.
    fn add_tree(&mut self, code: &str, tokens: &[Token], from: usize, prefix: &[String]) -> usize {
        let text = |at: usize| tokens.get(at).map_or("", |token| &code[token.span.clone()]);
        let mut path = prefix.to_vec();
        let mut at = from;
        loop {
            match (text(at), tokens.get(at).map(|token| token.kind)) {
                (":", _) => at += 1,
                ("as", _) => {
                    self.add_one(&path, text(at + 1));
                    return at + 2;
                }
                ("{", _) => {
                    at += 1;
                    // Each tree takes a token at least, so this ends.
                    while at < tokens.len() && text(at) != "}" {
                        at = self.add_tree(code, tokens, at, &path).max(at + 1);
                        at += usize::from(text(at) == ",");
                    }
                    return at + 1;
                }
                ("*", _) => {
                    self.roots
                        .extend(is_outside(&path).then(|| path.join("::")));
                    return at + 1;
                }
                ("self", _) if !path.is_empty() => at += 1,
                (word, Some(Kind::Word)) => {
                    path.push(word.to_owned());
                    at += 1;
                }
                _ => {
                    self.add_one(&path, path.last().map_or("", String::as_str));
                    return at;
                }
            }
        }
    }

    fn add_one(&mut self, path: &[String], name: &str) {
        if !is_outside(path) || path.len() < 2 {
            return;
        }
        let whole = path.join("::");
        self.roots.insert(path[..path.len() - 1].join("::"));
        if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            self.types.insert(whole.clone());
        }
        self.names.entry(name.to_owned()).or_default().insert(whole);
    }

    /// Every path that a name may stand for.
    #[must_use]
    pub fn candidates(&self, path: &[String]) -> BTreeSet<String> {
        let Some((first, rest)) = path.split_first() else {
            return BTreeSet::new();
        };
        let whole = path.join("::");
        let mut heads: BTreeSet<String> = self
            .names
            .get(first)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        heads.insert(first.clone());
        heads.extend(self.roots.iter().map(|root| format!("{root}::{first}")));
        let dereferenced = DEREF
            .iter()
            .filter(|(from, _)| from == first)
            .map(|(_, to)| (*to).to_owned());
        heads.extend(dereferenced);
        let mut candidates: BTreeSet<String> = heads
            .into_iter()
            .map(|head| [&[head], rest].concat().join("::"))
            .collect();
        if rest.is_empty() {
            candidates.extend(self.of_types(&whole));
        }
        candidates
    }

    /// Every path of a method, field or variant.
    pub fn of_types(&self, name: &str) -> impl Iterator<Item = String> {
        self.types.iter().map(move |of| format!("{of}::{name}"))
    }

    /// The names that are imported, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

/// Whether a path begins with a crate, which can be named from anywhere.
fn is_outside(path: &[String]) -> bool {
    path.first()
        .is_some_and(|first| !matches!(first.as_str(), "self" | "super" | "crate" | "Self"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn imports(code: &str) -> Imports {
        let mut imports = Imports::default();
        imports.add_code(code);
        imports
    }

    #[test]
    fn imports_are_read_with_groups_renames_and_globs() {
        let imports = imports(
            "use std::{future::ready, io::{self, Read as _}, time::Duration};\npub use futures::FutureExt as Ext;\n\
             use super::x::Y; use tokio::sync::*; let z = 1;",
        );
        let names: Vec<_> = imports
            .names
            .iter()
            .map(|(name, from)| (name.as_str(), from.len()))
            .collect();
        assert_eq!(
            names,
            [
                ("Duration", 1),
                ("Ext", 1),
                ("_", 1),
                ("io", 1),
                ("ready", 1)
            ]
        );
        assert!(
            imports.names["io"].contains("std::io") && imports.names["_"].contains("std::io::Read")
        );
        assert!(imports.roots.contains("tokio::sync") && imports.roots.contains("std::future"));
        assert!(
            imports.types.contains("futures::FutureExt")
                && !imports.types.contains("std::future::ready")
        );
    }

    #[test]
    fn candidates_are_the_path_itself_and_where_it_may_come_from() {
        let imports = imports("use std::time::Duration;");
        let of = |path: &[&str]| {
            imports.candidates(&path.iter().map(|&part| part.to_owned()).collect::<Vec<_>>())
        };
        let expected = ["Duration::from_secs", "std::time::Duration::from_secs"];
        assert!(
            of(&["Duration", "from_secs"])
                .iter()
                .map(String::as_str)
                .eq(expected)
        );
        assert!(of(&["as_millis"]).contains("std::time::Duration::as_millis"));
        assert!(of(&["String", "trim"]).contains("str::trim"));
    }

    proptest! {
        #[test]
        fn imports_of_any_code_are_read(code in "(use |[a-z]{1,2}|::|[{}*,; ]|self|as ){0,20}") {
            imports(&code);
        }
    }
}
