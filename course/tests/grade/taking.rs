//! The intake: the bytes that are read from a folder or a zip.

use course_tests::needs::Test;
use course_tests::test;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use grader::intake::{Intake, read};
use grader::run::{self, Submissions};
use zip::write::SimpleFileOptions;

use super::small_task::SUM;

pub const TESTS: &[Test] = &[
    test!(only_the_tasks_files_are_taken),
    test!(file_that_is_not_regular_is_rejected),
    test!(folder_behind_a_link_is_not_entered),
    test!(content_must_be_text_of_a_sane_size),
    test!(file_is_found_where_students_put_it),
    test!(zip_that_lies_is_rejected),
    test!(zip_with_a_name_twice_is_rejected),
    test!(zip_with_a_password_is_rejected),
    test!(files_by_themselves_are_put_together_by_student),
    test!(file_that_was_handed_in_twice_is_rejected),
];

fn allowed() -> Vec<String> {
    vec![SUM.to_owned()]
}

fn folder(fill: impl FnOnce(&Path)) -> Intake {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("src/tiny")).unwrap();
    fill(folder.path());
    read(folder.path(), &allowed()).unwrap()
}

fn zipped(fill: impl FnOnce(&mut zip::ZipWriter<File>)) -> Intake {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut zip = zip::ZipWriter::new(file.reopen().unwrap());
    fill(&mut zip);
    zip.finish().unwrap();
    read(file.path(), &allowed()).unwrap()
}

fn entry(zip: &mut zip::ZipWriter<File>, name: &str, content: &[u8]) {
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
}

#[track_caller]
fn is_rejected(intake: &Intake, why: &str) {
    let said = intake.rejected.as_deref().unwrap_or("not rejected");
    assert!(said.contains(why), "{said}: {:?}", intake.ignored);
    assert!(intake.files.is_empty());
}

fn only_the_tasks_files_are_taken() {
    let intake = folder(|root| {
        fs::write(root.join(SUM), "fn right() {}").unwrap();
        for file in [
            "build.rs",
            "Cargo.toml",
            ".cargo/config.toml",
            "rust-toolchain.toml",
            "tests/tiny/secret.rs",
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "hostile").unwrap();
        }
        symlink("/etc/passwd", root.join("elsewhere")).unwrap();
    });
    assert_eq!(intake.rejected, None);
    assert_eq!(intake.files.len(), 1);
    assert_eq!(
        intake.ignored,
        [
            ".cargo/config.toml",
            "Cargo.toml",
            "build.rs",
            "elsewhere",
            "rust-toolchain.toml",
            "tests/tiny/secret.rs"
        ]
    );
}

fn file_that_is_not_regular_is_rejected() {
    is_rejected(
        &folder(|root| symlink("/etc/passwd", root.join(SUM)).unwrap()),
        "is a link",
    );
    is_rejected(
        &folder(|root| {
            fs::write(root.join("a"), "").unwrap();
            fs::hard_link(root.join("a"), root.join(SUM)).unwrap();
        }),
        "hard link",
    );
    is_rejected(
        &folder(|root| fs::create_dir(root.join(SUM)).unwrap()),
        "is no regular file",
    );
    is_rejected(
        &folder(|root| {
            let made = std::process::Command::new("mkfifo")
                .arg(root.join(SUM))
                .status()
                .unwrap();
            assert!(made.success());
        }),
        "is no regular file",
    );
    is_rejected(
        &folder(|root| drop(std::os::unix::net::UnixListener::bind(root.join(SUM)).unwrap())),
        "sum.rs",
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    symlink("/etc", &link).unwrap();
    is_rejected(&read(&link, &allowed()).unwrap(), "a link");
}

fn folder_behind_a_link_is_not_entered() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("sum.rs"), "secret").unwrap();
    let intake = folder(|root| {
        fs::remove_dir(root.join("src/tiny")).unwrap();
        symlink(outside.path(), root.join("src/tiny")).unwrap();
    });
    assert!(
        intake.files.is_empty() && intake.rejected.is_none(),
        "{intake:?}"
    );
}

fn content_must_be_text_of_a_sane_size() {
    is_rejected(
        &folder(|root| fs::write(root.join(SUM), b"\xff\xfe").unwrap()),
        "not UTF-8",
    );
    is_rejected(
        &folder(|root| {
            File::create(root.join(SUM))
                .unwrap()
                .set_len(100 << 20)
                .unwrap()
        }),
        "too large",
    );
    let intake = folder(|root| fs::write(root.join(SUM), "\u{feff}fn f() {}\r\n").unwrap());
    assert_eq!(intake.files[SUM], b"fn f() {}\r\n");
    is_rejected(
        &folder(|root| {
            for number in 0..4100 {
                File::create(root.join(number.to_string())).unwrap();
            }
        }),
        "more than",
    );
}

