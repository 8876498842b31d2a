//! Hostile submissions, each with the verdict it must get, at every level of sandbox that this machine has.

use course_tests::needs::{Test, note};
use course_tests::test;
use std::sync::Mutex;

use grader::judge::{Assessment, Grader};
use grader::result::{Status, TestOutcome};
use sandbox::Level;

use super::small_task::{FULL, REDUCED, grader, hand_in, student, tiny};

pub const TESTS: &[Test] = &[
    test!(corpus_gets_its_verdicts_in_the_full_sandbox).needs(&[FULL]),
    test!(corpus_gets_its_verdicts_in_the_reduced_sandbox).needs(&[REDUCED]),
    test!(flaky_submission_loses_the_group_and_is_marked).needs(&[FULL]),
    test!(forged_pass_is_tampering).needs(&[FULL]),
    test!(starter_is_unchanged_and_nothing_is_missing).needs(&[FULL]),
    test!(same_submission_gives_the_same_bytes).needs(&[FULL]),
];

/// A submission: its name, its `sum.rs`, its verdict and points, and the outcome of `sum_of_three`, if tests are run.
struct Case {
    name: &'static str,
    sum: String,
    status: Status,
    score: u32,
    outcome: Option<TestOutcome>,
    /// True if an innocent submission is graded beside it, at the same time.
    beside: bool,
}

fn case(
    name: &'static str,
    sum: &str,
    status: Status,
    score: u32,
    outcome: impl Into<Option<TestOutcome>>,
) -> Case {
    Case {
        name,
        sum: sum.to_owned(),
        status,
        score,
        outcome: outcome.into(),
        beside: false,
    }
}

/// A `sum` with this body; `n` are the numbers.
fn body(
    name: &'static str,
    body: &str,
    status: Status,
    score: u32,
    outcome: impl Into<Option<TestOutcome>>,
) -> Case {
    let outcome = outcome.into();
    case(
        name,
        &format!("pub fn sum(n: &[u64]) -> u64 {{\n{body}\n}}\n"),
        status,
        score,
        outcome,
    )
}

/// An attack in one test of three, while an innocent submission is graded beside it.
fn bomb(name: &'static str, text: &str, status: Status, outcome: TestOutcome) -> Case {
    let text = format!("if n.len() == 3 {{\n{text}\n}}\nn.iter().sum()");
    Case {
        beside: true,
        ..body(name, &text, status, 6, outcome)
    }
}

