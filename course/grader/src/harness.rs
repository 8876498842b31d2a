//! How a test proves that it passed.
//!
//! The tests are compiled as they stand, with `rustc --test`, and with two things added by the grader: a table of the
//! tests in every module, because tests are private, and one more test, which is the only one that libtest ever runs. It
//! receives a number and a test's path from the grader, calls the test, and sends the number back after the test has
//! returned. libtest's own words and the exit code mean nothing.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Item, Lit, Meta};

use super::kit::Tree;

/// The path of the test that calls the others.
pub const ENTRY: &str = "__grade::run";

/// What the root gets: the entry. It is given what [`order`] made on descriptor 3.
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

/// What a test used, as the entry says with the number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// CPU time of the process.
    pub cpu: Duration,
    /// The most address space that it had, in bytes.
    pub memory: u64,
}

/// What the entry said: `None` unless it is the number, and what was used.
#[must_use]
pub fn proof(said: &[u8], number: &[u8; 32]) -> Option<Used> {
    let rest: [u8; 16] = said.strip_prefix(number)?.try_into().ok()?;
    let (cpu, memory) = rest.split_first_chunk::<8>()?;
    let memory = u64::from_le_bytes(memory.try_into().ok()?);
    let cpu = Duration::from_micros(i64::from_le_bytes(*cpu).try_into().ok()?);
    Some(Used {
        cpu,
        memory: memory << 10,
    })
}

/// What the entry is told: the number to send back, whether it must fail, which test to call.
#[must_use]
pub fn order(number: &[u8; 32], must_fail: bool, test: &str) -> Vec<u8> {
    let mut order = number.to_vec();
    order.push(if must_fail { b'!' } else { b'.' });
    order.extend(test.as_bytes());
    order
}

/// A module of the tests.
#[derive(Default)]
struct Node {
    file: String,
    /// Where the module's text ends in the file.
    end: usize,
    children: BTreeMap<String, Node>,
    tests: Vec<String>,
    /// Tests that must panic, and what they must say.
    panics: BTreeMap<String, String>,
}

fn parse(tree: &Tree, file: &str) -> Result<(String, syn::File)> {
    let bytes = tree
        .get(file)
        .with_context(|| format!("{file} is missing"))?;
    let text = String::from_utf8(bytes.clone()).with_context(|| format!("{file} is not UTF-8"))?;
    let parsed = syn::parse_file(&text).with_context(|| format!("{file} is not Rust"))?;
    Ok((text, parsed))
}

fn panics(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes
        .iter()
        .find(|attribute| attribute.path().is_ident("should_panic"))?;
    let text = |value: &Expr| match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    Some(match &attribute.meta {
        Meta::Path(_) => String::new(),
        Meta::NameValue(pair) => text(&pair.value)?,
        Meta::List(list) => text(&list.parse_args::<syn::MetaNameValue>().ok()?.value)?,
    })
}

/// `folder` is where the modules of this one lie.
fn scan(tree: &Tree, file: &str, folder: &str, end: usize, items: &[Item]) -> Result<Node> {
    let mut node = Node {
        file: file.to_owned(),
        end,
        ..Node::default()
    };
    for item in items {
        match item {
            Item::Fn(function) => {
                if let Some(words) = panics(&function.attrs) {
                    node.panics.insert(function.sig.ident.to_string(), words);
                }
            }
            Item::Mod(module) => {
                let name = module.ident.to_string();
                let below = format!("{folder}/{name}");
                let child = match &module.content {
                    Some((brace, items)) => scan(
                        tree,
                        file,
                        &below,
                        brace.span.close().byte_range().start,
                        items,
                    )?,
                    None => {
                        let candidates = [format!("{below}.rs"), format!("{below}/mod.rs")];
                        let Some(path) = candidates.iter().find(|path| tree.contains_key(*path))
                        else {
                            continue;
                        };
                        let (text, parsed) = parse(tree, path)?;
                        scan(tree, path, &below, text.len(), &parsed.items)?
                    }
                };
                node.children.insert(name, child);
            }
            _ => {}
        }
    }
    Ok(node)
}

/// The tests with the grader's entry and tables. `tests` are the paths of those that count.
///
/// # Errors
///
/// When a file is missing or is not Rust, or when a test lies in a module that only a macro makes.
pub fn instrument(tree: &Tree, root: &str, tests: &[String]) -> Result<Tree> {
    let (text, parsed) = parse(tree, root)?;
    let folder = root
        .strip_suffix("/main.rs")
        .context("the tests' root is called main.rs")?;
    let mut node = scan(tree, root, folder, text.len(), &parsed.items)?;
    for test in tests {
        let mut at = &mut node;
        let mut path = test.split("::").peekable();
        while let Some(part) = path.next() {
            if path.peek().is_none() {
                at.tests.push(part.to_owned());
                break;
            }
            at = at
                .children
                .get_mut(part)
                .with_context(|| format!("`{test}` lies in a module that a macro makes: write `mod {part} {{ … }}`, and call the macro in it"))?;
        }
    }
    let mut insertions: BTreeMap<(String, std::cmp::Reverse<usize>), String> = BTreeMap::new();
    tables(&node, &mut insertions);
    let mut out = tree.clone();
    for ((file, std::cmp::Reverse(at)), table) in insertions {
        let bytes = out.get_mut(&file).context("scanned above")?;
        bytes.splice(at..at, table.into_bytes());
    }
    out.get_mut(root)
        .context("parsed above")?
        .extend_from_slice(ROOT.as_bytes());
    Ok(out)
}

