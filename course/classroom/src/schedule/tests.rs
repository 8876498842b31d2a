use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use book::settings::Settings;

/// A project of chapters, each with those that it builds on.
fn project(chapters: &[(&str, &[&str])]) -> Project {
    let task = |slug: &str, needs: &[&str]| {
        let text = format!(
            "title = \"The {slug}, a chapter\"\noriginal = 1\nminutes = 60\nlevel = \"advanced\"\nprerequisites = {needs:?}\ngroup = []\n\
             objectives = [\"say {slug}; and \\\\ more\"]\n[solution]\nfiles = []\n\
             [[exercise]]\npart = \"core\"\ntitle = \"Write\"\nminutes = 40\nasks = \"x\"\n"
        );
        Task::parse(Path::new("task.toml"), &text).unwrap()
    };
    Project {
        root: ".".into(),
        settings: Settings::default(),
        pages: Vec::new(),
        tasks: chapters
            .iter()
            .map(|(slug, needs)| ((*slug).to_owned(), task(slug, needs)))
            .collect(),
        problems: Vec::new(),
        digests: book::dependencies::Digests::default(),
    }
}

fn options(chapters: &[&str], hours: f64, session: u32) -> ScheduleOptions {
    ScheduleOptions {
        chapters: chapters.iter().map(|slug| (*slug).to_owned()).collect(),
        hours,
        session,
        pause: 10,
        start: None,
        every: None,
        known: Vec::new(),
        format: TimetableFormat::Markdown,
    }
}

fn in_order(project: &Project, chapters: &[&str]) -> Result<Vec<String>, String> {
    let options = options(chapters, 9.0, 90);
    let ordered = order(project, &options).map_err(|error| error.to_string())?;
    Ok(ordered
        .into_iter()
        .map(|(slug, _)| slug.to_owned())
        .collect())
}

#[test]
fn order_is_as_named_but_for_what_another_builds_on() {
    let book = project(&[
        ("a", &[]),
        ("b", &["c"]),
        ("c", &["a"]),
        ("d", &[]),
        ("x", &["y"]),
        ("y", &["x"]),
    ]);
    assert_eq!(
        in_order(&book, &["d", "b", "a", "c"]).unwrap(),
        ["d", "a", "c", "b"]
    );
    assert_eq!(in_order(&book, &["d", "a"]).unwrap(), ["d", "a"]);
    for (chapters, says) in [
        (
            &["b"][..],
            "`b` builds on `c`: add it, or say that students know it, with --known c",
        ),
        (
            &["x", "d", "y"],
            "these chapters build on each other in a circle: x, y",
        ),
        (&["e"], "there is no chapter `e`"),
        (&["a", "a"], "a chapter is named twice"),
    ] {
        let error = in_order(&book, chapters).unwrap_err();
        assert!(error.starts_with(says), "{error}");
    }
    let known = ScheduleOptions {
        known: vec!["c".to_owned()],
        ..options(&["b"], 2.0, 60)
    };
    assert_eq!(order(&book, &known).unwrap().len(), 1);
}

#[test]
fn session_is_cut_into_stretches_of_at_most_an_hour() {
    assert_eq!(stretches(60, 10), [60]);
    assert_eq!(stretches(90, 10), [40, 40]);
    assert_eq!(stretches(135, 10), [39, 38, 38]);
    assert_eq!(stretches(180, 15), [50, 50, 50]);
}

#[test]
fn timetable_that_does_not_fit_says_by_how_much() {
    let book = project(&[("a", &[]), ("b", &[]), ("c", &[])]);
    let error = schedule(&book, &options(&["a", "b", "c"], 3.0, 90))
        .unwrap_err()
        .to_string();
    assert!(
        error
            .starts_with("these chapters take 180 minutes, and 3 h in sessions of 90 min have 160"),
        "{error}"
    );
}

#[test]
fn timetable_has_clock_breaks_and_objectives() {
    let book = project(&[("a", &[]), ("b", &["a"])]);
    let mut asked = options(&["b", "a"], 3.0, 90);
    asked.start = Some("2027-02-01T09:00+01:00".parse().unwrap());
    asked.every = Some("7d".parse().unwrap());
    let text = schedule(&book, &asked).unwrap();
    assert_eq!(
        text,
        "# Timetable: 3 hours in 2 sessions\n\n| Chapter | Level | Minutes |\n|---|---|---:|\n\
         | The a, a chapter | advanced | 60 |\n| The b, a chapter | advanced | 60 |\n\
         \n## Session 1: Monday, 1 February 2027\n\n| Time | Minutes | |\n|---|---:|---|\n\
         | 09:00–09:20 | 20 | The a, a chapter: read, predict, discuss |\n\
         | 09:20–09:40 | 20 | The a, a chapter: exercise *Write* |\n\
         | 09:40–09:50 | 10 | *Break* |\n\
         | 09:50–10:10 | 20 | The a, a chapter: exercise *Write*, continued |\n\
         | 10:10–10:30 | 20 | The b, a chapter: read, predict, discuss |\n\
         \nAfter *The a, a chapter* students can:\n\n- say a; and \\ more\n\
         \n## Session 2: Monday, 8 February 2027\n\n| Time | Minutes | |\n|---|---:|---|\n\
         | 09:00–09:40 | 40 | The b, a chapter: exercise *Write* |\n\
         | 09:40–09:50 | 10 | *Break* |\n\
         | 09:50–10:30 | 40 | Bonus exercises and questions |\n\
         \nAfter *The b, a chapter* students can:\n\n- say b; and \\ more\n"
    );
}

