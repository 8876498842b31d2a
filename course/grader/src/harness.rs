//! The harness around a task's tests, by which a test proves that it passed.
//!
//! The tests are compiled as they are, with `rustc --test`. The grader adds a table of the tests to
//! every module, because tests are private, and one more test, which is the only one that libtest
//! ever runs. It receives a number and a test's path from the grader, calls the test, and sends the
//! number back after the test has returned. libtest's own output and the exit code prove nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use regex::Regex;

use super::kit::Tree;

/// The path of the test that calls the others.
pub const ENTRY: &str = "__grade::run";

/// The entry, which is added to the tests' root. It reads a [`request`] from descriptor 3.
const ROOT: &str = r#"
#[allow(warnings)]
mod __grade {
    use ::std::os::fd::FromRawFd as _;
    use ::std::os::unix::net::UnixDatagram;
    pub(crate) type Test = (fn() -> bool, ::core::option::Option<&'static str>);

    pub(crate) fn ok<T: ::std::process::Termination>(value: T) -> bool {
        value.report() == ::std::process::ExitCode::SUCCESS
    }

    #[test]
    fn run() {
        // SAFETY: the grader opens this descriptor for this function, and nothing else has taken it.
        let inherited = unsafe { UnixDatagram::from_raw_fd(3) };
        // A copy that no process started by a test inherits.
        let channel = inherited.try_clone().unwrap();
        ::core::mem::drop(inherited);
        let mut order = [0; 1024];
        let length = channel.recv(&mut order).unwrap();
        let (number, rest) = order[..length].split_at(32);
        let must_fail = rest[0] == b'!';
        let path = ::core::str::from_utf8(&rest[1..]).unwrap();
        let (test, panics) = super::__table::find(path).expect("the grader names tests that there are");
        let ended = ::std::panic::catch_unwind(test);
        match (ended, panics) {
            (Ok(true), None) => {}
            (Ok(false), None) => panic!("the test returned an error"),
            (Err(panic), None) => ::std::panic::resume_unwind(panic),
            (Ok(_), Some(_)) => panic!("the test did not panic, and should have"),
            (Err(panic), Some(words)) => {
                let said = panic.downcast_ref::<&str>().map(|said| said.to_string());
                let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                assert!(said.contains(words), "the test panicked with other words than {words:?}");
            }
        }
        assert!(!must_fail, "this one must fail");
        unsafe extern "C" {
            safe fn clock() -> ::core::ffi::c_long;
        }
        let memory = ::std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = memory.lines().find_map(|line| line.strip_prefix("VmPeak:")?.strip_suffix("kB")?.trim().parse().ok());
        let proof = [number, &clock().to_le_bytes(), &::core::primitive::u64::to_le_bytes(peak.unwrap_or(0))].concat();
        channel.send(&proof).unwrap();
    }
}
"#;

/// Resources that a test used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time of the process.
    pub cpu: Duration,
    /// Peak of the address space, in bytes.
    pub memory: u64,
}

/// A message to the entry: the number to send back, whether the test must fail, and its path.
#[must_use]
pub fn request(number: &[u8; 32], must_fail: bool, test: &str) -> Vec<u8> {
    let mut request = number.to_vec();
    request.push(if must_fail { b'!' } else { b'.' });
    request.extend(test.as_bytes());
    request
}

/// Parses a reply of the entry: `None` unless it is the number of the request, and the usage.
#[must_use]
pub fn parse_reply(reply: &[u8], number: &[u8; 32]) -> Option<Usage> {
    let rest: [u8; 16] = reply.strip_prefix(number)?.try_into().ok()?;
    let (cpu, memory) = rest.split_first_chunk::<8>()?;
    let memory = u64::from_le_bytes(memory.try_into().ok()?);
    let cpu = Duration::from_micros(i64::from_le_bytes(*cpu).try_into().ok()?);
    Some(Usage {
        cpu,
        memory: memory << 10,
    })
}

/// A module or function, as far as the harness needs it.
struct Item {
    name: String,
    /// Its place in the file, from its first attribute to its end.
    span: Range<usize>,
    kind: ItemKind,
}

enum ItemKind {
    /// `mod name;`
    ModuleFile,
    /// `mod name { … }`
    Module(Group),
    /// A function, with the literal of the panic that its test must end with.
    Function(Option<String>),
}

impl Item {
    fn is_file(&self) -> bool {
        matches!(self.kind, ItemKind::ModuleFile)
    }
}

