//! Compiling with `rustc` itself: exact libraries, the grader's command line, and nothing of a submission but Rust files.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::fs::{Mode, OFlags};

use super::text::harmless;
use sandbox::{How, Limits, Sandbox};
use toolchain::cargo::Artifacts;
use toolchain::suite::remembering;

/// Compiler and libraries, where strangers' processes can read them.
#[derive(Debug)]
pub struct Toolchain {
    sysroot: PathBuf,
    libraries: PathBuf,
    externs: BTreeMap<String, String>,
    digest: String,
    limits: Limits,
}

/// What to make.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// The library `listings`.
    Library,
    /// A test program against this library.
    Tests(&'a Path),
}

/// What the compiler did for the solution, and need not do again for others: their tests are the same, and most of what is
/// compiled with them. Everybody gets their own.
#[derive(Debug, Clone, Copy)]
pub enum Memory<'a> {
    /// Nothing is remembered.
    None,
    /// Keep it in this folder, which does not exist yet.
    Keep(&'a Path),
    /// Begin with what is in this folder.
    Use(&'a Path),
}

/// Why there is no program.
#[derive(Debug, Clone)]
pub struct Refused {
    /// What the compiler says, without paths of this machine.
    pub text: String,
    /// Whether time or memory ran out, and the compiler was ended.
    pub limit: bool,
}

impl Toolchain {
    /// Puts compiler and libraries below `folder`. `artifacts` are the libraries a task may use; none for std alone.
    ///
    /// The library `listings` stays behind: it is the solution.
    ///
    /// # Errors
    ///
    /// When there is no rustc, or files cannot be copied.
    pub fn stage(
        folder: &Path,
        sandbox: &Sandbox,
        artifacts: Option<&Artifacts>,
        limits: Limits,
    ) -> Result<Self> {
        let said = |arguments: &[&str]| -> Result<String> {
            let output = Command::new("rustc")
                .args(arguments)
                .output()
                .context("rustc cannot be started")?;
            ensure!(
                output.status.success(),
                "rustc {} failed",
                arguments.join(" ")
            );
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let version = said(&["-vV"])?;
        let from = PathBuf::from(said(&["--print", "sysroot"])?);
        let sysroot = folder.join("toolchain");
        // Sources stay behind: strangers could include them.
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("rustc has a host")?;
        sandbox.folder(&sysroot, false)?;
        place(&from.join("bin/rustc"), &sysroot.join("bin/rustc"))?;
        for entry in fs::read_dir(from.join("lib"))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                place(&entry.path(), &sysroot.join("lib").join(entry.file_name()))?;
            }
        }
        let target = Path::new("lib/rustlib").join(host);
        for entry in walkdir::WalkDir::new(from.join(&target)) {
            let entry = entry?;
            if entry.file_type().is_file() {
                place(
                    entry.path(),
                    &sysroot.join(entry.path().strip_prefix(&from)?),
                )?;
            }
        }
        let libraries = folder.join("libraries");
        sandbox.folder(&libraries, false)?;
        let mut externs = BTreeMap::new();
        let mut hasher = blake3::Hasher::new();
        hasher.update(version.as_bytes());
        if let Some(artifacts) = artifacts {
            let mut names: Vec<PathBuf> = fs::read_dir(&artifacts.dependency_dir)?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let ours = ["liblistings", "libcourse", "libbenches", "libskeptic_path"];
                    let is_library = name.ends_with(".rlib") || name.ends_with(".so");
                    is_library && !ours.iter().any(|ours| name.starts_with(ours))
                })
                .collect();
            names.sort();
            for path in names {
                place(
                    &path,
                    &libraries.join(path.file_name().context("a library has a name")?),
                )?;
            }
            for (name, path) in artifacts
                .externs
                .iter()
                .filter(|(name, _)| *name != "listings")
            {
                let file = path
                    .file_name()
                    .context("a library has a name")?
                    .to_string_lossy()
                    .into_owned();
                hasher.update(name.as_bytes()).update(file.as_bytes());
                externs.insert(name.clone(), file);
            }
        }
        Ok(Self {
            sysroot,
            libraries,
            externs,
            digest: hasher.finalize().to_hex().to_string(),
            limits,
        })
    }

    /// Of compiler and libraries: the same on two machines that have the same lock file and the same Rust.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Compiles `root`, below `sources`, into the folder `out`, which no one else uses.
    ///
    /// # Errors
    ///
    /// The outer error is the grader's, the inner one the submission's.
    pub fn compile(
        &self,
        sandbox: &Sandbox,
        sources: &Path,
        root: &str,
        target: Target<'_>,
        memory: Memory<'_>,
        out: &Path,
    ) -> Result<Result<PathBuf, Refused>> {
        sandbox.folder(out, true)?;
        let remembered = out.join("memory");
        if let Memory::Use(folder) = memory {
            give(sandbox, folder, &remembered)?;
        }
        let mut job = sandbox.job(self.limits);
        job.with_tools();
        let sysroot = job.read(&self.sysroot, "/tc");
        let libraries = job.read(&self.libraries, "/deps");
        let from = job.read(sources, "/sub");
        let into = job.write(out, "/out");
        let name = if matches!(target, Target::Library) {
            "liblistings.rlib"
        } else {
            "tests"
        };
        job.program(format!("{sysroot}/bin/rustc"))
            .current_dir(&from)
            .env("TMPDIR", &into);
        job.arg(root).args([
            "--edition=2024",
            "-Copt-level=0",
            "-Cdebuginfo=0",
            // The standard library's own: most of what the linker would write.
            "-Cstrip=debuginfo",
            "-Awarnings",
        ]);
        match memory {
            Memory::None => job.arg("-Ccodegen-units=1"),
            Memory::Keep(_) | Memory::Use(_) => {
                job.args(remembering(&Path::new(&into).join("memory")))
            }
        };
        job.args(["--color=never", "-o"])
            .arg(format!("{into}/{name}"));
        match target {
            Target::Library => job.args(["--crate-name=listings", "--crate-type=rlib"]),
            Target::Tests(library) => {
                let library = job.read(library, "/listings/liblistings.rlib");
                job.args(["--crate-name=tests", "--test", "--extern"])
                    .arg(format!("listings={library}"))
            }
        };
        for (name, file) in &self.externs {
            job.arg("--extern")
                .arg(format!("{name}={libraries}/{file}"));
        }
        job.arg("-L").arg(format!("dependency={libraries}"));
        let ended = sandbox.run(job)?;
        if ended.how == How::Exit(0) {
            // Ours again, whoever wrote it; and a regular file, whatever the compiler was brought to do.
            let fd = rustix::fs::open(
                out.join(name),
                OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                Mode::empty(),
            )
            .context("the compiler has left nothing")?;
            let file = fs::File::from(fd);
            ensure!(
                file.metadata()?.is_file(),
                "the compiler has left no regular file"
            );
            fs::set_permissions(out, fs::Permissions::from_mode(0o755))?;
            if let Memory::Keep(folder) = memory {
                keep(&remembered, folder)?;
            }
            if !matches!(memory, Memory::None) {
                fs::remove_dir_all(&remembered)?;
            }
            return Ok(Ok(out.join(name)));
        }
        let mut text = ended.output;
        for (here, there) in [
            (format!("{libraries}/"), ""),
            (format!("{sysroot}/"), ""),
            (format!("{from}/"), ""),
            (format!("{into}/"), ""),
            (self.sysroot.display().to_string(), "toolchain"),
        ] {
            text = text.replace(&here, there);
        }
        let by_signal = matches!(ended.how, How::Signal(_) | How::Clock);
        // Memory that runs out ends the compiler in several ways, all of which say so.
        let limit = by_signal
            || text.contains("memory allocation of")
            || text.contains("Cannot allocate memory");
        if limit {
            text = format!("the compiler ran out of time or memory\n{text}");
        }
        Ok(Err(Refused {
            text: harmless(&text, 6000),
            limit,
        }))
    }
}

