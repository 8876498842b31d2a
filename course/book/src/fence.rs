//! Fenced code blocks as checks read them: the expected outcome, and the program to compile.

use std::sync::LazyLock;

use regex::Regex;

use crate::page::{Fence, Page};
use crate::problem::Problem;

/// The expected outcome of a Rust fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// It compiles, runs and returns.
    Runs,
    /// It compiles; the page says why it is not run.
    Compiles,
    /// It compiles, runs and panics, and the panic's message contains these words.
    Panics {
        /// Such as `attempt to add with overflow`.
        phrase: String,
    },
    /// It does not compile, with these codes and these words in rustc's message.
    FailsToCompile {
        /// Such as `E0382`; sorted. Empty when rustc's error has no code, as some about `Send` have none.
        codes: Vec<String>,
        /// Words that rustc's message contains.
        phrase: String,
    },
}

/// A Rust fence of the book, ready to be compiled.
#[derive(Debug, Clone)]
pub struct Snippet<'a> {
    /// Its page.
    pub page: &'a Page,
    /// The fence as written.
    pub fence: &'a Fence,
    /// The code, with includes expanded.
    pub code: String,
    /// The expected outcome.
    pub expect: Expect,
}

const LANGUAGES: &[&str] = &[
    "console", "css", "diff", "go", "html", "json", "markdown", "mermaid", "python", "text",
    "toml", "yaml",
];
const RUST_WORDS: &[&str] = &[
    "compile_fail",
    "editable",
    "no_run",
    "noplayground",
    "should_panic",
];

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^E\d{4}$").expect("a valid pattern"));

/// The outcome that a fence asks for; `None` if it is not Rust.
///
/// # Errors
///
/// When its info string says nothing that can be checked.
pub fn expectation(page: &Page, fence: &Fence) -> Result<Option<Expect>, Problem> {
    let problem = |what: String| Problem::new(&page.file, fence.line, what);
    let language = fence.language();
    if fence.body.trim().is_empty() {
        return Err(problem("this code block is empty".into())
            .help("write what it should show, or remove it"));
    }
    if language != "rust" {
        return match language {
            "" => Err(problem(
                "code block without a language, which rustdoc would take for Rust".into(),
            )
            .help("write ```text if it is not code")),
            other if LANGUAGES.contains(&other) => Ok(None),
            other => Err(problem(format!("unknown language `{other}`")).help(format!(
                "write ```rust for Rust; the others are {}",
                LANGUAGES.join(", ")
            ))),
        };
    }
    let words = || fence.words.iter().skip(1);
    if let Some(word) =
        words().find(|word| !RUST_WORDS.contains(&word.as_str()) && !CODE.is_match(word))
    {
        return Err(
            problem(format!("unknown word `{word}` in the info string")).help(format!(
                "the words are {} and error codes after compile_fail",
                RUST_WORDS.join(", ")
            )),
        );
    }
    for word in ["no_run", "noplayground"] {
        if fence.has(word) && fence.noted(word).is_none_or(str::is_empty) {
            return Err(problem(format!("`{word}` without a reason")).help(format!(
                "write `<!-- {word}: the reason -->` on the line above"
            )));
        }
    }
    if fence.has("compile_fail") {
        let mut codes: Vec<String> = words()
            .filter(|word| CODE.is_match(word))
            .cloned()
            .collect();
        codes.sort();
        return match fence
            .noted("compile_fail")
            .filter(|phrase| !phrase.is_empty())
        {
            Some(phrase) => Ok(Some(Expect::FailsToCompile {
                codes,
                phrase: phrase.to_owned(),
            })),
            None => Err(
                problem("`compile_fail` without the words rustc must say".into())
                    .help("write `<!-- compile_fail: words of the message -->` on the line above"),
            ),
        };
    }
    if let Some(code) = words().find(|word| CODE.is_match(word)) {
        return Err(
            problem(format!("`{code}` without `compile_fail`")).help(format!(
                "write ```rust,compile_fail,{code} if it must not compile, ```rust if it must"
            )),
        );
    }
    Ok(Some(
        match (fence.has("no_run"), fence.has("should_panic")) {
            (true, true) => {
                return Err(
                    problem("`no_run` and `should_panic` exclude each other".into())
                        .help("keep `should_panic` if it can run here, `no_run` if it cannot"),
                );
            }
            (true, false) => Expect::Compiles,
            (false, true) => match fence
                .noted("should_panic")
                .filter(|phrase| !phrase.is_empty())
            {
                Some(phrase) => Expect::Panics {
                    phrase: phrase.to_owned(),
                },
                None => {
                    return Err(
                        problem("`should_panic` without the words of the panic".into()).help(
                            "write `<!-- should_panic: words of the message -->` on the line above",
                        ),
                    );
                }
            },
            (false, false) => Expect::Runs,
        },
    ))
}

