//! What must hold whatever the files contain: the entry of the fuzzer (`listings/fuzz`), and of the properties that run
//! everywhere.

use std::{cell::RefCell, io, num::NonZeroUsize};

use listings::cpu_budget::{CpuBudget, Found, Reason, Rounding};

/// Reads `data` as a machine and checks its budget. The first byte is the affinity; the rest, cut at each byte 0, is
/// `/proc/self/cgroup`, `/proc/self/mountinfo`, and the contents that files have in the order in which they are read. An
/// empty content is an error.
pub fn holds(data: &[u8]) {
    let (&cpus, data) = data.split_first().unwrap_or((&0, &[]));
    let affinity = NonZeroUsize::new(cpus.into()).unwrap_or(NonZeroUsize::MIN);
    let mut parts = data.split(|&byte| byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (cgroup, mountinfo) = (part(), part());
    let asked = RefCell::new(Vec::new());
    let read = |path: &[u8]| {
        asked.borrow_mut().push(path.to_vec());
        match part() {
            [] => Err(io::ErrorKind::NotFound.into()),
            text => Ok(text.to_vec()),
        }
    };
    let budget = CpuBudget::from_texts(cgroup, mountinfo, read, affinity);

    // It has been told what was asked for, in the order from the leaf to the mount point.
    let asked = asked.into_inner();
    let levels = match &budget.reason {
        Reason::Walked(levels) => levels.as_slice(),
        _ => &[],
    };
    assert_eq!(levels.is_empty(), asked.is_empty());
    assert!(levels.iter().all(|level| asked.contains(&level.file.0)));
    assert!(
        levels
            .windows(2)
            .all(|pair| pair[0].file.0.len() > pair[1].file.0.len())
    );
    let mut files = asked
        .iter()
        .map(|path| path.rsplit(|&byte| byte == b'/').next().unwrap_or_default());
    assert!(files.all(|file| {
        [
            b"cpu.max".as_slice(),
            b"cpu.cfs_quota_us",
            b"cpu.cfs_period_us",
        ]
        .contains(&file)
    }));

    // The quota is the tightest limit that was found, and its source is where that was.
    let limits: Vec<_> = levels
        .iter()
        .filter_map(|level| match level.found {
            Found::Limit(ratio) => Some((ratio, &level.file)),
            _ => None,
        })
        .collect();
    assert_eq!(budget.quota.is_some(), !limits.is_empty());
    assert_eq!(budget.quota.is_some(), budget.source.is_some());
    if let (Some(quota), Some(source)) = (budget.quota, &budget.source) {
        assert!(limits.iter().all(|&(limit, _)| quota <= limit));
        assert!(limits.contains(&(quota, source)));
    }

    // The number of workers is one that can be started, and never above the affinity.
    for min in [0, 1, 2, usize::MAX] {
        let (floor, ceil) = (
            budget.procs(Rounding::Floor, min),
            budget.procs(Rounding::Ceil, min),
        );
        assert!(floor <= ceil && ceil <= affinity);
        assert!(ceil.get() - floor.get() <= 1);
        assert!(floor.get() >= min.min(affinity.get()));
        assert!(budget.quota.is_some() || floor == affinity);
    }
    // Whatever is in the paths can be shown.
    assert!(!budget.to_string().is_empty());
}
