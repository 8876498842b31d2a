//! Stock mdBook, through its own library and our preprocessor as a command, as `mdbook test` runs it.

use book::page::Page;
use mdbook_driver::MDBook;
use reader::includes;
use std::path::Path;

use crate::small_book::SmallBook;

#[test]
fn mdbook_test_is_green_for_a_correct_book() {
    let book = SmallBook::new();
    MDBook::load(book.root()).unwrap().test(Vec::new()).unwrap();
}

#[test]
fn mdbook_test_goes_red_when_a_listing_breaks() {
    let book = SmallBook::new();
    book.edit(
        "src/small.md",
        "assert_eq!(answer(), 42);\n```\n\n```rust\n#",
        "assert_eq!(answer(), 41);\n```\n\n```rust\n#",
    );
    let error = MDBook::load(book.root())
        .unwrap()
        .test(Vec::new())
        .unwrap_err();
    assert!(
        error.to_string().contains("exited unsuccessfully"),
        "{error:#}"
    );
}

#[test]
fn mdbook_build_goes_red_for_a_misspelt_anchor_and_leaves_no_directive_in_a_page() {
    let book = SmallBook::new();
    MDBook::load(book.root()).unwrap().build().unwrap();
    let html = std::fs::read_to_string(book.path("book/small.html")).unwrap();
    assert!(!html.contains("{{#"), "{html}");
    book.edit("src/small.md", "s1_first.rs:answer", "s1_first.rs:anser");
    assert!(MDBook::load(book.root()).unwrap().build().is_err());
}

#[test]
fn includes_expand_as_mdbook_expands_them() {
    let book = SmallBook::new();
    let page = Page::parse(Path::new("src/small.md"), "");
    let body = "{{#include ../listings/src/small/s1_first.rs:answer}}";
    let hidden = "{{#rustdoc_include ../listings/src/lib.rs:1}}";
    let expanded = includes::expand(book.root(), &[(&page, body), (&page, hidden)]).unwrap();
    assert_eq!(
        expanded,
        ["pub fn answer() -> u32 {\n    42\n}", "pub mod small;"]
    );
}
