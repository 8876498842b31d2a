//! Stage 4: the tightest of all limits, and why.

use std::{fmt, io, num::NonZeroUsize};

use listings::cpu_budget::{
    Malformed, Membership, Ratio, Rounding, Version,
    s2_ratio::{parse_v1, parse_v2},
    s3_locate::{Unreachable, directories},
};

// ANCHOR: budget
/// How much CPU this process may use, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuBudget {
    /// How many CPUs it may run on: the machine's, less what affinity and cpusets take away.
    pub affinity: NonZeroUsize,
    /// The tightest CPU limit of its cgroup and of all visible ancestors; `None` when none of them has one.
    pub quota: Option<Ratio>,
    /// The file that `quota` was read from.
    pub source: Option<File>,
    /// What was looked at, and what was found there.
    pub reason: Reason,
}

impl CpuBudget {
    /// How many workers to start: the quota as a whole number, at least `min`, never more than the affinity.
    ///
    /// A `min` of 0 counts as 1. Go uses `Rounding::Ceil` and 2; std `Rounding::Floor` and 1.
    #[must_use]
    pub fn procs(&self, rounding: Rounding, min: usize) -> NonZeroUsize {
        // ANCHOR: solution_procs
        let Some(quota) = self.quota else {
            return self.affinity;
        };
        let whole = usize::try_from(quota.cpus(rounding)).unwrap_or(usize::MAX);
        NonZeroUsize::new(whole.max(min))
            .unwrap_or(NonZeroUsize::MIN)
            .min(self.affinity)
        // ANCHOR_END: solution_procs
    }
}
// ANCHOR_END: budget

/// The path of a file below `/proc` or a cgroup mount: bytes in any encoding.
#[derive(Clone, PartialEq, Eq)]
pub struct File(pub Vec<u8>);

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0), f)
    }
}

// ANCHOR: reason
/// How a budget came about. All but the last mean that the affinity is all that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Not Linux: there are no cgroups.
    NoCgroups,
    /// A file of `/proc` could not be read.
    NoProc(File, io::ErrorKind),
    /// `/proc/self/cgroup` has no line about CPU time.
    NoCpuController,
    /// The cgroup lies outside of the namespace: its path contains `..`.
    OutsideNamespace(File),
    /// No visible mount shows this cgroup.
    NotMounted(Version, File),
    /// These levels were read, from the process's own cgroup up to the mount point.
    Walked(Vec<Level>),
}

/// One directory on the way up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// The file that holds its quota.
    pub file: File,
    /// What stands there.
    pub found: Found,
}

/// What a level says. Only the first is a limit; none of the others stops the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A limit.
    Limit(Ratio),
    /// `max`, or a negative quota.
    Unlimited,
    /// No such file, as in the root cgroup, or where the controller is not enabled.
    Missing,
    /// A file that could not be read.
    Unreadable(io::ErrorKind),
    /// A file with something else in it.
    Malformed,
}
// ANCHOR_END: reason

// ANCHOR: from_texts
impl CpuBudget {
    /// The budget of a process with these texts in its `/proc/self/cgroup` and `/proc/self/mountinfo`.
    ///
    /// `read` returns a file's content. It is asked for limit files only, from the process's own cgroup upwards. An error
    /// means no limit at that level, and is told in [`CpuBudget::reason`]; so nothing here fails, or panics.
    pub fn from_texts(
        cgroup: &[u8],
        mountinfo: &[u8],
        mut read: impl FnMut(&[u8]) -> io::Result<Vec<u8>>,
        affinity: NonZeroUsize,
    ) -> Self {
        // ANCHOR: solution_from_texts
        let unlimited = |reason| Self {
            affinity,
            quota: None,
            source: None,
            reason,
        };
        let Some(member) = Membership::parse(cgroup) else {
            return unlimited(Reason::NoCpuController);
        };
        let directories = match directories(member, mountinfo) {
            Ok(directories) => directories,
            Err(why) => {
                let path = File(member.path.to_vec());
                return unlimited(match why {
                    Unreachable::OutsideNamespace => Reason::OutsideNamespace(path),
                    Unreachable::NotMounted => Reason::NotMounted(member.version, path),
                });
            }
        };
        let levels: Vec<_> = directories
            .into_iter()
            .map(|directory| match member.version {
                Version::V1 => Level::read_v1(&directory, &mut read),
                Version::V2 => Level::read_v2(&directory, &mut read),
            })
            .collect();
        let limits = levels.iter().filter_map(|level| match level.found {
            Found::Limit(ratio) => Some((ratio, &level.file)),
            _ => None,
        });
        // Every ancestor's limit applies to all below it, so the tightest one counts; of equals, the nearest.
        let tightest = limits.min_by_key(|(ratio, _)| *ratio);
        Self {
            affinity,
            quota: tightest.map(|(ratio, _)| ratio),
            source: tightest.map(|(_, file)| file.clone()),
            reason: Reason::Walked(levels),
        }
        // ANCHOR_END: solution_from_texts
    }
}
// ANCHOR_END: from_texts