fn cases(level: Level) -> Vec<Case> {
    use Status::{CompileError, Graded, Rejected};
    use TestOutcome::{Ended, Failed, Passed, ResourceLimit, Timeout};
    // A million files use up time where the folder has a size of its own, and the folder where it is watched.
    let (inodes_status, inodes) = match level {
        Level::Full => (Status::Timeout, Timeout),
        _ => (Status::ResourceLimit, ResourceLimit),
    };
    vec![
        body("right", "n.iter().sum()", Graded, 10, Passed),
        body("wrong", "n.len() as u64 + 100", Graded, 3, Failed),
        // 1
        bomb(
            "infinite loop",
            "loop { std::hint::black_box(n); }",
            Status::Timeout,
            Timeout,
        ),
        body(
            "sleeps in one test",
            "if n.len() == 3 { std::thread::sleep(std::time::Duration::from_secs(3600)) }\nn.iter().sum()",
            Status::Timeout,
            6,
            Timeout,
        ),
        // 2
        case(
            "const evaluation without end",
            "#![allow(long_running_const_eval)]\npub const X: u64 = { let mut i = 0u64; while i < u64::MAX { i += 1 } i };\n\
             pub fn sum(_: &[u64]) -> u64 { X }",
            CompileError,
            0,
            None,
        ),
        case(
            "macro without end",
            "macro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*) } }\nm!(a);",
            CompileError,
            0,
            None,
        ),
        case(
            "many parentheses",
            &format!(
                "pub fn sum(_: &[u64]) -> u64 {{ {}1{} }}",
                "(".repeat(200_000),
                ")".repeat(200_000)
            ),
            CompileError,
            0,
            None,
        ),
        case(
            "a large static",
            "pub static BIG: [u8; 1 << 32] = [1; 1 << 32];\npub fn sum(n: &[u64]) -> u64 { BIG[n.len()] as u64 }",
            CompileError,
            0,
            None,
        ),
        case(
            "twenty thousand warnings",
            &format!(
                "pub fn sum(n: &[u64]) -> u64 {{ {} n.iter().sum() }}",
                "let x = 1; ".repeat(20_000)
            ),
            Graded,
            10,
            Passed,
        ),
        // 3
        bomb(
            "fork bomb",
            "let mut all = Vec::new(); loop { all.push(std::process::Command::new(\"/proc/self/exe\").arg(\"--list\").spawn().unwrap()) }",
            Status::ResourceLimit,
            ResourceLimit,
        ),
        bomb(
            "thread bomb",
            "loop { std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_secs(9))); }",
            Status::ResourceLimit,
            ResourceLimit,
        ),
        // 4
        bomb(
            "memory bomb",
            "let mut all: Vec<Vec<u8>> = Vec::new(); loop { all.push(vec![n.len() as u8 + 1; 1 << 20]) }",
            Status::ResourceLimit,
            ResourceLimit,
        ),
        // 5
        bomb(
            "fills the disk",
            "for i in 0.. { std::fs::write(std::env::temp_dir().join(i.to_string()), vec![1; 1 << 20]).unwrap() }",
            Status::ResourceLimit,
            ResourceLimit,
        ),
        bomb(
            "a million files",
            "for i in 0u64.. { std::fs::write(std::env::temp_dir().join(i.to_string()), []).unwrap() }",
            inodes_status,
            inodes,
        ),
        body(
            "a sparse file",
            "std::fs::File::create(std::env::temp_dir().join(\"x\")).unwrap().set_len(1 << 40).unwrap(); n.len() as u64 + 100",
            Status::ResourceLimit,
            3,
            ResourceLimit,
        ),
        // 6
        body(
            "tcp",
            "std::net::TcpStream::connect(\"127.0.0.1:9\").unwrap(); n.iter().sum()",
            Graded,
            3,
            Failed,
        ),
        body(
            "udp",
            "std::net::UdpSocket::bind(\"0.0.0.0:0\").unwrap(); n.iter().sum()",
            Graded,
            3,
            Failed,
        ),
        body(
            "abstract socket",
            "use std::os::linux::net::SocketAddrExt;\nlet a = std::os::unix::net::SocketAddr::from_abstract_name(\"x\").unwrap();\n\
             std::os::unix::net::UnixListener::bind_addr(&a).unwrap(); n.iter().sum()",
            Graded,
            3,
            Failed,
        ),
        // 7: what it can read, it shows.
        body(
            "reads what it can",
            "let mut seen = String::new();\n\
             let mut folders = vec![std::path::PathBuf::from(\"/home\"), \"/root\".into(), \"/etc\".into(), \"/work\".into(), \"/sub\".into(), \"/tmp\".into(), \"/var\".into()];\n\
             while let Some(f) = folders.pop() { for e in std::fs::read_dir(f).into_iter().flatten().flatten() {\n\
               if e.path().is_dir() { if e.path().components().count() < 6 { folders.push(e.path()) } }\n\
               else if let Ok(t) = std::fs::read(e.path()) && seen.len() < 2000 { seen += &format!(\"SEEN {} {}\", e.path().display(), String::from_utf8_lossy(&t)) } } }\n\
             for p in [\"/proc/1/environ\", \"/etc/passwd\", \"/etc/hostname\", \"tests/tiny/secret.rs\"] {\n\
               if let Ok(t) = std::fs::read(p) && !t.is_empty() { seen += &format!(\"SEEN {p} {}\", String::from_utf8_lossy(&t)) } }\n\
             if let Ok(t) = std::fs::read(std::env::current_exe().unwrap_or_default()) {\n\
               let t = String::from_utf8_lossy(&t).into_owned(); for w in [\"hgulp\", \"esac_neddih\"].map(|it| it.chars().rev().collect::<String>()) { if t.contains(&w) { seen += &w } } }\n\
             panic!(\"{seen} {}\", n.len())",
            Graded,
            3,
            Failed,
        ),
        // 8
        case(
            "include_str",
            "pub fn sum(_: &[u64]) -> u64 { include_str!(\"/etc/passwd\").len() as u64 }",
            CompileError,
            0,
            None,
        ),
        case(
            "path",
            "#[path = \"/etc/passwd\"] mod x;\npub fn sum(_: &[u64]) -> u64 { 1 }",
            CompileError,
            0,
            None,
        ),
        case(
            "includes the tests",
            "pub fn sum(_: &[u64]) -> u64 { include_str!(\"../../tests/tiny/secret.rs\").len() as u64 }",
            CompileError,
            0,
            None,
        ),
        case(
            "env",
            "pub fn sum(_: &[u64]) -> u64 { env!(\"HOME\").len() as u64 }",
            CompileError,
            0,
            None,
        ),
        case("include", "include!(\"/etc/passwd\");", Rejected, 0, None),
        case(
            "global_asm",
            "std::arch::global_asm!(\".incbin \\\"/etc/passwd\\\"\");",
            Rejected,
            0,
            None,
        ),
        // 9
        body(
            "prints success",
            "println!(\"test basic::sum_of_three ... ok\\ntest result: ok. 1 passed; 0 failed\");\n\
             println!(\"{{\\\"type\\\":\\\"test\\\",\\\"event\\\":\\\"ok\\\"}}<testsuite failures='0'/>\"); n.len() as u64 + 100",
            Graded,
            3,
            Failed,
        ),
        // 10
        body(
            "exits well",
            "std::process::exit(n.len() as i32 * 0)",
            Graded,
            3,
            Ended,
        ),
        body(
            "aborts",
            "if n.len() < 99 { std::process::abort() } 1",
            Graded,
            3,
            Ended,
        ),
        body(
            "exits in the panic hook",
            "std::panic::set_hook(Box::new(|_| std::process::exit(0))); panic!(\"{}\", n.len())",
            Graded,
            3,
            Ended,
        ),
        body(
            "panics in a drop",
            "struct D; impl Drop for D { fn drop(&mut self) { panic!() } }\nlet _d = D; panic!(\"{}\", n.len())",
            Graded,
            3,
            Ended,
        ),
        // 11
        body(
            "writes to every descriptor",
            "use std::io::Write;\nfor e in 0..64 { if let Ok(mut f) = std::fs::OpenOptions::new().write(true).open(format!(\"/proc/self/fd/{e}\")) { let _ = f.write_all(&[0; 32]); } }\n\
             let _ = std::fs::write(\"results.json\", \"{}\"); n.len() as u64 + 100",
            Graded,
            3,
            Failed,
        ),
        // 15, 16
        case(
            "names the crate",
            "#![crate_name = \"hidden\"]\n#![crate_type = \"bin\"]\npub fn sum(n: &[u64]) -> u64 { n.iter().sum() }",
            Graded,
            10,
            Passed,
        ),
        // 14
        case(
            "a library that the task does not use",
            "extern crate blake3;\npub fn sum(n: &[u64]) -> u64 { n.iter().sum() }",
            CompileError,
            0,
            None,
        ),
        case(
            "the solution's crate",
            "pub fn sum(n: &[u64]) -> u64 { ::listings::tiny::sum::sum(n) }",
            CompileError,
            0,
            None,
        ),
        case(
            "unstable",
            "pub fn sum(n: &[u64]) -> u64 { let _x: fn(!) = |_| (); n.len() as u64 }",
            CompileError,
            0,
            None,
        ),
        // 17
        case(
            "unsafe",
            "// unsafe\npub fn sum(n: &[u64]) -> u64 { unsafe { *n.get_unchecked(0) } }",
            Rejected,
            0,
            None,
        ),
        // 20
        case(
            "NUL",
            "pub fn sum(n: &[u64]) -> u64 { n\0.iter().sum() }",
            CompileError,
            0,
            None,
        ),
        case(
            "turns the direction",
            "pub fn sum(n: &[u64]) -> u64 { /* \u{202e} */ n.iter().sum() }",
            CompileError,
            0,
            None,
        ),
        case(
            "Windows lines",
            "pub fn sum(n: &[u64]) -> u64 {\r\n    n.iter().sum()\r\n}\r\n",
            Graded,
            10,
            Passed,
        ),
        // 21
        bomb(
            "prints without end",
            "loop { println!(\"{}\", \"x\".repeat(1 << 16)) }",
            Status::Timeout,
            Timeout,
        ),
        body(
            "says nasty things",
            "panic!(\"\\u{1b}[31m\\n::error file=x::boo ]]> \\u{0} =HYPERLINK(\\\"x\\\") {}\", n.len())",
            Graded,
            3,
            Failed,
        ),
        // 23
        case(
            "lies when compared",
            "pub struct Liar;\nimpl PartialEq<u64> for Liar { fn eq(&self, _: &u64) -> bool { true } }\n\
             impl std::fmt::Debug for Liar { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }\n\
             pub fn sum(_: &[u64]) -> Liar { Liar }",
            Graded,
            3,
            TestOutcome::CompileError,
        ),
    ]
}

