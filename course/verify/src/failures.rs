//! Listings that must not compile: with the stated code, for the stated reason.
//!
//! rustdoc on stable accepts any failure under `compile_fail`, a missing crate too. So rustc itself is asked, and its
//! JSON messages are read.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use book::diagnostic::Diagnostic;
use book::fence::{Expect, Snippet, program};
use toolchain::cache::Cache;
use toolchain::cargo::Artifacts;
use toolchain::rustc::{Message, messages};

/// rustc's message as a page shows it, and whether it is from an earlier run of the same.
pub type Outcome = Result<(String, bool), Diagnostic>;

/// Compiles one snippet that must fail.
///
/// # Errors
///
/// The outer error when rustc cannot be started; the inner one when the snippet compiles, or fails otherwise.
pub fn run(
    scratch: &Path,
    artifacts: &Artifacts,
    snippet: &Snippet<'_>,
    cache: &Cache,
) -> Result<Outcome> {
    let Expect::FailsToCompile { codes, phrase } = &snippet.expect else {
        unreachable!("only called for snippets that must fail to compile")
    };
    let source = program(&snippet.code);
    let edition = snippet.fence.edition().unwrap_or(&artifacts.edition);
    let key = format!("compile_fail {edition} {codes:?} {phrase}\n{source}");
    if let Some(rendered) = cache.get(&key) {
        return Ok(Ok((rendered, true)));
    }
    let folder = scratch
        .join("failures")
        .join(&blake3::hash(source.as_bytes()).to_hex()[..16]);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("listing.rs"), &source)?;
    let output = Command::new("rustc")
        .current_dir(&folder)
        .args([
            "listing.rs",
            "--crate-type=bin",
            "--emit=metadata",
            "--error-format=json",
            "-Aunused",
        ])
        .args(artifacts.arguments_for(edition))
        .output()
        .context("rustc cannot be started")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let judged = judge(snippet, codes, phrase, &stderr, output.status.success());
    if let Ok(rendered) = &judged {
        cache.put(&key, rendered);
    }
    Ok(judged.map(|rendered| (rendered, false)))
}

/// `E0499 and E0506`, or `an error without a code`.
fn named(codes: &[String]) -> String {
    if codes.is_empty() {
        "an error without a code".to_owned()
    } else {
        codes.join(" and ")
    }
}

fn judge(
    snippet: &Snippet<'_>,
    codes: &[String],
    phrase: &str,
    stderr: &str,
    compiled: bool,
) -> Result<String, Diagnostic> {
    let problem = |what: String| Diagnostic::new(&snippet.page.file, snippet.fence.line, what);
    // Neither code nor words: any error will do.
    let is_any = codes.is_empty() && phrase.is_empty();
    let wanted = if is_any {
        "an error".to_owned()
    } else {
        named(codes)
    };
    if compiled {
        return Err(problem(format!(
            "this listing must fail with {wanted}, but it compiles"
        ))
        .help("show it as an ordinary ```rust listing, or make it fail again"));
    }
    let errors: Vec<Message> = messages(stderr)
        .filter(|message| message.is_error() && !message.spans.is_empty())
        .collect();
    let rendered: Vec<&str> = errors.iter().map(Message::rendered).collect();
    let rendered = rendered.join("\n");
    if errors.is_empty() {
        return Err(problem(format!(
            "this listing must fail with {wanted}, but rustc names no place"
        ))
        .detail(stderr)
        .help("make it fail at a line of the listing, or fix what keeps rustc from reading it"));
    }
    // An error without a code may come with one that has a code: both then come from the same mistake.
    let mut found: Vec<String> = errors
        .iter()
        .map(|message| message.code().to_owned())
        .filter(|code| !code.is_empty())
        .collect();
    found.sort();
    found.dedup();
    if found != codes && !is_any {
        return Err(problem(format!(
            "this listing must fail with {wanted}, but rustc gives {}",
            named(&found)
        ))
        .detail(rendered)
        .help("make the listing fail for the stated reason alone"));
    }
    if !rendered.contains(phrase) {
        return Err(problem(format!("rustc gives {wanted}, but does not say `{phrase}`"))
            .detail(rendered)
            .help(
                "make it fail for the stated reason, or quote rustc's words in the comment above the block",
            ));
    }
    Ok(presentable(&rendered))
}

