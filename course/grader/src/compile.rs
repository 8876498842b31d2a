//! Compiling with `rustc` itself: exact libraries, the grader's command line, and nothing of a
//! submission but Rust files.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::fs::{Mode, OFlags};

use super::text::sanitize;
use sandbox::{ExitReason, Limits, Sandbox};
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

/// A product of the compiler.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// The library `listings`.
    Library,
    /// A test program against this library.
    Tests(&'a Path),
}

/// The use of an incremental cache: the compiler's work on the solution, most of which is the same for others: their
/// tests, and most of what is compiled with them. Everybody gets a copy.
#[derive(Debug, Clone, Copy)]
pub enum Incremental<'a> {
    /// No cache.
    Off,
    /// Save the cache to this folder, which does not exist yet.
    Save(&'a Path),
    /// Begin with the cache in this folder.
    Reuse(&'a Path),
}

/// A failed compilation.
#[derive(Debug, Clone)]
pub struct CompileError {
    /// The compiler's messages, without paths of this machine.
    pub text: String,
    /// True if time or memory ran out.
    pub limit: bool,
}

impl Toolchain {
    /// Puts compiler and libraries below `folder`. `artifacts` are the libraries a task may use; none for std alone.
    ///
    /// The library `listings` stays behind: it is the solution.
    ///
    /// # Errors
    ///
    /// If there is no rustc, or files cannot be copied.
    pub fn stage(
        folder: &Path,
        sandbox: &Sandbox,
        artifacts: Option<&Artifacts>,
        limits: Limits,
    ) -> Result<Self> {
        let output_of = |arguments: &[&str]| -> Result<String> {
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
        let version = output_of(&["-vV"])?;
        let from = PathBuf::from(output_of(&["--print", "sysroot"])?);
        let sysroot = folder.join("toolchain");
        // Sources stay behind: strangers could include them.
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("rustc has a host")?;
        sandbox.folder(&sysroot, false)?;
        install(&from.join("bin/rustc"), &sysroot.join("bin/rustc"))?;
        let target = Path::new("lib/rustlib").join(host);
        let own = walkdir::WalkDir::new(from.join("lib")).max_depth(1);
        let targets = walkdir::WalkDir::new(from.join(&target));
        for entry in own.into_iter().chain(targets) {
            let entry = entry?;
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(&from)?;
                install(entry.path(), &sysroot.join(path))?;
            }
        }
        let libraries = folder.join("libraries");
        sandbox.folder(&libraries, false)?;
        let mut externs = BTreeMap::new();
        let mut hasher = blake3::Hasher::new();
        hasher.update(version.as_bytes());
        if let Some(artifacts) = artifacts {
            let name_of = |path: &Path| path.file_name().unwrap_or_default().to_owned();
            for path in book::files::files_below(&artifacts.dependency_dir) {
                let file = name_of(&path);
                let name = file.to_string_lossy();
                let ours = ["liblistings", "libcourse", "libbenches", "libskeptic_path"];
                let is_library = name.ends_with(".rlib") || name.ends_with(".so");
                if is_library && !ours.iter().any(|ours| name.starts_with(ours)) {
                    install(&path, &libraries.join(&file))?;
                }
            }
            for (name, path) in &artifacts.externs {
                if name != "listings" {
                    let file = name_of(path).to_string_lossy().into_owned();
                    hasher.update(name.as_bytes()).update(file.as_bytes());
                    externs.insert(name.clone(), file);
                }
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

    /// The digest of compiler and libraries: the same on two machines with the same lock file and the same Rust.
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
        incremental: Incremental<'_>,
        out: &Path,
    ) -> Result<Result<PathBuf, CompileError>> {
        sandbox.folder(out, true)?;
        let cache = out.join("memory");
        if let Incremental::Reuse(folder) = incremental {
            copy_cache(sandbox, folder, &cache)?;
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
        match incremental {
            Incremental::Off => job.arg("-Ccodegen-units=1"),
            Incremental::Save(_) | Incremental::Reuse(_) => {
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
        let termination = sandbox.run(job)?;
        if termination.reason == ExitReason::Code(0) {
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
            if let Incremental::Save(folder) = incremental {
                save_cache(&cache, folder)?;
            }
            if !matches!(incremental, Incremental::Off) {
                fs::remove_dir_all(&cache)?;
            }
            return Ok(Ok(out.join(name)));
        }
        let mut text = termination.output;
        for (here, there) in [
            (format!("{libraries}/"), ""),
            (format!("{sysroot}/"), ""),
            (format!("{from}/"), ""),
            (format!("{into}/"), ""),
            (self.sysroot.display().to_string(), "toolchain"),
        ] {
            text = text.replace(&here, there);
        }
        // Without memory the compiler ends in several ways, all of which name it.
        let limit = !matches!(termination.reason, ExitReason::Code(_))
            || text.contains("memory allocation of")
            || text.contains("Cannot allocate memory");
        if limit {
            text = format!("the compiler ran out of time or memory\n{text}");
        }
        Ok(Err(CompileError {
            text: sanitize(&text, 6000),
            limit,
        }))
    }
}

/// Copies a cache to where the compiler in a sandbox may write. Files that it must not change for
/// others are links where it is another user, who can only remove them, and copies elsewhere.
fn copy_cache(sandbox: &Sandbox, from: &Path, to: &Path) -> Result<()> {
    let folder = |folder: &Path| sandbox.folder(folder, true);
    copy_tree(from, to, folder, |from, to| {
        // A lock is written to.
        let is_lock = from.extension().is_some_and(|it| it == "lock");
        if sandbox.user().is_some() && !is_lock && fs::hard_link(from, to).is_ok() {
            return Ok(());
        }
        fs::copy(from, to)?;
        sandbox
            .user()
            .map_or(Ok(()), |user| chown(to, Some(user), Some(user)))
    })
}

/// Saves a cache as files that are ours and that others only read.
fn save_cache(from: &Path, to: &Path) -> Result<()> {
    let folder = |folder: &Path| Ok(fs::create_dir_all(folder)?);
    copy_tree(from, to, folder, |from, to| {
        fs::copy(from, to)?;
        fs::set_permissions(to, fs::Permissions::from_mode(0o644))
    })
}

fn copy_tree(
    from: &Path,
    to: &Path,
    folder: impl Fn(&Path) -> Result<()>,
    file: impl Fn(&Path, &Path) -> std::io::Result<()>,
) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let copy = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            folder(&copy)?;
        } else {
            file(entry.path(), &copy)
                .with_context(|| format!("{} cannot be written", copy.display()))?;
        }
    }
    Ok(())
}

/// A link where the file system has links, a copy elsewhere. Strangers can read it, and cannot change it.
fn install(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
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
            install(&from, &to).unwrap();
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
