//! Runs strangers' programs in a sandbox, as isolated from the machine as the machine allows.
//!
//! In goes a [`Job`]: a program, the files that it may reach, and its [`Limits`]. Out comes its
//! [`Termination`]: the reason of its end, and its output.
//!
//! | level | isolation |
//! |---|---|
//! | [`Level::Full`] | bubblewrap: namespaces of its own, read-only root, no network, a capped tmpfs; system calls filtered; limits set inside its user namespace |
//! | [`Level::Reduced`] | landlock, the same filter, the same limits; one folder to write to, which is watched |
//! | [`Level::None`] | the limits only; never unless it is wanted |
//!
//! The level is found by trying: [`probes`] does what hostile code would do, and a level at which
//! any of it succeeds is not used. Nothing is ever run as root: each sandbox of a grader that is
//! root has a user of its own: see [`identity`].
//!
//! ```no_run
//! use sandbox::{ExitReason, Limits, Sandbox};
//! # fn main() -> anyhow::Result<()> {
//! // The main function of this program calls `inside::main` and `probes::main` for their subcommands.
//! let helper = std::env::current_exe()?;
//! let sandbox = Sandbox::find(&helper, None)?;
//! let mut job = sandbox.job(Limits::TEST);
//! job.with_programs().program("/bin/echo").arg("hello");
//! let end = sandbox.run(job)?;
//! assert_eq!(end.reason, ExitReason::Code(0));
//! assert_eq!(end.output, "hello\n");
//! # Ok(())
//! # }
//! ```
#![cfg(target_os = "linux")]

mod filter;
mod full;
pub mod identity;
pub mod inside;
pub mod probes;

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use command_fds::{CommandFdExt, FdMapping};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use identity::Identity;

/// The descriptor of the channel between a test and the grader.
pub const CHANNEL: i32 = 3;
/// The descriptor on which bubblewrap, or [`inside`], reports whether it started the program.
const STATUS: i32 = 4;
/// The descriptor of bubblewrap's options: on its command line they would be readable from within.
const OPTIONS: i32 = 5;
/// The first of the descriptors of filters.
const FILTERS: i32 = 6;
/// The time between two checks of a folder that has no size limit of its own.
const WATCH_INTERVAL: Duration = Duration::from_millis(20);
/// The least size that a file counts as, in bytes: making one takes as long as writing that much.
const MIN_FILE_SIZE: u64 = 16 * 1024;
/// The most output of a process that is kept, in bytes.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// A degree of isolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Limits only.
    None,
    /// landlock, filter and limits.
    Reduced,
    /// bubblewrap, filter and limits.
    Full,
}

impl Level {
    /// The word in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reduced => "reduced",
            Self::Full => "full",
        }
    }
}

/// Limits of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// CPU time in seconds: the limit that counts.
    pub cpu: u64,
    /// Time on the clock, much more than `cpu`: it ends what waits forever.
    pub wall: Duration,
    /// Address space in bytes.
    pub memory: u64,
    /// The largest file, and all of the writable folder, in bytes.
    pub disk: u64,
    /// Threads and processes.
    pub processes: u64,
}

impl Limits {
    /// For one test.
    pub const TEST: Self = Self {
        cpu: 10,
        wall: Duration::from_secs(60),
        memory: 1 << 30,
        disk: 64 << 20,
        processes: 128,
    };
    /// For one run of the compiler.
    pub const COMPILE: Self = Self {
        cpu: 30,
        wall: Duration::from_secs(180),
        memory: 6 << 30,
        disk: 1 << 30,
        processes: 256,
    };
}

/// A sandbox of some level, checked.
#[derive(Debug)]
pub struct Sandbox {
    level: Level,
    /// The program that has [`inside::main`] behind its subcommand.
    helper: PathBuf,
    /// The user of its processes, if the grader is root.
    identity: Option<Identity>,
}

/// A program to run in a sandbox, and what it may reach.
#[derive(Debug)]
pub struct Job {
    level: Level,
    user: Option<u32>,
    mounts: Vec<Mount>,
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, String)>,
    folder: Option<String>,
    limits: Limits,
    /// True if it sees the programs of the system, and may start them.
    tools: bool,
    /// True if it may start processes.
    forks: bool,
    /// True if it may change files' modes where no namespace keeps them apart: a linker does.
    modes: bool,
    /// True if it has a folder of limited size to write to: `/tmp`, or the one in `TMPDIR`.
    scratch: bool,
    channel: Option<OwnedFd>,
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Mount {
    host: PathBuf,
    at: String,
    access: MountAccess,
}

