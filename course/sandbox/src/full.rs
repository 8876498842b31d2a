//! The full sandbox: bubblewrap.

use std::fs;
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{FILTERS, Job, Limits, MountAccess, OPTIONS, STATUS, filter, system};

/// Sets limits, from within the user namespace: there, each sandbox has a budget of processes of its own.
const PRLIMIT: &str = "/usr/bin/prlimit";

/// The command; the descriptors that it needs are added to `descriptors`.
pub fn command(job: &Job, descriptors: &mut Vec<(OwnedFd, i32)>) -> Result<Command> {
    let mut options: Vec<String> = Vec::new();
    let mut option = |words: &[&str]| options.extend(words.iter().map(|word| (*word).to_owned()));
    let fixed = "--unshare-all --unshare-user --disable-userns --die-with-parent --new-session \
                 --uid 65534 --gid 65534 --hostname grader --cap-drop ALL --clearenv";
    option(&fixed.split_whitespace().collect::<Vec<_>>());
    option(&["--json-status-fd", &STATUS.to_string()]);
    for path in system(job.tools) {
        let path = path.to_string_lossy();
        option(&["--ro-bind", &path, &path]);
    }
    if !job.tools {
        option(&["--ro-bind", PRLIMIT, PRLIMIT]);
    }
    for name in ["/lib", "/lib64", "/lib32", "/bin", "/sbin"] {
        // With a merged /usr these are links; else they are folders of their own.
        match (fs::read_link(name), Path::new(name).is_dir()) {
            (Ok(target), _) => option(&["--symlink", &target.to_string_lossy(), name]),
            (Err(_), true) if job.tools || name.starts_with("/lib") => {
                option(&["--ro-bind", name, name])
            }
            _ => {}
        }
    }
    for mount in &job.mounts {
        let bind = match mount.access {
            MountAccess::Write => "--bind",
            MountAccess::Read | MountAccess::Execute => "--ro-bind",
        };
        option(&[bind, &mount.host.to_string_lossy(), &mount.at]);
    }
    let fixed = "--proc /proc --remount-ro /proc --dev /dev --remount-ro /dev";
    option(&fixed.split_whitespace().collect::<Vec<_>>());
    option(&["--size", &job.limits.disk.to_string(), "--tmpfs", "/box"]);
    option(&["--symlink", "box", "/tmp", "--remount-ro", "/"]);
    option(&["--chdir", job.folder.as_deref().unwrap_or("/box")]);
    let path = ("PATH", "/usr/bin:/bin".to_owned());
    for (name, value) in [path].iter().chain(&job.variables) {
        option(&["--setenv", name, value]);
    }
    for (number, program) in (FILTERS..).zip(filter::programs(job.forks, None)?) {
        option(&["--add-seccomp-fd", &number.to_string()]);
        descriptors.push((memory(&filter::bytes(&program))?, number));
    }
    descriptors.push((memory((options.join("\0") + "\0").as_bytes())?, OPTIONS));
    let mut command = Command::new("bwrap");
    command
        .arg("--args")
        .arg(OPTIONS.to_string())
        .arg("--")
        .arg(PRLIMIT);
    command
        .args(limits(&job.limits))
        .arg("--")
        .arg(&job.program)
        .args(&job.arguments);
    Ok(command)
}

fn limits(limits: &Limits) -> Vec<String> {
    vec![
        // The soft limit ends it with a signal that says so, the hard one whatever it does with that signal.
        format!("--cpu={}:{}", limits.cpu, limits.cpu + 1),
        format!("--as={}", limits.memory),
        format!("--fsize={}", limits.disk),
        format!("--nproc={}", limits.processes),
        "--nofile=1024".to_owned(),
        "--core=0".to_owned(),
    ]
}

/// Bytes in a file that has no name.
fn memory(bytes: &[u8]) -> Result<OwnedFd> {
    let fd = rustix::fs::memfd_create("grade", rustix::fs::MemfdFlags::CLOEXEC)
        .context("no memory file")?;
    let mut file = fs::File::from(fd);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

/// The exit code that bubblewrap reports of what it started; `None` when it started nothing.
pub fn exit_code(status: &str) -> Option<i32> {
    let documents = serde_json::Deserializer::from_str(status).into_iter::<Value>();
    let code = documents
        .flatten()
        .find_map(|document| document["exit-code"].as_i64());
    code.and_then(|code| i32::try_from(code).ok())
}
