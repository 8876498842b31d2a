//! cgroup v1, alone and beside v2.

use listings::cpu_budget::{Found, Rounding};

use crate::{Process, file, ratio};

const CPU: &str = "/sys/fs/cgroup/cpu,cpuacct";

#[test]
fn v1_quota_and_period_are_a_ratio() {
    let process = Process::v1("/app").cfs(&format!("{CPU}/app"), "75000\n", "50000\n");
    assert_eq!(process.budget().quota, Some(ratio(3, 2)));
    assert_eq!(
        process.budget().source,
        Some(file("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us"))
    );
    assert_eq!(process.workers(), 2);
    assert_eq!(process.budget().procs(Rounding::Floor, 1).get(), 1);
}

#[test]
fn v1_negative_quota_is_no_limit() {
    let process = Process::v1("/app").cfs(&format!("{CPU}/app"), "-1\n", "100000\n");
    assert_eq!(process.workers(), 8);
    assert_eq!(process.levels()[0].1, Found::Unlimited);
}

#[test]
fn v1_parents_limit_holds_for_a_leaf_without_one() {
    let process = Process::v1("/pod/app")
        .cfs(&format!("{CPU}/pod/app"), "-1\n", "100000\n")
        .cfs(&format!("{CPU}/pod"), "150000\n", "100000\n")
        .cfs(CPU, "-1\n", "100000\n");
    assert_eq!(process.budget().quota, Some(ratio(3, 2)));
}

#[test]
fn v1_wins_over_the_unified_line_in_either_order() {
    let limits = |process: Process| {
        process
            .cfs(&format!("{CPU}/app"), "150000\n", "100000\n")
            .file("/sys/fs/cgroup/unified/app/cpu.max", "700000 100000\n")
    };
    assert_eq!(limits(Process::v1("/app")).workers(), 2);
    let mut reversed = Process::v1("/app");
    reversed.cgroup = b"0::/app\n4:cpuacct,cpu:/app\n".to_vec();
    assert_eq!(limits(reversed).workers(), 2);
}

#[test]
fn v1_line_without_cpu_leaves_the_unified_one() {
    // Only `cpuset` and `cpuacct` are in v1: CPU time is limited by v2.
    let process = Process::new(
        "3:cpuset:/batch\n2:cpuacct:/batch\n0::/app\n",
        "28 20 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
         29 20 0:25 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n\
         30 20 0:26 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n",
    )
    .file("/sys/fs/cgroup/unified/app/cpu.max", "150000 100000\n")
    .cfs("/sys/fs/cgroup/cpuset/batch", "700000\n", "100000\n")
    .cfs("/sys/fs/cgroup/cpuacct/batch", "700000\n", "100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn v1_mount_is_chosen_by_its_controllers_and_not_by_its_name() {
    let named = "28 20 0:24 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpuset\n";
    let right = "29 20 0:25 / /elsewhere rw - cgroup cgroup rw,cpu\n";
    for mountinfo in [[named, right].concat(), [right, named].concat()] {
        let process = Process::new("2:cpu:/app\n", mountinfo)
            .cfs("/sys/fs/cgroup/cpu/app", "700000\n", "100000\n")
            .cfs("/elsewhere/app", "150000\n", "100000\n");
        assert_eq!(process.workers(), 2);
    }
}

#[test]
fn v1_mount_root_is_stripped_from_the_path() {
    // What docker without cgroup namespaces shows: the path is the host's, the mount begins at the container.
    let process = Process::new(
        "4:cpu,cpuacct:/docker/4f53\n",
        "30 20 0:26 /docker/4f53 /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n",
    )
    .cfs(CPU, "150000\n", "100000\n");
    assert_eq!(process.budget().quota, Some(ratio(3, 2)));
    assert_eq!(process.levels().len(), 1);
}
