//! Attempts of hostile code, made before any stranger's code is run: `course-grader probe` runs
//! inside the sandbox, and reports what it could do that it should not.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::{CHANNEL, ExitReason, Level, Limits, Sandbox};

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "probe";

/// Data for the probes: things that they must not reach.
#[derive(serde::Serialize, serde::Deserialize)]
struct Bait {
    /// The process that grades.
    grader: u32,
    /// A file that is not for strangers.
    secret: String,
    /// A port on which the grader listens.
    port: u16,
    /// An abstract socket that the grader listens on.
    name: String,
}

impl Sandbox {
    /// Runs hostile code in the sandbox.
    ///
    /// # Errors
    ///
    /// If the sandbox cannot start here, with what to do about it, or when the code got away with something.
    pub(super) fn prove(&self) -> Result<()> {
        let holes = self.holes().map_err(|error| explain(self.level, error))?;
        match (self.level, holes.is_empty()) {
            (Level::None, _) | (_, true) => Ok(()),
            (_, false) => bail!("hostile code can still {}", holes.join(", ")),
        }
    }

    /// Lists the attempts that succeed in this sandbox, and should not.
    ///
    /// # Errors
    ///
    /// If the sandbox cannot start.
    pub fn holes(&self) -> Result<Vec<String>> {
        let folder = tempfile::Builder::new().prefix("grade-probe").tempdir()?;
        let secret = folder.path().join("secret");
        // Readable by all but for the sandbox.
        self.folder(folder.path(), false)?;
        fs::write(&secret, "solution")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no loopback")?;
        let name = format!(
            "grade-{}-{}",
            std::process::id(),
            listener.local_addr()?.port()
        );
        let _abstract = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        let bait = Bait {
            grader: std::process::id(),
            secret: secret.to_string_lossy().into_owned(),
            port: listener.local_addr()?.port(),
            name,
        };
        let (ours, theirs) = UnixDatagram::pair()?;
        let limits = Limits {
            cpu: 5,
            wall: Duration::from_secs(30),
            processes: 32,
            ..Limits::TEST
        };
        let mut job = self.job(limits);
        let program = job.execute(&self.helper, "/t");
        job.program(program)
            .arg(SUBCOMMAND)
            .arg(serde_json::to_string(&bait)?);
        job.channel(theirs.into());
        let termination = self.run(job)?;
        ours.set_nonblocking(true)?;
        let mut buffer = vec![0; 64 * 1024];
        let Ok(count) = ours.recv(&mut buffer) else {
            bail!(
                "the probes did not come back ({:?}): {}",
                termination.reason,
                termination.output.trim()
            );
        };
        ensure!(
            termination.reason == ExitReason::Code(0),
            "the probes ended with {:?}: {}",
            termination.reason,
            termination.output.trim()
        );
        serde_json::from_slice(&buffer[..count]).context("the probes speak no JSON")
    }
}

/// Adds the remedy to the error of a sandbox that cannot start.
fn explain(level: Level, error: anyhow::Error) -> anyhow::Error {
    if level != Level::Full {
        return error;
    }
    let read = |path: &str| {
        fs::read_to_string(path)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let help = if !Path::new("/usr/bin/bwrap").exists()
        && Command::new("bwrap").arg("--version").output().is_err()
    {
        "bubblewrap is not installed: `apt-get install bubblewrap`, or `dnf install bubblewrap`"
    } else if !Path::new("/usr/bin/prlimit").exists() {
        "prlimit is not installed: it is part of util-linux"
    } else if read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        "AppArmor keeps programs from making user namespaces (Ubuntu since 23.10). Allow it for bubblewrap alone: write \
         `abi <abi/4.0>, include <tunables/global> profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }` to \
         /etc/apparmor.d/bwrap, then `systemctl reload apparmor`"
    } else if read("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        "the kernel keeps users from making user namespaces: `sysctl kernel.unprivileged_userns_clone=1`"
    } else if read("/proc/sys/user/max_user_namespaces") == "0" {
        "the kernel allows no user namespaces: `sysctl user.max_user_namespaces=10000`"
    } else {
        "inside a container, user namespaces are often refused: the reduced sandbox is made for that"
    };
    error.context(help)
}