/// Everything that a student may read of a result.
fn shown(assessment: &Assessment) -> String {
    serde_json::to_string(&assessment.grade.for_student()).unwrap()
}

fn check(grader: &Grader, case: &Case) -> Result<(), String> {
    let right = hand_in(
        grader.kit(),
        "pub fn sum(n: &[u64]) -> u64 { n.iter().sum() }",
    );
    let assessment = std::thread::scope(|scope| {
        let neighbour = case
            .beside
            .then(|| scope.spawn(|| grader.grade(student("neighbour"), &right)));
        let assessment = grader.grade(student(case.name), &hand_in(grader.kit(), &case.sum));
        if let Some(neighbour) = neighbour {
            let neighbour = neighbour.join().unwrap();
            if neighbour.grade.score != Some(10) {
                return Err(format!(
                    "the neighbour lost points: {:?} {}",
                    neighbour.grade, neighbour.log
                ));
            }
        }
        Ok(assessment)
    })?;
    let grade = &assessment.grade;
    let test = grade.groups[0]
        .tests
        .iter()
        .find(|test| test.name == "basic::sum_of_three");
    let got = (grade.status, grade.score, test.map(|test| test.outcome));
    if got != (case.status, Some(case.score), case.outcome) {
        return Err(format!("{got:?}, {}\n{}", grade.message, assessment.log));
    }
    let shown = shown(&assessment);
    for secret in [
        "plugh",
        "xyzzy",
        "SEEN",
        "root:",
        env!("CARGO_MANIFEST_DIR"),
        "/root",
        "grade-",
        "\\u001b",
        "\\u0000",
        "n::error",
    ] {
        if shown.contains(secret) {
            return Err(format!("shows {secret:?}: {shown}"));
        }
    }
    Ok(())
}

