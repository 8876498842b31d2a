//! The messages that an author reads: for each check a book that violates it, and nothing else.
//!
//! Messages that need more than Rust are in the test binary `needs`.

use crate::broken::{
    BOOK, Case, Edit, FIRST, PAGE, RECORD, Remove, Replace, TASK, Write, one, several, tells,
};
use crate::proposals::SUMMARY;

#[test]
fn messages_on_fences_are_the_snapshots() {
    tells(
        "fences",
        &[
            one(
                "no-language",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```\ntext\n```\n\n## Exercises",
                )],
            ),
            one(
                "unknown-language",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```cobol\nSTOP RUN.\n```\n\n## Exercises",
                )],
            ),
            one(
                "rust-spelt-rs",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```rs\nf();\n```\n\n## Exercises",
                )],
            ),
            one(
                "rust-spelt-Rust",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```Rust\nf();\n```\n\n## Exercises",
                )],
            ),
            one(
                "unknown-word",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```rust,norun\nf();\n```\n\n## Exercises",
                )],
            ),
            one(
                "ignore",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```rust,ignore\nf();\n```\n\n## Exercises",
                )],
            ),
            one(
                "empty",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```rust\n\n```\n\n## Exercises",
                )],
            ),
            one(
                "indented",
                &[Replace(PAGE, "## Exercises", "    f();\n\n## Exercises")],
            ),
            one(
                "no_run-without-a-reason",
                &[Replace(PAGE, "<!-- no_run: never ends -->\n", "")],
            ),
            one(
                "noplayground-without-a-reason",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```rust,noplayground\nlet _x = 1;\n```\n\n## Exercises",
                )],
            ),
            one(
                "no_run-and-should_panic",
                &[Replace(
                    PAGE,
                    "```rust,no_run\n",
                    "```rust,no_run,should_panic\n",
                )],
            ),
            one(
                "code-without-compile_fail",
                &[Replace(PAGE, "```rust,no_run", "```rust,no_run,E0382")],
            ),
        ],
    );
}

#[test]
fn messages_on_includes_are_the_snapshots() {
    const SHOW: &str = "{{#include ../listings/src/small/s1_first.rs:answer}}\n";
    tells(
        "includes",
        &[
            one(
                "missing-file",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```text\n{{#include ../no.rs}}\n```\n\n## Exercises",
                )],
            ),
            one(
                "misspelt-anchor",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```text\n{{#include ../listings/src/small/s1_first.rs:anser}}\n```\n\n## Exercises",
                )],
            ),
            one(
                "file-without-anchors",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```text\n{{#include ../listings/src/lib.rs:all}}\n```\n\n## Exercises",
                )],
            ),
            one(
                "empty-anchor",
                &[
                    Replace(
                        FIRST,
                        "// ANCHOR: answer\n",
                        "// ANCHOR: none\n\n// ANCHOR_END: none\n// ANCHOR: answer\n",
                    ),
                    Replace(
                        PAGE,
                        "## Exercises",
                        "```text\n{{#include ../listings/src/small/s1_first.rs:none}}\n```\n\n## Exercises",
                    ),
                ],
            ),
            one(
                "anchor-without-an-end",
                &[
                    Replace(
                        FIRST,
                        "// ANCHOR_END: answer\n",
                        "// ANCHOR_END: answer\n// ANCHOR: rest\n// The rest.\n",
                    ),
                    Replace(
                        PAGE,
                        "## Exercises",
                        "```text\n{{#include ../listings/src/small/s1_first.rs:rest}}\n```\n\n## Exercises",
                    ),
                ],
            ),
            one(
                "unused-anchor",
                &[Replace(
                    FIRST,
                    "    42\n",
                    "    // ANCHOR: number\n    42\n    // ANCHOR_END: number\n",
                )],
            ),
            one(
                "whole-file-with-anchors",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```text\n{{#include ../listings/src/small/s1_first.rs}}\n```\n\n## Exercises",
                )],
            ),
            one(
                "empty-by-a-misspelt-anchor",
                &[Replace(
                    PAGE,
                    SHOW,
                    "{{#include ../listings/src/small/s1_first.rs:answer}}\n{{#include ../listings/src/small/s1_first.rs:rest}}\n",
                )],
            ),
        ],
    );
}

