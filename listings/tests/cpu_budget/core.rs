//! cgroup v2: read, compared, rounded.

use listings::cpu_budget::{Found, Rounding};

use crate::{Process, file, ratio};

/// A process in `/a` with this in its `cpu.max`.
fn with(cpu_max: &str) -> Process {
    Process::v2("/a").file("/sys/fs/cgroup/a/cpu.max", format!("{cpu_max}\n"))
}

#[test]
fn one_and_a_half_cpus_are_two_workers() {
    assert_eq!(with("150000 100000").workers(), 2);
    assert_eq!(with("1500000 1000000").workers(), 2);
}

#[test]
fn fractions_round_up() {
    let workers = |cpu_max| with(cpu_max).workers();
    assert_eq!(workers("1000 100000"), 1);
    assert_eq!(workers("50000 100000"), 1);
    assert_eq!(workers("100000 100000"), 1);
    assert_eq!(workers("100001 100000"), 2);
    assert_eq!(workers("199999 100000"), 2);
    assert_eq!(workers("250000 100000"), 3);
    assert_eq!(workers("300000 100000"), 3);
}

#[test]
fn fractions_round_down_where_that_is_asked_for() {
    let floor = |cpu_max| with(cpu_max).budget().procs(Rounding::Floor, 1).get();
    assert_eq!(floor("50000 100000"), 1);
    assert_eq!(floor("199999 100000"), 1);
    assert_eq!(floor("250000 100000"), 2);
    assert_eq!(floor("300000 100000"), 3);
}

#[test]
fn no_limit_is_the_affinity() {
    let budget = with("max 100000").budget();
    assert_eq!((budget.quota, budget.source.as_ref()), (None, None));
    assert_eq!(budget.procs(Rounding::Ceil, 1).get(), 8);
}

#[test]
fn quota_never_raises_above_the_affinity() {
    assert_eq!(with("500000 100000").cpus(2).workers(), 2);
    assert_eq!(
        with("50000 100000")
            .cpus(1)
            .budget()
            .procs(Rounding::Ceil, 2)
            .get(),
        1
    );
}

#[test]
fn minimum_is_at_least_one_and_applies_after_rounding() {
    let half = with("50000 100000").budget();
    assert_eq!(half.procs(Rounding::Floor, 0).get(), 1);
    assert_eq!(half.procs(Rounding::Ceil, 2).get(), 2);
    let one_and_a_half = with("150000 100000").budget();
    assert_eq!(one_and_a_half.procs(Rounding::Floor, 2).get(), 2);
    assert_eq!(
        with("250000 100000")
            .budget()
            .procs(Rounding::Ceil, 2)
            .get(),
        3
    );
}

#[test]
fn quota_is_reported_as_the_ratio_that_was_set() {
    let budget = with("150000 100000").budget();
    assert_eq!(budget.quota, Some(ratio(3, 2)));
    assert_eq!(budget.source, Some(file("/sys/fs/cgroup/a/cpu.max")));
    assert_eq!(budget.affinity.get(), 8);
}

#[test]
fn parents_limit_holds_for_a_leaf_without_one() {
    let process = Process::v2("/pod/app")
        .file("/sys/fs/cgroup/pod/app/cpu.max", "max 100000\n")
        .file("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
    assert_eq!(process.budget().quota, Some(ratio(3, 2)));
    assert_eq!(
        process.budget().source,
        Some(file("/sys/fs/cgroup/pod/cpu.max"))
    );
}

#[test]
fn parents_limit_holds_for_a_leaf_with_a_looser_one() {
    let process = Process::v2("/pod/app")
        .file("/sys/fs/cgroup/pod/app/cpu.max", "400000 100000\n")
        .file("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn tightest_limit_may_be_anywhere_on_the_way_up() {
    for tight in ["a", "a/b", "a/b/c"] {
        let mut process = Process::v2("/a/b/c");
        for directory in ["a", "a/b", "a/b/c"] {
            let limit = if directory == tight {
                "250000 100000\n"
            } else {
                "700000 100000\n"
            };
            process = process.file(format!("/sys/fs/cgroup/{directory}/cpu.max"), limit);
        }
        assert_eq!(process.budget().quota, Some(ratio(5, 2)), "{tight}");
        assert_eq!(
            process.budget().source,
            Some(file(&format!("/sys/fs/cgroup/{tight}/cpu.max")))
        );
    }
}

#[test]
fn limits_with_different_periods_are_compared_as_ratios() {
    // The parent has the larger quota and the tighter limit: 1.5 CPUs against 2.
    let process = Process::v2("/pod/app")
        .file("/sys/fs/cgroup/pod/app/cpu.max", "20000 10000\n")
        .file("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
    assert_eq!(process.budget().quota, Some(ratio(3, 2)));
}

#[test]
fn ratios_differ_even_where_a_float_cannot_tell() {
    let (less, more) = (ratio((1 << 60) - 1, 1 << 60), ratio((1 << 60) + 1, 1 << 60));
    assert!(less < ratio(1, 1) && ratio(1, 1) < more);
    assert_eq!(more.cpus(Rounding::Ceil), 2);
    assert_eq!(less.cpus(Rounding::Floor), 0);
    assert!(ratio(u64::MAX, u64::MAX - 1) > ratio(u64::MAX - 1, u64::MAX - 1));
}

#[test]
fn every_level_is_in_the_reason() {
    let process = Process::v2("/pod/app")
        .file("/sys/fs/cgroup/pod/app/cpu.max", "max 100000\n")
        .unreadable(
            "/sys/fs/cgroup/pod/cpu.max",
            std::io::ErrorKind::PermissionDenied,
        );
    let expected = [
        (
            "/sys/fs/cgroup/pod/app/cpu.max".to_owned(),
            Found::Unlimited,
        ),
        (
            "/sys/fs/cgroup/pod/cpu.max".to_owned(),
            Found::Unreadable(std::io::ErrorKind::PermissionDenied),
        ),
        ("/sys/fs/cgroup/cpu.max".to_owned(), Found::Missing),
    ];
    assert_eq!(process.levels(), expected);
}