/// A permission on a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum MountAccess {
    Read,
    Execute,
    Write,
}

/// The way in which a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// It exited with this code.
    Code(i32),
    /// It was ended by this signal.
    Signal(i32),
    /// It was still running when its wall-clock time was up.
    Timeout,
}

/// The end of a job, and its output.
#[derive(Debug, Clone)]
pub struct Termination {
    /// The way in which it ended.
    pub reason: ExitReason,
    /// The beginning and the end of its output, on both streams.
    pub output: String,
    /// True if it printed more than is kept.
    pub truncated: bool,
}

impl Termination {
    /// True if it ran out of CPU time.
    #[must_use]
    pub fn used_up_cpu(&self) -> bool {
        self.reason == ExitReason::Signal(libc::SIGXCPU)
    }
}

impl Sandbox {
    /// Finds the best sandbox of this machine, or one of the wanted level; proven by [`probes`].
    ///
    /// `helper` is the program that calls [`inside::main`] and [`probes::main`].
    ///
    /// # Errors
    ///
    /// If there is none, with what is missing at each level and how to get it.
    pub fn find(helper: &Path, wanted: Option<Level>) -> Result<Self> {
        let mut reasons = Vec::new();
        for level in [Level::Full, Level::Reduced, Level::None] {
            if wanted.map_or(level == Level::None, |wanted| wanted != level) {
                continue;
            }
            match Self::proven(helper, level) {
                Ok(sandbox) => return Ok(sandbox),
                Err(error) => reasons.push(format!("  {}: {error:#}", level.name())),
            }
        }
        bail!(
            "no sandbox can be had here, and strangers' code is not run without one\n{}\n\
             `--no-sandbox` grades without one, which is right only for code that you trust",
            reasons.join("\n")
        )
    }

    /// A sandbox of one level, proven by [`probes`].
    ///
    /// # Errors
    ///
    /// If this machine has none, with what is missing and how to get it.
    pub fn proven(helper: &Path, level: Level) -> Result<Self> {
        let sandbox = Self::unproven(helper, level)?;
        sandbox.prove()?;
        Ok(sandbox)
    }

    /// A sandbox that is not proven.
    fn unproven(helper: &Path, level: Level) -> Result<Self> {
        ensure!(helper.is_file(), "{} is not there", helper.display());
        let root = rustix::process::geteuid().is_root();
        let identity = root.then(Identity::take).transpose()?;
        Ok(Self {
            level,
            helper: helper.to_owned(),
            identity,
        })
    }

    /// Makes another of the same level with an identity of its own, for jobs that run at the same time.
    ///
    /// # Errors
    ///
    /// As [`Identity::take`].
    pub fn another(&self) -> Result<Self> {
        Self::unproven(&self.helper, self.level)
    }

    /// Its level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The user of its processes, if it is not the grader's.
    #[must_use]
    pub fn user(&self) -> Option<u32> {
        self.identity.as_ref().map(Identity::number)
    }

    /// Makes a folder that strangers' processes can read and, if `writable`, write to.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn folder(&self, path: &Path, writable: bool) -> Result<()> {
        fs::create_dir_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
        let mode = if writable { 0o700 } else { 0o755 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        if let (true, Some(user)) = (writable, self.user()) {
            chown(path, Some(user), Some(user))?;
        }
        Ok(())
    }

    /// Makes a job.
    #[must_use]
    pub fn job(&self, limits: Limits) -> Job {
        Job {
            level: self.level,
            user: self.user(),
            mounts: Vec::new(),
            program: OsString::new(),
            arguments: Vec::new(),
            variables: vec![("LC_ALL", "C.UTF-8".to_owned())],
            folder: None,
            limits,
            tools: false,
            forks: false,
            modes: false,
            scratch: false,
            channel: None,
        }
    }

    /// Makes a folder for one job, which is removed with it.
    fn scratch(&self, job: &mut Job) -> Result<tempfile::TempDir> {
        let folder = tempfile::Builder::new()
            .prefix("grade-box-")
            .tempdir()
            .context("no temporary folder")?;
        self.folder(folder.path(), true)?;
        let at = job.write(folder.path(), "/box");
        job.env("TMPDIR", at);
        Ok(folder)
    }

