//! Making a stranger's text harmless before somebody else reads it: a terminal, a log of CI, XML, a spreadsheet.

use toolchain::panic::{Panic, panics, replace_heads};

/// The longest message of one test, in characters.
pub const MESSAGE_LIMIT: usize = 2000;

/// A text without anything that acts: escape sequences, control characters, marks that turn the direction of writing,
/// and commands to CI (`::error`, `##[…]`). Line feeds and tabs stay. At most `limit` characters.
#[must_use]
pub fn sanitize(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // CSI … final byte; OSC … BEL or ESC \; other escapes are two characters long.
            '\u{1b}' => match chars.next() {
                Some('[') => {
                    chars.by_ref().find(|c| ('\u{40}'..='\u{7e}').contains(c));
                }
                Some(']') => {
                    let mut last = ' ';
                    chars.by_ref().find(|&c| {
                        c == '\u{7}' || (std::mem::replace(&mut last, c) == '\u{1b}' && c == '\\')
                    });
                }
                _ => {}
            },
            '\n' | '\t' => out.push(c),
            c if c.is_control() || is_active(c) => {}
            c => out.push(c),
        }
    }
    let out = out.replace("##[", "## [");
    let lines = out
        .lines()
        .map(|line| match line.trim_start().strip_prefix("::") {
            Some(rest) => format!(": :{rest}"),
            None => line.to_owned(),
        });
    let out = lines.collect::<Vec<_>>().join("\n");
    match out.char_indices().nth(limit) {
        Some((at, _)) => format!("{} …", &out[..at]),
        None => out,
    }
}

/// Characters that turn the direction of writing, are invisible, or that XML does not know.
fn is_active(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || (c as u32 & 0xfffe) == 0xfffe
}

/// The panic that ended a test, from its output: place and message, without what differs from run to run.
///
/// The first is the cause; later ones are its consequences.
#[must_use]
pub fn panic_message(output: &str) -> Option<String> {
    let panic = panics(output).next()?;
    let Panic {
        file, line, column, ..
    } = panic;
    let text = format!("panicked at {file}:{line}:{column}\n{}", panic.message);
    Some(text.trim_end().to_owned())
}

/// The output of a test without what differs from run to run: the frame that libtest puts around
/// it, with its clock, and the numbers of threads.
#[must_use]
pub fn test_output(output: &str) -> String {
    let inside = output
        .split_once("\nrunning 1 test\ntest __grade::run ... ")
        .map_or(output, |(_, rest)| rest);
    let end = inside
        .rfind("FAILED\n\nfailures:\n")
        .unwrap_or(inside.len());
    let inside = inside[..end].trim();
    let head = |thread: &str, place: &str| format!("thread '{thread}' panicked at {place}:");
    replace_heads(inside, head).into_owned()
}

/// A cell that no spreadsheet takes for a formula.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let text: String = sanitize(text, 10_000).replace('\t', " ");
    match text.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{text}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_does_nothing_to_a_terminal_or_to_ci() {
        let nasty = "\u{1b}[2Jred\u{1b}]0;title\u{7} a\r\u{0}b\n  ::error file=x::boo\n##[group]x\u{202e}\u{fffe}";
        assert_eq!(
            sanitize(nasty, 100),
            "red ab\n: :error file=x::boo\n## [group]x"
        );
        assert_eq!(sanitize("naïve 🦀 test", 7), "naïve 🦀 …");
    }

    #[test]
    fn panic_message_has_place_and_words_and_no_thread_number() {
        let output = "running 1 test\n\nthread 'main' (17) panicked at tests/tiny/public.rs:9:5:\n\
                      assertion failed\n  left: 1\nnote: run with `RUST_BACKTRACE=1` …\n";
        assert_eq!(
            panic_message(output).unwrap(),
            "panicked at tests/tiny/public.rs:9:5\nassertion failed\n  left: 1"
        );
        assert_eq!(panic_message("test result: ok"), None);
    }

    #[test]
    fn printed_has_neither_clock_nor_thread_numbers() {
        let output = "\nrunning 1 test\ntest __grade::run ... mine\nthread 'a (b)' (17) panicked at x.rs:1:1:\nno\nFAILED\n\n\
                      failures:\n\nfailures:\n    __grade::run\n\ntest result: FAILED. 0 passed; finished in 0.02s\n";
        assert_eq!(
            test_output(output),
            "mine\nthread 'a (b)' panicked at x.rs:1:1:\nno"
        );
        assert_eq!(test_output("\nrunning 1 test\ntest __grade::run ... "), "");
        assert_eq!(test_output("half a li"), "half a li");
    }

    #[test]
    fn cell_is_never_a_formula() {
        for formula in [
            "=HYPERLINK(\"http://x\")",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
        ] {
            let cell = csv_cell(formula);
            assert!(
                !cell.trim_start().starts_with(['=', '+', '-', '@']),
                "{cell:?}"
            );
        }
        assert_eq!(csv_cell("Renée, \"R\" 🦀"), "Renée, \"R\" 🦀");
    }
}