/// rustc's message without what differs from machine to machine: places outside the book are named by file alone,
/// because whether rustc can quote them depends on what else is installed.
fn presentable(rendered: &str) -> String {
    let mut text = String::new();
    let mut quoting_foreign = false;
    for line in rendered.lines() {
        if quoting_foreign && is_quotation(line) {
            continue;
        }
        quoting_foreign = false;
        // Where rustc keeps a long type's name is of no use to a reader.
        if line.contains("has been written to")
            || line.contains("--verbose` to print the full type name")
        {
            continue;
        }
        let foreign = foreign_place(line);
        quoting_foreign = foreign.is_some();
        text.push_str(foreign.as_deref().unwrap_or(line));
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

/// True if a line quotes source: `12 | code`, `   | ^^^^`, `...`.
fn is_quotation(line: &str) -> bool {
    line == "..."
        || line
            .trim_start_matches([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            .starts_with('|')
}

/// A place in rustc's own sources or in a published crate, shortened: `  --> library/std/src/thread/mod.rs`.
fn foreign_place(line: &str) -> Option<String> {
    let (head, path) = line
        .split_once("--> ")
        .or_else(|| line.split_once("::: "))?;
    let arrow = &line[head.len()..line.len() - path.len()];
    let (marker, rest) = ["/registry/src/", "/lib/rustlib/src/rust/", "/rustc/"]
        .into_iter()
        .find_map(|marker| Some((marker, path.split_once(marker)?.1)))?;
    // After the first and the last marker there is a hash, a folder of its own.
    let rest = if marker == "/lib/rustlib/src/rust/" {
        rest
    } else {
        rest.split_once('/')?.1
    };
    let file = rest.rsplitn(3, ':').last().unwrap_or(rest);
    Some(format!("{head}{arrow}{file}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use book::page::Page;

    #[test]
    fn places_outside_the_book_are_named_by_file_alone() {
        let rendered = "error: x\n  --> listing.rs:4:2\n   |\n 4 | f();\n   | ^\nnote: required by a bound in `spawn`\n  \
            --> /rustc/abc/library/std/src/thread/mod.rs:1:2\n   |\n12 | pub fn spawn()\n...\n   | -----\n   = note: z\n";
        assert_eq!(
            presentable(rendered),
            "error: x\n  --> listing.rs:4:2\n   |\n 4 | f();\n   | ^\nnote: required by a bound in `spawn`\n  --> \
             library/std/src/thread/mod.rs\n   = note: z\n"
        );
        let place = |line| foreign_place(line).unwrap();
        assert_eq!(
            place("  --> /x/registry/src/index-1/tokio-1.5/src/a.rs:1:2"),
            "  --> tokio-1.5/src/a.rs"
        );
        assert_eq!(
            place("  ::: /x/lib/rustlib/src/rust/library/core/src/a.rs:1:2"),
            "  ::: library/core/src/a.rs"
        );
        assert_eq!(foreign_place("  --> listings/src/a.rs:1:2"), None);
    }

    fn judged(stderr: &str, compiled: bool) -> Result<String, Diagnostic> {
        let page = Page::parse(Path::new("src/p.md"), "```rust\nx\n```");
        let snippet = Snippet {
            page: &page,
            fence: &page.fences[0],
            code: String::new(),
            expect: Expect::Runs,
        };
        judge(
            &snippet,
            &["E0382".to_owned()],
            "use of moved value",
            stderr,
            compiled,
        )
    }

    fn message(code: &str, rendered: &str) -> String {
        serde_json::json!({"message": "x", "level": "error", "code": {"code": code}, "spans": [{}], "rendered": rendered})
            .to_string()
    }

    #[test]
    fn errors_without_a_code_may_stand_beside_the_stated_one_but_not_alone() {
        let uncoded =
            serde_json::json!({"message": "x", "level": "error", "code": null, "spans": [{}], "rendered": "not Send"})
                .to_string();
        let both = format!("{}\n{uncoded}", message("E0382", "use of moved value"));
        assert!(judged(&both, false).is_ok());
        assert!(
            judged(&uncoded, false)
                .unwrap_err()
                .what
                .contains("an error without a code")
        );
    }

    #[test]
    fn failures_need_the_code_and_the_words_and_nothing_else() {
        assert!(judged(&message("E0382", "error: use of moved value: `x`"), false).is_ok());
        assert!(judged("", true).unwrap_err().what.contains("it compiles"));
        assert!(
            judged(&message("E0432", "unresolved import"), false)
                .unwrap_err()
                .what
                .contains("E0432")
        );
        assert!(
            judged(&message("E0382", "borrow of moved value"), false)
                .unwrap_err()
                .what
                .contains("does not say")
        );
        let two = format!(
            "{}\n{}",
            message("E0382", "use of moved value"),
            message("E0433", "failed to resolve")
        );
        assert!(judged(&two, false).unwrap_err().what.contains("E0433"));
    }
}
