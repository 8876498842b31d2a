//! Listings: mdBook's code blocks with colours, a link to each, and controls.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use book::html::{escape_text, unescape};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use regex::{Captures, Regex};

use super::{digest, highlight, pattern};

static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?s)<pre(?: class="(?<pre>[^"]*)")?><code(?: class="(?<code>[^"]*)")?>(?<inner>.*?)</code></pre>"#,
    )
});
static HIDDEN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?s)<span class="boring">(.*?)</span>"#));

/// The characters that a query must encode.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'`');

/// The columns that fit on a phone. Only wider blocks scroll there, and need to be reachable by keyboard.
const NARROW: usize = 38;

/// Rewrites the code blocks of a page.
pub fn rewrite(html: &str) -> String {
    let mut ids = HashMap::new();
    BLOCK
        .replace_all(html, |found: &Captures<'_>| {
            Block::read(found).render(&mut ids)
        })
        .into_owned()
}

/// A code block as mdBook renders it.
struct Block {
    /// The language, and the other words of the fence's info string.
    words: Vec<String>,
    /// True if mdBook would give it a run button.
    runs_on_the_playground: bool,
    /// Each line, and true if it is hidden at first.
    lines: Vec<(String, bool)>,
}

impl Block {
    fn read(found: &Captures<'_>) -> Self {
        let mut lines = Vec::new();
        let mut add = |html: &str, hidden| {
            lines.extend(unescape(html).lines().map(|line| (line.to_owned(), hidden)));
        };
        let inner = &found["inner"];
        let mut done = 0;
        for hidden in HIDDEN.captures_iter(inner) {
            let whole = hidden.get(0).expect("the whole match");
            add(&inner[done..whole.start()], false);
            add(&hidden[1], true);
            done = whole.end();
        }
        add(&inner[done..], false);
        Self {
            words: found
                .name("code")
                .map_or("", |m| m.as_str())
                .split(' ')
                .map(unescape)
                .collect(),
            runs_on_the_playground: found
                .name("pre")
                .is_some_and(|pre| pre.as_str().contains("playground")),
            lines,
        }
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }

    fn language(&self) -> &str {
        self.words
            .iter()
            .find_map(|word| word.strip_prefix("language-"))
            .unwrap_or("text")
    }

    /// The whole code, with hidden lines.
    fn code(&self) -> String {
        self.lines
            .iter()
            .fold(String::new(), |code, (line, _)| code + line + "\n")
    }

    fn render(&self, ids: &mut HashMap<String, usize>) -> String {
        let coloured = highlight::lines(self.language(), &self.code());
        let mut code = String::new();
        let lines: Vec<_> = coloured
            .iter()
            .zip(&self.lines)
            .map(|(html, (_, hidden))| (html, *hidden))
            .collect();
        for run in lines.chunk_by(|(_, a), (_, b)| a == b) {
            let text = run
                .iter()
                .fold(String::new(), |text, (html, _)| text + html + "\n");
            code += &if run[0].1 {
                format!("<span class=\"boring\">{text}</span>")
            } else {
                text
            };
        }
        let widest = self
            .lines
            .iter()
            .map(|(line, _)| line.chars().count())
            .max()
            .unwrap_or(0);
        let language = self.language();
        let reach = if widest > NARROW {
            format!(
                " tabindex=\"0\" role=\"group\" aria-label=\"{}\"",
                spoken(language)
            )
        } else {
            String::new()
        };
        let pre = format!("<pre{reach}><code class=\"language-{language}\">{code}</code></pre>");
        if matches!(language, "rust" | "go" | "toml") {
            self.figure(&pre, ids)
        } else {
            pre
        }
    }

