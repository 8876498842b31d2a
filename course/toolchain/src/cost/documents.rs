//! The builds that the book's documents and scripts start.

use std::path::Path;
use std::sync::LazyLock;

use book::files::files_below;
use regex::Regex;

use super::Build;

/// The places that name commands of cargo, for people or for a shell.
const PLACES: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "book.toml",
    ".ci",
    ".github",
    "src",
    "listings",
    "course/recipes",
    "course/classroom/src/assign",
];

/// Every build that a document or script names, in the order of places and lines.
#[must_use]
pub fn builds(root: &Path) -> Vec<Build> {
    let mut builds = Vec::new();
    for place in PLACES.iter().map(|place| root.join(place)) {
        for file in files_below(&place) {
            // Pictures and the like are no text. Programs name commands of other folders, too.
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if file.extension().is_none_or(|it| it != "rs") {
                builds.extend(named(file.strip_prefix(root).unwrap_or(&file), &text));
            }
        }
    }
    builds
}

/// The builds that a text names. Those of another compiler, as of `cargo +nightly`, share nothing anyway.
fn named(file: &Path, text: &str) -> Vec<Build> {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\bcargo (build|test|bench|run)\b([^`|;&#)>]*)").expect("a valid pattern")
    });
    let mut builds = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for found in COMMAND.captures_iter(line) {
            if let Some(arguments) = selection(&found[1], &found[2]) {
                builds.push(Build {
                    file: file.to_owned(),
                    line: number,
                    arguments,
                });
            }
        }
    }
    builds
}

/// The arguments that decide what is compiled. `None` if it goes to another target folder.
fn selection(command: &str, rest: &str) -> Option<Vec<String>> {
    // What is run is built first, and only a build shows its graph.
    let command = if command == "run" { "build" } else { command };
    let mut arguments = vec![command.to_owned()];
    let mut words = rest.split_whitespace().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "--target-dir" | "--target" | "--manifest-path" => return None,
            "--workspace" | "--release" | "--doc" | "--lib" | "--bins" | "--examples"
            | "--tests" | "--benches" | "--all-targets" | "--all-features" => {
                arguments.push(word.to_owned());
            }
            "-p" | "--package" | "--exclude" | "--features" | "--profile" | "--bin"
            | "--example" | "--test" | "--bench" => {
                arguments.push(word.to_owned());
                if value.is_empty() {
                    arguments.push(words.next()?.to_owned());
                }
            }
            _ => {}
        }
    }
    Some(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let builds = named(Path::new("README.md"), text);
        builds.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn builds_are_found_in_prose_and_in_scripts() {
        let text = "Run `cargo test` twice, or `cargo test -p listings core::`.\n\
                    \x20   SNAPSHOTS=overwrite cargo test --locked --test book -- --ignored starter\n\
                    cargo build --quiet --package=a --bin b  # not --release\n\
                    cargo run --release --example c -- 10 --workspace\n";
        assert_eq!(
            said(text),
            [
                "cargo test",
                "cargo test -p listings",
                "cargo test --test book",
                "cargo build --package=a --bin b",
                "cargo build --release --example c",
            ]
        );
    }

    #[test]
    fn builds_that_share_nothing_are_left_out() {
        let text = "cargo +nightly miri test -p listings\ncargo course build\n\
                    cargo test --target-dir target/other -p listings\ncargo install mdbook\n";
        assert_eq!(said(text), [""; 0]);
    }

    #[test]
    fn build_knows_its_line() {
        let builds = named(Path::new("README.md"), "First.\n\n`cargo test`\n");
        assert_eq!((builds.len(), builds[0].line), (1, 3));
    }
}
