//! Names in prose: what resolves, what is skipped, what is kept from run to run.

use std::fs;
use std::path::PathBuf;

use book::evidence::Counts;
use serde_json::Value;
use verify::{Options, verify};

use crate::small_book::SmallBook;

/// A correct book with a sentence more.
fn book(sentence: &str) -> SmallBook {
    let book = SmallBook::new();
    book.edit(
        "src/small.md",
        "See [below]",
        &format!("{sentence}\n\nSee [below]"),
    );
    book
}

/// The counts of a page that is correct.
fn counts(book: &SmallBook) -> Counts {
    let report = book.verify();
    assert_eq!(report.problems, []);
    report.pages[0].1.clone()
}

/// How many names a sentence has, in a book that is correct.
fn names(sentence: &str) -> usize {
    let counts = counts(&book(sentence));
    assert_eq!((counts.names_allowed, counts.skipped), (0, 0));
    counts.names - 1
}

#[test]
fn names_resolve_wherever_they_are_known() {
    for (sentence, count) in [
        (
            "In std: `std::time::Duration::from_millis`, `Duration`, `Vec::<u8>::with_capacity(3)`, `u8::wrapping_add`.",
            4,
        ),
        (
            "`std::rc::Weak`, `Option<&Weak<T>>`, `println!`, `std::vec`, `str::trim`, `.s1_first()`.",
            7,
        ),
        (
            "In the listings: `s1_first::answer()`, `small::s2_second::answer`, `listings::small`, `answer`.",
            4,
        ),
        (
            "Tests and the like: `core::answer_is_42`, `answer_is_42`, `off-by-one`, `small_says`.",
            4,
        ),
        (
            "Files: `s1_first.rs`, `listings/tests/small/`, `Cargo.toml`, `target/debug/course`.",
            4,
        ),
        (
            "Of the compiler: `#[test]`, `#[derive(Debug)]`, `E0626`, `E0382`.",
            5,
        ),
        (
            "Elsewhere: [`tower::Service`](https://docs.rs/tower), <code>Vec&lt;String></code>.",
            3,
        ),
        (
            "No names: `a + b`, `cargo test`, `--json`, `KEY=value`, `for`, `3.5`, `s1_…`, `it did not end`.",
            0,
        ),
    ] {
        assert_eq!(names(sentence), count, "{sentence}");
    }
}

#[test]
fn a_name_of_a_listing_on_the_page_resolves_and_of_its_comment_or_hidden_line_does_not() {
    let with = |name: &str| {
        let listing =
            "```rust\n# fn hidden_one() {}\nfn shown_one() {} // comment_one\nshown_one();\n```";
        book(&format!("`{name}`\n\n{listing}"))
    };
    assert_eq!(with("shown_one").problems(), "");
    for name in ["hidden_one", "comment_one"] {
        let told = with(name).problems();
        assert!(
            told.starts_with(&format!("error: src/small.md:38: `{name}` names nothing")),
            "{told}"
        );
    }
}

#[test]
fn a_name_of_a_go_listing_on_the_page_needs_no_go() {
    assert_eq!(names("`own.Thing`, `Thing`\n\n```go\nown.Thing()\n```"), 2);
}

#[test]
fn an_allowed_name_is_counted_as_allowed_and_an_entry_for_a_selector_covers_its_last_word() {
    let book = book("`gone.Name` is gone, and `Name` with it.");
    book.write("names.toml", "\"gone.Name\" = \"gone\"\n");
    let counts = counts(&book);
    assert_eq!((counts.names, counts.names_allowed), (1, 2));
}

#[test]
fn an_entry_is_judged_only_where_all_pages_are_checked() {
    let book = book("A sentence.");
    book.write("src/other.md", "# Another page\n");
    book.edit("src/SUMMARY.md", "- [A", "- [Another page](other.md)\n- [A");
    book.write("names.toml", "\"A::b\" = \"c\"\n\"D::e\" = \"f\"\n");
    let options = Options {
        pages: vec!["small".to_owned()],
        ..Options::default()
    };
    assert_eq!(verify(book.root(), &options).unwrap().problems, []);
    assert_eq!(book.verify().problems.len(), 2);
}

