//! What the original's few lines get right, and where they go wrong.

use listings::cpu_budget::s1_one_file::workers;

use crate::Process;

#[test]
fn one_file_is_right_in_a_fresh_container_of_cgroup_v2() {
    assert_eq!(workers(Some("150000 100000\n"), 8), 2);
    assert_eq!(workers(Some("50000 100000\n"), 8), 1);
    assert_eq!(workers(None, 8), 8);
}

#[test]
fn one_file_takes_no_limit_for_zero() {
    assert_eq!(workers(Some("max 100000\n"), 8), 1);
}

#[test]
fn one_file_raises_above_the_affinity() {
    assert_eq!(workers(Some("500000 100000\n"), 2), 5);
}

#[test]
fn one_file_is_not_there_outside_of_a_namespace() {
    // A service on a host: its limit is in a directory of its own, and the root has no `cpu.max`.
    let service = Process::v2("/system.slice/app.service").file(
        "/sys/fs/cgroup/system.slice/app.service/cpu.max",
        "150000 100000\n",
    );
    assert_eq!(workers(None, 8), 8);
    assert_eq!(service.workers(), 2);
}

#[test]
fn one_file_misses_a_parents_limit() {
    let pod = Process::v2("/pod/app")
        .file("/sys/fs/cgroup/pod/app/cpu.max", "400000 100000\n")
        .file("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
    assert_eq!(workers(Some("400000 100000\n"), 8), 4);
    assert_eq!(pod.workers(), 2);
}
