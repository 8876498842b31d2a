//! What holds for machines nobody thought of.

use listings::cpu_budget::{Rounding, s6_workers::workers};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{Process, anything, ratio};

/// Limits from the root downwards; `None` is `max`.
type Limits = Vec<Option<(u64, u64)>>;

fn limits() -> impl Strategy<Value = Limits> {
    vec(
        option::weighted(0.7, (1_000..2_000_000_u64, 1_000..1_000_000_u64)),
        1..6,
    )
}

/// A process whose cgroup and ancestors have these limits.
fn process(limits: &Limits, cpus: usize, v1: bool) -> Process {
    let names: Vec<_> = (0..limits.len())
        .map(|depth| format!("level{depth}"))
        .collect();
    let path = format!("/{}", names.join("/"));
    let mut process = if v1 {
        Process::v1(&path)
    } else {
        Process::v2(&path)
    }
    .cpus(cpus);
    for (depth, limit) in limits.iter().enumerate() {
        let below = names[..=depth].join("/");
        process = match (v1, limit) {
            (true, limit) => {
                let (quota, period) =
                    limit.map_or(("-1".into(), 100_000), |(q, p)| (q.to_string(), p));
                process.cfs(
                    &format!("/sys/fs/cgroup/cpu,cpuacct/{below}"),
                    &format!("{quota}\n"),
                    &format!("{period}\n"),
                )
            }
            (false, limit) => {
                let text = limit.map_or("max 100000\n".into(), |(q, p)| format!("{q} {p}\n"));
                process.file(format!("/sys/fs/cgroup/{below}/cpu.max"), text)
            }
        };
    }
    process
}

/// What the kernel's documents might be made of, in any order.
fn tokens() -> impl Strategy<Value = Vec<u8>> {
    let words: &[&[u8]] = &[
        b"0::",
        b"/",
        b"/a",
        b"/..",
        b"\n",
        b" ",
        b":",
        b",",
        b"cpu",
        b"cpuacct,cpu",
        b"4:cpu:/a\n",
        b"0::/a/b\n",
        b"28 20 0:24 / /cg rw - cgroup2 c rw\n",
        b"28 20 0:24 /a /cg rw shared:1 - cgroup c rw,cpu\n",
        b"29 28 0:24 / /cg rw - tmpfs t rw\n",
        b" - ",
        b"cgroup2",
        b"\\040",
        b"\\",
        b"max",
        b"max 100000\n",
        b"150000 100000\n",
        b"50000",
        b"0",
        b"-1\n",
        b"100000\n",
        b"\0",
        b"\xff",
        b"18446744073709551615",
    ];
    vec(select(words), 0..40).prop_map(|words| words.concat())
}

/// A machine whose files are almost as they should be.
fn almost() -> impl Strategy<Value = Vec<u8>> {
    let machine: &[u8] = b"\x080::/a/b\n\x0028 20 0:24 / /c\\040g rw shared:1 - cgroup2 c rw\n\
        29 20 0:25 / /mnt rw - cgroup c rw,cpu\n\x00150000 100000\n\x00max 100000\n\x0050000 100000\n";
    vec((0..machine.len(), any::<u8>()), 0..8).prop_map(move |edits| {
        let mut machine = machine.to_vec();
        for (at, byte) in edits {
            machine[at] = byte;
        }
        machine
    })
}

/// The name of a cgroup: any bytes but those that the kernel forbids, and not one that means something else.
fn name() -> impl Strategy<Value = Vec<u8>> {
    vec(
        any::<u8>().prop_filter("forbidden", |byte| !b"/\n\0".contains(byte)),
        1..12,
    )
    .prop_filter("dots", |name| name != b"." && name != b"..")
}