#[test]
fn names_that_resolve_are_kept_with_the_address_of_their_documentation() {
    let book = book(
        "`std::time::Duration`, `Duration::from_millis`, `s2_second::answer`, `core::answer_is_42`, `s1_first.rs`, `off-by-one`, `E0382`, \
         [`tower::Service`](https://docs.rs/tower), `misspelt_name`",
    );
    assert_eq!(book.verify().problems.len(), 1);
    let kept = fs::read(book.path("target/course/names.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    let of = |name: &str| kept["src/small.md"][name].as_str();
    let duration = of("Duration::from_millis").unwrap();
    assert!(
        duration.starts_with("https://doc.rust-lang.org/"),
        "{duration}"
    );
    assert!(
        duration.ends_with("/time/struct.Duration.html#method.from_millis"),
        "{duration}"
    );
    for (name, target) in [
        ("s2_second::answer", "listings/src/small/s2_second.rs:1"),
        ("core::answer_is_42", "listings/tests/small/core.rs:2"),
        ("s1_first.rs", "listings/src/small/s1_first.rs"),
        ("off-by-one", "listings/src/small/task.toml:24"),
        ("E0382", "https://doc.rust-lang.org/error_codes/E0382.html"),
        ("tower::Service", "https://docs.rs/tower"),
    ] {
        assert_eq!(of(name), Some(target), "{name}");
    }
    assert_eq!(of("misspelt_name"), None);
}

#[test]
fn names_that_resolve_are_links_on_the_site_once_they_are_verified() {
    let book = book("`std::time::Duration::from_millis(5)`, `below-it`, `misspelt_name`, `loop`");
    book.write("src/at-top.md", "# At the top\n");
    book.write("src/more/below-it.md", "# Of `Vec`\n\n`Vec`, `at-top`.\n");
    let listed = "- [Top](at-top.md)\n- [Below](more/below-it.md)\n- [A";
    book.edit("src/SUMMARY.md", "- [A", listed);
    let links = |page: &str| -> Vec<String> {
        reader::build::build(book.root(), reader::site::Site::default(), false).unwrap();
        let html = fs::read_to_string(book.path("book").join(page)).unwrap();
        let links = html.split("<a class=\"name\" href=\"").skip(1);
        links
            .map(|link| link.split_inclusive("</a>").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(links("small.html"), [""; 0]);
    assert_eq!(book.verify().problems.len(), 1);
    let [duration, below] = &links("small.html")[..] else {
        panic!("{:?}", links("small.html"));
    };
    assert!(
        duration.ends_with(
            "/time/struct.Duration.html#method.from_millis\"><code>std::time::Duration::from_millis(5)</code></a>"
        ),
        "{duration}"
    );
    assert_eq!(below, "more/below-it.html\"><code>below-it</code></a>");
    let [vec, top] = &links("more/below-it.html")[..] else {
        panic!("{:?}", links("more/below-it.html"));
    };
    assert!(
        vec.ends_with("struct.Vec.html\"><code>Vec</code></a>"),
        "{vec}"
    );
    assert_eq!(top, "../at-top.html\"><code>at-top</code></a>");
}

#[test]
fn names_are_not_looked_up_again_until_something_changes() {
    let book = book("`Option`, `misspelt_name`");
    let told = book.problems();
    assert!(told.contains("`misspelt_name` names nothing"), "{told}");
    let generated = book.path("target/course/names/names.rs");
    fs::remove_file(&generated).unwrap();
    assert_eq!(book.problems(), told);
    assert!(!generated.exists(), "rustdoc was asked again");
    // What a listing declares may be what a name needs.
    book.edit(
        "listings/src/small/s2_second.rs",
        "pub fn answer",
        "pub fn misspelt_name() {}\n\npub fn answer",
    );
    assert_eq!(book.problems(), "");
    assert!(generated.exists());
}

#[test]
fn names_are_skipped_where_the_listings_do_not_compile() {
    let book = book("`Option`, `misspelt_name`, `answer_is_42`, `no_such.rs`");
    book.edit("listings/src/small/s2_second.rs", "6 * 7", "6 * \"7\"");
    let report = book.verify();
    let told: Vec<_> = report
        .problems
        .iter()
        .map(|problem| problem.what.as_str())
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter()
            .any(|what| what.starts_with("`no_such.rs` names nothing")),
        "{told:?}"
    );
    let counts = &report.pages[0].1;
    // The listings and outputs are skipped as well.
    assert_eq!((counts.names, counts.skipped), (2, 5 + 2 + 2));
}

/// Folders of `PATH` in which everything is but Go.
#[cfg(unix)]
fn path_without_go(scratch: &std::path::Path) -> std::ffi::OsString {
    let folders = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let without = folders
        .into_iter()
        .enumerate()
        .map(|(index, folder)| -> PathBuf {
            if !folder.join("go").exists() {
                return folder;
            }
            let copy = scratch.join(index.to_string());
            fs::create_dir_all(&copy).unwrap();
            for entry in fs::read_dir(folder)
                .unwrap()
                .flatten()
                .filter(|entry| entry.file_name() != "go")
            {
                std::os::unix::fs::symlink(entry.path(), copy.join(entry.file_name())).unwrap();
            }
            copy
        });
    std::env::join_paths(without.collect::<Vec<_>>()).unwrap()
}

#[cfg(unix)]
#[test]
fn names_of_go_are_skipped_where_there_is_no_go() {
    let book = book("`iter.Pull`, `iter.Pul`, `Pul`, `Option`");
    let scratch = tempfile::tempdir().unwrap();
    let output = course_tests::course()
        .args(["verify", "--json"])
        .current_dir(book.root())
        .env("PATH", path_without_go(scratch.path()))
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["problems"], serde_json::json!([]), "{found:#}");
    assert_eq!(
        (&found["total"]["names"], &found["total"]["skipped"]),
        (&2.into(), &3.into())
    );
}
