//! The site of a small book: how it is found and shared, and what has moved.

use std::fs;

use crate::small_book::SmallBook;

const HTML: &str = r#"
[output.html]
site-url = "https://example.org/book/"

[output.html.redirect]
"/old.html" = "small.html"
"/small.html#gone" = "small.html#exercises"
"/small.html#moved" = "old.html#there"
"#;

fn cards() -> reader::site::Site {
    reader::site::Site {
        cards: Some(publish::card::draw),
    }
}

fn built() -> SmallBook {
    let book = SmallBook::new();
    let config = fs::read_to_string(book.path("book.toml")).unwrap();
    book.write("book.toml", &(config + HTML));
    reader::build::build(book.root(), cards(), false).unwrap();
    book
}

#[test]
fn page_says_what_it_is_to_those_who_find_or_share_it() {
    let book = built();
    let read = |name: &str| fs::read_to_string(book.path("book").join(name)).unwrap();
    let page = read("small.html");
    for said in [
        "<title>A small page · Small</title>",
        "<link rel=\"canonical\" href=\"https://example.org/book/\">",
        "<meta property=\"og:url\" content=\"https://example.org/book/\">",
        "<meta property=\"og:title\" content=\"A small page\">",
        "<meta property=\"og:site_name\" content=\"Small\">",
        "<meta property=\"og:type\" content=\"article\">",
        "<meta property=\"og:image\" content=\"https://example.org/book/cards/small.png\">",
        "<meta property=\"og:image:width\" content=\"1200\">",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    let described = |property: &str| {
        let from = page.split(property).nth(1).unwrap();
        from.split('"').nth(2).unwrap().to_owned()
    };
    assert_eq!(
        described("name=\"description"),
        described("property=\"og:description")
    );
    assert!(read("sitemap.xml").contains("<loc>https://example.org/book/</loc>"));
    assert!(read("robots.txt").contains("Sitemap: https://example.org/book/sitemap.xml"));
    assert!(
        fs::read(book.path("book/cards/small.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    let missing = read("404.html");
    assert!(
        missing.contains("<base href=\"https://example.org/book/\">")
            && missing.contains("noindex")
    );
    assert!(
        missing.contains("<style>") && !missing.contains("rel=\"stylesheet\""),
        "it needs no other file"
    );
}

#[test]
fn what_has_moved_is_found_under_its_old_address() {
    let book = built();
    let read = |name: &str| fs::read_to_string(book.path("book").join(name)).unwrap();
    assert!(read("old.html").contains("small.html"));
    let page = read("small.html");
    assert!(
        page.contains("<span id=\"gone\"></span><h2 id=\"exercises\""),
        "{page}"
    );
    assert!(
        page.contains(
            "<p class=\"moved\" id=\"moved\">This part has moved. <a href=\"old.html#there\">"
        ),
        "{page}"
    );
    assert!(page.contains("<main"), "the page itself is no redirect");
}
