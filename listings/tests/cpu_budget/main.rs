//! Tests of the chapter `cpu-budget`. `core`, `bonus`, `stretch`, `edges` and `properties` are groups of the exercise;
//! `detect`, `libraries`, `first_attempt` and `recorded` test what the page says.

mod anything;
mod bonus;
mod core;
mod detect;
mod edges;
mod first_attempt;
mod libraries;
mod properties;
mod recorded;
mod stretch;

use std::{collections::BTreeMap, io, num::NonZeroUsize};

use listings::cpu_budget::{CpuBudget, File, Found, Level, Ratio, Reason, Rounding};

/// What a process can read about itself. Files that are not given are not there.
#[derive(Clone)]
struct Process {
    cgroup: Vec<u8>,
    mountinfo: Vec<u8>,
    files: BTreeMap<Vec<u8>, Result<Vec<u8>, io::ErrorKind>>,
    cpus: usize,
}

impl Process {
    /// On a machine with 8 CPUs.
    fn new(cgroup: impl AsRef<[u8]>, mountinfo: impl AsRef<[u8]>) -> Self {
        let (cgroup, mountinfo) = (cgroup.as_ref().to_vec(), mountinfo.as_ref().to_vec());
        Self {
            cgroup,
            mountinfo,
            files: BTreeMap::new(),
            cpus: 8,
        }
    }

    /// In this cgroup of a v2 hierarchy that is mounted where it usually is.
    fn v2(path: &str) -> Self {
        Self::new(
            format!("0::{path}\n"),
            "20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
             21 20 0:5 / /proc rw - proc proc rw\n\
             28 20 0:24 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
        )
    }

    /// In this cgroup of a v1 hierarchy that is mounted where it usually is, beside others.
    fn v1(path: &str) -> Self {
        Self::new(
            format!("5:cpuset:/\n4:cpuacct,cpu:{path}\n1:name=systemd:{path}\n0::{path}\n"),
            "20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
             28 20 0:24 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
             29 20 0:25 / /sys/fs/cgroup/cpuset rw shared:5 - cgroup cgroup rw,cpuset\n\
             30 20 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:6 - cgroup cgroup rw,cpu,cpuacct\n",
        )
    }

    fn file(mut self, path: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> Self {
        self.files
            .insert(path.as_ref().to_vec(), Ok(text.as_ref().to_vec()));
        self
    }

    fn unreadable(mut self, path: &str, kind: io::ErrorKind) -> Self {
        self.files.insert(path.as_bytes().to_vec(), Err(kind));
        self
    }

    /// Both files of a v1 directory.
    fn cfs(self, directory: &str, quota: &str, period: &str) -> Self {
        self.file(format!("{directory}/cpu.cfs_quota_us"), quota)
            .file(format!("{directory}/cpu.cfs_period_us"), period)
    }

    fn cpus(self, cpus: usize) -> Self {
        Self { cpus, ..self }
    }

    fn budget(&self) -> CpuBudget {
        let read = |path: &[u8]| match self.files.get(path) {
            Some(Ok(text)) => Ok(text.clone()),
            Some(Err(kind)) => Err((*kind).into()),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        CpuBudget::from_texts(
            &self.cgroup,
            &self.mountinfo,
            read,
            NonZeroUsize::new(self.cpus).unwrap(),
        )
    }

    /// Workers, rounded up, at least one.
    fn workers(&self) -> usize {
        self.budget().procs(Rounding::Ceil, 1).get()
    }

    /// What was found at each level, from the process's own cgroup upwards.
    fn levels(&self) -> Vec<(String, Found)> {
        match self.budget().reason {
            Reason::Walked(levels) => levels
                .into_iter()
                .map(|Level { file, found }| (file.to_string(), found))
                .collect(),
            reason => panic!("nothing was walked: {reason}"),
        }
    }
}

fn ratio(quota: u64, period: u64) -> Ratio {
    Ratio::new(quota, period).unwrap()
}

fn file(path: &str) -> File {
    File(path.into())
}
