//! What the compiler itself gives names to: attributes, error codes, lints, `cfg`s.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use toolchain::cache::Cache;

/// The attributes of the language.
const ATTRIBUTES: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "crate_name",
    "crate_type",
    "deny",
    "deprecated",
    "derive",
    "diagnostic::do_not_recommend",
    "diagnostic::on_unimplemented",
    "doc",
    "expect",
    "export_name",
    "feature",
    "forbid",
    "global_allocator",
    "ignore",
    "inline",
    "link",
    "link_name",
    "link_section",
    "macro_export",
    "macro_use",
    "must_use",
    "naked",
    "no_main",
    "no_mangle",
    "no_std",
    "non_exhaustive",
    "panic_handler",
    "path",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "recursion_limit",
    "repr",
    "should_panic",
    "target_feature",
    "test",
    "track_caller",
    "type_length_limit",
    "unsafe",
    "used",
    "warn",
    "windows_subsystem",
];

/// Words of rustdoc's code blocks, and of `cfg`.
const WORDS: &[&str] = &[
    "compile_fail",
    "debug_assertions",
    "no_run",
    "should_panic",
    "target_arch",
    "target_endian",
    "target_env",
    "target_family",
    "target_feature",
    "target_has_atomic",
    "target_os",
    "target_pointer_width",
];

/// Whether the language has an attribute.
#[must_use]
pub fn is_attribute(name: &str) -> bool {
    ATTRIBUTES.contains(&name)
}

/// The names among these that the compiler lists. It is asked at most once for each, as long as it stays the same.
#[must_use]
pub fn known(cache: Option<&Cache>, names: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut lints = None;
    for &name in names {
        let is_code = name.len() == 5 && name.starts_with('E');
        let is_lint = || {
            lints
                .get_or_insert_with(|| self::lints(cache))
                .contains(name)
        };
        if WORDS.contains(&name)
            || if is_code {
                explains(cache, name)
            } else {
                is_lint_name(name) && { is_lint }()
            }
        {
            known.insert(name.to_owned());
        }
    }
    known
}

fn is_lint_name(name: &str) -> bool {
    name.contains('_')
        && !name.contains(|c: char| c.is_ascii_uppercase() || matches!(c, '.' | '/' | '!'))
}

fn explains(cache: Option<&Cache>, code: &str) -> bool {
    let key = format!("explain {code}");
    if cache.is_some_and(|cache| cache.has(&key)) {
        return true;
    }
    let explained = said("rustc", &["--explain", code]).is_some();
    if explained && let Some(cache) = cache {
        cache.add(&key);
    }
    explained
}

/// The lints of rustc, rustdoc and Clippy, as an attribute names them.
fn lints(cache: Option<&Cache>) -> BTreeSet<String> {
    const KEY: &str = "lints";
    if let Some(kept) = cache.and_then(|cache| cache.get(KEY)) {
        return kept.lines().map(str::to_owned).collect();
    }
    let mut lints = BTreeSet::new();
    for tool in ["rustc", "rustdoc", "clippy-driver"] {
        let listed = said(tool, &["-W", "help"]).unwrap_or_default();
        let first_words = listed
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        lints.extend(
            first_words
                .map(|word| word.replace('-', "_"))
                .filter(|word| word.contains('_')),
        );
    }
    if let Some(cache) = cache {
        cache.put(
            KEY,
            &lints
                .iter()
                .map(|lint| format!("{lint}\n"))
                .collect::<String>(),
        );
    }
    lints
}

/// What a tool prints when it ends well.
fn said(tool: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(tool)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_codes_lints_and_words_are_known_and_others_are_not() {
        let names = [
            "E0382",
            "E9999",
            "unused_variables",
            "unused_variable",
            "target_os",
            "JoinHandle",
        ];
        let known = known(None, &names.into());
        assert!(
            known
                .iter()
                .map(String::as_str)
                .eq(["E0382", "target_os", "unused_variables"])
        );
        assert!(is_attribute("track_caller") && !is_attribute("track_called"));
    }
}
