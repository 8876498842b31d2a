//! The tags of raw HTML in Markdown.

use std::sync::LazyLock;

use regex::Regex;

use crate::html::unescape;

/// An opening tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name, in lower case.
    pub name: String,
    /// Its attributes; one without a value has an empty one.
    pub attributes: Vec<(String, String)>,
    /// Its place in the HTML, in bytes.
    pub at: usize,
}

impl Tag {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The ids that a link may lead to.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let name = self.attribute("name").filter(|_| self.name == "a");
        self.attribute("id").into_iter().chain(name)
    }
}

/// The opening tags of some HTML, in order, without those in comments, scripts and styles.
#[must_use]
pub fn tags(html: &str) -> Vec<Tag> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?xis) <!-- .*? (?: --> | \z)
            | <script \b .*? (?: </script | \z)
            | <style \b .*? (?: </style | \z)
            | < ([a-z][a-z0-9-]*) ((?: [^"'<>] | "[^"]*" | '[^']*')*) >"#,
        )
        .expect("a valid pattern")
    });
    static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?x) ([^\s"'=/<>]+) (?: \s*=\s* (?: "([^"]*)" | '([^']*)' | ([^\s"'<>]+) ) )?"#,
        )
        .expect("a valid pattern")
    });
    let attributes = |text: &str| {
        let all = ATTRIBUTE.captures_iter(text).map(|found| {
            let value = (2..=4).find_map(|group| found.get(group));
            let value = value.map_or("", |value| value.as_str());
            (found[1].to_lowercase(), unescape(value))
        });
        all.collect()
    };
    let found = TAG.captures_iter(html);
    found
        .filter_map(|found| {
            Some(Tag {
                name: found.get(1)?.as_str().to_lowercase(),
                attributes: attributes(&found[2]),
                at: found.get(0)?.start(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_their_attributes_however_they_are_quoted() {
        let found = tags("<A Name='x' hidden>\n<img\n src=a.png alt=\"1 > 0\" /></a>");
        assert_eq!(found[0].attribute("name"), Some("x"));
        assert_eq!(found[0].attribute("hidden"), Some(""));
        assert_eq!(found[0].ids().collect::<Vec<_>>(), ["x"]);
        assert_eq!((found[1].name.as_str(), found[1].at), ("img", 20));
        assert_eq!(found[1].attribute("alt"), Some("1 > 0"));
        assert_eq!(found[1].attribute("src"), Some("a.png"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn tags_in_comments_scripts_and_styles_are_none() {
        let html = "<!-- <b id=a> --><script>'<i id=b>'</script><style><u></style><p id=c>1 < 2";
        let ids: Vec<_> = tags(html)
            .iter()
            .flat_map(|tag| tag.ids().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        assert_eq!(ids, ["c"]);
    }
}