fn tables(node: &Node, out: &mut BTreeMap<(String, std::cmp::Reverse<usize>), String>) -> bool {
    let mut arms = String::new();
    for (name, child) in &node.children {
        if tables(child, out) {
            let _ = write!(
                arms,
                "::core::option::Option::Some(({name:?}, rest)) => super::{name}::__table::find(rest), "
            );
        }
    }
    let mut leaves = String::new();
    for name in &node.tests {
        let panics = match node.panics.get(name) {
            Some(words) => format!("::core::option::Option::Some({words:?})"),
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
    out.insert((node.file.clone(), std::cmp::Reverse(node.end)), table);
    true
}

/// Puts an attribute before the declaration of the module that a file is.
///
/// # Errors
///
/// When no file declares it.
pub fn mark_module(sources: &mut Tree, path: &str, attribute: &str) -> Result<()> {
    let (folder, name) = path.rsplit_once('/').context("a module lies in a folder")?;
    let name = name
        .strip_suffix(".rs")
        .context("a module is a Rust file")?;
    let parents = [
        format!("{folder}/mod.rs"),
        format!("{folder}.rs"),
        format!("{folder}/lib.rs"),
    ];
    let parent = parents.iter().find(|parent| sources.contains_key(*parent));
    let parent = parent.with_context(|| format!("no file declares the module of {path}"))?;
    let (mut text, parsed) = parse(sources, parent)?;
    let declared = parsed.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == name && module.content.is_none() => Some(module),
        _ => None,
    });
    let declared =
        declared.with_context(|| format!("{parent} does not declare the module of {path}"))?;
    text.insert_str(declared.span().byte_range().start, attribute);
    sources.insert(parent.clone(), text.into_bytes());
    Ok(())
}

/// Whether a module may also be meant as a crate: `core::mem` is no use of the group `core`.
fn is_std(name: &str) -> bool {
    matches!(name, "core" | "std" | "alloc")
}

/// The tests' root with some of the groups only, and of the other modules those that they use, groups among them.
///
/// # Errors
///
/// When the root is not Rust, or a kept group uses one of `hidden`.
pub fn only(
    tree: &Tree,
    root: &str,
    kept: &[&str],
    groups: &[&str],
    hidden: &[&str],
) -> Result<Tree> {
    let (text, parsed) = parse(tree, root)?;
    let folder = root
        .strip_suffix("main.rs")
        .context("the tests' root is called main.rs")?;
    let modules: Vec<&syn::ItemMod> = parsed
        .items
        .iter()
        .filter_map(|item| {
            if let Item::Mod(it) = item {
                Some(it)
            } else {
                None
            }
        })
        .collect();
    let belongs = |path: &str, name: &str| {
        path.strip_prefix(&format!("{folder}{name}"))
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    let mut needed: std::collections::BTreeSet<String> =
        kept.iter().map(|name| (*name).to_owned()).collect();
    let mut cut = text.clone();
    for module in modules
        .iter()
        .rev()
        .filter(|module| module.content.is_none())
    {
        cut.replace_range(module.span().byte_range(), "");
    }
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
            found(&anywhere, &below) || found(&at_root, &cut)
        };
        let names = modules.iter().map(|module| module.ident.to_string());
        let more: Vec<String> = names
            .filter(|name| !needed.contains(name) && uses(name))
            .collect();
        let is_group = |name: &str| groups.contains(&name);
        let more = more
            .into_iter()
            .filter(|name| !(is_group(name) && is_std(name)));
        let before = needed.len();
        needed.extend(more);
        if let Some(group) = needed
            .iter()
            .find(|name| hidden.contains(&name.as_str()) && !kept.contains(&name.as_str()))
        {
            bail!(
                "the tests of {} use the group `{group}`, which students do not see",
                kept.join(", ")
            );
        }
        if needed.len() == before {
            break;
        }
    }
    let mut out = tree.clone();
    let mut cut = text.clone();
    for module in modules
        .iter()
        .rev()
        .filter(|module| module.content.is_none())
    {
        let name = module.ident.to_string();
        if !needed.contains(&name) {
            cut.replace_range(module.span().byte_range(), "");
            out.retain(|path, _| !belongs(path, &name));
        }
    }
    ensure!(!kept.is_empty(), "no group is left");
    out.insert(root.to_owned(), cut.into_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proof_is_the_number_and_what_was_used() {
        let number = [7; 32];
        let said = [
            &number[..],
            &2_000_000_i64.to_le_bytes(),
            &3_u64.to_le_bytes(),
        ]
        .concat();
        assert_eq!(
            proof(&said, &number),
            Some(Used {
                cpu: Duration::from_secs(2),
                memory: 3 << 10
            })
        );
        assert_eq!(proof(&said, &[8; 32]), None);
        assert_eq!(proof(&number, &number), None);
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
        let tree = only(
            &tree,
            "tests/x/main.rs",
            &["a"],
            &["a", "shared", "gone"],
            &["gone"],
        )
        .unwrap();
        assert!(!tree.contains_key("tests/x/gone.rs"));
        assert!(
            only(
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
        assert!(
            syn::parse_file(&text("tests/x/a.rs")).is_ok()
                && syn::parse_file(&text("tests/x/main.rs")).is_ok()
        );
        assert!(tree.contains_key("tests/x/shared.rs"));
        assert!(text("tests/x/a.rs").contains("super::inner::__table::find(rest)"));
        assert!(text("tests/x/a.rs").contains("Some(\"boo\")"));
        assert!(text("tests/x/main.rs").contains("super::a::__table::find(rest)"));
        let unknown = ["a::made::three".to_owned()];
        assert!(instrument(&tree, "tests/x/main.rs", &unknown).is_err());
    }
}
