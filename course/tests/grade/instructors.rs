//! The commands of `src/for-instructors.md` and their output: from an assignment to a gradebook,
//! with a class of twenty.

use course_tests::needs::Test;
use course_tests::test;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use book::evidence::TestReport;
use book::project::Project;
use snapbox::{Assert, Data};

use super::small_task::FULL;

pub const TESTS: &[Test] =
    &[test!(page_for_instructors_shows_what_the_commands_print).needs(&[FULL])];

fn root() -> PathBuf {
    course_tests::root().to_owned()
}

/// Runs a command of the tool on a desk within the book, and returns what it prints on either stream.
fn course(desk: &Path, arguments: &str, exits: i32) -> String {
    let output = course_tests::course()
        .args(arguments.split_whitespace())
        .current_dir(desk)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(exits),
        "{arguments}\n{stdout}{stderr}"
    );
    // How long a phase took differs from run to run.
    let told = stderr
        .lines()
        .filter(|line| !line.ends_with(" s)"))
        .map(|line| format!("{line}\n"));
    told.collect::<String>() + &stdout
}

fn page_for_instructors_shows_what_the_commands_print() {
    let scratch = root().join("target/course");
    fs::create_dir_all(&scratch).unwrap();
    let desk = tempfile::tempdir_in(&scratch).unwrap();
    // What is run is what the page says, with its lines put together and without the shell's quotes.
    let page = fs::read_to_string(root().join("src/for-instructors.md")).unwrap();
    let page = page.replace(" \\\n    ", " ").replace('\'', "");
    let said = |arguments: &str| {
        assert!(
            page.contains(&format!("\ncargo course {arguments}\n")),
            "{arguments}"
        )
    };
    let run = |arguments: &str, exits: i32| {
        said(arguments);
        course(desk.path(), arguments, exits)
    };
    let folder = root().join("listings/captured/for-instructors");
    let compared = RefCell::new(BTreeSet::new());
    let assert_captured = |name: &str, text: &str| {
        let file = folder.join(format!("{name}.txt"));
        // As they are: a backslash of a name is no path's.
        Assert::new()
            .action_env("SNAPSHOTS")
            .eq(text.to_owned(), Data::read_from(&file, None).raw());
        compared.borrow_mut().insert(file);
    };
    assert_captured(
        "schedule",
        &run(
            "schedule scope virtual-time --hours 3 --session 90m --start 2027-01-25T09:00+01:00",
            0,
        ),
    );
    let assign = "assign virtual-time --due 2027-02-01T17:00+01:00 --out hw1";
    assert_captured("assign", &run(assign, 0));
    assert_captured("assign_again", &run(assign, 2));
    assert_captured("rehearse", &run("rehearse virtual-time --out class", 0));
    // Its progress differs from run to run.
    let naming = r"--name (?<student>[^_]+)_(?<late>LATE_)?\d+_\d+_.*";
    let grade = format!("grade class/submissions --task virtual-time --out results {naming}");
    said(&grade);
    let grade = course_tests::course()
        .args(grade.split(' '))
        .current_dir(desk.path())
        .output()
        .unwrap();
    assert_eq!(
        grade.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&grade.stderr)
    );
    assert_captured("grade", &String::from_utf8(grade.stdout).unwrap());
    let marking =
        "--assignment hw1/for-instructors/assignment.toml --roster class/roster.csv --late 10%";
    assert_captured(
        "canvas",
        &run(
            &format!(
                "export results --format canvas --into class/canvas.csv --column virtual-time {marking} --out filled.csv"
            ),
            0,
        ),
    );
    assert_captured(
        "canvas_filled",
        &fs::read_to_string(desk.path().join("filled.csv")).unwrap(),
    );
    assert_captured(
        "report",
        &run(&format!("report results {marking} --out reports"), 0),
    );
    let read = |path: &str| fs::read_to_string(desk.path().join("reports").join(path)).unwrap();
    assert_captured("class", &read("class.md"));
    assert_captured("student", &read("students/dubois.md"));
    assert_captured(
        "similarity",
        &run(
            &format!("export class/submissions --similarity alike --task virtual-time {naming}"),
            0,
        ),
    );
    // Nobody reads of hidden tests, of this machine, or of anybody else.
    for file in fs::read_dir(desk.path().join("reports/students")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let own = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for secret in [
            "properties::",
            "differential::",
            "pauses_follow_the_formula",
            root().to_str().unwrap(),
        ] {
            assert!(!text.contains(secret), "{own}: {secret}");
        }
        for other in ["aalto", "Abebe", "bianchi", "petrov", "smith"]
            .iter()
            .filter(|it| !own.eq_ignore_ascii_case(it))
        {
            assert!(
                !text.to_lowercase().contains(&other.to_lowercase()),
                "{own}: {other}"
            );
        }
    }
    let captured: BTreeSet<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(captured, compared.into_inner());
    TestReport::Commands
        .record(
            &Project::load(&root()).unwrap(),
            "for-instructors",
            captured.len(),
        )
        .unwrap();
}