    fn figure(&self, pre: &str, ids: &mut HashMap<String, usize>) -> String {
        let from = self
            .words
            .iter()
            .find_map(|word| word.strip_prefix("from="));
        let (file, anchor) = from.map_or((None, None), |from| match from.split_once(':') {
            Some((file, anchor)) => (Some(file), Some(anchor)),
            None => (Some(from), None),
        });
        let name = match file {
            Some(file) => {
                let stem = file
                    .rsplit('/')
                    .next()
                    .unwrap_or(file)
                    .trim_end_matches(".rs");
                anchor.map_or_else(|| stem.to_owned(), |anchor| format!("{stem}-{anchor}"))
            }
            // The name is a digest of the code, so that a listing that moves keeps its link.
            None => digest(self.code().as_bytes())[..6].to_owned(),
        };
        let seen = ids.entry(name.clone()).or_insert(0);
        *seen += 1;
        let id = match *seen {
            1 => format!("code-{name}"),
            n => format!("code-{name}-{n}"),
        };
        let title = match file {
            Some(file) => file
                .trim_start_matches("../")
                .trim_start_matches("listings/")
                .trim_start_matches("src/"),
            None => spoken(self.language()),
        };
        let mut out = format!(
            "<figure class=\"listing\" id=\"{id}\"><figcaption><a href=\"#{id}\">{}</a>",
            escape_text(title)
        );
        for note in self.notes() {
            let _ = write!(out, "<span class=\"note\">{note}</span>");
        }
        out.push_str("<span class=\"tools\">");
        if self.lines.iter().any(|(_, hidden)| *hidden) {
            out.push_str("<label><input type=\"checkbox\" class=\"all-lines\"> all lines</label>");
        }
        if self.runs_on_the_playground {
            let _ = write!(
                out,
                "<a href=\"https://play.rust-lang.org/?version=stable&amp;mode=debug&amp;edition=2024&amp;code={}\" rel=\"external noopener\">run on the playground</a>",
                utf8_percent_encode(self.code().trim_end(), QUERY)
            );
        }
        out.push_str("<button type=\"button\" class=\"copy\">copy</button></span></figcaption>");
        out.push_str(pre);
        out.push_str("</figure>");
        out
    }

    /// Notes for readers who want to run it.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.has("compile_fail") {
            let code = self
                .words
                .iter()
                .find(|w| w.len() == 5 && w.starts_with('E'));
            notes.push(code.map_or_else(
                || "must not compile".to_owned(),
                |code| format!("must not compile: {code}"),
            ));
        }
        if self.has("should_panic") {
            notes.push("must panic".to_owned());
        }
        if self.has("no_run") {
            notes.push("compiled, not run".to_owned());
        }
        if self.has("linux") {
            notes.push("runs only on Linux".to_owned());
        }
        notes
    }
}

fn spoken(language: &str) -> &'static str {
    match language {
        "rust" => "Rust code",
        "go" => "Go code",
        "toml" => "TOML code",
        "diff" => "Difference",
        "console" => "Commands",
        _ => "Text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_keeps_its_text_and_hidden_lines_stay_marked() {
        let html = rewrite(
            "<pre class=\"playground\"><code class=\"language-rust edition2024\"><span class=\"boring\">fn main() {\n</span>let a = 1 &lt; 2;\n<span class=\"boring\">}</span></code></pre>",
        );
        assert!(
            html.contains("<span class=\"boring\"><span class=\"k\">fn </span>"),
            "{html}"
        );
        assert!(
            html.contains("class=\"all-lines\"") && html.contains("code=fn%20main()%20{%0Alet%20a"),
            "{html}"
        );
        assert!(
            html.contains("id=\"code-") && html.contains("&lt;"),
            "{html}"
        );
    }

    #[test]
    fn included_listing_is_named_by_its_file_and_anchor() {
        let block = "<pre><code class=\"language-rust noplayground from=../listings/src/scope/s3_scope.rs:state\">struct A;\n</code></pre>";
        let html = rewrite(&format!("{block}{block}"));
        assert!(
            html.contains("id=\"code-s3_scope-state\"")
                && html.contains("id=\"code-s3_scope-state-2\""),
            "{html}"
        );
        assert!(
            html.contains(">scope/s3_scope.rs</a>") && !html.contains("play.rust-lang.org"),
            "{html}"
        );
    }

    #[test]
    fn listing_that_must_fail_says_how() {
        let html = rewrite(
            "<pre><code class=\"language-rust compile_fail E0382 noplayground\">x\n</code></pre>",
        );
        assert!(html.contains("must not compile: E0382"), "{html}");
    }

    #[test]
    fn output_is_no_listing_and_wide_blocks_are_reached_by_keyboard() {
        let html = rewrite(&format!(
            "<pre><code class=\"language-text\">{}\n</code></pre>",
            "x".repeat(60)
        ));
        assert!(
            !html.contains("figure") && html.contains("<pre tabindex=\"0\""),
            "{html}"
        );
        assert!(
            !rewrite("<pre><code class=\"language-text\">x\n</code></pre>").contains("tabindex")
        );
    }
}