/// Parses a file to its modules and functions, in their order.
fn parse(tree: &Tree, file: &str) -> Result<(String, Vec<Item>)> {
    let bytes = tree
        .get(file)
        .with_context(|| format!("{file} is missing"))?;
    let text = String::from_utf8(bytes.clone()).with_context(|| format!("{file} is not UTF-8"))?;
    let tokens: TokenStream = text
        .parse()
        .ok()
        .with_context(|| format!("{file} is not Rust"))?;
    Ok((text, items(tokens)))
}

fn items(tokens: TokenStream) -> Vec<Item> {
    let mut items = Vec::new();
    let mut start = None;
    let mut attributes: Vec<TokenStream> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let mut after_bang = false;
    while let Some(token) = tokens.next() {
        let begin = *start.get_or_insert(token.span().byte_range().start);
        let was_after_bang = std::mem::replace(&mut after_bang, false);
        let ends = match &token {
            TokenTree::Group(group) => match group.delimiter() {
                // `#![…]` is the file's own attribute, and `name![…]` is none.
                Delimiter::Bracket if !was_after_bang => {
                    attributes.push(group.stream());
                    false
                }
                delimiter => delimiter != Delimiter::Parenthesis,
            },
            TokenTree::Punct(punct) => {
                after_bang = punct.as_char() == '!';
                punct.as_char() == ';'
            }
            TokenTree::Ident(word) if word == "fn" => {
                if let Some(TokenTree::Ident(name)) = tokens.peek() {
                    items.push(Item {
                        name: name.to_string(),
                        span: begin..begin,
                        kind: ItemKind::Function(attributes.iter().find_map(expected_panic)),
                    });
                }
                false
            }
            TokenTree::Ident(word) if word == "mod" => {
                let name = tokens.next().map_or_else(String::new, |it| it.to_string());
                let end = tokens.next();
                if let Some(end) = end {
                    let span = begin..end.span().byte_range().end;
                    let kind = match end {
                        TokenTree::Group(group) => ItemKind::Module(group),
                        _ => ItemKind::ModuleFile,
                    };
                    items.push(Item { name, span, kind });
                }
                true
            }
            _ => false,
        };
        if ends {
            start = None;
            attributes.clear();
        }
    }
    items
}

/// The literal of `#[should_panic]`: `""` where any panic will do.
fn expected_panic(attribute: &TokenStream) -> Option<String> {
    let mut tokens = attribute.clone().into_iter();
    let is_it = matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "should_panic");
    is_it.then(|| {
        let mut rest = tokens.flat_map(|token| match token {
            TokenTree::Group(group) => group.stream(),
            token => token.into(),
        });
        let literal = rest.find_map(|token| match token {
            TokenTree::Literal(literal) => Some(literal.to_string()),
            _ => None,
        });
        literal.unwrap_or_else(|| "\"\"".to_owned())
    })
}

/// A module of the tests.
#[derive(Default)]
struct Module {
    file: String,
    /// End of the module's text in the file.
    end: usize,
    children: BTreeMap<String, Module>,
    tests: Vec<String>,
    /// Tests that must panic, with the literal of the expected message.
    panics: BTreeMap<String, String>,
}

/// Collects the modules below one, whose files are in `folder`.
fn scan(tree: &Tree, file: &str, folder: &str, end: usize, items: Vec<Item>) -> Result<Module> {
    let mut module = Module {
        file: file.to_owned(),
        end,
        ..Module::default()
    };
    for Item { name, kind, .. } in items {
        let below = format!("{folder}/{name}");
        let child = match kind {
            ItemKind::Function(panics) => {
                module.panics.extend(panics.map(|panics| (name, panics)));
                continue;
            }
            ItemKind::Module(group) => {
                let end = group.span_close().byte_range().start;
                scan(tree, file, &below, end, self::items(group.stream()))?
            }
            ItemKind::ModuleFile => {
                let candidates = [format!("{below}.rs"), format!("{below}/mod.rs")];
                let Some(path) = candidates.iter().find(|path| tree.contains_key(*path)) else {
                    continue;
                };
                let (text, items) = parse(tree, path)?;
                scan(tree, path, &below, text.len(), items)?
            }
        };
        module.children.insert(name, child);
    }
    Ok(module)
}

/// Texts to insert, by file and from its end to its beginning.
type Insertions = BTreeMap<(String, Reverse<usize>), String>;