#[test]
fn messages_on_directives_are_the_snapshots() {
    tells(
        "directives",
        &[
            one(
                "unknown",
                &[Replace(PAGE, "## Exercises", "{{#tusk}}\n\n## Exercises")],
            ),
            one(
                "inside-a-fence",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "```text\n{{#seal}}\n```\n\n## Exercises",
                )],
            ),
            one(
                "unexpected-argument",
                &[Replace(PAGE, "{{#seal}}", "{{#seal now}}")],
            ),
            one(
                "missing-argument",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "{{#diagnostic}}\n\n## Exercises",
                )],
            ),
            one(
                "diff-of-one",
                &[Replace(PAGE, "s1_first.rs s2_second.rs", "s1_first.rs")],
            ),
            one(
                "diff-of-a-missing-file",
                &[Replace(PAGE, "s2_second.rs", "s3_third.rs")],
            ),
            one(
                "diff-of-the-same",
                &[Replace(PAGE, "s2_second.rs", "s1_first.rs")],
            ),
            one(
                "chapter-alone",
                &[Replace(
                    "src/other.md",
                    "## More",
                    "{{#exercises}}\n\n## More",
                )],
            ),
            one(
                "unknown-value",
                &[Replace(
                    PAGE,
                    "{{#value answer/found}}",
                    "{{#value answer/fund}}",
                )],
            ),
            one(
                "value-without-memory",
                &[Replace(PAGE, "answer/found}}", "answer/found bytes}}")],
            ),
            one(
                "wrong-value",
                &[Replace(PAGE, "answer/found}}", "answer/found of all}}")],
            ),
            one(
                "unknown-group",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "{{#bench question}}\n\n## Exercises",
                )],
            ),
            several(
                2,
                "trace-twice",
                &[
                    Write("listings/captured/small/way.txt", ""),
                    Replace(
                        "src/other.md",
                        "## More",
                        "{{#trace way}}\n\n{{#trace way}}\n\n## More",
                    ),
                ],
            ),
            one(
                "no-claims",
                &[Replace(PAGE, "{{#claims}}", "{{#claims other}}")],
            ),
        ],
    );
}

#[test]
fn messages_on_listings_that_must_not_compile_are_the_snapshots() {
    tells(
        "failures",
        &[
            one("compiles", &[Replace(PAGE, "println!(\"{text}\");", "")]),
            one(
                "another-code",
                &[Replace(
                    PAGE,
                    "println!(\"{text}\");",
                    "let _: u32 = \"text\";",
                )],
            ),
            one(
                "stray-code",
                &[Replace(
                    PAGE,
                    "let text = String::new();",
                    "use no_such_crate::x; let text = String::new();",
                )],
            ),
            one(
                "no-code-stated",
                &[Replace(
                    PAGE,
                    "```rust,compile_fail,E0382",
                    "```rust,compile_fail",
                )],
            ),
            one(
                "other-words",
                &[Replace(
                    PAGE,
                    "compile_fail: borrow of moved value",
                    "compile_fail: borrow of lost value",
                )],
            ),
            one(
                "no-words",
                &[Replace(
                    PAGE,
                    "<!-- compile_fail: borrow of moved value -->\n",
                    "",
                )],
            ),
        ],
    );
}