/// As the kernel writes a path into mountinfo.
fn escape(path: &[u8]) -> Vec<u8> {
    let escaped = path.iter().map(|&byte| match byte {
        b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{byte:03o}").into_bytes(),
        byte => vec![byte],
    });
    escaped.collect::<Vec<_>>().concat()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_make_a_budget(data in vec(any::<u8>(), 0..300)) {
        anything::holds(&data);
    }

    #[test]
    fn any_tokens_make_a_budget(cpus in any::<u8>(), text in tokens()) {
        anything::holds(&[&[cpus], text.as_slice()].concat());
    }

    #[test]
    fn almost_right_files_make_a_budget(machine in almost()) {
        anything::holds(&machine);
    }

    #[test]
    fn quota_is_the_minimum_of_all_ancestors(limits in limits(), cpus in 1..300_usize, v1: bool) {
        // By an arithmetic of its own: every limit over one common denominator.
        let common: u128 = limits.iter().flatten().map(|&(_, period)| u128::from(period)).product();
        let share = |&(quota, period): &(u64, u64)| u128::from(quota) * (common / u128::from(period));
        let tightest = limits.iter().flatten().min_by_key(|limit| share(limit)).map(|&(q, p)| ratio(q, p));
        prop_assert_eq!(process(&limits, cpus, v1).budget().quota, tightest);
    }

    #[test]
    fn workers_never_exceed_the_affinity(limits in limits(), cpus in 1..300_usize, min in 0..400_usize, v1: bool) {
        let budget = process(&limits, cpus, v1).budget();
        for rounding in [Rounding::Ceil, Rounding::Floor] {
            prop_assert!((1..=cpus).contains(&budget.procs(rounding, min).get()));
        }
    }

    #[test]
    fn one_more_limit_never_adds_a_worker(limits in limits(), at in 0..6_usize, new in (1_000..2_000_000_u64, 1_000..1_000_000_u64), v1: bool) {
        let before = process(&limits, 64, v1).workers();
        let mut tighter = limits.clone();
        let at = at % limits.len();
        if tighter[at].is_none_or(|(quota, period)| ratio(new.0, new.1) < ratio(quota, period)) {
            tighter[at] = Some(new);
        }
        prop_assert!(process(&tighter, 64, v1).workers() <= before);
    }

    #[test]
    fn one_more_cpu_never_removes_a_worker(limits in limits(), cpus in 1..64_usize, v1: bool) {
        prop_assert!(process(&limits, cpus, v1).workers() <= process(&limits, cpus + 1, v1).workers());
    }

    #[test]
    fn rounding_brackets_the_ratio(quota in 1..u64::MAX, period in 1..u64::MAX) {
        let limit = ratio(quota, period);
        let (quota, period) = (u128::from(quota), u128::from(period));
        let (floor, ceil) = (u128::from(limit.cpus(Rounding::Floor)), u128::from(limit.cpus(Rounding::Ceil)));
        prop_assert!(floor * period <= quota && quota < (floor + 1) * period);
        prop_assert!(quota <= ceil * period && ceil * period < quota + period);
    }

    #[test]
    fn rounding_up_commutes_with_the_minimum(a in (1..1_000_u64, 1..1_000_u64), b in (1..1_000_u64, 1..1_000_u64)) {
        let (a, b) = (ratio(a.0, a.1), ratio(b.0, b.1));
        for rounding in [Rounding::Ceil, Rounding::Floor] {
            prop_assert_eq!(a.min(b).cpus(rounding), a.cpus(rounding).min(b.cpus(rounding)));
        }
    }

    #[test]
    fn cgroup_is_found_whatever_it_is_called(names in vec(name(), 1..4), point in name(), cut in 0..4_usize) {
        let cut = cut.min(names.len());
        let path = |names: &[Vec<u8>]| names.iter().flat_map(|name| [b"/".as_slice(), name].concat()).collect::<Vec<_>>();
        let (root, below) = names.split_at(cut);
        let root = if root.is_empty() { b"/".to_vec() } else { path(root) };
        let point = [b"/".as_slice(), &point].concat();
        let cgroup = [b"0::".as_slice(), &path(&names), b"\n"].concat();
        let mountinfo =
            [b"28 20 0:24 ".as_slice(), &escape(&root), b" ", &escape(&point), b" rw - cgroup2 c rw\n"].concat();
        let limit = [point.as_slice(), &path(below), b"/cpu.max"].concat();
        prop_assert_eq!(Process::new(cgroup, mountinfo).file(limit, "150000 100000\n").workers(), 2);
    }

    #[test]
    fn variable_is_a_number_or_an_error(value in "\\PC{0,12}") {
        let plain = value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<usize>().is_ok_and(|n| n > 0);
        let found = workers(Some(value.as_ref()), || unreachable!("the variable is set"));
        prop_assert_eq!(found.is_ok(), plain);
    }
}
