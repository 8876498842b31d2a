//! `cargo course assign`, as its instructor meets it: what it writes, what it refuses, and in which words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use book::project::Project;
use classroom::assign::{self, AssignOptions};
use exercise::Exercise;
use snapbox::{Assert, Data};

use crate::small_book::SmallBook;

/// A small book whose solution is marked, and which has a hidden group.
pub fn marked_book() -> SmallBook {
    let book = SmallBook::new();
    book.edit(
        "listings/src/small/s1_first.rs",
        "    42\n",
        "    // ANCHOR: solution_answer\n    42 // the one answer to everything\n    // ANCHOR_END: solution_answer\n",
    )
    .edit("listings/tests/small/main.rs", "mod core;\n", "mod core;\nmod secret;\n")
    .edit(
        "listings/src/small/task.toml",
        "[[mutant]]",
        "[[group]]\nname = \"secret\"\npart = \"core\"\npoints = 3\nvisibility = \"hidden\"\n\n[[mutant]]",
    );
    book.write(
        "listings/tests/small/secret.rs",
        "#[test]\nfn answer_is_even() {\n    assert_eq!(listings::small::s1_first::answer() % 2, 0);\n}\n",
    );
    book
}

pub fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = book::files::files_below(folder);
    files
        .iter()
        .map(|it| {
            (
                it.strip_prefix(folder).unwrap().to_owned(),
                fs::read(it).unwrap(),
            )
        })
        .collect()
}

/// Compares a text with a snapshot, with this run's folder called OUT.
pub fn assert_snapshot(name: &str, text: &str, out: &Path) {
    let text = text.replace(&out.display().to_string(), "OUT");
    let file = course_tests::root()
        .join("course/tests/book/snapshots")
        .join(name);
    Assert::new()
        .action_env("SNAPSHOTS")
        .eq(text, Data::read_from(&file, None));
}

fn options(book: &SmallBook) -> AssignOptions {
    AssignOptions {
        chapters: vec!["small".to_owned()],
        out: book.path("hw"),
        due: Some("2027-02-01T17:00+01:00".parse().unwrap()),
        weights: "core=2".parse().unwrap(),
        workspace: false,
        format: Some(assign::Autograder::Gradescope),
        force: false,
    }
}

#[test]
fn assignment_is_the_same_bytes_every_time_and_keeps_its_secrets_apart() {
    let book = marked_book();
    let first = options(&book);
    let second = AssignOptions {
        out: book.path("again"),
        ..first.clone()
    };
    let said = assign::assign(book.root(), &first).unwrap();
    assign::assign(book.root(), &second).unwrap();
    let (one, two) = (content(&first.out), content(&second.out));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        two.keys().collect::<Vec<_>>()
    );
    assert!(one == two, "the same names, and other bytes");
    assert_snapshot("assign_says.txt", &said, &first.out);
    let text = |path: &str| String::from_utf8(one[Path::new(path)].clone()).unwrap();
    assert_snapshot(
        "assign_handout.md",
        &text("for-students/handout.md"),
        &first.out,
    );
    assert_snapshot(
        "assign_rubric.md",
        &text("for-instructors/rubric.md"),
        &first.out,
    );
    assert!(text("for-students/small/README.md").contains("| Core | `core` | 20 |"));

    // The solution and the hidden tests are for instructors.
    for secret in [
        "the one answer to everything",
        "answer_is_even",
        "off-by-one",
    ] {
        let has = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(secret);
        let (students, others): (Vec<_>, Vec<_>) = one
            .iter()
            .filter(|(_, bytes)| has(bytes))
            .partition(|(path, _)| path.starts_with("for-students"));
        assert!(students.is_empty(), "{secret}: {:?}", students[0].0);
        assert!(!others.is_empty(), "{secret}");
    }
    // The manifest has every other file, once.
    let sums = text("for-instructors/SHA256SUMS");
    let mut named: Vec<&str> = sums
        .lines()
        .map(|line| line.split_once("  ").unwrap().1)
        .collect();
    named.push("for-instructors/SHA256SUMS");
    named.sort_unstable();
    let files: Vec<String> = one
        .keys()
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .collect();
    assert_eq!(named, files);
    // The autograder can grade: it has what it grades with, and two scripts that can be run.
    let zip = one[Path::new("for-instructors/gradescope/small.zip")].clone();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    for name in ["run_autograder", "setup.sh"] {
        assert_eq!(
            zip.by_name(name).unwrap().unix_mode().unwrap() & 0o777,
            0o755
        );
    }
    for name in [
        "assignment.toml",
        "book/listings/tests/small/secret.rs",
        "book/src/SUMMARY.md",
        "book/Cargo.lock",
    ] {
        assert!(zip.by_name(name).is_ok(), "{name}");
    }
}