    /// Runs a job, and waits for its end. No process of the job is left then.
    ///
    /// # Errors
    ///
    /// If it cannot be started: that is never the job's own fault.
    pub fn run(&self, mut job: Job) -> Result<Termination> {
        // The full sandbox has a file system of its own for it, which knows its size.
        let scratch = (job.scratch && self.level != Level::Full)
            .then(|| self.scratch(&mut job))
            .transpose()?;
        let (status_reader, status) = std::io::pipe()?;
        let (mut reader, output) = std::io::pipe()?;
        let mut descriptors = vec![(OwnedFd::from(status), STATUS)];
        let mut command = match self.level {
            Level::Full => full::command(&job, &mut descriptors)?,
            Level::Reduced | Level::None => inside::command(&self.helper, &job, self.level)?,
        };
        descriptors.extend(job.channel.map(|channel| (channel, CHANNEL)));
        bind_to_grader(&mut command);
        let mappings = descriptors
            .into_iter()
            .map(|(parent_fd, child_fd)| FdMapping {
                parent_fd,
                child_fd,
            });
        command
            .fd_mappings(mappings.collect())
            .context("descriptors collide")?;
        command.env_clear().current_dir("/").process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        if let Some(user) = job.user {
            // Supplementary groups go with it: std drops them when root sets a user.
            command.uid(user).gid(user);
        }
        let mut child = command.spawn().context("the sandbox cannot be started")?;
        // The command holds the other ends of the pipes, which must close when the job ends.
        drop(command);
        let pid = rustix::process::Pid::from_child(&child);
        let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?;
        let end = Instant::now() + job.limits.wall;
        let mut printed = HeadAndTail::default();
        let mut open = true;
        let mut timed_out = false;
        let mut is_filled = false;
        let mut looked = Instant::now();
        loop {
            let mut left = end.saturating_duration_since(Instant::now());
            if let Some(folder) = &scratch {
                if looked.elapsed() >= WATCH_INTERVAL {
                    is_filled = is_full(folder.path(), job.limits.disk);
                    looked = Instant::now();
                }
                left = left.min(WATCH_INTERVAL);
            }
            if is_filled {
                break;
            }
            let timeout = Timespec {
                tv_sec: left.as_secs() as i64,
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            let mut waited = vec![PollFd::new(&pidfd, PollFlags::IN)];
            if open {
                waited.push(readable_end(&reader));
            }
            match poll(&mut waited, Some(&timeout)) {
                Err(rustix::io::Errno::INTR) => continue,
                ready => ready?,
            };
            let (ended, readable) = (
                !waited[0].revents().is_empty(),
                open && !waited[1].revents().is_empty(),
            );
            if readable {
                open = printed.read(&mut reader)?;
            } else if ended {
                break;
            }
            if Instant::now() >= end {
                timed_out = !ended;
                break;
            }
        }
        // Whatever is left in the group. With namespaces, nothing is; with the filter, nothing can leave the group.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        let status = child.wait()?;
        // The output before the end; a process that outlived the job would be a hole, and cannot hold us up.
        let now = Timespec::default();
        while open && poll(&mut [readable_end(&reader)], Some(&now))? > 0 {
            open = printed.read(&mut reader)?;
        }
        let (mut output, truncated) = printed.text();
        if let Some(folder) = &scratch {
            // Its name is another every time, and means nothing.
            output = output.replace(&*folder.path().to_string_lossy(), "/tmp");
        }
        let mut said = String::new();
        status_reader.take(64 * 1024).read_to_string(&mut said)?;
        let reason = match (timed_out, self.level) {
            _ if is_filled => ExitReason::Signal(libc::SIGXFSZ),
            (true, _) => ExitReason::Timeout,
            (false, Level::Full) => match full::exit_code(&said) {
                Some(code) if code > 128 => ExitReason::Signal(code - 128),
                Some(code) => ExitReason::Code(code),
                // bubblewrap itself was killed, from outside, or its options do not work here.
                None => bail!("bubblewrap did not start: {}", output.trim()),
            },
            (false, _) if !said.is_empty() => bail!("{said}"),
            (false, _) => match (status.code(), status.signal()) {
                (Some(code), _) => ExitReason::Code(code),
                (None, signal) => ExitReason::Signal(signal.unwrap_or(0)),
            },
        };
        Ok(Termination {
            reason,
            output,
            truncated,
        })
    }
}

fn readable_end(reader: &std::io::PipeReader) -> PollFd<'_> {
    PollFd::from_borrowed_fd(reader.as_fd(), PollFlags::IN)
}

/// Makes a command end with the grader, and inherit no descriptor but those it is given afterwards: the program that
/// started the grader may have left some open.
fn bind_to_grader(command: &mut Command) {
    let grader = std::process::id();
    let bind = move || {
        // After the change of user, which would forget it.
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        let parent = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
        if parent.is_none_or(|parent| u32::try_from(parent) != Ok(grader)) {
            return Err(rustix::io::Errno::SRCH.into());
        }
        // SAFETY: it takes three numbers, and touches no memory.
        match unsafe {
            libc::syscall(
                libc::SYS_close_range,
                3,
                u32::MAX,
                libc::CLOSE_RANGE_CLOEXEC,
            )
        } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: between fork and exec the closure makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(bind) };
}

