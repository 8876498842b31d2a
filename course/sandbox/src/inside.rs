//! The step between the grader and a stranger's program without bubblewrap: `course-grader inside` restricts itself,
//! and becomes the program.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::{Job, Level, Limits, Mount, MountAccess, STATUS, filter, system};

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "inside";

/// The oldest landlock with which a process cannot truncate, or signal, what is outside. Newer ones are used too.
const OLDEST: ABI = ABI::V3;

#[derive(Serialize, Deserialize)]
struct JobSpec {
    restricted: bool,
    mounts: Vec<Mount>,
    limits: Limits,
    tools: bool,
    forks: bool,
    modes: bool,
    /// True if nobody else has this user's number, so that its processes can be counted.
    counted: bool,
    folder: Option<String>,
    program: String,
    arguments: Vec<String>,
}

/// The command that runs a job through [`main`].
pub fn command(helper: &Path, job: &Job, level: Level) -> Result<Command> {
    let text = |word: &OsString| {
        word.clone()
            .into_string()
            .ok()
            .context("an argument is not UTF-8")
    };
    let spec = JobSpec {
        restricted: level == Level::Reduced,
        mounts: job.mounts.clone(),
        limits: job.limits,
        tools: job.tools,
        forks: job.forks,
        modes: job.modes,
        counted: job.user.is_some(),
        folder: job.folder.clone(),
        program: text(&job.program)?,
        arguments: job.arguments.iter().map(text).collect::<Result<_>>()?,
    };
    let mut command = Command::new(helper);
    command.arg(SUBCOMMAND).arg(serde_json::to_string(&spec)?);
    // The grader clears the environment; what the job wants goes through `env`, which becomes the job's.
    command.args(
        job.variables
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    Ok(command)
}

/// Follows the orders of a grader. Returns only when it cannot.
#[must_use]
pub fn main(spec: &str, variables: &[String]) -> ExitCode {
    // SAFETY: the grader that starts this program opens this descriptor for it, and nothing has taken it yet.
    let mut status = File::from(unsafe { OwnedFd::from_raw_fd(STATUS) });
    let error = match become_job(spec, variables, &status) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    let _ = write!(status, "{error:#}");
    ExitCode::from(125)
}

fn become_job(spec: &str, variables: &[String], status: &File) -> Result<std::convert::Infallible> {
    let spec: JobSpec = serde_json::from_str(spec).context("these are no orders of a grader")?;
    ensure!(
        !rustix::process::geteuid().is_root(),
        "strangers' code is never run as root"
    );
    // Closed by becoming the program: an empty pipe says that it started.
    rustix::io::fcntl_setfd(status, rustix::io::FdFlags::CLOEXEC)?;
    let limits = spec.limits;
    let limit = |resource, soft, hard| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(soft),
                maximum: Some(hard),
            },
        )
        .context("a limit cannot be set")
    };
    limit(Resource::Cpu, limits.cpu, limits.cpu + 1)?;
    limit(Resource::As, limits.memory, limits.memory)?;
    limit(Resource::Fsize, limits.disk, limits.disk)?;
    limit(Resource::Nofile, 1024, 1024)?;
    limit(Resource::Core, 0, 0)?;
    if spec.counted {
        limit(Resource::Nproc, limits.processes, limits.processes)?;
    }
    if spec.restricted {
        restrict(&spec)?;
    }
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    for variable in variables {
        let (name, value) = variable.split_once('=').context("a variable has a value")?;
        command.env(name, value);
    }
    command.current_dir(spec.folder.as_deref().unwrap_or("/"));
    Err(command.exec()).context("the program cannot be started")
}

fn restrict(spec: &JobSpec) -> Result<()> {
    let newest = ABI::V7;
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let files = AccessFs::from_all(newest);
    let system = system(spec.tools);
    let this = format!("/proc/{}", std::process::id());
    let libraries = ["/lib", "/lib64", "/bin"].map(Path::new);
    let programs = system.iter().map(PathBuf::as_path).chain(libraries);
    let mut rules: Vec<(&Path, BitFlags<AccessFs>)> = programs
        .map(|path| (path, read | AccessFs::Execute))
        .collect();
    let devices =
        ["null", "zero", "urandom", "random", "full"].map(|it| Path::new("/dev").join(it));
    let use_device = AccessFs::ReadFile | AccessFs::WriteFile;
    rules.extend(devices.iter().map(|path| (path.as_path(), use_device)));
    // Its own state, to read: other processes' is nobody's business, and writing to its own memory is no safe code.
    rules.push((Path::new(&this), read));
    for mount in &spec.mounts {
        let access = match mount.access {
            MountAccess::Read => read | AccessFs::Execute,
            // The kernel reads what it executes as the process; what must stay unread has a mode that says so.
            MountAccess::Execute => AccessFs::ReadFile | AccessFs::Execute,
            MountAccess::Write => files,
        };
        rules.push((&mount.host, access));
    }
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(files)?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?;
    for (path, access) in rules {
        let Ok(fd) = PathFd::new(path) else { continue };
        let access = if path.is_dir() {
            access
        } else {
            access & AccessFs::from_file(newest)
        };
        ruleset = ruleset.add_rule(PathBeneath::new(fd, access))?;
    }
    let status = ruleset.restrict_self().context("landlock refuses")?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        bail!("this kernel has no landlock");
    }
    for program in filter::programs(
        spec.forks,
        Some(filter::ProcessRules {
            pid: std::process::id(),
            modes: spec.modes,
        }),
    )? {
        seccompiler::apply_filter(&program).context("the filter cannot be loaded")?;
    }
    Ok(())
}