#[test]
fn assign_refuses_in_clear_words_and_leaves_everything_as_it_was() {
    let book = marked_book();
    let good = options(&book);
    assign::assign(book.root(), &good).unwrap();
    book.write("hw/notes.txt", "mine");
    let mut said = String::new();
    let mut refused = |options: &AssignOptions| {
        let before = content(&good.out);
        let error = assign::assign(book.root(), options).unwrap_err();
        said.push_str(&format!("{error:#}\n\n"));
        assert!(content(&good.out) == before);
    };
    refused(&good);
    refused(&AssignOptions {
        chapters: vec!["smal".to_owned()],
        ..good.clone()
    });
    refused(&AssignOptions {
        chapters: vec!["small".to_owned(), "small".to_owned()],
        ..good.clone()
    });
    book.edit(
        "hw/for-students/handout.md",
        "# Assignment",
        "# My assignment",
    );
    refused(&AssignOptions {
        force: true,
        ..good.clone()
    });
    assert_snapshot("assign_refuses.txt", &said, &good.out);
    // With the change undone, --force replaces what is its own, and takes away what it does not write any more.
    book.edit(
        "hw/for-students/handout.md",
        "# My assignment",
        "# Assignment",
    );
    let other = AssignOptions {
        force: true,
        due: None,
        format: None,
        ..good.clone()
    };
    assign::assign(book.root(), &other).unwrap();
    assert!(
        !fs::read_to_string(book.path("hw/for-students/handout.md"))
            .unwrap()
            .contains("Due:")
    );
    assert!(!good.out.join("for-instructors/gradescope").exists());
    assert_eq!(
        fs::read_to_string(book.path("hw/notes.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn chapters_that_give_each_others_solution_away_are_not_assigned_together() {
    let root = course_tests::root();
    let project = Project::load(root).unwrap();
    let exercises: Vec<Exercise> = project
        .tasks
        .keys()
        .filter_map(|slug| Exercise::load(&project, slug).ok())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let mut together = 0;
    for one in &exercises {
        for other in exercises.iter().filter(|other| other.slug != one.slug) {
            if !one
                .allowed()
                .iter()
                .any(|path| other.starter().contains_key(path))
            {
                continue;
            }
            together += 1;
            let options = AssignOptions {
                chapters: vec![one.slug.clone(), other.slug.clone()],
                out: folder.path().join("hw"),
                due: None,
                weights: gradebook::weights::Weights::default(),
                workspace: false,
                format: None,
                force: false,
            };
            let error = assign::assign(root, &options).unwrap_err().to_string();
            let says = format!("`{}` builds on the solution of `{}`", other.slug, one.slug);
            assert!(error.starts_with(&says), "{error}");
            assert!(!options.out.exists());
        }
    }
    assert!(
        together > 0,
        "no chapter builds on another: this test shows nothing"
    );
}

#[test]
fn workspace_has_a_lock_file_that_cargo_accepts_and_a_member_a_chapter() {
    let root = course_tests::root();
    let folder = tempfile::tempdir().unwrap();
    let options = AssignOptions {
        chapters: vec!["virtual-time".to_owned(), "coroutines".to_owned()],
        out: folder.path().join("hw"),
        due: None,
        weights: gradebook::weights::Weights::default(),
        workspace: true,
        format: None,
        force: false,
    };
    assign::assign(root, &options).unwrap();
    let exercises = options.out.join("for-students/exercises");
    let output = toolchain::cargo::cargo(&exercises)
        .args(["tree", "--workspace", "--depth=0", "--locked", "--offline"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8(output.stdout).unwrap();
    let members: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|it| !it.is_empty())
        .collect();
    assert_eq!(members, ["coroutines", "virtual-time"]);
    // Nobody's solution is in it.
    let given = content(&exercises);
    let project = Project::load(root).unwrap();
    for slug in &options.chapters {
        let exercise = Exercise::load(&project, slug).unwrap();
        for path in exercise.allowed() {
            let file = &given[&Path::new(slug).join(path)];
            assert_eq!(file, &exercise.starter()[path], "{path}");
            assert_ne!(file, &exercise.solution()[path], "{path}");
        }
    }
}
