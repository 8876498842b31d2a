//! Fenced code blocks as checks read them: the expected outcome, and the program to compile.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::page::{Fence, Page, RUST_WORDS};
use crate::settings::Settings;

/// The expected outcome of a Rust fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// It compiles, runs and returns.
    Runs,
    /// It compiles; the page says why it is not run.
    Compiles,
    /// It compiles, runs and panics, and the panic's message contains these words.
    Panics {
        /// Such as `attempt to add with overflow`; empty when any panic will do.
        phrase: String,
    },
    /// It does not compile, with these codes and these words in rustc's message.
    FailsToCompile {
        /// Such as `E0382`; sorted. Empty when rustc's error has no code, as some about `Send` have
        /// none; without a phrase, too, any error will do.
        codes: Vec<String>,
        /// Words that rustc's message contains; empty when any will do.
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

/// The words that a fence of ours may have after its language.
const OUR_WORDS: &[&str] = &[
    "compile_fail",
    "editable",
    "no_run",
    "noplayground",
    "should_panic",
];

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^E\d{4}$").expect("a valid pattern"));

/// The check that a fence asks for: `None` when it is not Rust, when it says `ignore`, or when it cannot be checked.
pub fn expectation(
    page: &Page,
    fence: &Fence,
    settings: &Settings,
    problems: &mut Diagnostics,
) -> Option<Expect> {
    let mut judge = Judge {
        page,
        fence,
        settings,
        problems,
    };
    if fence.body.trim().is_empty() {
        let what = "this code block is empty";
        judge.breaks(
            settings.style,
            what,
            "write what it should show, or remove it",
        )?;
        return None;
    }
    judge.language()?;
    judge.words()?;
    judge.reasons()?;
    if fence.is_ignored() {
        return None;
    }
    if fence.has("compile_fail") {
        return judge.failure();
    }
    judge.success()
}

/// Diagnostics of a fence's info string.
struct Judge<'a> {
    page: &'a Page,
    fence: &'a Fence,
    settings: &'a Settings,
    problems: &'a mut Diagnostics,
}

impl Judge<'_> {
    /// Reports what breaks a rule; `None` when the fence cannot be checked because of it.
    fn breaks(
        &mut self,
        rule: Level,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<()> {
        let problem = Diagnostic::new(&self.page.file, self.fence.line, what).help(help);
        self.problems.extend(rule.apply(problem));
        (rule != Level::Error).then_some(())
    }

    /// `None` when it is not Rust.
    fn language(&mut self) -> Option<()> {
        let known = &self.settings.languages;
        match self.fence.language() {
            "rust" => return Some(()),
            "" => {
                let what = "code block without a language, which rustdoc would take for Rust";
                self.breaks(self.settings.style, what, "write ```text if it is not code")?;
                return None;
            }
            // Words for Rust without its name: rustdoc takes that, too.
            _ if !self.settings.ours && self.fence.is_rust() => return Some(()),
            other if !known.is_empty() && !known.iter().any(|it| it == other) => {
                let help = format!(
                    "write ```rust for Rust; the others are {}",
                    known.join(", ")
                );
                self.breaks(Level::Error, format!("unknown language `{other}`"), help)?;
            }
            _ => {}
        }
        None
    }

    /// Words that nothing knows, in our books; elsewhere those that rustdoc would have to know, misspelt.
    fn words(&mut self) -> Option<()> {
        let fence = self.fence;
        let words = || fence.words.iter().skip(1).filter(|it| !CODE.is_match(it));
        if self.settings.ours {
            return match words().find(|word| !OUR_WORDS.contains(&word.as_str())) {
                None => Some(()),
                Some(word) => self.breaks(
                    Level::Error,
                    format!("unknown word `{word}` in the info string"),
                    format!(
                        "the words are {} and error codes after compile_fail",
                        OUR_WORDS.join(", ")
                    ),
                ),
            };
        }
        let plain = |word: &str| word.to_lowercase().replace(['_', '-'], "");
        let meant = |word: &String| {
            let same = |known: &&&str| plain(known) == plain(word) && **known != word;
            RUST_WORDS.iter().find(same)
        };
        match words().find_map(|word| Some((word, meant(word)?))) {
            None => Some(()),
            Some((word, meant)) => self.breaks(
                self.settings.style,
                format!("`{word}` in the info string says nothing to rustdoc"),
                format!("write `{meant}`"),
            ),
        }
    }

    fn reasons(&mut self) -> Option<()> {
        // Where a listing may be tried is no matter of its being checked: only we ask for the reason.
        let ours = self.settings.ours.then_some("noplayground");
        for word in ["no_run", "ignore"].into_iter().chain(ours) {
            if self.fence.has(word) && self.fence.noted(word).is_none_or(str::is_empty) {
                self.breaks(
                    self.settings.reasons,
                    format!("`{word}` without a reason"),
                    format!("write `<!-- {word}: the reason -->` on the line above"),
                )?;
            }
        }
        Some(())
    }

    /// The words of the message, from the note above; none where they need not be stated.
    fn phrase(&mut self, word: &str, of: &str) -> Option<String> {
        let stated = self.fence.noted(word).filter(|phrase| !phrase.is_empty());
        if let Some(phrase) = stated {
            return Some(phrase.to_owned());
        }
        self.breaks(
            self.settings.words,
            format!("`{word}` without the words {of}"),
            format!("write `<!-- {word}: words of the message -->` on the line above"),
        )?;
        Some(String::new())
    }

    fn failure(&mut self) -> Option<Expect> {
        let phrase = self.phrase("compile_fail", "rustc must say")?;
        let codes = codes(self.fence);
        Some(Expect::FailsToCompile { codes, phrase })
    }

    fn success(&mut self) -> Option<Expect> {
        if let Some(code) = codes(self.fence).first() {
            self.breaks(
                self.settings.style,
                format!("`{code}` without `compile_fail`"),
                format!(
                    "write ```rust,compile_fail,{code} if it must not compile, ```rust if it must"
                ),
            )?;
        }
        match (self.fence.has("no_run"), self.fence.has("should_panic")) {
            (true, true) => {
                self.breaks(
                    self.settings.style,
                    "`no_run` and `should_panic` exclude each other",
                    "keep `should_panic` if it can run here, `no_run` if it cannot",
                )?;
                Some(Expect::Compiles)
            }
            (true, false) => Some(Expect::Compiles),
            (false, true) => Some(Expect::Panics {
                phrase: self.phrase("should_panic", "of the panic")?,
            }),
            (false, false) => Some(Expect::Runs),
        }
    }
}

