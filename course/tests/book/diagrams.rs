//! Diagrams from the page to the site: drawn when blessing, shown by every build.

use std::fs;

use mdbook_driver::MDBook;
use reader::build;
use reader::diagrams::Redrawn;
use reader::site::Site;

use crate::small_book::SmallBook;

const DIAGRAM: &str = "```mermaid
flowchart LR
    accTitle: The way to the answer
    accDescr: From the question to 42.
    question --> answer
```

{{#seal}}";

#[test]
fn diagram_is_shown_by_every_build_once_it_is_blessed() {
    let book = SmallBook::new();
    book.edit("src/small.md", "{{#seal}}", DIAGRAM);
    let refused = build::build(book.root(), Site::default(), false)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("there is no drawing"), "{refused}");
    book.bless();
    build::build(book.root(), Site::default(), false).unwrap();
    let shown =
        |html: String| html.contains("<figure class=\"diagram\">") && html.contains("</svg>");
    let page = book.path("book/small.html");
    assert!(shown(fs::read_to_string(&page).unwrap()));
    MDBook::load(book.root()).unwrap().build().unwrap();
    assert!(shown(fs::read_to_string(&page).unwrap()));
    book.edit("src/small.md", "question --> answer", "question --> 42");
    let refused = build::build(book.root(), Site::default(), false)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("is of another diagram"), "{refused}");
}

#[test]
fn command_says_what_it_draws_and_draws_it_once() {
    let book = SmallBook::new();
    book.edit("src/small.md", "{{#seal}}", DIAGRAM);
    let run = |arguments: &[&str]| -> Redrawn {
        let said = course_tests::course()
            .arg("diagrams")
            .args(arguments)
            .current_dir(book.root())
            .output()
            .unwrap();
        assert!(said.status.success());
        serde_json::from_slice(&said.stdout).unwrap()
    };
    assert_eq!(run(&[]).problems.len(), 1);
    assert_eq!(run(&["src/other.md"]).problems, []);
    let drawn = run(&["--bless"]);
    assert_eq!((drawn.problems.len(), drawn.written.len()), (0, 1));
    let svg = fs::read_to_string(book.path("listings/captured/small/diagram.svg")).unwrap();
    assert_eq!(drawn.written[0].now, svg);
    assert!(run(&["--bless"]).written.is_empty());
}