/// Gives the compiler in a sandbox a folder to begin with, to which it may write. What it must not change for others are
/// links where it is another user, who can only remove them, and copies elsewhere.
fn give(sandbox: &Sandbox, from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let copy = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            sandbox.folder(&copy, true)?;
        } else if sandbox.user().is_none()
            // A lock is written to.
            || entry.path().extension().is_some_and(|it| it == "lock")
            || fs::hard_link(entry.path(), &copy).is_err()
        {
            fs::copy(entry.path(), &copy)
                .with_context(|| format!("{} cannot be written", copy.display()))?;
            if let Some(user) = sandbox.user() {
                chown(&copy, Some(user), Some(user))?;
            }
        }
    }
    Ok(())
}

/// Keeps what the compiler has left, as files that are ours and that others only read.
fn keep(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let copy = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&copy)?;
        } else {
            fs::copy(entry.path(), &copy)
                .with_context(|| format!("{} cannot be written", copy.display()))?;
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o644))?;
        }
    }
    Ok(())
}

/// A link where the file system has links, a copy elsewhere. Strangers can read it, and cannot change it.
fn place(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
    let metadata =
        fs::metadata(from).with_context(|| format!("{} cannot be read", from.display()))?;
    let mode = metadata.permissions().mode();
    // A link has the mode of the file, which may be for its owner alone.
    if mode & 0o004 != 0 {
        match fs::hard_link(from, to) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
            Err(_) => {}
        }
    }
    fs::copy(from, to).with_context(|| format!("{} cannot be copied", from.display()))?;
    let for_all = mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6;
    fs::set_permissions(to, fs::Permissions::from_mode(for_all))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_its_owner_may_read_is_copied_for_others_to_read() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, then) in [
            (0o600, 0o644),
            (0o700, 0o755),
            (0o644, 0o644),
            (0o755, 0o755),
        ] {
            let (from, to) = (
                folder.path().join("from"),
                folder.path().join(format!("to/{mode:o}")),
            );
            fs::write(&from, "library").unwrap();
            fs::set_permissions(&from, fs::Permissions::from_mode(mode)).unwrap();
            place(&from, &to).unwrap();
            assert_eq!(fs::read_to_string(&to).unwrap(), "library");
            assert_eq!(
                fs::metadata(&to).unwrap().permissions().mode() & 0o777,
                then,
                "{mode:o}"
            );
            assert_eq!(
                fs::metadata(&from).unwrap().permissions().mode() & 0o777,
                mode
            );
            fs::remove_file(&from).unwrap();
        }
    }
}
