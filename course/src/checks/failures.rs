//! Listings that must not compile: with the stated code, for the stated reason.
//!
//! rustdoc on stable accepts any failure under `compile_fail`, a missing crate too. So rustc itself is asked, and its
//! JSON messages are read.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::fences::{Expect, Snippet};
use crate::cache::Cache;
use crate::cargo::Artifacts;
use crate::problem::Problem;

/// rustc's message as a page shows it, and whether it is from an earlier run of the same.
pub type Judged = Result<(String, bool), Problem>;

/// Compiles one snippet that must fail.
///
/// # Errors
///
/// The outer error when rustc cannot be started; the inner one when the snippet compiles, or fails otherwise.
pub fn run(scratch: &Path, artifacts: &Artifacts, snippet: &Snippet<'_>, cache: &Cache) -> Result<Judged> {
    let Expect::FailsToCompile { code, phrase } = &snippet.expect else {
        unreachable!("only called for snippets that must fail to compile")
    };
    let source = program(&snippet.code);
    let key = format!("compile_fail {code} {phrase}\n{source}");
    if let Some(rendered) = cache.get(&key) {
        return Ok(Ok((rendered, true)));
    }
    let folder = scratch.join("failures").join(&blake3::hash(source.as_bytes()).to_hex()[..16]);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("listing.rs"), &source)?;
    let output = Command::new("rustc")
        .current_dir(&folder)
        .args(["listing.rs", "--crate-type=bin", "--emit=metadata", "--error-format=json", "-Aunused"])
        .args(artifacts.compiler_arguments())
        .output()
        .context("rustc cannot be started")?;
    let judged =
        judge(snippet, code, phrase, &String::from_utf8_lossy(&output.stderr), output.status.success());
    if let Ok(rendered) = &judged {
        cache.put(&key, rendered);
    }
    Ok(judged.map(|rendered| (rendered, false)))
}

/// The snippet as a program of its own, as rustdoc would make it: hidden lines shown, wrapped in `main` if there is none.
#[must_use]
pub fn program(code: &str) -> String {
    let shown: Vec<_> = code.lines().map(unhide).collect();
    let has_main = shown.iter().any(|line| line.trim_start().starts_with("fn main("))
        || shown.iter().any(|line| line.trim_start().starts_with("async fn main("));
    let (attributes, rest): (Vec<_>, Vec<_>) = shown.into_iter().partition(|line| line.starts_with("#!["));
    let mut text = attributes.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    if has_main {
        text.push_str(&rest.join("\n"));
        text.push('\n');
    } else {
        text.push_str(&format!("fn main() {{\n{}\n}}\n", rest.join("\n")));
    }
    text
}

/// rustdoc's rule for hidden lines.
fn unhide(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed == "#" {
        ""
    } else if let Some(rest) = trimmed.strip_prefix("# ") {
        rest
    } else if trimmed.starts_with("##") {
        &trimmed[1..]
    } else {
        line
    }
}

fn judge(
    snippet: &Snippet<'_>,
    code: &str,
    phrase: &str,
    stderr: &str,
    compiled: bool,
) -> Result<String, Problem> {
    let problem = |what: String| Problem::new(&snippet.page.file, snippet.fence.line, what);
    if compiled {
        return Err(problem(format!("this listing must fail with {code}, but it compiles"))
            .help("show it as an ordinary ```rust listing, or make it fail again"));
    }
    let errors: Vec<Value> = stderr
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| {
            message["level"] == "error" && message["spans"].as_array().is_some_and(|s| !s.is_empty())
        })
        .collect();
    let rendered: String =
        errors.iter().filter_map(|message| message["rendered"].as_str()).collect::<Vec<_>>().join("\n");
    let codes: Vec<_> =
        errors.iter().map(|message| message["code"]["code"].as_str().unwrap_or("no code")).collect();
    if let Some(other) = codes.iter().find(|found| **found != code) {
        return Err(problem(format!("this listing must fail with {code}, but rustc gives {other}"))
            .detail(rendered)
            .help("make the listing fail for the stated reason alone"));
    }
    if codes.is_empty() {
        return Err(
            problem(format!("this listing must fail with {code}, but rustc names no place")).detail(stderr)
        );
    }
    if !rendered.contains(phrase) {
        return Err(problem(format!("rustc gives {code}, but does not say `{phrase}`")).detail(rendered));
    }
    Ok(presentable(&rendered))
}

