//! Pages for paper and e-readers: no controls, and only CSS that reading systems support.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use reader::site::{code, content, pattern};

/// Controls, hidden lines and the records of other machines, which are of no use on paper.
static CONTROLS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?s)<span class="tools">.*?</span></figcaption>|<fieldset class="views">.*?</fieldset>|<legend>.*?</legend>|<p class="whose">.*?</p>|<section data-record="[^"]*" hidden(?:="")?>.*?</section>|<input\b[^>]*>\s*<label\b.*?</label>|<!--.*?-->|<span class="boring">.*?\n</span>"#,
    )
});
static TAG: LazyLock<Regex> = LazyLock::new(|| pattern("<[a-z][^<>]*>"));
static INTERACTIVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#" (?:tabindex|role|aria-label|aria-live)="[^"]*""#));
/// A link to a file that is not a page, and so not part of the EPUB or PDF.
static NOT_A_PAGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^(<a\b[^>]*) href="([^":#]+)(?:#[^"]*)?""#));
static TASK_BOX: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"<input disabled="" type="checkbox"( checked="")?[^>]*>"#));
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(--[a-z0-9-]+):\s*([^;}]+)[;}]"));
static USE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"var\((--[a-z0-9-]+)(?:,\s*((?:[^()]|\([^()]*\))*))?\)"));
static LIGHT: LazyLock<Regex> = LazyLock::new(|| pattern(r"light-dark\(([^,()]*),[^()]*\)"));
static VOID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"<((?:area|br|col|hr|img|input|link|meta|source|wbr)\b[^>]*?)\s*/?>")
});
static SVG: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<svg\b.*?</svg>"));
static NOTHING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#" paint-order="[^"]*"|<rect(?: (?:x|y|rx|ry|class|style|id|fill)="[^"]*")*\s*(?:/>|></rect>)"#,
    )
});
static PARAGRAPH: LazyLock<Regex> = LazyLock::new(|| pattern("<(/?)p>"));

/// The names in SVG with capitals, which HTML ignores and XML does not.
const CASED: &str = "clipPath feDropShadow foreignObject gradientTransform gradientUnits lengthAdjust linearGradient \
    markerHeight markerUnits markerWidth patternUnits preserveAspectRatio radialGradient refX refY startOffset \
    stdDeviation textLength textPath viewBox";
static CASE: LazyLock<Regex> = LazyLock::new(|| {
    let names = CASED.to_lowercase().replace(' ', "|");
    pattern(&format!(r"([</ ])({names})([ =>])"))
});

/// Makes mdBook's HTML of a page fit for paper.
pub fn page(bare: &str) -> String {
    let html = TASK_BOX.replace_all(bare, |found: &Captures<'_>| {
        if found.get(1).is_some() { "☑" } else { "☐" }.to_owned()
    });
    let html = code::rewrite(&content::tables(&html));
    let html = CONTROLS.replace_all(&html, |found: &Captures<'_>| match &found[0] {
        tools if tools.ends_with("</figcaption>") => "</figcaption>".to_owned(),
        _ => String::new(),
    });
    let html = TAG.replace_all(&html, |tag: &Captures<'_>| {
        let tag = INTERACTIVE.replace_all(&tag[0], "");
        match NOT_A_PAGE.captures(&tag) {
            Some(link) if !link[2].ends_with(".html") => {
                NOT_A_PAGE.replace(&tag, "$1").into_owned()
            }
            _ => tag.into_owned(),
        }
    });
    // The role is needed for the drawing's name.
    html.replace("<svg ", "<svg role=\"img\" ")
}

/// Replaces the variables in a style sheet or a page by their values in the light theme.
pub fn in_the_light(text: &str, variables: &HashMap<String, String>) -> String {
    let mut text = text.to_owned();
    // Some variables use others.
    for _ in 0..4 {
        let next = USE.replace_all(&text, |found: &Captures<'_>| {
            let fallback = found.get(2).map_or("inherit", |fallback| fallback.as_str());
            variables
                .get(&found[1])
                .map_or(fallback, String::as_str)
                .to_owned()
        });
        if next == text {
            break;
        }
        text = next.into_owned();
    }
    LIGHT.replace_all(&text, "$1").into_owned()
}

/// The variables of a style sheet, each with its first value.
pub fn variables(css: &str) -> HashMap<String, String> {
    let mut all = HashMap::new();
    for found in VARIABLE.captures_iter(css) {
        all.entry(found[1].to_owned())
            .or_insert_with(|| found[2].trim().to_owned());
    }
    all
}

/// Converts HTML of mdBook and of this tool to XML.
pub fn xhtml(html: &str) -> String {
    let html = VOID.replace_all(html, "<$1/>");
    SVG.replace_all(&html, |svg: &Captures<'_>| {
        // Elements that draw nothing, and attributes that EPUB does not allow, are left out.
        let svg = NOTHING.replace_all(&svg[0], "");
        let svg = PARAGRAPH.replace_all(&svg, "<${1}span>");
        let cased = CASE.replace_all(&svg, |found: &Captures<'_>| {
            let mut names = CASED.split(' ');
            let name = names.find(|name| name.eq_ignore_ascii_case(&found[2]));
            let name = name.unwrap_or(&found[2]);
            format!("{}{name}{}", &found[1], &found[3])
        });
        if cased.contains(" xmlns=\"http://www.w3.org/2000/svg\"") {
            cased.into_owned()
        } else {
            cased.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1)
        }
    })
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_click_is_left() {
        let html = page(
            "<pre class=\"playground\"><code class=\"language-rust\"><span class=\"boring\">fn main() {\n</span>f();\n<span class=\"boring\">}</span></code></pre>\
             <fieldset class=\"steps\"><legend>Step</legend><input type=\"radio\" id=\"a\"><label for=\"a\">0</label><div class=\"step\"><p>First.</p></div></fieldset>\
             <li><input disabled=\"\" type=\"checkbox\" checked=\"\"/> done</li><a href=\"a/b.json\">b</a><a href=\"c.html#d\">c</a>",
        );
        for gone in [
            "<input",
            "<button",
            "<label",
            "<legend",
            "main()",
            "playground",
            "tabindex",
        ] {
            assert!(!html.contains(gone), "{gone}: {html}");
        }
        assert!(
            html.contains(">f</span>();") && html.contains("<a>b</a><a href=\"c.html#d\">c</a>"),
            "{html}"
        );
        assert!(
            html.contains("<p>First.</p>") && html.contains("☑ done"),
            "{html}"
        );
    }

    #[test]
    fn colours_are_those_of_the_light_theme() {
        let variables =
            variables(":root { --a: light-dark(#111, #eee); --b: var(--a); }\n.x { --a: none; }");
        assert_eq!(
            in_the_light("fill:var(--b);stroke:var(--c, rgb(1, 2, 3))", &variables),
            "fill:#111;stroke:rgb(1, 2, 3)"
        );
    }

    #[test]
    fn html_becomes_xml() {
        assert_eq!(
            xhtml(
                "<p>a<br>b <img src=\"x\" alt=\"\"></p><svg viewbox=\"0 0 1 1\"><foreignobject width=\"1\"></foreignobject></svg>"
            ),
            "<p>a<br/>b <img src=\"x\" alt=\"\"/></p><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><foreignObject width=\"1\"></foreignObject></svg>"
        );
    }
}