/// A fence longer than any run of backticks inside.
#[must_use]
pub fn fence_for(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(3.max(longest + 1))
}

/// The snippet as a program of its own, as rustdoc would make it: hidden lines shown, wrapped in `main` if it has none.
#[must_use]
pub fn program(code: &str) -> String {
    let shown: Vec<_> = code.lines().map(unhide).collect();
    let has_main = shown
        .iter()
        .any(|line| line.trim_start().starts_with("fn main("))
        || shown
            .iter()
            .any(|line| line.trim_start().starts_with("async fn main("));
    let (attributes, rest): (Vec<_>, Vec<_>) =
        shown.into_iter().partition(|line| line.starts_with("#!["));
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

/// The code of a line that rustdoc hides, without its mark; `None` for a line that it shows.
#[must_use]
pub fn hidden(line: &str) -> Option<&str> {
    match line.trim_start() {
        "#" => Some(""),
        line => line.strip_prefix("# "),
    }
}

/// A line as it is compiled: without the mark of a hidden one, and `##`, which shows a `#`, as `#`.
#[must_use]
pub fn unhide(line: &str) -> &str {
    let trimmed = line.trim_start();
    hidden(line).unwrap_or(if trimmed.starts_with("##") {
        &trimmed[1..]
    } else {
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn expectation_of(text: &str) -> Result<Option<Expect>, Problem> {
        let page = Page::parse(Path::new("src/p.md"), text);
        expectation(&page, &page.fences[0])
    }

    #[test]
    fn rust_fences_run_unless_they_say_otherwise() {
        assert_eq!(
            expectation_of("```rust\nx\n```").unwrap(),
            Some(Expect::Runs)
        );
        assert_eq!(expectation_of("```text\nx\n```").unwrap(), None);
    }

    #[test]
    fn fences_that_nothing_would_check_are_problems() {
        for text in [
            "```\nx\n```",
            "```rs\nx\n```",
            "```Rust\nx\n```",
            "```rust,ignore\nx\n```",
            "```rust,norun\nx\n```",
            "```rust\n\n```",
            "```rust,no_run\nx\n```",
            "```rust,should_panic\nx\n```",
            "<!-- should_panic: -->\n```rust,should_panic\nx\n```",
            "<!-- no_run: both -->\n<!-- should_panic: both -->\n```rust,no_run,should_panic\nx\n```",
            "```rust,compile_fail\nx\n```",
            "```rust,compile_fail,E0382\nx\n```",
            "```rust,E0382\nx\n```",
        ] {
            assert!(expectation_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reasons_and_phrases_stand_on_the_line_above() {
        let text = "<!-- no_run: needs a cgroup -->\n```rust,no_run\nx\n```";
        assert_eq!(expectation_of(text).unwrap(), Some(Expect::Compiles));
        let text = "<!-- should_panic: no tea -->\n```rust,should_panic\nx\n```";
        assert_eq!(
            expectation_of(text).unwrap(),
            Some(Expect::Panics {
                phrase: "no tea".into()
            })
        );
        let text = "<!-- compile_fail: value moved here -->\n```rust,compile_fail,E0382\nx\n```";
        let expected = Expect::FailsToCompile {
            codes: vec!["E0382".into()],
            phrase: "value moved here".into(),
        };
        assert_eq!(expectation_of(text).unwrap(), Some(expected));
    }

    #[test]
    fn fences_are_longer_than_what_they_hold() {
        assert_eq!(fence_for("let x;"), "```");
        assert_eq!(fence_for("````md"), "`````");
    }

    #[test]
    fn program_shows_hidden_lines_and_wraps_what_has_no_main() {
        assert_eq!(
            program("# use a::B;\nlet x = 1;\n"),
            "fn main() {\nuse a::B;\nlet x = 1;\n}\n"
        );
        assert_eq!(program("fn main() {}\n"), "fn main() {}\n");
        assert_eq!(
            program("#![allow(x)]\nf();"),
            "#![allow(x)]\nfn main() {\nf();\n}\n"
        );
        assert_eq!(program("## [x]"), "fn main() {\n# [x]\n}\n");
    }
}