/// The error codes that a fence names, sorted.
fn codes(fence: &Fence) -> Vec<String> {
    let codes = fence.words.iter().filter(|word| CODE.is_match(word));
    let mut codes: Vec<_> = codes.cloned().collect();
    codes.sort();
    codes
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

    fn judged(text: &str, settings: &Settings) -> (Option<Expect>, Vec<String>) {
        let page = Page::parse(Path::new("src/p.md"), text);
        let mut problems = Diagnostics::default();
        let expect = expectation(&page, &page.fences[0], settings, &mut problems);
        let said = problems.sorted().into_iter();
        (
            expect,
            said.map(|it| format!("{:?} {}", it.level, it.what))
                .collect(),
        )
    }

    fn ours(text: &str) -> Option<Expect> {
        judged(text, &Settings::default()).0
    }

    #[test]
    fn rust_fences_run_unless_they_say_otherwise() {
        assert_eq!(ours("```rust\nx\n```"), Some(Expect::Runs));
        assert_eq!(
            judged("```text\nx\n```", &Settings::default()),
            (None, Vec::new())
        );
    }

    #[test]
    fn fences_that_nothing_would_check_are_problems() {
        for text in [
            "```\nx\n```",
            "```rs\nx\n```",
            "```Rust\nx\n```",
            "```ignore\nx\n```",
            "```rust,ignore\nx\n```",
            "```rust,edition2021\nx\n```",
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
            let (expect, problems) = judged(text, &Settings::default());
            assert_eq!((expect, problems.len()), (None, 1), "{text}");
            assert!(problems[0].starts_with("Error "), "{text}: {problems:?}");
        }
    }

    #[test]
    fn fences_of_any_book_are_checked_with_warnings() {
        let any = Settings {
            ours: false,
            languages: Vec::new(),
            reasons: Level::Warning,
            words: Level::Off,
            style: Level::Warning,
            ..Settings::default()
        };
        let failure = |codes: &[&str]| Expect::FailsToCompile {
            codes: codes.iter().map(|it| (*it).to_owned()).collect(),
            phrase: String::new(),
        };
        let panics = Expect::Panics {
            phrase: String::new(),
        };
        let rows: [(&str, Option<Expect>, &[&str]); 12] = [
            (
                "rust,edition2018,editable,noplayground",
                Some(Expect::Runs),
                &[],
            ),
            (
                "rust no_run",
                Some(Expect::Compiles),
                &["Warning `no_run` without a reason"],
            ),
            ("rust,ignore", None, &["Warning `ignore` without a reason"]),
            ("ignore", None, &["Warning `ignore` without a reason"]),
            ("should_panic", Some(panics.clone()), &[]),
            ("rust,should_panic", Some(panics), &[]),
            ("rust,compile_fail", Some(failure(&[])), &[]),
            ("rust,E0505,compile_fail", Some(failure(&["E0505"])), &[]),
            (
                "rust,E0505",
                Some(Expect::Runs),
                &["Warning `E0505` without `compile_fail`"],
            ),
            (
                "rust,no-run",
                Some(Expect::Runs),
                &["Warning `no-run` in the info string says nothing to rustdoc"],
            ),
            ("haskell", None, &[]),
            (
                "",
                None,
                &["Warning code block without a language, which rustdoc would take for Rust"],
            ),
        ];
        for (info, expect, said) in rows {
            let text = format!("```{info}\nx\n```");
            let said = said.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(judged(&text, &any), (expect, said), "{info}");
        }
    }

    #[test]
    fn reasons_and_phrases_stand_on_the_line_above() {
        let text = "<!-- no_run: needs a cgroup -->\n```rust,no_run\nx\n```";
        assert_eq!(ours(text), Some(Expect::Compiles));
        let text = "> <!-- should_panic: no tea -->\n> ```rust,should_panic\n> x\n> ```";
        assert_eq!(
            ours(text),
            Some(Expect::Panics {
                phrase: "no tea".into()
            })
        );
        let text = "<!-- compile_fail: value moved here -->\n```rust,compile_fail,E0382\nx\n```";
        let expected = Expect::FailsToCompile {
            codes: vec!["E0382".into()],
            phrase: "value moved here".into(),
        };
        assert_eq!(ours(text), Some(expected));
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