// ANCHOR: level
impl Level {
    fn read_v2(directory: &[u8], read: &mut impl FnMut(&[u8]) -> io::Result<Vec<u8>>) -> Self {
        // ANCHOR: solution_read_v2
        let file = below(directory, "cpu.max");
        let found = read(&file).map(|text| parse_v2(&text));
        Self {
            file: File(file),
            found: found.into(),
        }
        // ANCHOR_END: solution_read_v2
    }

    fn read_v1(directory: &[u8], read: &mut impl FnMut(&[u8]) -> io::Result<Vec<u8>>) -> Self {
        // ANCHOR: solution_read_v1
        let file = below(directory, "cpu.cfs_quota_us");
        let found = read(&file).and_then(|quota| {
            let period = read(&below(directory, "cpu.cfs_period_us"))?;
            Ok(parse_v1(&quota, &period))
        });
        Self {
            file: File(file),
            found: found.into(),
        }
        // ANCHOR_END: solution_read_v1
    }
}

impl From<io::Result<Result<Option<Ratio>, Malformed>>> for Found {
    fn from(outcome: io::Result<Result<Option<Ratio>, Malformed>>) -> Self {
        // ANCHOR: solution_found_from
        match outcome {
            Ok(Ok(Some(ratio))) => Self::Limit(ratio),
            Ok(Ok(None)) => Self::Unlimited,
            Ok(Err(Malformed)) => Self::Malformed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Err(error) => Self::Unreadable(error.kind()),
        }
        // ANCHOR_END: solution_found_from
    }
}
// ANCHOR_END: level

fn below(directory: &[u8], file: &str) -> Vec<u8> {
    [directory, b"/", file.as_bytes()].concat()
}

impl fmt::Display for CpuBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "affinity: {} CPUs", self.affinity)?;
        match (&self.quota, &self.source) {
            (Some(quota), Some(source)) => writeln!(f, "quota:    {quota} CPUs, by {source}")?,
            _ => writeln!(f, "quota:    none")?,
        }
        write!(f, "because:  {}", self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCgroups => write!(f, "this system has no cgroups"),
            Self::NoProc(file, kind) => write!(f, "{file}: {kind}"),
            Self::NoCpuController => write!(f, "/proc/self/cgroup has no line about CPU time"),
            Self::OutsideNamespace(path) => write!(f, "{path} leads out of the cgroup namespace"),
            Self::NotMounted(version, path) => {
                let kind = if *version == Version::V1 {
                    "cgroup with cpu"
                } else {
                    "cgroup2"
                };
                write!(f, "no mount of type {kind} shows {path}")
            }
            Self::Walked(levels) => {
                for (index, level) in levels.iter().enumerate() {
                    let indent = if index == 0 { "" } else { "\n          " };
                    write!(f, "{indent}{}: {}", level.file, level.found)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(ratio) => write!(f, "{ratio} CPUs"),
            Self::Unlimited => write!(f, "no limit"),
            Self::Missing => write!(f, "not there"),
            Self::Unreadable(kind) => write!(f, "{kind}"),
            Self::Malformed => write!(f, "malformed"),
        }
    }
}
