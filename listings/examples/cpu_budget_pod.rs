//! A budget and its reason, for a machine that is written down here: a pod with a limit, a container in it without one.

use std::{collections::BTreeMap, io, num::NonZeroUsize};

use listings::cpu_budget::{CpuBudget, Rounding};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // ANCHOR: main
    let cgroup = b"0::/pod/app\n";
    let mountinfo = b"28 20 0:24 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";
    let files = BTreeMap::from([
        ("/sys/fs/cgroup/pod/app/cpu.max", "400000 100000\n"),
        ("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n"),
    ]);
    let read = |path: &[u8]| {
        let text = str::from_utf8(path).ok().and_then(|path| files.get(path));
        text.map(|text| text.as_bytes().to_vec())
            .ok_or(io::ErrorKind::NotFound.into())
    };
    let budget = CpuBudget::from_texts(
        cgroup,
        mountinfo,
        read,
        NonZeroUsize::new(8).ok_or("no CPU")?,
    );
    println!("{budget}");
    println!("workers:  {}", budget.procs(Rounding::Ceil, 1));
    // ANCHOR_END: main
    Ok(())
}