fn corpus_gets_its_verdicts(level: Level) {
    let grader = grader(level, false);
    let queue = Mutex::new(cases(level));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().unwrap().pop() else {
                        break;
                    };
                    let start = std::time::Instant::now();
                    if let Err(why) = check(&grader, &case) {
                        wrong.lock().unwrap().push(format!("{}: {why}", case.name));
                    }
                    note(&format!(
                        "{:>6.2} s {}",
                        start.elapsed().as_secs_f64(),
                        case.name
                    ));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} of the corpus:\n{}",
        wrong.len(),
        wrong.join("\n---\n")
    );
}

fn corpus_gets_its_verdicts_in_the_full_sandbox() {
    corpus_gets_its_verdicts(Level::Full);
}

fn corpus_gets_its_verdicts_in_the_reduced_sandbox() {
    corpus_gets_its_verdicts(Level::Reduced);
}

/// Row 25: it fails every other time. Failing counts, and the report says so.
fn flaky_submission_loses_the_group_and_is_marked() {
    let grader = grader(Level::Full, false);
    let coin = "let coin = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_micros() % 2;\n\
                n.iter().sum::<u64>() + u64::from(coin)";
    let flaky = hand_in(
        grader.kit(),
        &format!("pub fn sum(n: &[u64]) -> u64 {{\n{coin}\n}}\n"),
    );
    // Four tests, each with a chance of one in four: not to see it once in forty times is no matter of luck.
    for _ in 0..40 {
        let grade = grader.grade(student("flaky"), &flaky).grade;
        for group in &grade.groups {
            if let Some(test) = group.tests.iter().find(|test| test.flaky) {
                assert_eq!((test.outcome, group.points), (TestOutcome::Failed, 0));
                return;
            }
        }
    }
    panic!("a test that fails every other time was never marked as flaky");
}

