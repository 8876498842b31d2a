//! The record of the smoke script: computed again, and asked for what the page says of each library.

use std::num::NonZeroUsize;

use listings::cpu_budget::{CpuBudget, Rounding};
use serde_json::Value;

const RECORD: &str = include_str!("smoke/record.jsonl");

fn cases() -> Vec<Value> {
    RECORD
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// How many workers a library started: by part and name of the case.
fn started(library: &str, part: &str, name: &str) -> u64 {
    let case = cases()
        .into_iter()
        .find(|case| case["part"] == part && case["case"] == name);
    let case = case.unwrap_or_else(|| panic!("{part}: {name} is not recorded"));
    let value = match library {
        "go" => &case["go"]["gomaxprocs"],
        "automaxprocs" => &case["go"]["automaxprocs"],
        library => &case[library],
    };
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{name}: {library} is {value}"))
}

/// A library's workers for these cases of the virtual machine, which has 8 CPUs.
fn in_vm<const N: usize>(library: &str, names: [&str; N]) -> [u64; N] {
    names.map(|name| started(library, "vm", name))
}

/// 0.5, 1.5, 2.5 and 3 CPUs.
const QUOTAS: [&str; 4] = [
    "v2: quota 50000 in 100000",
    "v2: quota 150000 in 100000",
    "v2: quota 250000 in 100000",
    "v2: quota 300000 in 100000",
];
const ANCESTORS: [&str; 3] = [
    "v2: parent 1.5, leaf without a limit",
    "v2: parent 1.5, leaf 4",
    "v1: parent 1.5, leaf without a limit",
];
const ODD_MOUNTS: [&str; 2] = [
    "mounted elsewhere only: 1.5",
    "mounted at a path with a space: 1.5",
];

#[test]
fn budget_is_computed_again_from_the_same_files() {
    for case in cases() {
        let text = |key: &str| case[key].as_str().unwrap().as_bytes();
        let affinity =
            NonZeroUsize::new(case["affinity"].as_u64().unwrap().try_into().unwrap()).unwrap();
        let read = |path: &[u8]| match &case["files"][str::from_utf8(path).unwrap()] {
            Value::String(text) => Ok(text.clone().into_bytes()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let budget = CpuBudget::from_texts(text("cgroup"), text("mountinfo"), read, affinity);
        assert_eq!(
            budget.procs(Rounding::Ceil, 1).get() as u64,
            case["workers"],
            "{case}"
        );
        assert_eq!(
            budget
                .quota
                .map_or("none".into(), |quota| quota.to_string()),
            case["quota"],
            "{case}"
        );
        assert_eq!(budget.reason.to_string(), case["because"], "{case}");
    }
}

#[test]
fn all_three_parts_are_recorded() {
    let of = |part: &str| cases().iter().filter(|case| case["part"] == part).count();
    assert_eq!([of("host"), of("docker"), of("vm")], [10, 5, 33]);
}

#[test]
fn ours_rounds_up_and_walks_up() {
    assert_eq!(in_vm("workers", QUOTAS), [1, 2, 3, 3]);
    assert_eq!(in_vm("workers", ANCESTORS), [2, 2, 2]);
    assert_eq!(in_vm("workers", ODD_MOUNTS), [2, 2]);
}

#[test]
fn std_rounds_down_and_walks_up() {
    assert_eq!(in_vm("std", QUOTAS), [1, 1, 2, 3]);
    assert_eq!(in_vm("std", ANCESTORS), [1, 1, 1]);
}

#[test]
fn std_misses_a_mount_in_an_unusual_place() {
    assert_eq!(in_vm("std", ODD_MOUNTS), [8, 8]);
}

#[test]
fn tokio_and_rayon_start_what_std_sees() {
    for case in cases() {
        assert_eq!(
            (&case["tokio"], &case["rayon"]),
            (&case["std"], &case["std"]),
            "{case}"
        );
    }
}

#[test]
fn num_cpus_rounds_up_and_reads_the_leaf_alone() {
    assert_eq!(in_vm("num_cpus", QUOTAS), [1, 2, 3, 3]);
    assert_eq!(in_vm("num_cpus", ANCESTORS), [8, 4, 8]);
    assert_eq!(in_vm("num_cpus", ODD_MOUNTS), [2, 8]);
}

#[test]
fn go_rounds_up_to_two_and_reads_the_leaf_alone() {
    assert_eq!(in_vm("go", QUOTAS), [2, 2, 3, 3]);
    assert_eq!(in_vm("go", ANCESTORS), [8, 4, 8]);
    assert_eq!(in_vm("go", ODD_MOUNTS), [2, 2]);
}

#[test]
fn automaxprocs_rounds_down_and_reads_the_leaf_alone() {
    // 1.4.0 knows v1 only.
    let quotas = QUOTAS.map(|name| name.replace("v2", "v1"));
    assert_eq!(
        quotas.map(|name| started("automaxprocs", "vm", &name)),
        [1, 1, 2, 3]
    );
    assert_eq!(started("automaxprocs", "vm", ANCESTORS[2]), 8);
}

#[test]
fn automaxprocs_raises_above_the_affinity() {
    assert_eq!(
        started("automaxprocs", "host", "v1: quota 300000 in 100000"),
        3
    );
    assert_eq!(started("go", "host", "v1: quota 300000 in 100000"), 2);
}

#[test]
fn two_cpus_cannot_tell_one_and_a_half_from_no_limit() {
    for library in ["workers", "num_cpus", "go"] {
        assert_eq!(started(library, "docker", "docker run"), 2);
        assert_eq!(started(library, "docker", "docker run --cpus=1.5"), 2);
    }
    // Half a CPU can: one worker, where Go starts two.
    assert_eq!(started("workers", "docker", "docker run --cpus=0.5"), 1);
    assert_eq!(started("go", "docker", "docker run --cpus=0.5"), 2);
}

#[test]
fn nobody_sees_a_limit_outside_of_the_namespace() {
    for library in ["workers", "std", "num_cpus", "go"] {
        assert_eq!(in_vm(library, ["limit outside of the namespace: 1.5"]), [8]);
    }
}

#[test]
fn everybody_sees_a_cpuset() {
    for library in ["workers", "std", "num_cpus", "go", "automaxprocs"] {
        assert_eq!(in_vm(library, ["cpuset of 3 CPUs, no quota"]), [3]);
    }
}
