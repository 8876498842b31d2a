//! The settings of a book, from its `book.toml`: mdBook's own, and which of our conventions hold for it.
//!
//! mdBook accepts no table of its own invention at the top, and runs whatever it finds under
//! `[preprocessor]`, except what is for no renderer. So the settings are there, and `mdbook build`
//! neither runs nor reports anything:
//!
//! ```toml
//! [preprocessor.course-verify]
//! renderers = []            # required: mdBook runs nothing
//! listings = "code"         # the folder of the crate that listings use, with its direct dependencies
//! features = ["extra"]      # features of that crate
//! languages = ["sh"]        # all languages of code blocks besides Rust; without it, any
//! reasons = "warning"       # `ignore` and `no_run` have a comment above with the reason
//! words = "off"             # so have `compile_fail` and `should_panic`, with words of the message
//! style = "warning"         # titles, levels of headings, alternative texts, anchors that nothing shows, …
//! ```
//!
//! All but `renderers` may be left out; these are the defaults, but for `features` and `languages`,
//! which are empty, and `listings`, which is the folder of that name if it has a `Cargo.toml`. A
//! rule is `"error"`, `"warning"` or `"off"`.
//!
//! A book with our preprocessor, `[preprocessor.course]`, has chapters with tasks, records and captured outputs, too:
//! all conventions hold there, as errors. There the table names the record whose numbers the pages show:
//!
//! ```toml
//! [preprocessor.course]
//! record = "quiet-box"      # benches/results/quiet-box.json
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Level, unreadable};
use crate::nearest::or_nearest;
use crate::page::Lines;
use crate::toml_text::parse;

/// The languages of the code blocks in a book of ours.
const LANGUAGES: &[&str] = &[
    "console", "css", "diff", "go", "html", "json", "markdown", "mermaid", "python", "text",
    "toml", "yaml",
];

/// The table in `book.toml`, under `preprocessor`.
pub const TABLE: &str = "course-verify";

/// The settings of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// True if the book has our preprocessor, and so all our conventions.
    pub ours: bool,
    /// The folder of `SUMMARY.md`.
    pub src: PathBuf,
    /// The edition of Rust that listings are in, if `[rust]` says it.
    pub edition: Option<String>,
    /// True if mdBook makes dashes of `--` before it makes ids.
    pub smart_punctuation: bool,
    /// True if mdBook reads definition lists, whose terms get ids.
    pub definition_lists: bool,
    /// Addresses that mdBook redirects, from the root of the site.
    pub redirects: Vec<String>,
    /// The folder of the crate that listings use.
    pub listings: Option<PathBuf>,
    /// Features of that crate.
    pub features: Vec<String>,
    /// The languages of code blocks; any language if there are none.
    pub languages: Vec<String>,
    /// The rule that what is not run has a reason.
    pub reasons: Level,
    /// The rule that what must fail says with which words.
    pub words: Level,
    /// The rules on the form of pages.
    pub style: Level,
    /// The name of the record whose numbers the pages show.
    pub record: Option<String>,
}

impl Default for Settings {
    /// Those of a book of ours.
    fn default() -> Self {
        Self {
            ours: true,
            src: "src".into(),
            edition: None,
            smart_punctuation: true,
            definition_lists: true,
            redirects: Vec::new(),
            listings: None,
            features: Vec::new(),
            languages: LANGUAGES.iter().map(|it| (*it).to_owned()).collect(),
            reasons: Level::Error,
            words: Level::Error,
            style: Level::Error,
            record: None,
        }
    }
}