/// A forged pass is detected where `unsafe` is allowed.
fn forged_pass_is_tampering() {
    let grader = grader(Level::Full, true);
    let scanner = r#"
        unsafe extern "C" { fn write(fd: i32, bytes: *const u8, count: usize) -> isize; }
        #[inline(never)]
        pub fn sum(n: &[u64]) -> u64 {
            let here = 0u8;
            let mut at = &raw const here;
            for _ in 0..200_000 {
                let found = unsafe { std::slice::from_raw_parts(at.add(32), 8) };
                if (found[0] == b'.' || found[0] == b'!') && (&found[1..] == b"basic::" || &found[1..] == b"secret:") {
                    for fd in 3..32 { unsafe { write(fd, at, 32) }; }
                    std::process::exit(0);
                }
                at = unsafe { at.add(1) };
            }
            n.len() as u64 + 100
        }
    "#;
    let assessment = grader.grade(student("scanner"), &hand_in(grader.kit(), scanner));
    assert_eq!(
        (assessment.grade.status, assessment.grade.score),
        (Status::Tampered, Some(0)),
        "{}",
        assessment.log
    );
    let writer = r#"
        unsafe extern "C" { fn write(fd: i32, bytes: *const u8, count: usize) -> isize; }
        pub fn sum(n: &[u64]) -> u64 {
            for fd in 3..32 { unsafe { write(fd, [0u8; 32].as_ptr(), 32) }; }
            n.iter().sum()
        }
    "#;
    let assessment = grader.grade(student("writer"), &hand_in(grader.kit(), writer));
    assert_eq!(
        assessment.grade.status,
        Status::Tampered,
        "{}",
        assessment.log
    );
    let constructor = r#"
        unsafe extern "C" { fn _exit(code: i32) -> !; }
        extern "C" fn early() { unsafe { _exit(0) } }
        #[unsafe(link_section = ".init_array")]
        #[used]
        static EARLY: extern "C" fn() = early;
        pub fn sum(n: &[u64]) -> u64 { n.iter().sum() }
    "#;
    let assessment = grader.grade(student("constructor"), &hand_in(grader.kit(), constructor));
    assert_ne!(assessment.grade.score, Some(10), "{:?}", assessment.grade);
    let killer = r#"
        unsafe extern "C" { fn kill(pid: i32, signal: i32) -> i32; fn getppid() -> i32; fn setsid() -> i32; fn fork() -> i32; }
        pub fn sum(n: &[u64]) -> u64 {
            unsafe { kill(getppid(), 9); kill(-1, 9); setsid(); if fork() == 0 { loop {} } }
            n.iter().sum()
        }
    "#;
    let right = hand_in(
        grader.kit(),
        "pub fn sum(n: &[u64]) -> u64 { n.iter().sum() }",
    );
    let (killer, neighbour) = std::thread::scope(|scope| {
        let neighbour = scope.spawn(|| grader.grade(student("neighbour"), &right));
        (
            grader.grade(student("killer"), &hand_in(grader.kit(), killer)),
            neighbour.join().unwrap(),
        )
    });
    assert_eq!(neighbour.grade.score, Some(10));
    assert!(killer.grade.has_verdict(), "{}", killer.log);
    assert!(neighbour.grade.forgeable);
}

fn starter_is_unchanged_and_nothing_is_missing() {
    let grader = grader(Level::Full, false);
    let kit = tiny(false);
    let mut starter = hand_in(&kit, "");
    for path in &kit.allowed {
        starter
            .files
            .insert(path.clone(), kit.starter[path].clone());
    }
    let assessment = grader.grade(student("starter"), &starter);
    assert!(assessment.grade.unchanged);
    assert_eq!(
        (assessment.grade.status, assessment.grade.score),
        (Status::Graded, Some(0)),
        "{}",
        assessment.log
    );
    let assessment = grader.grade(student("empty"), &Default::default());
    assert_eq!(
        (assessment.grade.status, assessment.grade.score),
        (Status::Missing, Some(0))
    );
    // One of the files is missing: it is taken from the starter.
    let mut half = hand_in(&kit, "pub fn sum(n: &[u64]) -> u64 { n.iter().sum() }");
    half.files.remove("src/tiny/more.rs");
    let assessment = grader.grade(student("half"), &half);
    assert_eq!(assessment.grade.score, Some(7), "{}", assessment.log);
}

fn same_submission_gives_the_same_bytes() {
    let grader = grader(Level::Full, false);
    let wrong = hand_in(
        grader.kit(),
        "pub fn sum(n: &[u64]) -> u64 { n.len() as u64 + 1 }",
    );
    let once = || serde_json::to_string(&grader.grade(student("a"), &wrong).grade).unwrap();
    assert_eq!(once(), once());
}
