//! Users for strangers' code when the grader is root: each sandbox has its own, and nobody else has it.
//!
//! The kernel counts processes by user. Sandboxes that share one starve each other, and could
//! signal each other: so no two do, neither of one grader nor of several on one machine.

use std::fs;
use std::ops::RangeInclusive;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};

/// The numbers that systemd gives to services and takes back: distributions give them to no user of theirs.
const NUMBERS: RangeInclusive<u32> = 61_184..=65_519;

/// The number of identities that this process has requested.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

/// A user's number, claimed by this process until it is dropped or the process ends.
#[derive(Debug)]
pub struct Identity {
    number: u32,
    /// Its name can be taken once on a machine, and the kernel gives it back.
    _claim: UnixListener,
}

impl Identity {
    /// Claims a number that nobody has.
    ///
    /// # Errors
    ///
    /// If this root may become nobody else, or when all numbers are taken.
    pub fn take() -> Result<Self> {
        let count = NUMBERS.end() - NUMBERS.start() + 1;
        let may_be = mapped();
        for _ in 0..count {
            // Graders begin at different places. Relaxed: the counter guards no other memory.
            let step = std::process::id()
                .wrapping_mul(61)
                .wrapping_add(REQUESTS.fetch_add(1, Ordering::Relaxed));
            let number = NUMBERS.start() + step % count;
            if !may_be
                .iter()
                .any(|range| range.contains(&u64::from(number)))
            {
                continue;
            }
            let Some(claim) = claim(number)? else {
                continue;
            };
            if !has_name(number) && !has_process(number) {
                return Ok(Self {
                    number,
                    _claim: claim,
                });
            }
        }
        bail!(
            "this root may become none of the users {} to {}, or all of them are taken: grade as a user, not as root",
            NUMBERS.start(),
            NUMBERS.end()
        )
    }

    /// The user's number, which is also its group's.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// The numbers that a process of this user namespace may have.
fn mapped() -> Vec<std::ops::Range<u64>> {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let range = |line: &str| {
        let mut parts = line.split_whitespace().map(str::parse::<u64>);
        let (first, _, count) = (parts.next()?.ok()?, parts.next()?, parts.next()?.ok()?);
        Some(first..first + count)
    };
    map.lines().filter_map(range).collect()
}

/// Claims a number among all graders of the machine; `None` if another has claimed it.
fn claim(number: u32) -> Result<Option<UnixListener>> {
    let name = SocketAddr::from_abstract_name(format!("course-grade-user-{number}"))?;
    match UnixListener::bind_addr(&name) {
        Ok(claim) => Ok(Some(claim)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error).context("a user's number cannot be claimed"),
    }
}

/// True if the system knows a user of this number, also from a directory of the school or from systemd.
fn has_name(number: u32) -> bool {
    match Command::new("getent")
        .args(["passwd", &number.to_string()])
        .output()
    {
        Ok(output) => output.status.success(),
        Err(_) => fs::read_to_string("/etc/passwd").is_ok_and(|users| {
            users
                .lines()
                .any(|user| user.split(':').nth(2) == Some(&number.to_string()))
        }),
    }
}

/// True if a process runs as this user: one of a container that sees other sockets and files than we do.
fn has_process(number: u32) -> bool {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with(|c: char| c.is_ascii_digit())
        })
        .any(|entry| entry.metadata().is_ok_and(|it| it.uid() == number))
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// A process that a test starts has a claim of another test until it becomes its own program.
    static STARTS_PROCESSES: Mutex<()> = Mutex::new(());

    #[test]
    fn number_is_claimed_once_until_the_claim_is_dropped() {
        let _alone = STARTS_PROCESSES
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let free = |number| Some((number, claim(number).unwrap()?));
        let (number, held) = NUMBERS.rev().find_map(free).unwrap();
        // Another grader gets this answer.
        assert!(claim(number).unwrap().is_none());
        drop(held);
        assert!(claim(number).unwrap().is_some());
    }

    #[test]
    fn user_that_there_is_is_never_taken() {
        let _alone = STARTS_PROCESSES
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        assert!(has_name(0) && has_process(0));
        assert!(
            NUMBERS.contains(&61_184) && !NUMBERS.contains(&65_534),
            "65534 is everybody's nobody"
        );
    }
}
