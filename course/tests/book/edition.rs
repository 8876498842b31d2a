//! The edition for a class has no solution, and a solution that is put back is found anywhere.

use book::diagnostic::Unwell;
use classroom::edition;

use crate::assign::{assert_snapshot, content, marked_book};

#[test]
fn edition_for_a_class_has_no_solution_and_finds_one_that_is_put_back() {
    let book = marked_book();
    book.edit(
        "src/small.md",
        "## Exercises\n",
        "<details>\n<summary>One possible answer</summary>\n\nSay 42 // the one answer to everything.\n\n</details>\n\n\
         ```rust\nlet it = [\n    42 // the one answer to everything\n];\n```\n\n## Exercises\n",
    );
    let folder = edition::build(book.root()).unwrap();
    let site = content(&folder);
    let page = String::from_utf8(site[std::path::Path::new("small.html")].clone()).unwrap();
    assert!(
        page.contains("yours to write") && page.contains("answer"),
        "{page}"
    );
    for (path, bytes) in &site {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("the one answer"), "{}", path.display());
        assert!(!text.contains("possible answer"), "{}", path.display());
    }
    // Stages differ in the solution only: what is left of the difference has nothing of it.
    assert!(page.contains("From <code>s1_first.rs</code> to <code>s2_second.rs</code>"));

    let good = std::fs::read_to_string(book.path("src/small.md")).unwrap();
    let mut said = String::new();
    let mut put_back = |what: &str, where_: &str, with: &str| {
        let text = good.replacen(where_, with, 1);
        assert_ne!(text, good);
        book.write("src/small.md", &text);
        let error = edition::build(book.root()).unwrap_err();
        assert!(error.is::<Unwell>(), "{error:#}");
        let text = anstream::adapter::strip_str(&error.to_string()).to_string();
        assert!(text.contains("src/small.md"), "{text}");
        said.push_str(&format!("{what}\n{text}\n\n"));
        assert!(!folder.exists());
    };
    let line = "42 // the one answer to everything";
    put_back(
        "in a sentence",
        "See [below]",
        &format!("It is `{line}`. See [below]"),
    );
    put_back(
        "in what is folded, but no answer",
        "See [below]",
        &format!("<details><summary>More</summary>\n\n{line}\n\n</details>\n\nSee [below]"),
    );
    put_back(
        "in an attribute",
        "See [below]",
        &format!("<span title=\"{line}\">x</span> See [below]"),
    );
    assert_snapshot("edition_says.txt", &said, &folder);
}
