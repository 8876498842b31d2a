//! `cargo course cost --check`: this workspace keeps to its budget, and one that does not is reported.

use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

fn check(folder: &Path) -> Output {
    course_tests::course()
        .args(["cost", "--check"])
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn budget_holds_for_every_build_of_this_workspace() {
    let output = check(course_tests::root());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.starts_with("course-reader: "), "{said}");
    assert!(said.contains("compiled once more: 0 crates, in "), "{said}");
}

/// A workspace of a program and its library, of which one test is compiled by itself with another feature.
fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("book.toml", ""),
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"1\"\nmembers = [\"course-a\", \"b\", \"c\"]\n",
        ),
        (
            "course-a/Cargo.toml",
            "[package]\nname = \"course-a\"\n[dependencies]\nb = { path = \"../b\", features = [\"wide\"] }\n",
        ),
        ("course-a/src/main.rs", "fn main() {}"),
        (
            "b/Cargo.toml",
            "[package]\nname = \"b\"\n[features]\nwide = []\n",
        ),
        ("b/src/lib.rs", ""),
        (
            "c/Cargo.toml",
            "[package]\nname = \"c\"\n[dependencies]\nb = { path = \"../b\" }\n",
        ),
        ("c/src/lib.rs", ""),
        ("README.md", "Run\n`cargo build -p c`.\n"),
        (
            "course/budget.toml",
            "compiled_again = 0\n[crates]\ncourse-a = 1\n",
        ),
    ];
    for (file, content) in files {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
    folder
}

#[test]
fn exceeded_budget_ends_with_1_and_names_crates_features_and_place() {
    let output = check(workspace().path());
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    for expected in [
        "error: course/budget.toml: course-a compiles 2 crates; the budget is 1\n",
        "error: README.md:2: `cargo build -p c` compiles crates once more: 1\n    \
         b 0.0.0: features [] instead of [wide], beside `cargo build --bin course-a`\n",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}