/// Adds the grader's entry and tables to the tests. `tests` are the paths of those that count.
///
/// # Errors
///
/// If a file is missing or is not Rust, or if a test is in a module that only a macro makes.
pub fn instrument(tree: &Tree, root: &str, tests: &[String]) -> Result<Tree> {
    let (text, items) = parse(tree, root)?;
    let folder = root
        .strip_suffix("/main.rs")
        .context("the tests' root is called main.rs")?;
    let mut module = scan(tree, root, folder, text.len(), items)?;
    for test in tests {
        let mut at = &mut module;
        let mut path = test.split("::").peekable();
        while let Some(part) = path.next() {
            if path.peek().is_none() {
                at.tests.push(part.to_owned());
                break;
            }
            at = at
                .children
                .get_mut(part)
                .with_context(|| format!("`{test}` is in a module that a macro makes: write `mod {part} {{ … }}`, and call the macro in it"))?;
        }
    }
    let mut insertions = Insertions::new();
    insert_tables(&module, &mut insertions);
    let mut out = tree.clone();
    for ((file, Reverse(at)), table) in insertions {
        let bytes = out.get_mut(&file).context("scanned above")?;
        bytes.splice(at..at, table.into_bytes());
    }
    out.get_mut(root)
        .context("parsed above")?
        .extend_from_slice(ROOT.as_bytes());
    Ok(out)
}

/// Writes the tables of a module and those below it; `false` if there are no tests.
fn insert_tables(module: &Module, out: &mut Insertions) -> bool {
    let mut arms = String::new();
    for (name, child) in &module.children {
        if insert_tables(child, out) {
            let _ = write!(
                arms,
                "::core::option::Option::Some(({name:?}, rest)) => super::{name}::__table::find(rest), "
            );
        }
    }
    let mut leaves = String::new();
    for name in &module.tests {
        let panics = match module.panics.get(name) {
            Some(literal) => format!("::core::option::Option::Some({literal})"),
            None => "::core::option::Option::None".to_owned(),
        };
        let _ = write!(
            leaves,
            "{name:?} => ::core::option::Option::Some((|| crate::__grade::ok(super::{name}()), {panics})), "
        );
    }
    if arms.is_empty() && leaves.is_empty() {
        return false;
    }
    let table = format!(
        "\n#[allow(warnings)] pub(crate) mod __table {{ pub(crate) fn find(path: &str) -> \
         ::core::option::Option<crate::__grade::Test> {{ match path.split_once(\"::\") {{ \
         ::core::option::Option::None => match path {{ {leaves} _ => ::core::option::Option::None }}, \
         {arms} _ => ::core::option::Option::None }} }} }}\n"
    );
    out.insert((module.file.clone(), Reverse(module.end)), table);
    true
}

/// Inserts an attribute before the declaration of a file's module.
///
/// # Errors
///
/// If no file declares it.
pub fn attribute_module(sources: &mut Tree, path: &str, attribute: &str) -> Result<()> {
    let (folder, name) = path.rsplit_once('/').context("a module is in a folder")?;
    let name = name
        .strip_suffix(".rs")
        .context("a module is a Rust file")?;
    let parents = ["/mod.rs", ".rs", "/lib.rs"].map(|end| format!("{folder}{end}"));
    let parent = parents.iter().find(|parent| sources.contains_key(*parent));
    let parent = parent.with_context(|| format!("no file declares the module of {path}"))?;
    let (mut text, items) = parse(sources, parent)?;
    let declared = items
        .iter()
        .find(|item| item.is_file() && item.name == name);
    let declared =
        declared.with_context(|| format!("{parent} does not declare the module of {path}"))?;
    text.insert_str(declared.span.start, attribute);
    sources.insert(parent.clone(), text.into_bytes());
    Ok(())
}

