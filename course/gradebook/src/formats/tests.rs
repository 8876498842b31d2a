//! Each format is read again by a reader that is strict about its specification.

use std::collections::BTreeMap;

use base64::Engine as _;
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::samples::{SECRET, grade, ungraded};
use super::{
    classroom50, codegrade, exercism, github, gradescope, junit, lms, names, nbgrader, prairielearn,
};
use crate::mark::{LatePolicy, Mark};
use grader::result::{Grade, Status};

fn mark(grade: &Grade) -> Mark {
    Mark::new(grade, None, LatePolicy::ReportOnly)
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn environment() -> classroom50::Environment {
    [
        ("CLASSROOM", "rust-2027"),
        ("ASSIGNMENT", "small"),
        ("ASSIGNMENT_TYPE", "individual"),
        ("OWNER", "ann"),
        ("SUBMISSION_TAG", "submit/2027-02-01T16-00-00Z-1a2b3c4"),
        ("COMMIT_URL", "https://example.org/c"),
        ("RELEASE_URL", "https://example.org/r"),
        ("REVIEW_URL", "https://example.org/v"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// Texts that break writers: separators, quotes, formulas, control characters, markup, emoji, and long ones.
fn awkward() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,30}",
        "[=+@\\-\t\r\n\"',;<>&\\]\\[ ]{1,12}",
        Just("=HYPERLINK(\"http://x\",\"y\")".to_owned()),
        Just("O'Neil, \"Ann\" 🦀\u{0}\u{1b}[2J]]>&#x0;".to_owned()),
        Just("\u{202e}txt.exe\u{fffe}".to_owned()),
        Just("x".repeat(3000)),
        Just("::error::boo\n##[group]".to_owned()),
    ]
}

prop_compose! {
    fn any_graded()(
        id in awkward(), name in awkward(), email in awkward(), message in awkward(), says in awkward(),
        points in prop_oneof![Just(0), Just(10), Just(14), Just(16), Just(20)],
        status in prop_oneof![
            Just(Status::Graded), Just(Status::CompileError), Just(Status::Rejected), Just(Status::Missing),
            Just(Status::Timeout), Just(Status::ResourceLimit), Just(Status::Tampered),
        ],
    ) -> Grade {
        let mut all = grade(&id, points);
        (all.student.name, all.student.email, all.message, all.status) = (name, email, message, status);
        if matches!(status, Status::CompileError | Status::Rejected | Status::Missing) {
            all.groups.iter_mut().for_each(|group| { group.tests.clear(); group.points = 0; });
            all.score = Some(0);
        }
        for test in all.groups.iter_mut().flat_map(|group| &mut group.tests) {
            if !test.message.is_empty() {
                test.message = grader::text::sanitize(&says, 2000);
            }
        }
        all
    }
}

mod specification {
    //! The documents as the platforms specify them. An unknown key is an error.
    #![allow(
        dead_code,
        reason = "a field is there to be required, or to be allowed"
    )]

    use super::Deserialize;
    use serde_json::Value;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Gradescope {
        pub score: Option<f64>,
        pub output: String,
        pub output_format: Markup,
        pub test_output_format: Markup,
        pub test_name_format: Markup,
        pub visibility: Visibility,
        pub stdout_visibility: Visibility,
        pub extra_data: Value,
        pub tests: Vec<GradescopeTest>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct GradescopeTest {
        pub score: f64,
        pub max_score: f64,
        pub status: PassedFailed,
        pub name: String,
        pub name_format: Markup,
        pub number: String,
        pub output: String,
        pub output_format: Markup,
        pub tags: Vec<String>,
        pub visibility: Visibility,
    }
    #[derive(Deserialize, PartialEq, Eq, Debug)]
    #[serde(rename_all = "snake_case")]
    pub enum Visibility {
        Hidden,
        AfterDueDate,
        AfterPublished,
        Visible,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Markup {
        Text,
        Html,
        SimpleFormat,
        Md,
        Ansi,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum PassedFailed {
        Passed,
        Failed,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    pub struct Classroom50 {
        pub schema: String,
        pub classroom: String,
        pub assignment: String,
        #[serde(rename = "assignment_type")]
        pub assignment_type: Kind,
        pub owner: String,
        pub submission: String,
        pub commit: String,
        pub release: String,
        pub review: String,
        pub datetime: String,
        pub score: u32,
        pub max_score: u32,
        pub tests: Vec<Classroom50Test>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Kind {
        Individual,
        GroupResult,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub struct Classroom50Test {
        pub test_name: String,
        pub passed: bool,
        pub score: u32,
        pub max_score: u32,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Github {
        pub version: u32,
        pub status: GithubStatus,
        pub max_score: u32,
        pub tests: Vec<GithubTest>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct GithubTest {
        pub name: String,
        pub status: GithubStatus,
        pub score: u32,
        pub message: String,
        pub test_code: String,
        pub filename: String,
        pub line_no: u32,
        pub duration: f64,
    }
    #[derive(Deserialize, PartialEq, Eq, Debug)]
    #[serde(rename_all = "lowercase")]
    pub enum GithubStatus {
        Pass,
        Fail,
        Error,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Prairielearn {
        pub gradable: bool,
        pub score: Option<f64>,
        pub message: Option<String>,
        pub output: Option<String>,
        pub format_errors: Option<Vec<String>>,
        #[serde(default)]
        pub tests: Vec<PrairielearnTest>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct PrairielearnTest {
        pub name: String,
        pub description: String,
        pub points: f64,
        pub max_points: f64,
        pub output: String,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, tag = "tag", rename_all = "kebab-case")]
    pub enum Codegrade {
        UnitTest { results: Vec<CodegradeSuite> },
        Points { points: String },
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    pub struct CodegradeSuite {
        pub id: String,
        pub name: String,
        pub weight: Option<String>,
        pub test_cases: Vec<CodegradeCase>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct CodegradeCase {
        pub name: String,
        pub status: CodegradeStatus,
        pub description: Option<String>,
        pub weight: Option<String>,
        pub reason: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum CodegradeStatus {
        Success,
        Failure,
        Skipped,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Exercism {
        pub version: u32,
        pub status: GithubStatus,
        pub message: Option<String>,
        pub tests: Vec<ExercismTest>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct ExercismTest {
        pub name: String,
        pub status: GithubStatus,
        pub message: Option<String>,
        pub output: Option<String>,
        pub task_id: u32,
    }
}
use specification as spec;

/// A class of one in every format, each as its reader reads it. Returns all texts.
fn all_formats(grade: &Grade) -> Vec<String> {
    let mark = mark(grade);
    let score = mark.score().unwrap();
    let mut all = Vec::new();

    let text = gradescope::render(&mark);
    let found: spec::Gradescope = read(&text);
    assert_eq!(found.score, Some(f64::from(score)));
    assert_eq!(
        found.tests.iter().map(|test| test.max_score).sum::<f64>(),
        f64::from(grade.max_score)
    );
    assert!(found.tests.iter().all(|test| test.score <= test.max_score));
    // A student sees the total only if no test is `hidden`.
    assert!(
        found
            .tests
            .iter()
            .all(|test| test.visibility != spec::Visibility::Hidden)
    );
    assert_eq!(
        found.tests.last().unwrap().visibility,
        spec::Visibility::AfterPublished
    );
    all.push(text);

    let text = classroom50::render(&mark, &environment()).unwrap();
    let found: spec::Classroom50 = read(&text);
    assert_eq!(
        (found.schema.as_str(), found.datetime.as_str()),
        ("classroom50/result/v1", "2027-02-01T16:00:00Z")
    );
    assert!(found.score == score && found.score <= found.max_score);
    assert!(
        found
            .tests
            .iter()
            .all(|test| test.score <= test.max_score && (test.passed == (test.score > 0)))
    );
    all.push(text);

    let text = github::render(&mark);
    let mut points = 0;
    for line in text.lines() {
        let (name, encoded) = line.split_once("_RESULTS=").unwrap();
        assert!(
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'),
            "{name}"
        );
        let decoded = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .unwrap();
        let decoded = String::from_utf8(decoded).unwrap();
        let found: spec::Github = read(&decoded);
        let passed = found
            .tests
            .iter()
            .filter(|test| test.status == spec::GithubStatus::Pass)
            .count();
        // The two ways in which the reporter counted.
        let recorded: u32 = found.tests.iter().map(|test| test.score).sum();
        assert_eq!(
            recorded as usize * found.tests.len(),
            passed * found.max_score as usize
        );
        points += recorded;
        all.push(decoded);
    }
    assert_eq!(points, score);

    let text = prairielearn::render(&mark);
    let found: spec::Prairielearn = read(&text);
    assert!(text.len() < 1_000_000);
    assert_eq!(found.gradable, found.score.is_some());
    assert_eq!(found.gradable, found.format_errors.is_none());
    if let Some(share) = found.score {
        assert!((share * f64::from(grade.max_score) - f64::from(score)).abs() < 1e-9);
    }
    all.push(text);

    let text = codegrade::render(&mark);
    let lines: Vec<spec::Codegrade> = text.lines().map(read).collect();
    let [
        spec::Codegrade::UnitTest { results },
        spec::Codegrade::Points { points },
    ] = lines.as_slice()
    else {
        panic!("a suite, and points")
    };
    assert_eq!(*points, format!("{score}/{}", grade.max_score));
    let weights = results[0]
        .test_cases
        .iter()
        .map(|case| case.weight.as_ref().unwrap().parse::<u32>().unwrap());
    assert_eq!(weights.sum::<u32>(), grade.max_score);
    all.push(text);

    let text = exercism::render(&mark);
    let found: spec::Exercism = read(&text);
    assert_eq!(found.version, 3);
    assert_eq!(
        found.status == spec::GithubStatus::Error,
        found.message.is_some()
    );
    let texts = found.tests.iter().filter_map(|test| test.message.as_ref());
    assert!(texts.into_iter().all(|text| text.chars().count() <= 500));
    assert!(
        found
            .tests
            .iter()
            .all(|test| (test.status == spec::GithubStatus::Pass) == test.message.is_none())
    );
    all.push(text);

    let text = junit::render([&mark]).unwrap();
    let found = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((found.test_suites.len(), found.tests), (1, 3));
    assert!(
        text.chars()
            .all(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')),
        "{text:?}"
    );
    all.push(text);

    let text = nbgrader::render([&mark], None).unwrap();
    let mut table = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(table.headers().unwrap(), nbgrader::HEADER.as_slice());
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][9]), (1, score.to_string().as_str()));
    assert!(
        rows[0]
            .iter()
            .all(|cell| !cell.trim_start().starts_with(['=', '+', '-', '@'])),
        "{rows:?}"
    );
    all.push(text);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn formats_are_read_by_strict_readers_whatever_names_and_messages_are(grade in any_graded()) {
        for text in all_formats(&grade) {
            prop_assert!(!text.contains(SECRET) && !text.contains("the_secret"), "{text}");
        }
    }

    #[test]
    fn gradebook_keeps_every_other_byte(
        rows in prop::collection::vec((awkward(), prop_oneof![Just(None), awkward().prop_map(Some)]), 0..6),
        crlf in any::<bool>(), bom in any::<bool>(), last in any::<bool>(), points in prop_oneof![Just(0_u32), Just(20)],
    ) {
        let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let end = if crlf { "\r\n" } else { "\n" };
        let mut before = if bom { "\u{feff}".to_owned() } else { String::new() };
        before += &format!("Student,ID,SIS Login ID,Small (77),\"Other, too\"{end}    Points Possible,,,20,{end}");
        for (number, (name, other)) in rows.iter().enumerate() {
            let other = other.as_deref().map(quote).unwrap_or_default();
            before += &format!("{},{number},s{number},,{other}{end}", quote(name));
        }
        if !last {
            before.truncate(before.trim_end_matches(['\r', '\n']).len());
        }
        let marks: Vec<Mark> =
            (0..rows.len()).map(|number| mark(&grade(&format!("s{number}"), points))).collect();
        let merged = lms::canvas(&before, "Small", None, &marks).unwrap();
        prop_assert_eq!(merged.changed, rows.len());
        prop_assert!(merged.notes.is_empty(), "{:?}", merged.notes);
        let after = String::from_utf8(merged.bytes).unwrap();
        // Another reader finds the same cells, but for the grades.
        let cells = |text: &str| -> Vec<Vec<String>> {
            let mut table = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            table.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
        };
        let (mut was, now) = (cells(&before), cells(&after));
        for row in was.iter_mut().skip(2) {
            row[3] = points.to_string();
        }
        prop_assert_eq!(was, now);
        // And the bytes are the same without them.
        let added = points.to_string().len() * rows.len();
        prop_assert_eq!(after.len(), before.len() + added);
    }
}

#[test]
fn ungraded_is_a_zero_nowhere() {
    let mark = mark(&ungraded("ann"));
    assert_eq!(mark.score(), None);
    assert!(classroom50::render(&mark, &environment()).is_err());
    let found: spec::Prairielearn = read(&prairielearn::render(&mark));
    assert!(!found.gradable && found.score.is_none());
    let found: spec::Exercism = read(&exercism::render(&mark));
    assert_eq!(found.status, spec::GithubStatus::Error);
    let found: spec::Gradescope = read(&gradescope::render(&mark));
    assert_eq!(found.score, None);
    let text = nbgrader::render([&mark], None).unwrap();
    let row = csv::Reader::from_reader(text.as_bytes())
        .records()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!((&row[7], &row[8], &row[9], &row[10]), ("", "", "", "20"));
    let xml = junit::render([&mark]).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.errors, report.failures, report.tests), (3, 0, 3));
    assert!(!xml.contains("name=\"points\" value=\"0\""), "{xml}");
    let book = "Student,ID,SIS Login ID,Small (77)\n    Points Possible,,,20\nAnn,1,ann,\n";
    let merged = lms::canvas(book, "Small", None, &[mark]).unwrap();
    assert_eq!(
        (merged.bytes.as_slice(), merged.changed),
        (book.as_bytes(), 0)
    );
    assert_eq!(merged.notes, ["ann is ungraded: the cell stays as it is"]);
}

#[test]
fn gradebook_of_canvas_is_filled_by_exact_logins_only() {
    let book = "Student,ID,SIS User ID,SIS Login ID,Section,Small (77),Small two (78)\r\n\
                    Points Possible,,,,,20.0,5\r\n\
                \"O'Neil, Ann\",1,u1,ann,A,,4\r\n\
                Bob,2,u2,bob@x.org,A,14.00,\r\n\
                Cy,3,u3,cy,A,12.00,\r\n\
                Twin,4,u4,twin,A,,\r\nTwin,5,u5,twin,B,,\r\n";
    let mut bob = grade("4711", 14);
    bob.student.email = "bob@x.org".to_owned();
    let marks = [
        grade("ann", 20),
        bob,
        grade("cy", 16),
        grade("Ann", 20),
        grade("twin", 0),
        ungraded("u1"),
    ]
    .map(|grade| mark(&grade));
    let merged = lms::canvas(book, "Small", None, &marks).unwrap();
    let after = String::from_utf8(merged.bytes).unwrap();
    assert_eq!(after, book.replace("A,,4", "A,20,4").replace("12.00", "16"));
    assert_eq!(merged.changed, 2);
    assert_eq!(
        merged.notes,
        [
            "cy had 12.00, and has 16 now",
            "Ann is no `SIS Login ID` of a row: 20 points are written nowhere",
            "twin is the `SIS Login ID` of 2 rows: 0 points are written nowhere",
            "u1 is ungraded: the cell stays as it is"
        ]
    );
    // By another column.
    let merged = lms::canvas(book, "Small two", Some("SIS User ID"), &[]).unwrap();
    assert_eq!(merged.bytes, book.as_bytes());
    for (column, by, says) in [
        (
            "Smal",
            None,
            "it has no column `Smal`: the nearest are Small,",
        ),
        (
            "Small two",
            None,
            "in Canvas this is worth 5 points, and here 20",
        ),
        (
            "Small",
            Some("Login"),
            "it has no column `Login`, which Canvas writes",
        ),
    ] {
        let error = lms::canvas(book, column, by, &marks)
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{error}");
    }
    let twice = [mark(&grade("ann", 20)), {
        let mut other = grade("x", 0);
        other.student.email = "ann".to_owned();
        mark(&other)
    }];
    let error = lms::canvas(book, "Small", None, &twice)
        .unwrap_err()
        .to_string();
    assert!(error.contains("ann and x have the same row, 3"), "{error}");
}

#[test]
fn worksheet_of_moodle_gets_grade_and_feedback_where_it_may() {
    let sheet = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments\n\
                 Participant 11,Ann,ann@x.org,Submitted,,20.00,Yes,\"Monday, 1 February 2027\",-,\n\
                 Participant 12,Bob,bob@x.org,Submitted,3.00,20.00,No,-,-,old\n";
    let marks = [mark(&grade("11", 16)), mark(&grade("12", 20))];
    let merged = lms::moodle(sheet, None, &marks).unwrap();
    let after = String::from_utf8(merged.bytes).unwrap();
    let feedback = "\"core 10/10, 2 of 2 tests passed; bonus 6/6, 1 of 1 tests passed; properties 0/4, hidden tests: not all passed\"";
    assert_eq!(
        after,
        sheet.replace("Submitted,,20", "Submitted,16,20").replace(
            "-,\nParticipant 12",
            &format!("-,{feedback}\nParticipant 12")
        )
    );
    assert_eq!(
        merged.notes,
        ["12: Moodle says that this grade cannot be changed, so it stays"]
    );
    // By address, if that is how they are called.
    let marks = [mark(&grade("bob@x.org", 16))];
    assert_eq!(
        lms::moodle(sheet, Some("Email address"), &marks)
            .unwrap()
            .notes
            .len(),
        1
    );
    assert!(
        lms::moodle("a,b\n", None, &marks)
            .unwrap_err()
            .to_string()
            .contains("no column `Grade`")
    );
    assert!(
        lms::moodle("Identifier,\"Grade\n", None, &marks)
            .unwrap_err()
            .to_string()
            .contains("has no end")
    );
}

#[test]
fn hidden_group_of_no_weight_still_says_that_it_passed() {
    let mut all = grade("ann", 20);
    for group in &mut all.groups {
        (group.points, group.max_points) = (0, 0);
    }
    let mark = mark(&all);
    let message: Vec<String> = mark.groups().map(|group| group.details).collect();
    assert_eq!(
        message,
        [
            "2 of 2 tests passed",
            "1 of 1 tests passed",
            "hidden tests: passed"
        ]
    );
}

#[test]
fn names_of_files_are_the_students_where_they_can_be() {
    let students = [
        "ann",
        "bob@x.org",
        "Cy",
        "cy",
        "a/b",
        "..",
        "",
        "con.",
        "🦀",
        "-rf",
    ];
    let names: BTreeMap<&str, String> = names(students.into_iter());
    assert_eq!(
        (names["ann"].as_str(), names["bob@x.org"].as_str()),
        ("ann", "bob@x.org")
    );
    for digest in ["Cy", "cy", "a/b", "..", "", "con.", "🦀", "-rf"] {
        assert_eq!(names[digest].len(), 32, "{digest}");
    }
    let folded: std::collections::BTreeSet<String> =
        names.values().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), students.len());
}