#[test]
fn messages_on_listings_are_the_snapshots() {
    tells(
        "listings",
        &[
            one(
                "does-not-compile",
                &[Replace(
                    PAGE,
                    "panic!(\"as it should\");",
                    "let x: u32 = 1;\nlet y: u32 = \"text\" + x;\npanic!(\"{y}\");",
                )],
            ),
            one(
                "panics",
                &[Replace(
                    PAGE,
                    "assert_eq!(answer(), 42);\n```\n\n<!--",
                    "assert_eq!(answer(), 41, \"off\");\n```\n\n<!--",
                )],
            ),
            one(
                "exits",
                &[Replace(
                    PAGE,
                    "assert_eq!(answer(), 42);\n```\n\n<!--",
                    "std::process::exit(answer() as i32);\n```\n\n<!--",
                )],
            ),
            one(
                "returns-where-it-should-panic",
                &[Replace(PAGE, "panic!(\"as it should\");", "let _fine = 1;")],
            ),
            one(
                "no_run-does-not-compile",
                &[Replace(PAGE, "loop {}", "lop {}")],
            ),
            one(
                "crate-does-not-compile",
                &[Replace(
                    "listings/src/small/s2_second.rs",
                    "6 * 7",
                    "6 * \"7\"",
                )],
            ),
            several(
                2,
                "crate-does-not-compile-and-more",
                &[
                    Replace("listings/src/small/s2_second.rs", "6 * 7", "6 * \"7\""),
                    Replace(PAGE, "(#exercises)", "(#exercise)"),
                ],
            ),
            one(
                "example-does-not-compile",
                &[Replace(
                    "listings/examples/small_says.rs",
                    "println!(\"42\");",
                    "println!(\"42\"); missing();",
                )],
            ),
        ],
    );
}

#[test]
fn messages_on_outputs_are_the_snapshots() {
    const SING: Edit = Replace(
        PAGE,
        "{{#output says}}",
        "{{#output says}}\n\n{{#output sings}}",
    );
    const SUNG: Edit = Write("listings/captured/small/sings.txt", "la\n");
    tells(
        "outputs",
        &[
            one(
                "differs",
                &[Replace("listings/examples/small_says.rs", "42", "43")],
            ),
            one("missing-example", &[SING, SUNG]),
            one("shown-on-no-page", &[SUNG]),
            one(
                "example-fails",
                &[
                    SING,
                    SUNG,
                    Write(
                        "listings/examples/small_sings.rs",
                        "fn main() {\n    println!(\"la\");\n    eprintln!(\"no voice\");\n    std::process::exit(3);\n}\n",
                    ),
                ],
            ),
            one(
                "nothing-captured",
                &[
                    SING,
                    Write(
                        "listings/examples/small_sings.rs",
                        "fn main() {\n    println!(\"la\");\n}\n",
                    ),
                ],
            ),
        ],
    );
}