/// True if a folder has more in it than a job may write: bytes, or files of nearly none.
fn is_full(folder: &Path, disk: u64) -> bool {
    let mut left = disk;
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        let size = entry
            .metadata()
            .map_or(0, |it| it.len().min(it.blocks() * 512));
        let Some(less) = left.checked_sub(size.max(MIN_FILE_SIZE)) else {
            return true;
        };
        left = less;
    }
    false
}

/// The beginning and the end of a stream: half of [`OUTPUT_LIMIT`] each.
#[derive(Default)]
struct HeadAndTail {
    head: Vec<u8>,
    tail: Vec<u8>,
    cut: bool,
}

impl HeadAndTail {
    /// Reads some more; `false` at the end of the stream.
    fn read(&mut self, reader: &mut impl Read) -> Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = match reader.read(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(true),
            count => count?,
        };
        let (head, tail) = buffer[..count].split_at(count.min(OUTPUT_LIMIT / 2 - self.head.len()));
        self.head.extend_from_slice(head);
        self.tail.extend_from_slice(tail);
        if self.tail.len() > OUTPUT_LIMIT {
            self.shorten();
        }
        Ok(count > 0)
    }

    fn shorten(&mut self) {
        let more = self.tail.len().saturating_sub(OUTPUT_LIMIT / 2);
        self.tail.drain(..more);
        self.cut |= more > 0;
    }

    fn text(mut self) -> (String, bool) {
        self.shorten();
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        text.push_str(if self.cut { "\n[…]\n" } else { "" });
        text.push_str(&String::from_utf8_lossy(&self.tail));
        (text, self.cut)
    }
}

impl Job {
    /// Lets it read a file or folder, and returns its path in the sandbox.
    pub fn read(&mut self, host: &Path, at: &str) -> String {
        self.mount(host, at, MountAccess::Read)
    }

    /// Lets it execute a file, and returns its path in the sandbox. Reading it takes [`Job::read`].
    pub fn execute(&mut self, host: &Path, at: &str) -> String {
        self.mount(host, at, MountAccess::Execute)
    }

    /// Lets it write below a folder, and returns its path in the sandbox.
    pub fn write(&mut self, host: &Path, at: &str) -> String {
        self.mount(host, at, MountAccess::Write)
    }

    fn mount(&mut self, host: &Path, at: &str, access: MountAccess) -> String {
        self.mounts.push(Mount {
            host: host.to_owned(),
            at: at.to_owned(),
            access,
        });
        match self.level {
            Level::Full => at.to_owned(),
            Level::Reduced | Level::None => host.display().to_string(),
        }
    }

    /// Sets the program, by a path that `execute` or `read` gave.
    pub fn program(&mut self, program: impl Into<OsString>) -> &mut Self {
        self.program = program.into();
        self
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl Into<OsString>) -> &mut Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<S: Into<OsString>>(&mut self, arguments: impl IntoIterator<Item = S>) -> &mut Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable: there are no others.
    pub fn env(&mut self, name: &'static str, value: impl Into<String>) -> &mut Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Sets the working directory, by a path that `read` or `write` gave.
    pub fn current_dir(&mut self, folder: impl Into<String>) -> &mut Self {
        self.folder = Some(folder.into());
        self
    }

    /// Lets it see the system's programs, and start them.
    pub fn with_programs(&mut self) -> &mut Self {
        self.tools = true;
        self.forks = true;
        self
    }

    /// Lets it do the same, and make programs: the compiler calls a linker.
    pub fn with_tools(&mut self) -> &mut Self {
        self.modes = true;
        self.with_programs()
    }

    /// Gives it a folder to write to, as large as its limit of disk.
    pub fn with_scratch(&mut self) -> &mut Self {
        self.scratch = true;
        self
    }

    /// Gives it the grader's channel.
    pub fn channel(&mut self, channel: OwnedFd) -> &mut Self {
        self.channel = Some(channel);
        self
    }
}

/// Root-owned programs and libraries of the system that a process may use, as far as they exist.
fn system(tools: bool) -> Vec<PathBuf> {
    let all: &[&str] = if tools {
        &["/usr", "/etc/alternatives"]
    } else {
        &["/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libx32"]
    };
    let all = all.iter().map(PathBuf::from);
    all.filter(|path| path.exists()).collect()
}