/// Removes all groups but some from the tests' root, and all other modules that those do not use.
///
/// # Errors
///
/// If the root is not Rust, or a kept group uses one of `hidden`.
pub fn select_groups(
    tree: &Tree,
    root: &str,
    kept: &[&str],
    groups: &[&str],
    hidden: &[&str],
) -> Result<Tree> {
    ensure!(!kept.is_empty(), "no group is left");
    let (text, items) = parse(tree, root)?;
    let folder = root
        .strip_suffix("main.rs")
        .context("the tests' root is called main.rs")?;
    let belongs = |path: &str, name: &str| {
        path.strip_prefix(&format!("{folder}{name}"))
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    let without = |goes: &dyn Fn(&str) -> bool| {
        let mut text = text.clone();
        for item in items.iter().rev() {
            if item.is_file() && goes(&item.name) {
                text.replace_range(item.span.clone(), "");
            }
        }
        text
    };
    let own_text = without(&|_| true);
    let mut needed: BTreeSet<String> = kept.iter().map(|name| (*name).to_owned()).collect();
    loop {
        let files = tree
            .iter()
            .filter(|(path, _)| needed.iter().any(|name| belongs(path, name)));
        let below: String = files
            .map(|(_, text)| String::from_utf8_lossy(text))
            .collect();
        let uses = |name: &str| {
            let anywhere = format!(r"\b(crate|super)::(\{{[^;]*\b)?{name}\b");
            let at_root = format!(r"(?m)^[^/\n]*(^|[^:\w]){name}::");
            let found =
                |pattern: &str, text: &str| Regex::new(pattern).is_ok_and(|it| it.is_match(text));
            found(&anywhere, &below) || found(&at_root, &own_text)
        };
        // `core::mem` is a crate's, not the group `core`.
        let is_crate =
            |name: &str| groups.contains(&name) && matches!(name, "core" | "std" | "alloc");
        let modules = items
            .iter()
            .filter(|item| !matches!(item.kind, ItemKind::Function(_)));
        let more: Vec<String> = modules
            .map(|module| &module.name)
            .filter(|name| !needed.contains(*name) && uses(name) && !is_crate(name))
            .cloned()
            .collect();
        if let Some(group) = more.iter().find(|name| hidden.contains(&name.as_str())) {
            bail!(
                "the tests of {} use the group `{group}`, which students do not see",
                kept.join(", ")
            );
        }
        if more.is_empty() {
            break;
        }
        needed.extend(more);
    }
    let goes = |name: &str| !needed.contains(name);
    let mut out = tree.clone();
    for item in items.iter().filter(|it| it.is_file() && goes(&it.name)) {
        out.retain(|path, _| !belongs(path, &item.name));
    }
    out.insert(root.to_owned(), without(&goes).into_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_is_the_number_and_the_usage() {
        let number = [7; 32];
        let reply = [
            &number[..],
            &2_000_000_i64.to_le_bytes(),
            &3_u64.to_le_bytes(),
        ]
        .concat();
        assert_eq!(
            parse_reply(&reply, &number),
            Some(Usage {
                cpu: Duration::from_secs(2),
                memory: 3 << 10
            })
        );
        assert_eq!(parse_reply(&reply, &[8; 32]), None);
        assert_eq!(parse_reply(&number, &number), None);
    }

    #[test]
    fn tables_reach_private_tests_in_nested_and_inline_modules() {
        let tree = Tree::from([
            ("tests/x/main.rs".to_owned(), b"mod a;\nmod gone;\nmod shared;\n".to_vec()),
            ("tests/x/shared.rs".to_owned(), b"pub use {std as one, core as two};\n".to_vec()),
            ("tests/x/gone.rs".to_owned(), b"".to_vec()),
            (
                "tests/x/a.rs".to_owned(),
                b"use crate::{shared::{one}, shared};\n#[test] #[should_panic(expected = \"boo\")] fn one() {}\nmod inner { #[test] fn two() {} }\n".to_vec(),
            ),
        ]);
        let tree = select_groups(
            &tree,
            "tests/x/main.rs",
            &["a"],
            &["a", "shared", "gone"],
            &["gone"],
        )
        .unwrap();
        assert!(!tree.contains_key("tests/x/gone.rs"));
        assert!(
            select_groups(
                &tree,
                "tests/x/main.rs",
                &["a"],
                &["a", "shared"],
                &["shared"]
            )
            .is_err()
        );
        let tests = ["a::one".to_owned(), "a::inner::two".to_owned()];
        let tree = instrument(&tree, "tests/x/main.rs", &tests).unwrap();
        let text = |path: &str| String::from_utf8(tree[path].clone()).unwrap();
        assert!(tree.contains_key("tests/x/shared.rs"));
        assert!(text("tests/x/a.rs").contains("super::inner::__table::find(rest)"));
        assert!(text("tests/x/a.rs").contains("Some(\"boo\")"));
        assert!(text("tests/x/main.rs").contains("super::a::__table::find(rest)"));
        let unknown = ["a::made::three".to_owned()];
        assert!(instrument(&tree, "tests/x/main.rs", &unknown).is_err());
    }

    #[test]
    fn items_have_their_attributes_and_nobody_elses() {
        let text = "//! A file.\n#![allow(warnings)]\nuse a::{b, c};\nconst X: [u8; 1] = [1];\n\
                    type F = fn(u8);\nlazy![x];\n/// Doc.\n#[cfg(x)]\npub(crate) mod one;\n\
                    #[should_panic]\nfn two() { let x = 1; }\nfn three() {}\nmod four { mod five; }\n";
        let items = items(text.parse().unwrap());
        let names: Vec<_> = items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["one", "two", "three", "four"]);
        assert_eq!(
            &text[items[0].span.clone()],
            "/// Doc.\n#[cfg(x)]\npub(crate) mod one;"
        );
        let panics = |item: &Item| match &item.kind {
            ItemKind::Function(panics) => panics.clone(),
            _ => None,
        };
        assert_eq!(panics(&items[1]).as_deref(), Some("\"\""));
        assert_eq!(panics(&items[2]), None);
    }
}