#[test]
fn messages_on_tasks_are_the_snapshots() {
    tells(
        "tasks",
        &[
            // Its directives have nothing to show either, and do not tell the same again.
            one(
                "malformed",
                &[Replace(TASK, "minutes = 10", "minutes = = 10")],
            ),
            one(
                "unknown-key",
                &[Replace(TASK, "minutes = 10", "minuts = 10")],
            ),
            one(
                "title-differs",
                &[Replace(
                    TASK,
                    "title = \"A small page\"",
                    "title = \"A large page\"",
                )],
            ),
            one(
                "prerequisite-unknown",
                &[Replace(
                    TASK,
                    "original = 1",
                    "original = 1\nprerequisites = [\"smal\"]",
                )],
            ),
            one(
                "group-without-tests",
                &[Replace(
                    TASK,
                    "\n[[mutant]]",
                    "\n[[group]]\nname = \"hard\"\npart = \"core\"\npoints = 1\nvisibility = \"public\"\n\n[[mutant]]",
                )],
            ),
            one(
                "part-without-tests",
                &[Replace(
                    TASK,
                    "\n[[group]]",
                    "\n[[exercise]]\npart = \"bonus\"\ntitle = \"More\"\nminutes = 5\nasks = \"More.\"\n\n[[group]]",
                )],
            ),
            one(
                "part-without-exercise",
                &[
                    Write("listings/tests/small/extra.rs", ""),
                    Replace(
                        TASK,
                        "part = \"core\"\npoints",
                        "part = \"core\"\npoints = 9\nvisibility = \"public\"\n\n[[group]]\nname = \"extra\"\npart = \"bonus\"\npoints",
                    ),
                ],
            ),
            one(
                "two-of-one-name",
                &[Replace(
                    TASK,
                    "\n[[mutant]]",
                    "\n[[group]]\nname = \"core\"\npart = \"core\"\npoints = 1\nvisibility = \"public\"\n\n[[mutant]]",
                )],
            ),
            one(
                "mutant-whose-text-is-gone",
                &[Replace(TASK, "find = \"    42\"", "find = \"    24\"")],
            ),
            one(
                "mutant-caught-by-nothing",
                &[Replace(
                    TASK,
                    "caught_by = [\"core::answer_is_42\"]",
                    "caught_by = []",
                )],
            ),
            one(
                "race-in-a-missing-test",
                &[Replace(
                    TASK,
                    "objectives =",
                    "races = [\"core::gone\"]\nobjectives =",
                )],
            ),
            one(
                "hint-that-moves-a-missing-test",
                &[
                    Replace(
                        FIRST,
                        "    42\n",
                        "    // ANCHOR: solution_answer\n    42\n    // ANCHOR_END: solution_answer\n",
                    ),
                    Replace(
                        TASK,
                        "hints = [\"It is even.\"]",
                        "hints = [{ says = \"This.\", reveals = [\"answer\"], moves = [\"core::gone\"] }]",
                    ),
                ],
            ),
            one(
                "mutant-caught-by-a-missing-module",
                &[Replace(
                    TASK,
                    "caught_by = [\"core::",
                    "caught_by = [\"cor::",
                )],
            ),
            one(
                "claim-without-verdict",
                &[Replace(
                    TASK,
                    "[claim.rust]",
                    "[[claim]]\nid = \"second\"\nsays = \"Something.\"\n\n[claim.rust]",
                )],
            ),
            one(
                "claim-without-evidence",
                &[Replace(
                    TASK,
                    "[claim.rust]",
                    "[claim.go]\nverdict = \"holds\"\nbecause = \"I say so.\"\n\n[claim.rust]",
                )],
            ),
            one(
                "claim-with-a-bound-in-no-text",
                &[Replace(TASK, ", in less than {below} of the time", "")],
            ),
            one(
                "claim-without-condition",
                &[Replace(TASK, "below = 0.5\n", "")],
            ),
            one(
                "claim-that-no-longer-holds",
                &[Replace(TASK, "below = 0.5", "below = 0.05")],
            ),
            one(
                "claim-with-a-missing-test",
                &[Replace(
                    TASK,
                    "test = \"core::answer_is_42\"",
                    "test = \"core::answer_is_43\"",
                )],
            ),
            one(
                "claim-with-an-unrecorded-go-test",
                &[Replace(
                    TASK,
                    "[claim.rust]",
                    "[claim.go]\nverdict = \"holds\"\nbecause = \"So.\"\ngo_test = \"TestAnswer\"\n\n[claim.rust]",
                )],
            ),
            one(
                "pattern-that-is-none",
                &[Replace(
                    TASK,
                    "\n[[mutant]]",
                    "\n[output.says]\nmode = \"normalised\"\nnormalise = [{ pattern = \"(\", with = \"\" }]\nwhy = \"x\"\n\n[[mutant]]",
                )],
            ),
        ],
    );
}

#[test]
fn messages_on_the_record_are_the_snapshots() {
    tells(
        "record",
        &[
            one(
                "malformed",
                &[Replace(RECORD, "\"schema\": 1,", "\"schema\": one,")],
            ),
            one(
                "of-another-form",
                &[Replace(RECORD, "\"schema\": 1,", "\"schema\": 2,")],
            ),
            one(
                "impossible",
                &[Replace(RECORD, "\"low_ns\": 10.0", "\"low_ns\": 11.0")],
            ),
            one("missing", &[Remove(RECORD)]),
            one(
                "of-another-name",
                &[Replace(BOOK, "\"reference\"", "\"quiet-box\"")],
            ),
            one("not-named", &[Replace(BOOK, "record =", "# record =")]),
            one(
                "stale",
                &[Write("benches/small.rs", "fn something_else() {}\n")],
            ),
            one(
                "never-recorded",
                &[Write("benches/other.rs", "// Measures another page.\n")],
            ),
        ],
    );
}