/// An attempt of hostile code: its name, and a function that is true if it succeeds.
type Attempt = (&'static str, fn(&Bait) -> bool);

/// Tries everything, and reports on the grader's channel.
#[must_use]
pub fn main(bait: &str) -> ExitCode {
    let Ok(bait) = serde_json::from_str::<Bait>(bait) else {
        return ExitCode::FAILURE;
    };
    // SAFETY: the grader that starts this program opens this descriptor for it, and nothing has taken it yet.
    let channel = UnixDatagram::from(unsafe { OwnedFd::from_raw_fd(CHANNEL) });
    let attempts: [Attempt; 17] = [
        ("read the grader's files", |bait| {
            fs::read(&bait.secret).is_ok()
        }),
        ("read the system's files", |_| {
            fs::read("/etc/passwd").is_ok() || fs::read_dir("/home").is_ok()
        }),
        ("read other processes' state", |bait| {
            let parent = rustix::process::getppid().map_or(0, rustix::process::Pid::as_raw_pid);
            let is_ours = |text: Vec<u8>| {
                text.windows(SUBCOMMAND.len())
                    .any(|it| it == SUBCOMMAND.as_bytes())
            };
            // Within a namespace of its own, process 1 is the sandbox, whose command line says nothing.
            let seen = |pid: u32| {
                fs::read(format!("/proc/{pid}/environ")).is_ok_and(|text| !text.is_empty())
            };
            seen(bait.grader)
                || (parent > 1 && fs::read(format!("/proc/{parent}/cmdline")).is_ok_and(is_ours))
        }),
        (
            "find the grader's paths in the sandbox's command line",
            |_| {
                let line = fs::read("/proc/1/cmdline").unwrap_or_default();
                line.windows(4).any(|it| it == b"bind")
            },
        ),
        ("use descriptors that were left open", |_| {
            descriptors_were_left_open()
        }),
        ("write to its own memory", |_| own_memory_can_be_written()),
        ("connect to the network", |bait| {
            TcpStream::connect((Ipv4Addr::LOCALHOST, bait.port)).is_ok()
        }),
        ("listen on the network", |_| {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).is_ok()
        }),
        ("send datagrams", |_| {
            UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
                .is_ok_and(|it| it.send_to(b"x", (Ipv4Addr::LOCALHOST, 9)).is_ok())
        }),
        ("reach an abstract socket", |bait| {
            SocketAddr::from_abstract_name(&bait.name)
                .is_ok_and(|it| UnixStream::connect_addr(&it).is_ok())
        }),
        ("start a process", |_| {
            Command::new("/proc/self/exe")
                .arg("--version")
                .spawn()
                .is_ok_and(|mut it| it.wait().is_ok())
        }),
        ("signal the grader", |bait| signal_reaches(bait.grader)),
        ("write outside its folder", |bait| {
            ["/", "/dev", "/dev/shm", "/usr/lib", "/var/tmp", "/home"]
                .iter()
                .any(|folder| {
                    let path = Path::new(folder).join(format!(
                        "probe-{}-{}",
                        bait.grader,
                        std::process::id()
                    ));
                    let made = OpenOptions::new()
                        .create_new(true)
                        .write(true)
                        .open(&path)
                        .is_ok();
                    made && fs::remove_file(&path).is_ok()
                })
        }),
        ("write more than its share", |_| more_can_be_written()),
        ("take more memory than its share", |_| {
            let share = Limits::TEST.memory as usize;
            Vec::<u8>::new().try_reserve_exact(share).is_ok()
        }),
        ("start more threads than its share", |_| {
            threads_are_unlimited()
        }),
        ("trace a process", |bait| {
            fs::read(format!("/proc/{}/mem", bait.grader)).is_ok()
        }),
    ];
    let holes: Vec<&str> = attempts
        .iter()
        .filter(|(_, attempt)| attempt(&bait))
        .map(|(name, _)| *name)
        .collect();
    match serde_json::to_vec(&holes).map(|report| channel.send(&report)) {
        Ok(Ok(_)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// True if there is a descriptor besides the standard ones, the grader's channel, and the one that reads the folder.
fn descriptors_were_left_open() -> bool {
    let open = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers
        .filter(|&number| number > 2 && number != CHANNEL)
        .count()
        > 1
}

/// `/proc/self/mem` would make safe code unsafe. The byte that is written is the one that was read.
fn own_memory_can_be_written() -> bool {
    static BYTE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(7);
    let write = || -> std::io::Result<()> {
        let mut memory = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/proc/self/mem")?;
        let mut byte = [0];
        memory.seek(SeekFrom::Start((&raw const BYTE).addr() as u64))?;
        memory.read_exact(&mut byte)?;
        memory.seek(SeekFrom::Start((&raw const BYTE).addr() as u64))?;
        memory.write_all(&byte)
    };
    write().is_ok()
}

fn signal_reaches(grader: u32) -> bool {
    let pid = i32::try_from(grader)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// Fills the folder it may write to, if there is one, with files that are each small enough.
fn more_can_be_written() -> bool {
    let share = Limits::TEST.disk;
    let chunk = vec![1; 1 << 20];
    let mut written = 0;
    let mut paths = Vec::new();
    'files: for number in 0.. {
        let path = std::env::temp_dir().join(format!("probe-{}-{number}", std::process::id()));
        let Ok(mut file) = File::create_new(&path) else {
            break;
        };
        paths.push(path);
        for _ in 0..16 {
            if file.write_all(&chunk).is_err() || written > share {
                break 'files;
            }
            written += chunk.len() as u64;
        }
    }
    paths.iter().for_each(|path| drop(fs::remove_file(path)));
    written > share
}

fn threads_are_unlimited() -> bool {
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let receiver = std::sync::Arc::new(std::sync::Mutex::new(receiver));
    let mut threads = Vec::new();
    // Twice what one test may have, with stacks that would fit; memory or the count must stop it.
    while threads.len() < 600 {
        let receiver = std::sync::Arc::clone(&receiver);
        let wait = move || drop(receiver.lock().map(|it| it.recv()));
        match std::thread::Builder::new().stack_size(2 << 20).spawn(wait) {
            Ok(thread) => threads.push(thread),
            Err(_) => break,
        }
    }
    drop(sender);
    let count = threads.len();
    threads.into_iter().for_each(|thread| drop(thread.join()));
    count >= 600
}
