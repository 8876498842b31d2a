//! The ids of any page are those that mdBook makes of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use book::ids::Ids;
use book::project::Project;
use mdbook_driver::MDBook;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use regex::Regex;

/// Texts of headings and terms that differ in what an id keeps of them.
const TEXTS: &[&str] = &[
    "Tea",
    "Tea",
    "Tea 1",
    "tea-1",
    "a -- b",
    "a --- b...",
    "`f()` and `Vec<T>`",
    "数据",
    "don't",
    "\"so\"",
    "*a* **b**",
    "![a cup](c.png) b",
    "[link](https://a.b)",
    "<b>x</b> y",
    "A &amp; B",
    "1. x",
    "_",
    "é É",
    "Tea {#own}",
    "x {#tea}",
    "y {.class}",
    "z {#a .b}",
    "A[^n]",
];

/// Blocks in which there is no heading, or an id of another kind.
const BLOCKS: &[&str] = &[
    "Text.",
    "```text\n# No heading\n```",
    "<div id=\"raw\">\n\n# Inside\n\n</div>",
    "<span id='one'>x</span> <i id=two>y</i>",
    "[^n]: A note.",
    "- # In a list",
    "> ## Quoted",
    "<!-- <p id=\"hidden\"> -->",
];

fn block() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (1..5_usize, select(TEXTS)).prop_map(|(level, text)| format!("{} {text}", "#".repeat(level))),
        1 => select(TEXTS).prop_map(|text| format!("{text}\n===")),
        1 => select(TEXTS).prop_map(|text| format!("{text}\n: What it is.")),
        3 => select(BLOCKS).prop_map(str::to_owned),
    ]
}

proptest! {
    // Each case is a build of mdBook.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn ids_of_any_page_are_those_that_mdbook_makes(pages in vec(vec(block(), 0..12), 1..12)) {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        write("book.toml", "[book]\ntitle = \"x\"\n");
        let mut summary = String::new();
        for (number, blocks) in pages.iter().enumerate() {
            write(&format!("src/p{number}.md"), &blocks.join("\n\n"));
            writeln!(summary, "- [P](p{number}.md)").unwrap();
        }
        write("src/SUMMARY.md", &summary);
        MDBook::load(folder.path()).unwrap().build().unwrap();
        let project = Project::load(folder.path()).unwrap();
        let id = Regex::new(r#" id="([^"]*)""#).unwrap();
        let comment = Regex::new("(?s)<!--.*?-->").unwrap();
        for page in &project.pages {
            let html = fs::read_to_string(folder.path().join("book").join(page.name() + ".html")).unwrap();
            // An id in a comment is none.
            let html = comment.replace_all(&html, "");
            let main = html.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0;
            let theirs: BTreeSet<&str> = id.captures_iter(main).map(|it| it.get(1).unwrap().as_str()).collect();
            let ids = Ids::collect(&page.text, &project.settings);
            prop_assert_eq!(ids.all().collect::<BTreeSet<_>>(), theirs, "{}", page.text);
        }
    }
}