#[test]
fn messages_on_conclusions_are_the_snapshots() {
    const WORDS: &str = "It takes {{#value answer/found}}.";
    tells(
        "conclusions",
        &[
            one(
                "does-not-hold",
                &[
                    Replace(
                        PAGE,
                        WORDS,
                        "<!-- holds: answer/guessed / answer/found > 9 and answer/found < 1 µs -->\nIt takes {{#value answer/found}}.",
                    ),
                    Replace(RECORD, "\"high_ns\": 10.0", "\"high_ns\": 12.0"),
                ],
            ),
            one(
                "not-drawn",
                &[Replace(
                    PAGE,
                    WORDS,
                    "{{#bench answer table}}\n\nIt is fast.",
                )],
            ),
            one(
                "not-drawn-from-a-table-of-values",
                &[Replace(
                    PAGE,
                    WORDS,
                    "| found |\n|---|\n| {{#value answer/found}} |\n\nIt is fast.",
                )],
            ),
            one(
                "not-drawn-before-the-next",
                &[Replace(
                    PAGE,
                    WORDS,
                    "{{#bench answer table}}\n\nAnd as a plot:\n\n{{#bench answer plot}}\n\n<!-- holds: answer/found < 1 µs -->\nIt is fast.",
                )],
            ),
            one(
                "above-an-empty-line",
                &[Replace(
                    PAGE,
                    WORDS,
                    "<!-- holds: answer/found < 1 µs -->\n\nIt is fast.",
                )],
            ),
            one(
                "without-a-condition",
                &[Replace(PAGE, WORDS, "<!-- holds -->\nIt is fast.")],
            ),
            one(
                "unknown-benchmark",
                &[Replace(
                    PAGE,
                    WORDS,
                    "<!-- holds: answer/guessed > answer/fund -->\nIt is fast.",
                )],
            ),
            one(
                "without-spaces",
                &[Replace(
                    PAGE,
                    WORDS,
                    "<!-- holds: answer/guessed / answer/found > 9 and\n  answer/found<1 µs -->\nIt is fast.",
                )],
            ),
            one(
                "without-a-unit",
                &[Replace(
                    PAGE,
                    WORDS,
                    "<!-- holds: answer/found < 20 -->\nIt is fast.",
                )],
            ),
        ],
    );
}

#[test]
fn messages_on_links_and_pages_are_the_snapshots() {
    tells(
        "pages",
        &[
            one(
                "dead-page",
                &[Replace(PAGE, "(other.md#more)", "(another.md)")],
            ),
            one(
                "page-not-in-the-summary",
                &[
                    Write("src/draft.md", "# Draft\n"),
                    Replace(PAGE, "(other.md#more)", "(draft.md)"),
                ],
            ),
            one(
                "dead-heading",
                &[Replace(PAGE, "(#exercises)", "(#exercise)")],
            ),
            one(
                "dead-heading-of-another-page",
                &[Replace(PAGE, "(other.md#more)", "(other.md#less)")],
            ),
            one("dead-image", &[Replace(PAGE, "(mark.svg)", "(cross.svg)")]),
            one(
                "image-without-alt",
                &[Replace(PAGE, "![a question mark]", "![]")],
            ),
            one(
                "no-title",
                &[Replace(
                    "src/other.md",
                    "# Another page\n\n## More",
                    "Text.\n\n## More",
                )],
            ),
            several(2, "no-heading", &[Write("src/other.md", "Text.\n")]),
            one(
                "two-titles",
                &[Replace("src/other.md", "## More", "## More\n\n# Again")],
            ),
            one(
                "skipped-level",
                &[Replace("src/other.md", "## More", "## More\n\n#### Deep")],
            ),
            one(
                "diagram-that-does-not-parse",
                &[Replace(
                    PAGE,
                    "question --> answer",
                    "question --> --> answer",
                )],
            ),
            one(
                "diagram-without-description",
                &[Replace(
                    PAGE,
                    "    accDescr: From the question to 42.\n",
                    "",
                )],
            ),
            one(
                "diagram-of-another-kind",
                &[Replace(PAGE, "flowchart LR\n", "flowerchart LR\n")],
            ),
            one(
                "diagram-not-drawn",
                &[Remove("listings/captured/small/diagram.svg")],
            ),
            one(
                "diagram-changed",
                &[Replace(PAGE, "question --> answer", "question --> 42")],
            ),
            one(
                "drawing-changed",
                &[Replace(
                    "listings/captured/small/diagram.svg",
                    "<p>question",
                    "<p>riddle",
                )],
            ),
            one(
                "two-diagrams-of-one-name",
                &[Replace(
                    PAGE,
                    "![a question mark]",
                    "```mermaid\nflowchart LR\n```\n\n![a question mark]",
                )],
            ),
            one(
                "summary-lists-a-missing-page",
                &[Replace(
                    "src/SUMMARY.md",
                    "- [Another",
                    "- [Lost](lost.md)\n- [Another",
                )],
            ),
        ],
    );
}