/// rustc's message without what differs from machine to machine.
fn presentable(rendered: &str) -> String {
    let mut text = String::new();
    for line in rendered.lines() {
        // Where rustc keeps a long type's name is of no use to a reader.
        if line.contains("has been written to") || line.contains("--verbose` to print the full type name") {
            continue;
        }
        text.push_str(&shorten_paths(line));
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

/// Paths into rustc's own sources and into cargo's registry, without the folder they happen to lie in.
fn shorten_paths(line: &str) -> String {
    let Some((head, path)) = line.split_once("--> ").or_else(|| line.split_once("::: ")) else {
        return line.to_owned();
    };
    let arrow = &line[head.len()..line.len() - path.len()];
    for marker in ["/registry/src/", "/lib/rustlib/src/rust/", "/rustc/"] {
        if let Some((_, rest)) = path.split_once(marker) {
            let rest = match marker {
                "/lib/rustlib/src/rust/" => rest,
                _ => rest.split_once('/').map_or(rest, |(_, rest)| rest),
            };
            return format!("{head}{arrow}{rest}");
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Page;

    #[test]
    fn program_shows_hidden_lines_and_wraps_what_has_no_main() {
        assert_eq!(program("# use a::B;\nlet x = 1;\n"), "fn main() {\nuse a::B;\nlet x = 1;\n}\n");
        assert_eq!(program("fn main() {}\n"), "fn main() {}\n");
        assert_eq!(program("#![allow(x)]\nf();"), "#![allow(x)]\nfn main() {\nf();\n}\n");
        assert_eq!(program("## [x]"), "fn main() {\n# [x]\n}\n");
    }

    #[test]
    fn paths_of_other_machines_are_cut() {
        assert_eq!(
            shorten_paths("  --> /x/registry/src/index-1/tokio-1.5/src/a.rs:1:2"),
            "  --> tokio-1.5/src/a.rs:1:2"
        );
        assert_eq!(
            shorten_paths("  ::: /rustc/abc/library/core/src/a.rs:1:2"),
            "  ::: library/core/src/a.rs:1:2"
        );
        assert_eq!(shorten_paths("let x = 1;"), "let x = 1;");
    }

    fn judged(stderr: &str, compiled: bool) -> Result<String, Problem> {
        let page = Page::parse(Path::new("src/p.md"), "```rust\nx\n```");
        let snippet =
            Snippet { page: &page, fence: &page.fences[0], code: String::new(), expect: Expect::Runs };
        judge(&snippet, "E0382", "use of moved value", stderr, compiled)
    }

    fn message(code: &str, rendered: &str) -> String {
        serde_json::json!({"level": "error", "code": {"code": code}, "spans": [{}], "rendered": rendered})
            .to_string()
    }

    #[test]
    fn failures_need_the_code_and_the_words_and_nothing_else() {
        assert!(judged(&message("E0382", "error: use of moved value: `x`"), false).is_ok());
        assert!(judged("", true).unwrap_err().what.contains("it compiles"));
        assert!(judged(&message("E0432", "unresolved import"), false).unwrap_err().what.contains("E0432"));
        assert!(
            judged(&message("E0382", "borrow of moved value"), false)
                .unwrap_err()
                .what
                .contains("does not say")
        );
        let two =
            format!("{}\n{}", message("E0382", "use of moved value"), message("E0433", "failed to resolve"));
        assert!(judged(&two, false).unwrap_err().what.contains("E0433"));
    }
}
