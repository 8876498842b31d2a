//! The book as one file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;

use zip::ZipArchive;

use crate::small_book::SmallBook;

#[test]
fn epub_has_every_page_and_leads_nowhere_else() {
    let book = SmallBook::new();
    let file = publish::build(book.root(), publish::Form::Epub).unwrap();
    assert_eq!(file, book.path("target/small.epub"));
    let mut zip = ZipArchive::new(File::open(&file).unwrap()).unwrap();
    let first = zip.by_index(0).unwrap();
    assert_eq!(first.name().unwrap(), "mimetype");
    assert_eq!(first.compression(), zip::CompressionMethod::Stored);
    drop(first);
    let names: BTreeSet<String> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    for name in [
        "META-INF/container.xml",
        "book/book.opf",
        "book/contents.xhtml",
        "book/small.xhtml",
        "book/style.css",
    ] {
        assert!(names.contains(name), "{name} is not among {names:?}");
    }
    let mut read = |name: &str| {
        let mut text = String::new();
        zip.by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let page = read("book/small.xhtml");
    assert!(
        page.contains("borrow of moved value") && page.contains("answer"),
        "{page}"
    );
    for gone in ["<input", "<button", "<form", "var(--", "light-dark", "{{#"] {
        assert!(!page.contains(gone), "{gone}: {page}");
    }
    for target in page
        .split(" href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
    {
        let there = match target.split_once('#') {
            _ if target.contains(':') => true,
            Some(("", id)) => page.contains(&format!("id=\"{id}\"")),
            other => names.contains(&format!("book/{}", other.map_or(target, |(page, _)| page))),
        };
        assert!(there, "{target} leads nowhere");
    }
}

#[test]
fn pdf_without_a_chromium_says_what_is_missing() {
    let book = SmallBook::new();
    let build = |chromium: Option<&str>| {
        let mut command = course_tests::course();
        command
            .args(["build", "--pdf"])
            .current_dir(book.root())
            .env("PATH", "")
            .env_remove("CHROMIUM");
        command.envs(chromium.map(|chromium| ("CHROMIUM", chromium)));
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = build(None);
    // A Mac may have one outside of PATH.
    if code != Some(0) {
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains("no Chromium found") && said.contains("CHROMIUM"),
            "{said}"
        );
    }
    let (code, said) = build(Some("no-such-chromium"));
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("no-such-chromium cannot be started"),
        "{said}"
    );
    assert!(!book.path("target/small.pdf").exists());
}