#[test]
fn messages_on_names_are_the_snapshots() {
    const BELOW: &str = "See [below]";
    const ALLOWED: &str = "names.toml";
    tells(
        "names",
        &[
            one(
                "misspelt-path-of-std",
                &[Replace(
                    PAGE,
                    BELOW,
                    "`Duration::form_millis`, not `std::time::Duration::from_millis`.\n\nSee [below]",
                )],
            ),
            one(
                "misspelt-listing",
                &[Replace(PAGE, BELOW, "`s1_first::anser`.\n\nSee [below]")],
            ),
            one(
                "misspelt-type",
                &[Replace(PAGE, BELOW, "`Option<RefCel<T>>`.\n\nSee [below]")],
            ),
            one(
                "misspelt-method",
                &[Replace(PAGE, BELOW, "`.sized_hint()`.\n\nSee [below]")],
            ),
            one(
                "misspelt-macro",
                &[Replace(PAGE, BELOW, "`printline!`.\n\nSee [below]")],
            ),
            one(
                "misspelt-attribute",
                &[Replace(PAGE, BELOW, "`#[track_called]`.\n\nSee [below]")],
            ),
            one(
                "renamed-test",
                &[Replace(PAGE, BELOW, "`core::answer_is_43`.\n\nSee [below]")],
            ),
            one(
                "renamed-test-without-its-group",
                &[Replace(PAGE, BELOW, "`answer_is_43`.\n\nSee [below]")],
            ),
            one(
                "renamed-wrong-solution",
                &[Replace(PAGE, BELOW, "`off-by-two`.\n\nSee [below]")],
            ),
            one(
                "missing-file",
                &[Replace(PAGE, BELOW, "`s3_third.rs`.\n\nSee [below]")],
            ),
            one(
                "unknown-error-code",
                &[Replace(PAGE, BELOW, "`E9999`.\n\nSee [below]")],
            ),
            one(
                "in-a-heading",
                &[Replace(
                    "src/other.md",
                    "## More",
                    "## More\n\n### `Vec::lenght`",
                )],
            ),
            one(
                "in-a-link-of-the-book",
                &[Replace(PAGE, "[below]", "[`Vec::lenght`]")],
            ),
            one(
                "in-the-second-line-of-a-span",
                &[Replace(
                    PAGE,
                    BELOW,
                    "`Vec::len and\nVec::lenght`.\n\nSee [below]",
                )],
            ),
            one(
                "in-a-hint",
                &[Replace(
                    TASK,
                    "It is even.",
                    "It is what `Vec::lenght` says.",
                )],
            ),
            one(
                "in-a-title",
                &[Replace(TASK, "Find the answer", "Find `Vec::lenght`")],
            ),
            one(
                "allowed-though-it-resolves",
                &[
                    Replace(PAGE, BELOW, "`Vec::len`.\n\nSee [below]"),
                    Write(ALLOWED, "\"Vec::len\" = \"chosen\"\n"),
                ],
            ),
            one(
                "allowed-though-absent",
                &[Write(ALLOWED, "\n\"Vec::lenght\" = \"chosen\"\n")],
            ),
            one(
                "allowed-without-a-reason",
                &[
                    Replace(PAGE, BELOW, "`Vec::lenght`.\n\nSee [below]"),
                    Write(ALLOWED, "\"Vec::lenght\" = \"\"\n"),
                ],
            ),
            one(
                "allowed-in-another-form",
                &[Write(ALLOWED, "[X]\nwhy = \"chosen\"\n")],
            ),
        ],
    );
}