fn file_is_found_where_students_put_it() {
    for path in [SUM, "ann-main/src/tiny/sum.rs", "sum.rs"] {
        let intake = zipped(|zip| entry(zip, path, b"fn f() {}"));
        assert_eq!(intake.files.keys().collect::<Vec<_>>(), [SUM], "{path}");
    }
    is_rejected(
        &zipped(|zip| {
            entry(zip, SUM, b"a");
            entry(zip, "old/src/tiny/sum.rs", b"b");
        }),
        "two files",
    );
}

fn zip_that_lies_is_rejected() {
    for name in [
        "../src/tiny/sum.rs",
        "/src/tiny/sum.rs",
        "a\\b",
        "a/../../b",
    ] {
        is_rejected(&zipped(|zip| entry(zip, name, b"x")), "outside its folder");
    }
    is_rejected(
        &zipped(|zip| {
            entry(zip, SUM, b"a");
            entry(zip, "src/tiny/SUM.rs", b"b");
        }),
        "case",
    );
    is_rejected(
        &zipped(|zip| entry(zip, SUM, &vec![b' '; 50 << 20])),
        "too large",
    );
    is_rejected(
        &zipped(|zip| entry(zip, SUM, &vec![b' '; 1_000_000])),
        "too large",
    );
    is_rejected(
        &zipped(|zip| {
            zip.add_symlink(SUM, "/etc/passwd", SimpleFileOptions::default())
                .unwrap()
        }),
        "is no regular file",
    );
    let inner = zipped(|zip| entry(zip, "inner.zip", b"PK"));
    assert_eq!(
        (inner.files.len(), inner.ignored.as_slice()),
        (0, ["inner.zip".to_owned()].as_slice())
    );
}

fn zip_with_a_name_twice_is_rejected() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut zip = zip::ZipWriter::new(file.reopen().unwrap());
    entry(&mut zip, SUM, b"right");
    entry(&mut zip, "src/tiny/sum.rz", b"wrong");
    zip.finish().unwrap();
    // No writer makes one, so the second name is patched.
    let mut patched = fs::read(file.path()).unwrap();
    let from = b"sum.rz";
    while let Some(at) = patched.windows(from.len()).position(|it| it == from) {
        patched[at + 5] = b's';
    }
    fs::write(file.path(), patched).unwrap();
    is_rejected(&read(file.path(), &allowed()).unwrap(), "same name");
}

fn zip_with_a_password_is_rejected() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut zip = zip::ZipWriter::new(file.reopen().unwrap());
    entry(&mut zip, SUM, b"x");
    zip.finish().unwrap();
    let mut bytes = fs::read(file.path()).unwrap();
    // The flag of encryption in the local and in the central header.
    bytes[6] |= 1;
    let central = bytes.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    bytes[central + 8] |= 1;
    fs::write(file.path(), &bytes).unwrap();
    is_rejected(&read(file.path(), &allowed()).unwrap(), "is encrypted");
}

/// A class whose platform gives every file by itself, named as Canvas names them.
#[track_caller]
fn loose(fill: impl FnOnce(&Path)) -> (Submissions, BTreeMap<String, Intake>) {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let naming = r"(?<student>[^_]+)_(?<late>LATE_)?\d+_\d+_(?<file>.+)"
        .parse()
        .unwrap();
    let class = Submissions::list(folder.path(), Some(&naming)).unwrap();
    let intake = class.uploads.iter();
    let intake = intake
        .map(|(id, uploads)| (id.clone(), run::read(uploads, &allowed()).unwrap()))
        .collect();
    (class, intake)
}

fn files_by_themselves_are_put_together_by_student() {
    let (class, intake) = loose(|root| {
        for file in [
            "ann_1_10_sum.rs",
            "ann_LATE_1_11_notes.txt",
            "bob_2_20_sum.rs",
            "readme.txt",
        ] {
            fs::write(root.join(file), file).unwrap();
        }
        symlink("/etc/passwd", root.join("eve_3_30_sum.rs")).unwrap();
    });
    assert_eq!(class.strays, ["readme.txt"]);
    assert_eq!(
        intake["ann"].files,
        BTreeMap::from([(SUM.to_owned(), b"ann_1_10_sum.rs".to_vec())])
    );
    assert_eq!(
        (
            &intake["ann"].ignored[..],
            intake["ann"].rejected.as_deref()
        ),
        (&["notes.txt".to_owned()][..], None)
    );
    assert_eq!(
        (
            class.students["ann"].submitted.as_str(),
            class.students["bob"].submitted.as_str()
        ),
        ("late", "")
    );
    assert_eq!(intake["bob"].files[SUM], b"bob_2_20_sum.rs");
    is_rejected(&intake["eve"], "is a link");
}

fn file_that_was_handed_in_twice_is_rejected() {
    let (_, intake) = loose(|root| {
        for file in ["ann_1_10_sum.rs", "ann_1_11_sum.rs", "bob_2_20_sum.rs"] {
            fs::write(root.join(file), file).unwrap();
        }
        fs::create_dir(root.join("bob_2_21_all")).unwrap();
    });
    is_rejected(&intake["ann"], "there are two files for");
    is_rejected(&intake["bob"], "there are two submissions");
}