/// Unfolds the lines of a calendar to names and values, as a reader does.
fn lines(calendar: &str) -> Vec<(String, String)> {
    assert!(calendar.ends_with("\r\n") && !calendar.replace("\r\n", "").contains(['\r', '\n']));
    assert!(
        calendar.split("\r\n").all(|line| line.len() <= 75),
        "{calendar}"
    );
    let unfolded = calendar.replace("\r\n ", "");
    let pairs = unfolded
        .trim_end_matches("\r\n")
        .split("\r\n")
        .map(|line| line.split_once(':').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn unescaped(value: &str) -> String {
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next().unwrap() {
                'n' => '\n',
                c @ ('\\' | ';' | ',') => c,
                other => panic!("\\{other} is no escape"),
            },
            ';' | ',' => panic!("{c} is not escaped"),
            c => c,
        });
    }
    out
}

#[test]
fn calendar_has_an_event_a_session_in_utc_and_the_same_uids_again() {
    let book = project(&[("a", &[]), ("b", &[])]);
    let mut asked = options(&["a", "b"], 3.0, 90);
    asked.format = TimetableFormat::Ical;
    assert!(
        schedule(&book, &asked)
            .unwrap_err()
            .to_string()
            .contains("a calendar needs --start")
    );
    asked.start = Some("2027-02-01T00:30+01:00".parse().unwrap());
    let calendar = schedule(&book, &asked).unwrap();
    assert_eq!(calendar, schedule(&book, &asked).unwrap());
    let found = lines(&calendar);
    let all = |name: &str| -> Vec<&str> {
        found
            .iter()
            .filter(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
            .collect()
    };
    assert_eq!(all("DTSTART"), ["20270131T233000Z", "20270201T013000Z"]);
    assert_eq!(all("DTEND"), ["20270201T010000Z", "20270201T030000Z"]);
    assert_eq!(all("BEGIN"), ["VCALENDAR", "VEVENT", "VEVENT"]);
    assert_eq!(all("END"), ["VEVENT", "VEVENT", "VCALENDAR"]);
    assert_eq!(all("VERSION"), ["2.0"]);
    let about = unescaped(all("DESCRIPTION")[0]);
    assert!(
        about.starts_with("00:30–00:50 The a, a chapter: read, predict, discuss\n"),
        "{about}"
    );
    assert!(
        about.ends_with("students can:\n- say a; and \\ more"),
        "{about}"
    );
    // An event that is moved is the same event.
    let uids: Vec<String> = all("UID").into_iter().map(str::to_owned).collect();
    assert_ne!(uids[0], uids[1]);
    asked.start = Some("2027-03-01T09:00+01:00".parse().unwrap());
    let moved = lines(&schedule(&book, &asked).unwrap());
    assert!(
        uids.iter()
            .all(|uid| moved.iter().any(|(_, value)| value == uid))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back_from_a_calendar(text in "\\PC{0,200}|[;,\\\\\n:🦀 ]{0,120}") {
        let line = ical::folded(&format!("SUMMARY:{}", ical::escaped(&text)));
        let found = lines(&line);
        prop_assert_eq!(unescaped(&found[0].1), text);
    }

    #[test]
    fn timetable_has_every_minute_once(
        count in 1_usize..6, session in 20_u32..300, pause in 5_u32..15, hours in 6_u32..30,
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let book = project(&names.map(|name| (name, &[][..])));
        let asked = ScheduleOptions { pause, ..options(&names[..count], f64::from(hours), session) };
        let chapters = order(&book, &asked).unwrap();
        let Ok(sessions) = sessions(&chapters, &asked) else { return Ok(()) };
        let mut taught: BTreeMap<String, u32> = BTreeMap::new();
        for session in &sessions {
            let mut at = 0;
            for slot in &session.slots {
                prop_assert_eq!(slot.from, at);
                prop_assert!(slot.minutes > 0);
                at += slot.minutes;
                if let Some((title, _)) = slot.text.split_once(": ") {
                    *taught.entry(title.to_owned()).or_default() += slot.minutes;
                }
            }
            prop_assert!(at <= asked.session);
        }
        prop_assert_eq!(sessions.iter().map(Session::minutes).sum::<u32>(), hours * 60);
        let all = chapters.iter().map(|(_, task)| (task.title.clone(), 60));
        prop_assert_eq!(taught, all.collect());
    }
}