#[test]
fn messages_on_proposals_are_the_snapshots() {
    const TEA: &str = "src/proposals/tea.md";
    const WRITTEN: Edit = Write(TEA, SUMMARY);
    const LISTED: Edit = Replace(
        "src/SUMMARY.md",
        "- [Another",
        "- [Tea](proposals/tea.md)\n- [Another",
    );
    macro_rules! tea {
        ($name:literal, $find:expr, $with:expr) => {
            one(
                $name,
                const { &[WRITTEN, LISTED, Replace(TEA, $find, $with)] },
            )
        };
    }
    tells(
        "proposals",
        &[
            tea!(
                "no-status",
                "**Status:** Go · [#1](https://go.dev/issue/1) · open · a",
                "A"
            ),
            tea!("status-of-another-kind", "· open ·", "· brewing ·"),
            tea!(
                "status-without-a-link",
                "[#1](https://go.dev/issue/1) · open",
                "#1 · open"
            ),
            several(
                2,
                "section-misspelt",
                &[
                    WRITTEN,
                    LISTED,
                    Replace(TEA, "## Open questions", "## Open question"),
                ],
            ),
            several(
                2,
                "section-below-another",
                &[
                    WRITTEN,
                    LISTED,
                    Replace(
                        TEA,
                        "## Open questions",
                        "## Open questions\n\n### Tea\n\nSee [there](https://go.dev).",
                    ),
                ],
            ),
            several(
                2,
                "section-twice",
                &[
                    WRITTEN,
                    LISTED,
                    Replace(TEA, "## Open questions", "## Problem"),
                ],
            ),
            several(
                2,
                "sections-out-of-order",
                &[
                    WRITTEN,
                    LISTED,
                    Replace(TEA, "## Sources", "## Last"),
                    Replace(
                        TEA,
                        "## View",
                        "## Sources\n\n[There](https://go.dev).\n\n## View",
                    ),
                ],
            ),
            tea!(
                "empty-section",
                "- [The proposal](https://go.dev/issue/1), whole\n- [A second report](https://go.dev/issue/2) and [a comment](https://go.dev/issue/3)\n",
                ""
            ),
            tea!(
                "too-short",
                "[Another report](https://go.dev/issue/2) counts eleven such timers in one office. Four of them ring at the wrong moment, two do not ring, and one plays a song that nobody there can stand any more after the first week.\n",
                ""
            ),
            tea!(
                "claim-without-a-link",
                "[A comment](https://go.dev/issue/3) wants",
                "A comment wants"
            ),
            tea!(
                "listing-taken-away",
                "```rust\nlet pot = std::thread::spawn(|| \"tea\");\nassert_eq!(pot.join().unwrap(), \"tea\");\n```\n",
                ""
            ),
            tea!(
                "source-without-a-link",
                "[The proposal](https://go.dev/issue/1), whole",
                "The proposal, whole"
            ),
            tea!("view-without-a-verdict", "**Land with changes.** ", ""),
            tea!(
                "view-that-nothing-would-change",
                "What would change it: an office",
                "Imagine an office"
            ),
            one("not-in-the-summary", &[WRITTEN]),
            one(
                "index-of-nothing",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "{{#proposals}}\n\n## Exercises",
                )],
            ),
        ],
    );
}