/// The parts of `book.toml` that checks depend on. mdBook itself refuses what it does not know.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    book: Book,
    rust: Rust,
    output: Output,
    preprocessor: BTreeMap<String, toml::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Book {
    src: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rust {
    edition: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Output {
    html: Html,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Html {
    smart_punctuation: Option<bool>,
    definition_lists: Option<bool>,
    redirect: BTreeMap<String, String>,
}

/// The tables of this tool. Each is parsed by itself: where one is wrong, the rest of the file still holds.
#[derive(Deserialize)]
struct Tables {
    #[serde(default)]
    preprocessor: Preprocessors,
}

#[derive(Default, Deserialize)]
struct Preprocessors {
    #[serde(rename = "course-verify")]
    table: Option<Spanned<Table>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CourseTables {
    preprocessor: CoursePreprocessor,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CoursePreprocessor {
    course: Course,
}

/// The key of our preprocessor that is read here; the others are mdBook's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Course {
    record: Option<String>,
}

/// The table as its author writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    renderers: Option<Vec<String>>,
    listings: Option<Spanned<PathBuf>>,
    features: Vec<String>,
    languages: Option<Vec<String>>,
    reasons: Option<Level>,
    words: Option<Level>,
    style: Option<Level>,
}

impl Settings {
    /// Reads `book.toml`. Where it is wrong, the defaults hold, and it is reported.
    #[must_use]
    pub fn read(root: &Path) -> (Self, Vec<Diagnostic>) {
        let problem = |line, what: String| Diagnostic::new("book.toml", line, what);
        let text = match fs::read_to_string(root.join("book.toml")) {
            Ok(text) => text,
            Err(error) => {
                let what = format!("book.toml cannot be read: {}", unreadable(&error));
                let help = "write it as UTF-8, in a file you may read";
                return (Self::default(), vec![problem(0, what).help(help)]);
            }
        };
        let file: File = match parse(&text) {
            Ok(file) => file,
            Err((line, message)) => {
                let what = format!("book.toml is malformed: {message}");
                let help = "write it as mdBook's guide says";
                return (Self::default(), vec![problem(line, what).help(help)]);
            }
        };
        let ours = file.preprocessor.contains_key("course");
        let mut settings = Self {
            src: file.book.src.unwrap_or_else(|| "src".into()),
            edition: file.rust.edition,
            smart_punctuation: file.output.html.smart_punctuation.unwrap_or(true),
            definition_lists: file.output.html.definition_lists.unwrap_or(true),
            redirects: file.output.html.redirect.into_keys().collect(),
            ..if ours {
                Self::default()
            } else {
                Self::of_any_book()
            }
        };
        let mut problems = Vec::new();
        match parse::<CourseTables>(&text) {
            Ok(tables) => settings.record = tables.preprocessor.course.record,
            Err((line, message)) => {
                let what = format!("[preprocessor.course]: `record`: {message}");
                let help = "`record` is the name of a file in benches/results/, without `.json`";
                problems.push(problem(line, what).help(help));
            }
        }
        let line = |span: Range<usize>| Lines::new(&text).at(span.start);
        let mut listings = None;
        match parse::<Tables>(&text).map(|file| file.preprocessor.table) {
            Ok(Some(table)) => {
                let place = line(table.span());
                let mut table = table.into_inner();
                listings = table.listings.take();
                problems.extend(settings.apply(table, place));
            }
            Ok(None) => {}
            Err((line, message)) => problems.push(unknown(line, &message)),
        }
        let has_crate = |folder: &Path| root.join(folder).join("Cargo.toml").is_file();
        settings.listings = match listings {
            None => Some("listings".into()).filter(|folder: &PathBuf| has_crate(folder)),
            Some(folder) if has_crate(folder.get_ref()) => Some(folder.into_inner()),
            Some(folder) => {
                let what = format!("`{}` has no Cargo.toml", folder.get_ref().display());
                let help = "`listings` is the folder of a crate, from the folder of book.toml";
                problems.push(problem(line(folder.span()), what).help(help));
                None
            }
        };
        (settings, problems)
    }

    fn of_any_book() -> Self {
        Self {
            ours: false,
            languages: Vec::new(),
            reasons: Level::Warning,
            words: Level::Off,
            style: Level::Warning,
            ..Self::default()
        }
    }

    /// Applies a table, which begins in a line.
    fn apply(&mut self, table: Table, line: usize) -> Option<Diagnostic> {
        self.features = table.features;
        for (rule, level) in [
            (&mut self.reasons, table.reasons),
            (&mut self.words, table.words),
            (&mut self.style, table.style),
        ] {
            *rule = level.unwrap_or(*rule);
        }
        if let Some(languages) = table.languages {
            self.languages = languages;
        }
        (table.renderers != Some(Vec::new())).then(|| {
            let what = format!("mdBook would run `mdbook-{TABLE}`, which there is not");
            let help = format!("write `renderers = []` under [preprocessor.{TABLE}]");
            Diagnostic::new("book.toml", line, what).help(help)
        })
    }
}

/// A setting that there is not, or with a value that it cannot have.
fn unknown(line: usize, error: &str) -> Diagnostic {
    const KEYS: [&str; 7] = [
        "renderers",
        "listings",
        "features",
        "languages",
        "reasons",
        "words",
        "style",
    ];
    let quoted = error.split('`').nth(1).unwrap_or_default();
    let what = format!("[preprocessor.{TABLE}]: {error}");
    let help = match error.starts_with("unknown field") {
        true => or_nearest(quoted, KEYS, ""),
        false => {
            "a rule is \"error\", \"warning\" or \"off\"; all else is a text, or a list of texts"
                .to_owned()
        }
    };
    Diagnostic::new("book.toml", line, what).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("code")).unwrap();
        fs::write(folder.path().join("code/Cargo.toml"), "").unwrap();
        fs::write(folder.path().join("book.toml"), text).unwrap();
        let (settings, problems) = Settings::read(folder.path());
        let said = problems
            .iter()
            .map(|it| format!("{}: {}", it.place(), it.what));
        (settings, said.collect())
    }

    #[test]
    fn conventions_are_warnings_in_a_book_of_others_and_errors_in_ours() {
        let (theirs, problems) = read("[book]\ntitle = \"T\"\n");
        assert_eq!(
            (theirs.ours, theirs.reasons, theirs.words),
            (false, Level::Warning, Level::Off)
        );
        assert_eq!((theirs.languages.len(), problems.len()), (0, 0));
        let (ours, _) = read("[preprocessor.course]\n");
        assert_eq!(ours, Settings::default());
    }

    #[test]
    fn settings_are_those_of_the_table_and_of_mdbook() {
        let (settings, problems) = read(
            "[book]\nsrc = \"text\"\n[rust]\nedition = \"2021\"\n[output.html]\nsmart-punctuation = false\n\
             [preprocessor.course-verify]\nrenderers = []\nlistings = \"code\"\nstyle = \"off\"\nlanguages = [\"sh\"]\n",
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(
            (settings.src.as_path(), settings.edition.as_deref()),
            (Path::new("text"), Some("2021"))
        );
        assert_eq!(
            (settings.smart_punctuation, settings.style),
            (false, Level::Off)
        );
        assert_eq!(
            (settings.listings, settings.languages),
            (Some("code".into()), vec!["sh".to_owned()])
        );
    }

    #[test]
    fn record_is_the_one_that_our_table_names() {
        assert_eq!(read("[preprocessor.course]\n").0.record, None);
        let (settings, problems) = read("[preprocessor.course]\nrecord = \"box\"\n");
        assert_eq!(
            (settings.record.as_deref(), problems.len()),
            (Some("box"), 0)
        );
        let (_, problems) = read("[preprocessor.course]\ncommand = \"x\"\nrecord = 1\n");
        assert!(problems[0].starts_with("book.toml:3: "), "{problems:?}");
    }

    #[test]
    fn wrong_settings_name_their_line() {
        let table = "[preprocessor.course-verify]\nrenderers = []\n";
        let (_, problems) = read(&format!("{table}stile = \"off\"\n"));
        assert!(
            problems[0]
                .starts_with("book.toml:3: [preprocessor.course-verify]: unknown field `stile`"),
            "{problems:?}"
        );
        let (_, problems) = read(&format!("{table}style = \"loud\"\n"));
        assert!(
            problems[0]
                .starts_with("book.toml:3: [preprocessor.course-verify]: unknown variant `loud`"),
            "{problems:?}"
        );
        let (_, problems) = read(&format!("{table}listings = \"cod\"\n"));
        assert_eq!(problems, ["book.toml:3: `cod` has no Cargo.toml"]);
        let (_, problems) = read("\n[preprocessor.course-verify]\n");
        assert_eq!(
            problems,
            ["book.toml:2: mdBook would run `mdbook-course-verify`, which there is not"]
        );
        let (_, problems) = read("[book]\ntitle = 3 4\n");
        assert!(
            problems[0].starts_with("book.toml:2: book.toml is malformed"),
            "{problems:?}"
        );
    }
}
