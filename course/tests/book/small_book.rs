//! A book of one page with a listings crate of its own, correct until a test breaks it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use book::diagnostic::Diagnostic;
use verify::{Options, Report, verify};

pub struct SmallBook {
    folder: tempfile::TempDir,
}

/// The record that [`SmallBook::record`] writes.
pub const RECORD: &str = "benches/results/reference.json";

/// Everything a page can hold, in its correct form.
pub const PAGE: &str = r#"# A small page

{{#task}}

```rust
{{#include ../listings/src/small/s1_first.rs:answer}}
assert_eq!(answer(), 42);
```

```rust
# use listings::small::s1_first::answer;
assert_eq!(answer(), 42);
```

<!-- no_run: never ends -->
```rust,no_run
loop {}
```

<!-- should_panic: as it should -->
```rust,should_panic
panic!("as it should");
```

<!-- compile_fail: borrow of moved value -->
```rust,compile_fail,E0382
let text = String::new();
drop(text);
println!("{text}");
```

{{#diagnostic moved}}

{{#output says}}

{{#diff s1_first.rs s2_second.rs}}

See [below](#exercises).

## Exercises

{{#exercises}}

{{#seal}}
"#;

const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"listings\"]\n",
    ),
    (
        "listings/Cargo.toml",
        "[package]\nname = \"listings\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n",
    ),
    ("listings/src/lib.rs", "pub mod small;\n"),
    (
        "listings/src/small/mod.rs",
        "pub mod s1_first;\npub mod s2_second;\n",
    ),
    (
        "listings/src/small/s1_first.rs",
        "// ANCHOR: answer\npub fn answer() -> u32 {\n    42\n}\n// ANCHOR_END: answer\n",
    ),
    (
        "listings/src/small/s2_second.rs",
        "pub fn answer() -> u32 {\n    6 * 7\n}\n",
    ),
    (
        "listings/examples/small_says.rs",
        "fn main() {\n    println!(\"42\");\n}\n",
    ),
    ("listings/tests/small/main.rs", "mod core;\n"),
    (
        "listings/tests/small/core.rs",
        "#[test]\nfn answer_is_42() {\n    assert_eq!(listings::small::s1_first::answer(), 42);\n}\n",
    ),
    (
        "listings/src/small/task.toml",
        r#"title = "A small page"
original = 1
minutes = 10
level = "introductory"
objectives = ["say 42"]

[solution]
files = ["s1_first.rs"]

[[exercise]]
part = "core"
title = "Find the answer"
minutes = 5
asks = "Write `answer`."
hints = ["It is even."]

[[group]]
name = "core"
part = "core"
points = 10
visibility = "public"

[[mutant]]
name = "off-by-one"
story = "Counts one too few."
file = "s1_first.rs"
find = "    42"
replace = "    41"
caught_by = ["core::answer_is_42"]
"#,
    ),
    (
        "src/SUMMARY.md",
        "# Summary\n\n- [A small page](small.md)\n",
    ),
    ("src/small.md", PAGE),
];

impl SmallBook {
    /// A correct book, with its outputs captured.
    pub fn new() -> Self {
        let book = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (file, text) in FILES {
            book.write(file, text);
        }
        let command = format!("{:?} preprocess", course_tests::program("course"));
        book.write(
            "book.toml",
            &format!("[book]\ntitle = \"Small\"\n\n[preprocessor.course]\ncommand = {command:?}\nbefore = [\"links\"]\n"),
        );
        let locked = Command::new("cargo")
            .args(["generate-lockfile", "--offline", "--quiet"])
            .current_dir(book.root())
            .status()
            .unwrap();
        assert!(locked.success());
        book.bless();
        book
    }

    /// Captures what the book shows, which must have no problems.
    pub fn bless(&self) {
        let options = Options {
            bless: true,
            ..Options::default()
        };
        assert_eq!(verify(self.root(), &options).unwrap().problems, []);
    }

    /// Writes a record of the book as it is.
    pub fn record(&self) {
        let estimate = |ns: f64| serde_json::json!({"ns": ns, "low_ns": ns, "high_ns": ns, "confidence": 0.95, "samples": 60});
        let record = serde_json::json!({
            "schema": 1,
            "machine": {"name": "reference", "cpu": "A CPU", "cores": 2, "memory_mib": 8192, "kernel": "Linux 6.1.0"},
            "chapters": {"small": {
                "date": "2026-11-24",
                "commit": "0123456789ab",
                "rustc": "rustc 1.95.0",
                "go": null,
                "digest": measurements::digest::digest(self.root(), "small").unwrap(),
                "benchmarks": {"small/answer/found": estimate(10.0), "small/answer/guessed": estimate(100.0)},
                "go_tests": {},
            }},
        });
        self.write(
            RECORD,
            &(serde_json::to_string_pretty(&record).unwrap() + "\n"),
        );
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.root().join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a text that occurs in a file.
    pub fn edit(&self, file: &str, find: &str, replace: &str) -> &Self {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(find), "{file} has no {find:?}");
        self.write(file, &text.replace(find, replace));
        self
    }

    pub fn verify(&self) -> Report {
        verify(self.root(), &Options::default()).unwrap()
    }

    /// What `verify` finds, as a user reads it, without colour.
    pub fn problems(&self) -> String {
        let problems: Vec<String> = self.verify().problems.iter().map(plain).collect();
        problems.join("\n")
    }
}

fn plain(problem: &Diagnostic) -> String {
    anstream::adapter::strip_str(&problem.to_string()).to_string()
}