#[test]
fn messages_on_questions_and_terms_are_the_snapshots() {
    const ASKED: &str = "**1. How much?**\n\n- a. 41\n- b. 42\n\n<details data-right=\"b\">\n<summary>Answer</summary>\n\nb. The listing says so.\n\n</details>\n\n## Exercises";
    const TERMS: &str = "# Glossary\n\nanswer\n: 42.\n\nquestion\n: It is not known.\n";
    tells(
        "questions",
        &[
            Case {
                name: "well",
                problems: 0,
                edits: &[Replace(PAGE, "## Exercises", ASKED)],
            },
            one(
                "answer-without-a-choice",
                &[
                    Replace(PAGE, "## Exercises", ASKED),
                    Replace(PAGE, " data-right=\"b\"", ""),
                ],
            ),
            one(
                "no-such-choice",
                &[
                    Replace(PAGE, "## Exercises", ASKED),
                    Replace(PAGE, "right=\"b\"", "right=\"c\""),
                ],
            ),
            one(
                "choice-contradicted",
                &[
                    Replace(PAGE, "## Exercises", ASKED),
                    Replace(PAGE, "right=\"b\"", "right=\"a\""),
                ],
            ),
            one(
                "choices-misnumbered",
                &[
                    Replace(PAGE, "## Exercises", ASKED),
                    Replace(PAGE, "- b. 42", "- c. 42"),
                ],
            ),
            one(
                "no-choices",
                &[
                    Replace(PAGE, "## Exercises", ASKED),
                    Replace(PAGE, "- a. 41\n- b. 42\n\n", ""),
                ],
            ),
            one(
                "no-answer",
                &[
                    Replace(PAGE, "## Exercises", ASKED),
                    Replace(PAGE, "<summary>Answer</summary>", "<summary>More</summary>"),
                ],
            ),
            one(
                "predict-unknown",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "{{#predict answer/fund}}\n\n## Exercises",
                )],
            ),
            one(
                "predict-without-a-number",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "{{#predict shown says: it is}}\n\n## Exercises",
                )],
            ),
            one(
                "predict-words-not-there",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "{{#predict shown says: N times}}\n\n## Exercises",
                )],
            ),
            one(
                "predict-not-shown",
                &[Replace(
                    PAGE,
                    "## Exercises",
                    "{{#predict shown thinks: N}}\n\n## Exercises",
                )],
            ),
            several(
                2,
                "term-unused-and-out-of-order",
                &[
                    Write("src/glossary.md", TERMS),
                    Replace("src/glossary.md", "answer\n:", "wit\n:"),
                    Replace(
                        "src/SUMMARY.md",
                        "- [Another",
                        "- [Glossary](glossary.md)\n- [Another",
                    ),
                    Replace(
                        "src/other.md",
                        "## More",
                        "A [wit](glossary.md#wit).\n\n## More",
                    ),
                ],
            ),
        ],
    );
}

#[test]
fn messages_on_addresses_are_the_snapshots() {
    const LIST: &str = "# Addresses\nother.html\nother.html#more\nsmall.html\n";
    const BOOK: &str = "[book]\ntitle = \"Small\"\n\n[output.html.redirect]\n\n[preprocessor.course]\nrecord = \"reference\"\n";
    tells(
        "addresses",
        &[
            Case {
                name: "well",
                problems: 0,
                edits: &[Write("anchors.txt", LIST)],
            },
            one(
                "heading-gone",
                &[
                    Write("anchors.txt", LIST),
                    Replace("anchors.txt", "#more", "#much-more"),
                ],
            ),
            one(
                "page-gone",
                &[
                    Write("anchors.txt", LIST),
                    Replace("anchors.txt", "small.html", "old.html"),
                ],
            ),
            Case {
                name: "heading-led-elsewhere",
                problems: 0,
                edits: &[
                    Write("anchors.txt", LIST),
                    Replace("anchors.txt", "#more", "#much-more"),
                    Write("book.toml", BOOK),
                    Replace(
                        "book.toml",
                        "redirect]\n",
                        "redirect]\n\"/other.html#much-more\" = \"other.html#more\"\n",
                    ),
                ],
            },
            one(
                "redirect-to-nowhere",
                &[
                    Write("anchors.txt", LIST),
                    Replace("anchors.txt", "small.html", "old.html"),
                    Write("book.toml", BOOK),
                    Replace(
                        "book.toml",
                        "redirect]\n",
                        "redirect]\n\"/old.html\" = \"smell.html\"\n",
                    ),
                ],
            ),
            one(
                "redirect-of-what-is-there",
                &[
                    Write("book.toml", BOOK),
                    Replace(
                        "book.toml",
                        "redirect]\n",
                        "redirect]\n\"/other.html#more\" = \"small.html\"\n",
                    ),
                ],
            ),
            one(
                "redirect-from-no-root",
                &[
                    Write("book.toml", BOOK),
                    Replace(
                        "book.toml",
                        "redirect]\n",
                        "redirect]\n\"old.html\" = \"small.html\"\n",
                    ),
                ],
            ),
        ],
    );
}
