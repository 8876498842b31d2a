//! The scale, tested with weights that are known.

use std::path::Path;

use listings::generator_memory::{Job, Kind, Snapshot, WeighError, weigh, weigh_all};

use super::child::{command, weight};

const KIB: f64 = 1024.0;

#[test]
fn touched_block_is_resident() {
    let each = weight(Kind::Touched(64), 200).each();
    assert!(
        (64.0 * KIB..72.0 * KIB).contains(&each.resident),
        "{each:?}"
    );
    assert!((64.0 * KIB..65.0 * KIB).contains(&each.heap), "{each:?}");
}

#[test]
fn reserved_block_is_address_space_and_not_resident() {
    let each = weight(Kind::Reserved(512), 200).each();
    // Not all 512: the allocator takes addresses in large pieces, and had some left.
    assert!(each.address_space >= 256.0 * KIB, "{each:?}");
    assert!(each.resident < each.address_space / 10.0, "{each:?}");
}

#[test]
fn few_units_do_not_carry_the_process_with_them() {
    // The program itself, its libraries and its runtime take megabytes. Ten blocks take less.
    let each = weight(Kind::Touched(64), 10).each();
    assert!(each.resident < 2.0 * 64.0 * KIB, "{each:?}");
    // The runtime and the first test's output are paid by the warm-up.
    let [one, many] = [1, 200].map(|units| weight(Kind::Task, units).each());
    assert!(one.heap < 4.0 * many.heap, "{one:?} {many:?}");
}

#[test]
fn heap_of_a_unit_does_not_depend_on_their_number() {
    for kind in [Kind::Boxed, Kind::Generator, Kind::Stackful(64)] {
        let [few, many] = [200, 2000].map(|units| weight(kind, units).each());
        assert!(
            (few.heap - many.heap).abs() < 1.0,
            "{kind}: {few:?} {many:?}"
        );
        assert!(
            (few.blocks - many.blocks).abs() < 0.1,
            "{kind}: {few:?} {many:?}"
        );
    }
}

#[test]
fn weight_is_taken_while_the_units_are_held() {
    let weight = weight(Kind::Boxed, 1000);
    assert!(
        weight.holding.1.blocks >= weight.before.1.blocks + 1000,
        "{weight:?}"
    );
    // libtest's own thread may begin to wait for the test in the meantime, which takes a block or two.
    let (before, after) = (weight.before.1, weight.after.1);
    assert!(
        after.blocks.abs_diff(before.blocks) < 10,
        "all was given back: {weight:?}"
    );
    assert!(
        after.bytes.abs_diff(before.bytes) < 1000,
        "all was given back: {weight:?}"
    );
}

#[test]
fn jobs_do_not_see_each_other() {
    // Freed blocks go to the allocator, which keeps them: the second weighing in one process would find them for nothing.
    let job = Job {
        kind: Kind::Boxed,
        units: 5000,
    };
    let weights = weigh_all(command, &[job; 3]).unwrap();
    let [first, second, third] = [0, 1, 2].map(|i| weights[i].each().resident);
    assert!(
        second > first / 2.0 && third > first / 2.0,
        "{first} {second} {third}"
    );
    assert!(weights[0].process != weights[1].process && weights[1].process != weights[2].process);
}

#[test]
fn process_is_gone_when_the_weight_is_known() {
    let weight = weight(Kind::Iterator, 1);
    assert!(!Path::new("/proc").join(weight.process.to_string()).exists());
}

#[test]
fn process_is_gone_when_a_job_is_refused() {
    let children = || {
        let own = std::process::id();
        let thread = format!("/proc/{own}/task");
        let tasks = std::fs::read_dir(thread).unwrap().flatten();
        let children =
            tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        children
            .map(|children| children.split_whitespace().count())
            .sum::<usize>()
    };
    // Others of these tests have children, too. So this one asks for its own process, alone.
    if std::env::var_os("ALONE").is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "core::process_is_gone_when_a_job_is_refused",
                "--exact",
                "--test-threads=1",
            ])
            .env("ALONE", "1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        return;
    }
    let job = Job {
        kind: Kind::Stackful(1 << 40),
        units: 1,
    };
    assert!(weigh(command(), job).is_err());
    assert_eq!(children(), 0);
}

#[test]
fn refusal_is_an_error_and_not_a_light_unit() {
    // 4 TiB each: no address space of 47 bits has room for 100 of them.
    let job = Job {
        kind: Kind::Stackful(4 << 30),
        units: 100,
    };
    match weigh(command(), job) {
        Err(WeighError::Refused { job: told, refused }) => {
            assert_eq!(told, job);
            assert!(refused.made < 100, "{refused:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn process_that_dies_says_how() {
    let mut dies = std::process::Command::new("sh");
    dies.args(["-c", "echo no scale here >&2; exit 3"]);
    match weigh(
        dies,
        Job {
            kind: Kind::Iterator,
            units: 1,
        },
    ) {
        Err(WeighError::Died { status, stderr }) => {
            assert_eq!((status.code(), stderr.as_str()), (Some(3), "no scale here"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn process_that_talks_nonsense_is_an_error() {
    let mut talks = std::process::Command::new("sh");
    talks.args(["-c", "read job; echo 'scale: ready to go'; cat >/dev/null"]);
    match weigh(
        talks,
        Job {
            kind: Kind::Iterator,
            units: 1,
        },
    ) {
        Err(WeighError::Said(line)) => assert_eq!(line, "ready to go"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn snapshot_is_in_bytes() {
    let snapshot = Snapshot::of(std::process::id()).unwrap();
    // Whole pages all, and nothing runs in less than a quarter of a mebibyte.
    for bytes in [
        snapshot.resident,
        snapshot.address_space,
        snapshot.page_tables,
    ] {
        assert_eq!(bytes % 4096, 0, "{snapshot:?}");
    }
    assert!(
        snapshot.resident > 256 * 1024 && snapshot.resident < snapshot.address_space,
        "{snapshot:?}"
    );
    assert!(
        snapshot.page_tables >= 4096 && snapshot.page_tables < snapshot.resident,
        "{snapshot:?}"
    );
    assert!(
        snapshot.kernel_stacks >= 4096 * snapshot.threads,
        "{snapshot:?}"
    );
    assert!(snapshot.mappings > 5, "{snapshot:?}");
}

#[test]
fn snapshot_of_nobody_is_an_error() {
    assert!(Snapshot::of(u32::MAX / 2).is_err());
}
